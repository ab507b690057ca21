package io.ntk.cli;

import io.ntk.core.ConnectFailedException;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.Escaped;
import io.ntk.core.EventLoops;
import io.ntk.core.JsonWriter;
import io.ntk.core.Ndjson;
import io.ntk.tcp.line.TcpClient;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.SimpleUpload;
import io.ntk.tcp.upload.client.run.UploadClient;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.OnExists;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk upload send}: files, folders or standard input to a receiver. */
@Command(
        name = "send",
        description = {
            "Sends files and folders, or standard input (-), to ntk upload serve.",
            "",
            "It succeeds when the receiver has confirmed every file: whole, verified, and on its disk unless"
                    + " --durability says otherwise. After a lost connection it goes on by itself; after a crash run the"
                    + " same again, and it goes on where it stopped. What is needed for that is kept in ntk/upload"
                    + " below $XDG_STATE_HOME (or .local/state in your home).",
            "",
            "A folder is sent with its name and without following links."
        })
@Examples({
    "ntk upload send film.mkv 127.0.0.1:9003            # one file",
    "ntk upload send photos notes.txt 9003 --to july/   # into the folder july",
    "tar c src | ntk upload send - 9003 --to src.tar    # a program's output",
    "ntk upload send film.mkv nas:9443 --tls --ca ca.pem --token-file key",
    "ntk upload send *.txt 7000 --protocol simple       # to a tutorial's server",
})
final class UploadSendCommand implements Verb {
    /** What is spoken. */
    enum Spoken {
        /** NTUP/1. */
        NTUP,
        /** NAME|SIZE, an answer, the bytes. */
        SIMPLE
    }

    @Parameters(
            arity = "1..*",
            paramLabel = "SOURCE... ENDPOINT",
            hideParamSyntax = true,
            description = "Files, folders, or - for standard input; then HOST:PORT, [V6]:PORT, PORT (loopback) or"
                    + " unix:PATH.")
    List<String> words = List.of();

    @Option(
            names = "--to",
            paramLabel = "NAME",
            description = "Another name at the receiver; with a / at the end a folder for all of them.")
    String to = "";

    @Option(
            names = "--on-exists",
            paramLabel = "POLICY",
            description = "When a name is taken: reject, overwrite, rename or skip-same (default: as the receiver has"
                    + " it). It takes what is as strict as its own, or stricter.")
    @Nullable
    OnExists onExists;

