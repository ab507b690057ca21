package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code ntk udp send} and {@code udp measure} as a person meets them: in a terminal, which tmux plays. */
class UdpTerminalIT {
    private final Terminal terminal = new Terminal(110, 40);

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
    }

    @AfterEach
    void endTmux() {
        terminal.close();
    }

    @Test
    void sendsEachLineThatIsTypedUntilExit() {
        try (var server = Packaged.start("udp", "serve", "--reply", "upper", "--listen", "127.0.0.1:0")) {
            String port = Packaged.port(server);
            terminal.run("udp", "send", "127.0.0.1:" + port, "--timeout", "30s");
            terminal.await(">");
            terminal.type("hello", "Enter");
            terminal.await("HELLO");
            terminal.type("two words", "Enter");
            terminal.await("TWO WORDS");
            terminal.type("exit", "Enter");
            terminal.await("exit 0");
            terminal.await(" echo");
            assertThat(terminal.screen())
                    .containsSubsequence("> hello", "> two words", "TWO WORDS", "> exit", "exit 0");
            assertThat(server.text()).contains("9 bytes: two words").doesNotContain(": exit");
        }
    }

    @Test
    void endsAtTheEndOfInputOnALineOfItsOwn() {
        try (var server = Packaged.start("udp", "serve", "--listen", "127.0.0.1:0")) {
            terminal.run("udp", "send", "127.0.0.1:" + Packaged.port(server));
            terminal.await(">");
            terminal.type("C-d");
            terminal.await("exit 0");
            assertThat(terminal.screen().lines()).anyMatch(line -> line.strip().equals("exit 0"));
        }
    }

    @Test
    void showsHowAMeasurementGoesOnAndClearsThatBeforeTheReport() {
        try (var server = Packaged.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0")) {
            String port = Packaged.port(server);
            terminal.run("udp", "measure", "127.0.0.1:" + port, "--for", "5m", "--rate", "500", "--interval", "200ms");
            terminal.await("/s back, p50 ");
            terminal.type("C-c");
            terminal.await("exit 130");
            terminal.await(" echo");
            assertThat(terminal.screen()).contains("sent").doesNotContain("/s back");
        }
    }
}
