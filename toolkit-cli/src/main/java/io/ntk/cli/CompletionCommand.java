package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ntk completion SHELL}: prints the completion script of a shell. */
@Command(
        name = "completion",
        description = {
            "Prints the completion script of a shell to stdout.",
            "Packages install these scripts; after unpacking the archive by hand, put the line of the shell in its start-up"
                    + " file."
        })
@Examples({
    "source <(ntk completion bash)   # in ~/.bashrc",
    "source <(ntk completion zsh)    # in ~/.zshrc, after compinit",
    "ntk completion fish > ~/.config/fish/completions/ntk.fish   # fish, once",
})
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class CompletionCommand implements Verb {
    @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
    Shell shell;

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) {
        session.output()
                .text(Completions.script(shell, Commands.all(Environment.none()).getCommandSpec()));
        return ExitCode.DONE;
    }
}
