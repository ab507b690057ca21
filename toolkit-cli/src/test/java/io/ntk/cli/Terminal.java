package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A terminal, which tmux plays, with the packaged {@code ntk} in it. Requires tmux. */
final class Terminal implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final int columns;
    private final int rows;
    private final String variables;
    private String server = "";

    /**
     * Makes one that shows nothing yet.
     *
     * @param variables of the environment, each as {@code NAME=value}
     */
    Terminal(int columns, int rows, String... variables) {
        this.columns = columns;
        this.rows = rows;
        this.variables = String.join(" ", variables);
    }

    /** Runs {@code ntk} on a screen of its own; then its exit code is shown, and {@code echo} if the terminal echoes. */
    void run(String... arguments) {
        close();
        // A new tmux each time: the last one may still be ending.
        server = "ntk-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        String command = variables + " " + String.join(" ", Packaged.command(arguments));
        tmux(
                "new-session",
                "-d",
                "-x",
                "" + columns,
                "-y",
                "" + rows,
                command + "; echo exit $?; stty -a | grep -o ' echo '; cat");
    }

    /** Presses keys, by the names that tmux gives them; what is no name is typed. */
    void type(String... keys) {
        List<String> arguments = new ArrayList<>(List.of("send-keys"));
        arguments.addAll(List.of(keys));
        tmux(arguments.toArray(String[]::new));
    }

    void await(String text) {
        assertThat(Await.within(DEADLINE, () -> screen().contains(text)))
                .as("%s on the screen:%n%s", text, screen())
                .isTrue();
    }

    String screen() {
        return tmux("capture-pane", "-p").text();
    }

    /** Ends tmux, and what runs in it. */
    @Override
    public void close() {
        if (!server.isEmpty()) {
            tmux("kill-server");
            server = "";
        }
    }

    private Programs.Result tmux(String... arguments) {
        List<String> command = new ArrayList<>(List.of("tmux", "-u", "-L", server, "-f", "/dev/null"));
        command.addAll(List.of(arguments));
        return Programs.run(new byte[0], command.toArray(String[]::new));
    }
}
