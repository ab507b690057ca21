package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code ntk tcp connect} as a person meets it: in a terminal, which tmux plays. */
class ConnectTerminalIT {
    private final Terminal terminal = new Terminal(100, 20);

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
    }

    @AfterEach
    void endTmux() {
        terminal.close();
    }

    @Test
    void showsAnswersAboveTheLineAndEndsWithTheTerminalRestored() {
        try (var server = Packaged.start("tcp", "serve", "--reply", "upper", "--listen", "127.0.0.1:0")) {
            terminal.run("tcp", "connect", "127.0.0.1:" + Packaged.port(server));
            terminal.await(">");
            terminal.type("straße", "Enter");
            terminal.await("STRASSE");
            terminal.type("C-d");
            terminal.await("exit 0");
            terminal.await(" echo");
            assertThat(terminal.screen()).containsSubsequence("> straße", "STRASSE", "exit 0");
        }
    }
}
