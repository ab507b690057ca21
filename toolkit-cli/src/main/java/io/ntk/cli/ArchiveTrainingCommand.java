package io.ntk.cli;

import static java.util.concurrent.CompletableFuture.delayedExecutor;
import static java.util.concurrent.CompletableFuture.runAsync;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code ntk archive-training}: goes through what the commands do, so that the launcher can keep the classes which that
 * takes in an archive. Each command has one line in {@link #train()}.
 */
@Command(name = "archive-training", hidden = true, description = "Goes through what the commands do.")
final class ArchiveTrainingCommand implements Runnable {
    private final PrintWriter nowhere = new PrintWriter(Writer.nullWriter());

    @Override
    public void run() {
        // Nobody sees it when this hangs, for the launcher starts it in the background.
        var deadline = runAsync(() -> Runtime.getRuntime().halt(1), delayedExecutor(60, SECONDS));
        try {
            train();
        } finally {
            deadline.cancel(false);
        }
    }

    private void train() {
        ntk();
        ntk("--version");
        ntk("no-such-command");
        helpOf(commandLine().getCommandSpec(), List.of());
        ntk("completion", "bash");
    }

    private void helpOf(CommandSpec command, List<String> path) {
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
