package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group {@code ntk tcp}. */
@Command(name = "tcp", description = "TCP and Unix stream sockets.")
@Examples("ntk tcp serve   # sends every byte back, on 127.0.0.1:9000")
final class TcpCommand {
    @Mixin
    HelpMixin help = new HelpMixin();
}
