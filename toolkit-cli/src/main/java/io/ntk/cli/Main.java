package io.ntk.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point of {@code ntk}. */
@Command(
        name = "ntk",
        mixinStandardHelpOptions = true,
        version = "ntk 0.1.0",
        description = "Network toolkit for the JVM.",
        subcommands = {CompletionCommand.class, ArchiveTrainingCommand.class})
public final class Main implements Runnable {
    /** For picocli, which makes one for each run. */
    public Main() {}

    /**
     * Runs {@code ntk} and ends the process with its exit code.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {}
}
