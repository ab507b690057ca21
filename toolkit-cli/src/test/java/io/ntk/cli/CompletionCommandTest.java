package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

class CompletionCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine ntk =
            new CommandLine(new Main()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @ParameterizedTest
    @EnumSource
    void printsTheScriptOfAShell(Shell shell) {
        assertThat(ntk.execute("completion", shell.toString())).isZero();
        assertThat(out).hasToString(Completions.script(shell, ntk.getCommandSpec()));
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void refusesAnotherShell() {
        assertThat(ntk.execute("completion", "tcsh")).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("tcsh", "bash", "zsh", "fish");
    }

    @Test
    void needsAShell() {
        assertThat(ntk.execute("completion")).isEqualTo(2);
    }
}
