package io.ntk.cli;

import picocli.CommandLine.Option;

/** How a command speaks: on every command. */
@Section("Output")
final class OutputMixin {
    @Option(names = "--json", description = "Events as JSON on standard output, one a line.")
    boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Nothing for people on standard error but errors (-v wins).")
    boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            split = ",",
            description = "Details, and the log on standard error; -vv adds stack traces.")
    boolean[] verbose = {};

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            description = "Colour: auto (on a terminal, unless NO_COLOR is set), always or never.")
    Color color = Color.AUTO;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    Verbosity verbosity() {
        int count = 0;
        for (boolean each : verbose) {
            count += each ? 1 : 0;
        }
        if (count == 0) {
            return quiet ? Verbosity.QUIET : Verbosity.NORMAL;
        }
        return count == 1 ? Verbosity.DETAILS : Verbosity.TRACES;
    }
}
