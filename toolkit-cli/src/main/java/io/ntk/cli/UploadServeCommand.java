package io.ntk.cli;

import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.TlsOptions;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.server.UploadLimits;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk upload serve}: receives files into a folder. */
@Command(
        name = "serve",
        description = {
            "Receives files into a folder, on 127.0.0.1:9003 unless --listen says otherwise.",
            "",
            "A file appears under its name when it is whole and verified, never before. One that was broken off goes on"
                    + " where it stopped, also after a crash of either side. What is under way lies in .ntup below the"
                    + " folder.",
            "",
            "With --simple the port also takes NAME|SIZE, a line end, an answer (ready), and as many bytes."
        })
@Examples({
    "ntk upload serve --dir inbox                      # on 127.0.0.1:9003",
    "ntk upload serve --dir inbox --on-exists rename   # refuse no name",
    "ntk upload serve --dir inbox --simple             # also NAME|SIZE",
    "ntk upload serve --dir inbox --token-file key --self-signed --listen 9443",
})
final class UploadServeCommand implements Verb {
    @Option(names = "--dir", paramLabel = "FOLDER", required = true, description = "Where files appear; it must exist.")
    @Nullable
    Path folder;

    @Option(
            names = "--on-exists",
            paramLabel = "POLICY",
            description = "When a name is taken: reject (default), overwrite, rename or skip-same. A sender may ask for"
                    + " something stricter.")
    OnExists onExists = OnExists.REJECT;

    @Option(
            names = "--max-file",
            paramLabel = "SIZE",
            converter = Converters.Size.class,
            description = "The largest file, up to 2 TiB (default: 10GiB).")
    @Nullable
    Long maxFile;

    @Option(
            names = "--quota",
            paramLabel = "SIZE",
            converter = Converters.Size.class,
            description = "The most that the folder may hold (default: 100GiB).")
    @Nullable
    Long quota;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "Let in only who has the same key: the file's content without its line end, 16 bytes or more.")
    @Nullable
    Path tokenFile;

    @Option(
            names = "--durability",
            paramLabel = "LEVEL",
            description = "For senders that leave it open: none, file or batch (default).")
    Durability durability = Durability.BATCH;

    @Option(names = "--hidden", description = "Take names that begin with a dot.")
    boolean hidden;

    @Option(names = "--simple", description = "Also speak the simple protocol; it knows neither keys nor certificates.")
    boolean simple;

    @Option(
            names = "--credit",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Bytes that one connection may send ahead, 1MiB to 64MiB (default: 8MiB).")
    @Nullable
    Integer credit;

    @Option(
            names = "--keep",
            paramLabel = "TIME",
            description = "How long unfinished uploads and receipts are kept (default: 24h).")
    @Nullable
    Duration keep;

    @Option(
            names = "--allow-plain",
            description = "Serve beyond loopback without TLS: whoever is on the way can read and change files.")
    boolean allowPlain;

    @Mixin
    ListenMixin listen = new ListenMixin();

    @Mixin
    TlsMixin tls = new TlsMixin();

    @Mixin
    SocketMixin socket = new SocketMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException {
        UploadOptions options = options();
        listen.warn(session.output());
        return session.serve(List.of(() -> UploadServer.start(options, session.output())));
    }

    private UploadOptions options() throws IOException {
        TlsOptions certificates = tls.options();
        if (simple && (tokenFile != null || (certificates != null && certificates.clientCa() != null))) {
            throw new IllegalArgumentException(
                    "--simple excludes --token-file and --client-ca: its clients cannot prove who they are");
        }
        ListenOptions where = listen.options(UploadOptions.DEFAULT_PORT, certificates, socket.options());
        PlainText.check(where, allowPlain, "files");
        Path into = folder == null ? Path.of(".") : folder;
        StoreOptions base = StoreOptions.of(into);
        StoreOptions store = base.withOnExists(onExists)
                .withDurability(durability)
                .withHidden(hidden ? StoreOptions.Hidden.ALLOWED : StoreOptions.Hidden.REFUSED)
                .withSizes(maxFile == null ? base.maxFileBytes() : maxFile, quota == null ? base.quotaBytes() : quota)
                .withKeep(keep == null ? base.keep() : keep);
        UploadOptions options = UploadOptions.of(into)
                .withListen(where.withLimits(limits(where.limits())))
                .withStore(store)
                .withLimits(uploadLimits(store.maxFileBytes()))
                .withKey(TokenFile.read(tokenFile));
        return options.withDialect(simple ? UploadOptions.Dialect.NTUP_AND_SIMPLE : UploadOptions.Dialect.NTUP);
    }

    private Limits limits(Limits given) {
        Limits limits = given;
        if (listen.maxPerAddress == null) {
            limits = limits.withMaxPerAddress(UploadOptions.CONNECTIONS_PER_ADDRESS, listen.countLoopback);
        }
        return listen.drain == null ? limits.withDrain(UploadOptions.DRAIN) : limits;
    }

    /** Larger files need larger segments, and these more credit. */
    private UploadLimits uploadLimits(long maxFileBytes) {
        UploadLimits base = UploadLimits.DEFAULTS;
        int segment = base.segmentBytes();
        while ((long) segment * 65_536 < maxFileBytes) {
            segment *= 2;
        }
        int most = credit == null ? Math.max(base.creditBytes(), 2 * segment) : credit;
        while (credit != null && segment > most / 2 && segment > UploadFrame.Data.MIN_SEGMENT_BYTES) {
            segment /= 2;
        }
        if ((long) segment * 65_536 < maxFileBytes) {
            throw new IllegalArgumentException("--credit: " + most + " (expected: at least "
                    + 2 * Long.highestOneBit(Math.max(1, (maxFileBytes - 1) / 65_536)) * 2
                    + " for files of --max-file)");
        }
        return base.withCredit(most, segment);
    }
}
