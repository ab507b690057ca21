package io.ntk.cli;

import static java.util.concurrent.CompletableFuture.delayedExecutor;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code ntk archive-training}: goes through what the commands do, so that the launcher can keep the classes which that
 * takes in an archive. Each command has one line in {@link #run()}.
 */
@Command(name = "archive-training", hidden = true, description = "Goes through what the commands do.")
final class ArchiveTrainingCommand implements Runnable {
    private final PrintWriter nowhere = new PrintWriter(Writer.nullWriter());

    @Override
    public void run() {
        // The launcher waits for this in the background: if it hangs, nobody sees it.
        delayedExecutor(60, SECONDS).execute(() -> Runtime.getRuntime().halt(1));
        ntk();
        ntk("--version");
        ntk("no-such-command");
        helpOf(commandLine().getCommandSpec(), List.of());
        ntk("completion", "bash");
    }

    private void helpOf(CommandLine.Model.CommandSpec command, List<String> path) {
        ntk(with(path, "--help"));
        command.subcommands().forEach((name, sub) -> helpOf(sub.getCommandSpec(), List.of(with(path, name))));
    }

    private void ntk(String... args) {
        commandLine().execute(args);
    }

    private CommandLine commandLine() {
        return new CommandLine(new Main()).setOut(nowhere).setErr(nowhere);
    }

    private static String[] with(List<String> path, String last) {
        var words = new ArrayList<>(path);
        words.add(last);
        return words.toArray(String[]::new);
    }
}
