package io.ntk.cli;

import picocli.CommandLine.Option;

/** {@code --help}, on every command and group. */
@Section("General")
final class HelpMixin {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;
}
