package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ntk upload send} as a person meets it: in a terminal, which tmux plays, of 80 columns. */
class UploadTerminalIT {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private int runs;

    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
    }

    @AfterEach
    void endTmux() {
        tmux("kill-server");
    }

    private Path film() throws IOException {
        Path film = sources.resolve("film");
        try (RandomAccessFile file = new RandomAccessFile(film.toFile(), "rw")) {
            file.setLength(40 << 20);
        }
        return film;
    }

    @Test
    void showsHowItGoesIsInterruptedAndGoesOn() throws IOException {
        Path film = film();
        try (var server = Packaged.start("upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:0")) {
            String port = Packaged.port(server);
            run("upload", "send", film.toString(), port, "--rate", "4MiB/s", "--segment", "256KiB");
            awaitScreen("%");
            awaitScreen(" left");
            assertThat(screen().lines().filter(line -> line.contains("MiB/s, ")))
                    .singleElement()
                    .asString()
                    .matches("\\[#* *] +\\d+% \\d.* MiB, \\d.* MiB/s, \\d+ s left, .*");
            tmux("send-keys", "C-c");
            awaitScreen("exit 130");
            assertThat(screen())
                    .contains("; the same command goes on from there")
                    .doesNotContain("%");
            run("upload", "send", film.toString(), port);
            awaitScreen("exit 0");
            assertThat(screen()).contains("; resumed 1").doesNotContain("%");
        }
        assertThat(inbox.resolve("film")).hasSameBinaryContentAs(film);
    }

    @Test
    void saysWhatItWaitsFor() throws IOException {
        Path film = film();
        try (var server = Packaged.start("upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:0")) {
            run("upload", "send", film.toString(), Packaged.port(server), "--rate", "4MiB/s", "--segment", "256KiB");
            awaitScreen("%");
            kill(server);
            awaitScreen("trying again: ");
            awaitScreen(", no connection");
            tmux("send-keys", "C-c");
            awaitScreen("exit 130");
        }
    }

    private static void kill(Programs.Running server) {
        server.close();
    }

    private void run(String... arguments) {
        endTmux();
        runs++; // a server of its own: the last one may still be ending
        String command = "XDG_STATE_HOME=" + sources + " " + String.join(" ", Packaged.command(arguments));
        tmux("new-session", "-d", "-x", "80", "-y", "30", command + "; echo exit $?; cat");
    }

    private void awaitScreen(String text) {
        assertThat(Await.within(DEADLINE, () -> screen().contains(text)))
                .as("%s on the screen:%n%s", text, screen())
                .isTrue();
    }

    private String screen() {
        return tmux("capture-pane", "-p").text();
    }

    private Programs.Result tmux(String... arguments) {
        String session = "ntk-upload-" + ProcessHandle.current().pid() + "-" + runs;
        List<String> command = new ArrayList<>(List.of("tmux", "-u", "-L", session, "-f", "/dev/null"));
        command.addAll(List.of(arguments));
        return Programs.run(new byte[0], command.toArray(String[]::new));
    }
}
