package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes with the same errand: the second one leaves it to the first. */
class UploadTwiceIT {
    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    private Programs.Running send(String port, String... more) {
        List<String> command = new ArrayList<>(List.of("env", "XDG_STATE_HOME=" + sources.resolve("state")));
        command.addAll(List.of(Packaged.command("upload", "send")));
        command.addAll(List.of(more));
        command.add("127.0.0.1:" + port);
        return Programs.start(command.toArray(String[]::new));
    }

    private Programs.Result sent(String port, String... more) {
        try (Programs.Running client = send(port, more)) {
            return client.await(Duration.ofSeconds(60));
        }
    }

    private boolean hasBegun() {
        try (var parts = Files.list(inbox.resolve(".ntup"))) {
            return parts.anyMatch(
                    part -> part.toString().endsWith(".part") && part.toFile().length() > 0);
        } catch (IOException e) {
            return false; // not yet
        }
    }

    @Test
    void theSecondOneIsRefusedWhileTheFirstRuns() throws IOException {
        Path film = sources.resolve("film");
        try (RandomAccessFile file = new RandomAccessFile(film.toFile(), "rw")) {
            file.setLength(20 << 20);
        }
        Path other = Files.writeString(sources.resolve("other"), "something else");
        try (Programs.Running server =
                Packaged.start("upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:0", "-q")) {
            String port = Packaged.port(server);
            try (Programs.Running first = send(port, film.toString(), "--segment", "256KiB", "--rate", "2MiB/s")) {
                Await.until("the first segment", this::hasBegun);

                Programs.Result second = sent(port, film.toString());
                assertThat(second.err()).isEqualTo("ntk: the same is already being sent to 127.0.0.1:" + port + "\n");
                assertThat(second.exit()).isEqualTo(1);

                Programs.Result among = sent(port, film.toString(), other.toString());
                assertThat(among.exit()).isEqualTo(1);
                assertThat(among.err()).contains("ntk: cannot send " + film + ": it is already being sent\n");
                assertThat(inbox.resolve("other")).hasContent("something else");

                Programs.Result done = first.await(Duration.ofSeconds(60));
                assertThat(done.exit()).as(done.err()).isZero();
            }
            Programs.Result again = sent(port, film.toString(), "--on-exists", "skip-same");
            assertThat(again.exit()).as(again.err()).isZero();
            assertThat(again.err()).contains("there already 1");
        }
        assertThat(inbox.resolve("film")).hasSameBinaryContentAs(film);
    }
}
