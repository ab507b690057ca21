package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ntk upload send} as a person meets it: in a terminal, which tmux plays, of 80 columns. */
class UploadTerminalIT {
    private Terminal terminal;

    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
        terminal = new Terminal(80, 30, "XDG_STATE_HOME=" + sources);
    }

    @AfterEach
    void endTmux() {
        terminal.close();
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
            terminal.run("upload", "send", film.toString(), port, "--rate", "4MiB/s", "--segment", "256KiB");
            terminal.await("%");
            terminal.await(" left");
            assertThat(terminal.screen().lines().filter(line -> line.contains("MiB/s, ")))
                    .singleElement()
                    .asString()
                    .matches("\\[#* *] +\\d+% \\d.* MiB, \\d.* MiB/s, \\d+ s left, .*");
            terminal.type("C-c");
            terminal.await("exit 130");
            assertThat(terminal.screen())
                    .contains("; the same command goes on from there")
                    .doesNotContain("%");
            terminal.run("upload", "send", film.toString(), port);
            terminal.await("exit 0");
            assertThat(terminal.screen()).contains("; resumed 1").doesNotContain("%");
        }
        assertThat(inbox.resolve("film")).hasSameBinaryContentAs(film);
    }

    @Test
    void saysWhatItWaitsFor() throws IOException {
        Path film = film();
        try (var server = Packaged.start("upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:0")) {
            terminal.run(
                    "upload",
                    "send",
                    film.toString(),
                    Packaged.port(server),
                    "--rate",
                    "4MiB/s",
                    "--segment",
                    "256KiB");
            terminal.await("%");
            kill(server);
            terminal.await("trying again: ");
            terminal.await(", no connection");
            terminal.type("C-c");
            terminal.await("exit 130");
        }
    }

    private static void kill(Programs.Running server) {
        server.close();
    }
}
