package io.ntk.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The entry point of {@code ntk}. */
@Command(
        name = "ntk",
        description = "Network toolkit: servers and clients for TCP, UDP, HTTP, chat and upload.",
        versionProvider = Version.class,
        subcommands = {
            TcpCommand.class,
            UpCommand.class,
            ResolveCommand.class,
            DoctorCommand.class,
            CompletionCommand.class,
            ArchiveTrainingCommand.class,
            HelpCommand.class
        })
@Examples({
    "ntk tcp serve           # sends every byte back, on 127.0.0.1:9000",
    "ntk help tcp serve      # what it can do, by example",
})
public final class Main {
    @Mixin
    HelpMixin help = new HelpMixin();

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    boolean version;

    /** For picocli, which makes one for each run. */
    public Main() {}

    /**
     * Runs {@code ntk} and ends the process with its exit code.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        Stop stop = new Stop(exit -> System.exit(exit.code()));
        Signals.install(stop);
        System.exit(run(args, Environment.ofProcess(), stop));
    }

    /** Runs {@code ntk} in this process, with its real variables and no terminal. */
    static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
        Environment environment = new Environment(in, out, err, Set.of(), System.getenv());
        return run(args, environment, new Stop(exit -> {}));
    }

    /** Runs {@code ntk} in this process; {@code stop} ends it early. */
    static int run(String[] args, Environment environment, Stop stop) {
        return new Run(environment, stop).execute(args);
    }

    /** The whole model: every group and verb, with its layout and its defaults. */
    static CommandLine commandLine(Environment environment) {
        CommandLine line = new CommandLine(new Main());
        line.setDefaultValueProvider(new EnvironmentDefaults(environment.variables()));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExpandAtFiles(false); // a host or a greeting that begins with @ is none of our files
        Converters.register(line);
        HelpLayout.apply(line);
        return line;
    }
}