    @Option(
            names = "--durability",
            paramLabel = "LEVEL",
            description =
                    "What done means: none, file (synced each by itself) or batch (small ones together; default).")
    Durability durability = Durability.BATCH;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "Prove this key, and send only to who has it: the file's content without its line end, 16"
                    + " bytes or more.")
    @Nullable
    Path tokenFile;

    @Option(names = "--receipt", paramLabel = "FILE", description = "Write what the receiver confirmed, as JSON.")
    @Nullable
    Path receipt;

    @Option(
            names = "--rate",
            paramLabel = "RATE",
            converter = Converters.Rate.class,
            description = "At most so many bytes a second, as 10MiB/s (4096 or more; default: no limit).")
    @Nullable
    Long rate;

    @Option(
            names = "--segment",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "What is verified at a time, a power of two, 256KiB to 32MiB (default: 4MiB, less on a slow"
                    + " way).")
    @Nullable
    Integer segment;

    @Option(
            names = "--sendfile",
            paramLabel = "WHEN",
            description =
                    "Whether the kernel sends from the file what was read for the checksums: auto (default: unless the"
                            + " receiver is on this machine), on or off. Never with TLS.")
    SendOptions.Sendfile sendfile = SendOptions.Sendfile.AUTO;

    @Option(
            names = "--patience",
            paramLabel = "TIME",
            description = "How long to go on trying without any progress (default: 10m).")
    @Nullable
    Duration patience;

    @Option(names = "--timeout", paramLabel = "TIME", description = "How long connecting may take (default: 10s).")
    Duration timeout = ConnectOptions.DEFAULT_TIMEOUT;

    @Option(names = "--no-digest", description = "No SHA-256 of the whole; every segment has its CRC32C anyway.")
    boolean noDigest;

    @Option(names = "--no-resume", description = "Remember nothing, and use nothing that is remembered.")
    boolean noResume;

    @Option(names = "--dry-run", description = "Only check the names, and list what would be sent.")
    boolean dryRun;

    @Option(
            names = "--protocol",
            paramLabel = "NAME",
            description = "ntup (default), or simple: NAME|SIZE, an answer, the bytes; nothing is confirmed.")
    Spoken protocol = Spoken.NTUP;

    @Mixin
    ClientTlsMixin tls = new ClientTlsMixin();

    @Mixin
    SocketMixin socket = new SocketMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException, InterruptedException {
        Endpoint endpoint = endpoint();
        List<SendItem> items = items(session);
        SendOptions options = options(session, endpoint);
        if (dryRun) {
            list(session, items);
            return ExitCode.DONE;
        }
        if (receipt != null) {
            UploadReport.check(receipt);
        }
        UploadProgress progress = new UploadProgress(
                session.output(), session.environment().terminals().contains(Standard.ERR));
        try {
            SendReport report = send(session, options, items, progress);
            progress.end();
            return report == null
                    ? interrupted(session, items, options, progress)
                    : tell(session, new UploadReport(endpoint, report, progress.lasted()));
        } finally {
            progress.end();
        }
    }

    private ExitCode tell(Session session, UploadReport report) throws IOException {
        if (receipt != null) {
            report.write(receipt);
        }
        if (session.output().json()) {
            session.output().document(report.document());
        } else {
            session.output().notice(report.summary());
            if (report.isAnyThereAlready()) {
                session.output().notice("for names that are taken: --on-exists skip-same, rename or overwrite");
            }
        }
        return report.report().failures().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static ExitCode interrupted(
            Session session, List<SendItem> items, SendOptions options, UploadProgress progress) {
        boolean pipe = items.get(0) instanceof SendItem.Pipe;
        String next =
                pipe || options.state() == null ? "; it has to begin anew" : "; the same command goes on from there";
        if (!session.output().json()) {
            session.output().notice("stopped when " + EventText.bytes(progress.verified()) + " had arrived" + next);
        }
        return session.stop().asked().join();
    }

    /** Null when the run was asked to end before. */
    private @Nullable SendReport send(
            Session session, SendOptions options, List<SendItem> items, UploadProgress progress)
            throws IOException, InterruptedException {
        EventLoops loops =
                session.loops(TcpClient.transportFor(options.connect().endpoint()), 1);
        progress.begin();
        if (protocol == Spoken.SIMPLE) {
            return SimpleUpload.send(
                    options.connect(), loops, items, options.pace().patience(), progress);
        }
        session.stop().take();
        CompletableFuture<SendReport> report = UploadClient.send(options, loops, items, progress);
        try {
            CompletableFuture.anyOf(report, session.stop().asked()).get();
            return report.isDone() ? report.get() : null;
        } catch (ExecutionException e) {
            IOException failure = Failure.of(e);
            throw failure instanceof ConnectFailedException failed
                    ? withNext(failed, options.connect().tls() != null)
                    : failure;
        } finally {
            report.cancel(false);
        }
    }

    /** With what to do about it, where only this command knows. */
    private static ConnectFailedException withNext(ConnectFailedException failure, boolean tls) {
        String next =
                switch (failure.kind()) {
                    case HUNG_UP -> tls ? " (try without --tls)" : " (try --tls)";
                    case OTHER_PROTOCOL -> " (is it the port of ntk upload serve? else try --protocol simple)";
                    default -> "";
                };
        return new ConnectFailedException(failure.kind(), failure.getMessage() + next, failure);
    }

    private Endpoint endpoint() {
        String last = words.get(words.size() - 1);
        if (words.size() < 2) {
            throw new IllegalArgumentException(
                    "SOURCE... ENDPOINT: " + Escaped.text(last) + " (expected: what to send, and last where to)");
        }
        try {
            return Endpoint.parse(last);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "ENDPOINT, the last argument: "
                            + String.valueOf(e.getMessage()).replaceFirst("^[a-zA-Z]+: ", ""),
                    e);
        }
    }

    private List<SendItem> items(Session session) throws IOException {
        List<String> sources = words.subList(0, words.size() - 1);
        if (!sources.contains("-")) {
            return SendPlan.of(sources.stream().map(Path::of).toList(), to);
        }
        if (sources.size() > 1) {
            throw new IllegalArgumentException("- excludes other sources");
        }
        if (to.isEmpty() || to.endsWith("/")) {
            throw new IllegalArgumentException("- needs --to NAME: standard input has no name");
        }
        if (protocol == Spoken.SIMPLE) {
            throw new IllegalArgumentException("- excludes --protocol simple, which sends the size first");
        }
        List<SendItem> items = List.of(new SendItem.Pipe(StandardInput.of(session.environment(), false), to));
        SendPlan.check(items);
        return items;
    }

    private SendOptions options(Session session, Endpoint endpoint) throws IOException {
        if (timeout.isZero()) {
            throw new IllegalArgumentException("--timeout: 0 (expected: > 0)");
        }
        if (protocol == Spoken.SIMPLE && tokenFile != null) {
            throw new IllegalArgumentException("--token-file excludes --protocol simple, which proves nothing");
        }
        if (protocol == Spoken.SIMPLE) {
            for (String option : new String[] {"--rate", "--segment", "--on-exists", "--durability"}) {
                if (session.typed(option)) {
                    throw new IllegalArgumentException(option + " excludes --protocol simple, which has nothing of it");
                }
            }
        }
        ConnectOptions connect = ConnectOptions.to(endpoint)
                .withTimeout(timeout)
                .withTls(tls.options())
                .withSocket(socket.options());
        return SendOptions.to(connect)
                .withKey(TokenFile.read(tokenFile))
                .withOnExists(onExists == null ? OnExists.SERVER : onExists)
                .withDurability(durability)
                .withDigest(noDigest ? SendOptions.Digest.NONE : SendOptions.Digest.SHA256)
                .withState(noResume ? null : state(session.environment().variables()))
                .withPace(pace())
                .withSendfile(sendfile);
    }

    private SendOptions.Pace pace() {
        SendOptions.Pace usual = SendOptions.Pace.DEFAULTS;
        try {
            return new SendOptions.Pace(
                    segment == null ? usual.segmentBytes() : segment,
                    rate == null ? usual.bytesPerSecond() : rate,
                    patience == null ? usual.patience() : patience);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--"
                            + String.valueOf(e.getMessage())
                                    .replace("segmentBytes:", "segment:")
                                    .replace("bytesPerSecond:", "rate:"),
                    e);
        }
    }

    /** Null where the user has no home. */
    private static @Nullable Path state(Map<String, String> variables) {
        Path state = StateFolder.of(variables);
        return state == null ? null : state.resolve("upload");
    }

    private static void list(Session session, List<SendItem> items) {
        List<JsonWriter> files = new ArrayList<>();
        for (SendItem item : items) {
            long size = item instanceof SendItem.File file ? file.size() : -1;
            String name = item instanceof SendItem.Folder ? item.name() + "/" : item.name();
            if (session.output().json()) {
                JsonWriter file = new JsonWriter().field("name", name);
                files.add(size < 0 ? file : file.field("size", size));
            } else {
                session.output().data(Escaped.text(name) + (size < 0 ? "" : "  " + EventText.bytes(size)));
            }
        }
        if (session.output().json()) {
            session.output()
                    .document(Ndjson.start("upload", "planned", Instant.now()).objects("files", files));
        }
    }
}
