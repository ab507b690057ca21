package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group {@code ntk http}. */
@Command(name = "http", description = "HTTP/1.1.")
@Examples("ntk http serve   # Hello, World on 127.0.0.1:8080")
final class HttpCommand {
    @Mixin
    HelpMixin help = new HelpMixin();
}
