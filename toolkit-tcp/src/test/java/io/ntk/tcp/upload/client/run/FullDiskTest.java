package io.ntk.tcp.upload.client.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The receiver's disk, a small one, gets full in the middle of a file: the sender says so, waits, and goes on. */
@ExtendWith(LeakCheck.class)
class FullDiskTest {
    private static final int SEGMENT = 256 * 1024;
    private static final int SIZE = 12 * SEGMENT + 1;
    private static final int FULL_AT = 3 * SEGMENT;

    private enum Kind {
        FILE,
        PIPE
    }

    @TempDir
    private Path folder;

    @TempDir
    private Path sources;

    private boolean mounted;

    private Path disk() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        try {
            mounted = Programs.run(new byte[0], "mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString())
                            .exit()
                    == 0;
        } catch (RuntimeException e) {
            mounted = false; // there is no such program
        }
        Assumptions.assumeTrue(mounted, "no small file system can be mounted here");
        return disk;
    }

    @AfterEach
    void unmount() {
        if (mounted) {
            assertThat(Programs.run(
                                    new byte[0],
                                    "umount",
                                    folder.resolve("disk").toString())
                            .exit())
                    .isZero();
        }
    }

    /** Fills the disk once some of the file is there, and makes room again when the sender waits for that. */
    private static final class Full implements SendObserver {
        private final Path filler;
        private final List<String> retries = new ArrayList<>();
        private boolean filled;

        Full(Path disk) {
            filler = disk.resolve("filler");
        }

        @Override
        public void progress(Progress progress) {
            if (!filled && progress.verifiedBytes() >= FULL_AT) {
                filled = true;
                fill();
            } else if (retries.size() > 1 && progress.waiting() == Waiting.RECEIVER && Files.exists(filler)) {
                delete();
            }
        }

        @Override
        public void retrying(String why) {
            retries.add(why);
        }

        private void fill() {
            try (var out = Files.newOutputStream(filler)) {
                out.write(new byte[16 << 20]);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space");
            }
        }

        private void delete() {
            try {
                Files.delete(filler);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void isWaitedFor(Kind kind) throws Exception {
        Path disk = disk();
        Path film = sources.resolve("film");
        byte[] content = new byte[SIZE];
        new Random(7).nextBytes(content);
        Files.write(film, content);
        Full full = new Full(disk);
        try (Server server = UploadServer.start(receiver(disk), NetListener.NONE);
                FileChannel pipe = FileChannel.open(film)) {
            SendOptions options = SendOptions.to(
                            ConnectOptions.to(server.endpoints().get(0)))
                    .withState(sources.resolve("state"))
                    .withPace(new SendOptions.Pace(SEGMENT, 4 << 20, Duration.ofSeconds(30)));
            List<SendItem> items =
                    kind == Kind.FILE ? SendPlan.of(List.of(film), "") : List.of(new SendItem.Pipe(pipe, "film"));
            SendReport report = UploadClient.send(options, items, full).get(30, TimeUnit.SECONDS);
            assertThat(report.failures()).isEmpty();
            assertThat(report.receipts()).hasSize(1);
            assertThat(report.reconnects()).as("the connection stays").isZero();
            assertThat(report.sentBytes())
                    .as("what was verified is not sent again")
                    .isLessThan(2 * SIZE);
        }
        assertThat(full.retries).hasSizeGreaterThan(1).allMatch(why -> why.matches(".*no space.*\\(400\\)"));
        assertThat(full.filler)
                .as("it was told that the receiver is waited for")
                .doesNotExist();
        assertThat(disk.resolve("film")).hasBinaryContent(content);
    }

    private static UploadOptions receiver(Path disk) {
        UploadOptions base = UploadOptions.of(disk);
        return base.withListen(ListenOptions.loopback(0)
                        .withLimits(base.listen().limits().withDrain(Duration.ofSeconds(1))))
                .withStore(base.store()
                        .withLimits(new StoreOptions.Limits(10_000, 10_000, 32 << 20, 0, Duration.ofMinutes(10))));
    }
}
