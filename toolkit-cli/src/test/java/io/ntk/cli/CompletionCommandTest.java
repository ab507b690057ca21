package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompletionCommandTest {
    @ParameterizedTest
    @EnumSource
    void printsTheScriptOfAShell(Shell shell) {
        Ntk.Result run = Ntk.run("completion", shell.toString());
        assertThat(run.exit()).isZero();
        assertThat(run.out())
                .isEqualTo(Completions.script(
                        shell, Commands.all(Environment.none()).getCommandSpec()));
        assertThat(run.err()).isEmpty();
    }

    @Test
    void refusesAnotherShell() {
        Ntk.Result run = Ntk.run("completion", "tcsh");
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("tcsh", "bash", "zsh", "fish");
    }

    @Test
    void needsAShell() {
        assertThat(Ntk.run("completion").exit()).isEqualTo(2);
    }
}
