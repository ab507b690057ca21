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

/** {@code ntk udp send} and {@code udp measure} as a person meets them: in a terminal, which tmux plays. */
class UdpTerminalIT {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final String session = "ntk-udp-" + ProcessHandle.current().pid();

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
    }

    @AfterEach
    void endTmux() {
        tmux("kill-server");
    }

    @Test
    void sendsEachLineThatIsTypedUntilExit() {
        try (var server = Packaged.start("udp", "serve", "--reply", "upper", "--listen", "127.0.0.1:0")) {
            String port = Packaged.port(server);
            run("udp", "send", "127.0.0.1:" + port, "--timeout", "5s");
            awaitScreen(">");
            type("hello", "Enter");
            awaitScreen("HELLO");
            type("two words", "Enter");
            awaitScreen("TWO WORDS");
            type("exit", "Enter");
            awaitScreen("exit 0");
            awaitScreen(" echo");
            assertThat(screen()).containsSubsequence("> hello", "> two words", "TWO WORDS", "> exit", "exit 0");
            assertThat(server.text()).contains("9 bytes: two words").doesNotContain(": exit");
        }
    }

    @Test
    void endsAtTheEndOfInputOnALineOfItsOwn() {
        try (var server = Packaged.start("udp", "serve", "--listen", "127.0.0.1:0")) {
            run("udp", "send", "127.0.0.1:" + Packaged.port(server));
            awaitScreen(">");
            type("C-d");
            awaitScreen("exit 0");
            assertThat(screen().lines()).anyMatch(line -> line.strip().equals("exit 0"));
        }
    }

    @Test
    void showsHowAMeasurementGoesOnAndClearsThatBeforeTheReport() {
        try (var server = Packaged.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0")) {
            String port = Packaged.port(server);
            run("udp", "measure", "127.0.0.1:" + port, "--for", "5m", "--rate", "500", "--interval", "200ms");
            awaitScreen("/s back, p50 ");
            type("C-c");
            awaitScreen("exit 130");
            awaitScreen(" echo");
            assertThat(screen()).contains("sent").doesNotContain("/s back");
        }
    }

    private void run(String... arguments) {
        String command = String.join(" ", Packaged.command(arguments));
        tmux("new-session", "-d", "-x", "110", "-y", "40", command + "; echo exit $?; stty -a | grep -o ' echo '; cat");
    }

    private void type(String... keys) {
        List<String> arguments = new ArrayList<>(List.of("send-keys"));
        arguments.addAll(List.of(keys));
        tmux(arguments.toArray(String[]::new));
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
