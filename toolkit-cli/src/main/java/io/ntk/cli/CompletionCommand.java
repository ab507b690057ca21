package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ntk completion SHELL}: prints the completion script of a shell. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the completion script of a shell to stdout.",
            "Packages install these scripts; after unpacking the archive by hand, put the line of the shell in its start-up"
                    + " file."
        })
@Examples({
    "source <(ntk completion bash)                                 # bash, in ~/.bashrc",
    "source <(ntk completion zsh)                                  # zsh, in ~/.zshrc after compinit",
    "ntk completion fish > ~/.config/fish/completions/ntk.fish     # fish, once"
})
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class CompletionCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Shell shell;

    @Override
    public void run() {
        var out = spec.commandLine().getOut();
        out.print(Completions.script(shell, spec.root()));
        out.flush();
    }
}
