package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code ntk tcp connect} as a person meets it: in a terminal, which tmux plays. */
class ConnectTerminalIT {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final String session = "ntk-" + ProcessHandle.current().pid();

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
    }

    @AfterEach
    void endTmux() {
        tmux("kill-server");
    }

    @Test
    void showsAnswersAboveTheLineAndEndsWithTheTerminalRestored() {
        try (var server = Packaged.start("tcp", "serve", "--reply", "upper", "--listen", "127.0.0.1:0")) {
            String connect = String.join(" ", Packaged.command("tcp", "connect", "127.0.0.1:" + Packaged.port(server)));
            tmux(
                    "new-session",
                    "-d",
                    "-x",
                    "100",
                    "-y",
                    "20",
                    connect + "; echo exit $?; stty -a | grep -o ' echo '; cat");
            awaitScreen(">");
            tmux("send-keys", "straße", "Enter");
            awaitScreen("STRASSE");
            tmux("send-keys", "C-d");
            awaitScreen("exit 0");
            awaitScreen(" echo");
            assertThat(screen()).containsSubsequence("> straße", "STRASSE", "exit 0");
        }
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
        List<String> command = new ArrayList<>(List.of("tmux", "-u", "-L", session, "-f", "/dev/null"));
        command.addAll(List.of(arguments));
        return Programs.run(new byte[0], command.toArray(String[]::new));
    }
}
