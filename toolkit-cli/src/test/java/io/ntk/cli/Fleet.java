package io.ntk.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A small program with everything that a man page and a completion script can meet. */
@Command(
        name = "fleet",
        mixinStandardHelpOptions = true,
        description = "Keeps ships. And more.",
        subcommands = {Fleet.Ship.class, Fleet.Secret.class})
final class Fleet {
    static CommandSpec spec() {
        return new CommandLine(new Fleet()).getCommandSpec();
    }

    enum Colour {
        RED,
        BLUE
    }

    @Command(name = "ship", description = "All about one ship.", subcommands = Launch.class)
    static final class Ship {}

    @Command(
            name = "launch",
            aliases = "begin",
            description = {"Launches a ship's boat: it's 100%% \\safe\\. Mostly.", ".starts with a dot"},
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:afloat", "3:sunk"})
    @Examples({"fleet ship launch --colour RED   # a red one", "fleet ship launch 'x y'"})
    @SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli sets the fields
    static final class Launch {
        @Option(
                names = {"-c", "--colour"},
                description = "Its [colour].",
                defaultValue = "BLUE",
                paramLabel = "COLOUR")
        private Colour colour;

        @Option(names = "--crew", required = true, paramLabel = "NAME", description = "Who is on board: each once.")
        private List<String> crew;

        @Option(names = "--log", paramLabel = "FILE", description = "Where to write; default is nowhere.")
        private Path log;

        @Option(names = "--fast", description = "At @|bold full|@ speed.")
        private boolean fast;

        @Option(names = "--sail", negatable = true, description = "Hoist the sail.")
        private boolean sail;

        @Option(names = "--torpedo", hidden = true)
        private boolean torpedo;

        @Parameters(paramLabel = "PORT", description = "Where to.")
        private Path port;
    }

    @Command(name = "secret", hidden = true)
    static final class Secret {}
}
