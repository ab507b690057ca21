package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at either end, at random moments: the same command again ends well. More of them by hand:
 * {@code -Dntk.kills=50 -Dntk.kills.seed=7} (the default of 3 at each end takes some seconds).
 */
class UploadKilledIT {
    private static final int KILLS = Integer.getInteger("ntk.kills", 3);
    private static final int BYTES_A_KILL = 8 << 20;
    private static final long LARGE_BYTES = (long) BYTES_A_KILL * KILLS;
    private static final Duration PATIENCE = Duration.ofSeconds(100 + KILLS);
    private static final int SMALL = 200;

    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    private final long seed = Long.getLong("ntk.kills.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final int port = Ports.free();

    private Programs.Running serve() {
        Programs.Running server =
                Packaged.start("upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:" + port, "-q");
        Packaged.addresses(server, 1);
        return server;
    }

    private Programs.Running send() {
        List<String> command = new ArrayList<>(List.of("env", "XDG_STATE_HOME=" + sources.resolve("state")));
        command.addAll(List.of(Packaged.command(
                "upload",
                "send",
                sources.resolve("data").toString(),
                "127.0.0.1:" + port,
                "--segment",
                "256KiB",
                "--rate",
                "20MiB/s",
                "--patience",
                "60s")));
        return Programs.start(command.toArray(String[]::new));
    }

    private static void kill(Programs.Running program) {
        program.close();
        program.await(Duration.ofSeconds(60));
    }

    private void fill() throws IOException {
        Path data = Files.createDirectories(sources.resolve("data/small"));
        for (int i = 0; i < SMALL; i++) {
            Files.writeString(data.resolve("f" + i), "file " + i);
        }
        byte[] bytes = new byte[BYTES_A_KILL];
        try (OutputStream large = Files.newOutputStream(sources.resolve("data/large"))) {
            for (int i = 0; i < KILLS; i++) {
                random.nextBytes(bytes);
                large.write(bytes);
            }
        }
    }

    /** How much of the large file the server has written, whole or in part. */
    private long received() {
        try (var parts = Files.walk(inbox)) {
            return parts.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("small"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | java.io.UncheckedIOException e) {
            return 0; // what was there is gone
        }
    }

    private void check(Programs.Result result) {
        assertThat(result.exit()).as("seed " + seed + ": " + result.err()).isZero();
        assertThat(inbox.resolve("data/large")).hasSameBinaryContentAs(sources.resolve("data/large"));
        for (int i = 0; i < SMALL; i++) {
            assertThat(inbox.resolve("data/small/f" + i)).hasContent("file " + i);
        }
    }

    @Test
    void endsWellAfterTheClientWasKilled() throws IOException {
        fill();
        Programs.Running server = serve();
        try {
            for (int i = 1; i <= KILLS; i++) {
                long until = LARGE_BYTES * i / (KILLS + 2) + random.nextInt(1 << 20);
                Programs.Running client = send();
                Await.until(
                        "some bytes", () -> received() > until || client.err().contains("sent "));
                kill(client);
            }
            try (Programs.Running client = send()) {
                check(client.await(PATIENCE));
            }
        } finally {
            server.close();
        }
    }

    @Test
    void endsWellAfterTheServerWasKilled() throws IOException {
        fill();
        Programs.Running server = serve();
        try (Programs.Running client = send()) {
            for (int i = 1; i <= KILLS; i++) {
                long until = LARGE_BYTES * i / (KILLS + 2) + random.nextInt(1 << 20);
                Await.until(
                        "some bytes", () -> received() > until || client.err().contains("sent "));
                kill(server);
                server = serve();
            }
            check(client.await(PATIENCE));
        } finally {
            server.close();
        }
    }
}
