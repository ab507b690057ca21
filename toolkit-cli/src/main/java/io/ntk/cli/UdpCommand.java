package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group {@code ntk udp}. */
@Command(name = "udp", description = "UDP and Unix datagram sockets.")
@Examples("ntk udp serve --reply echo   # sends every datagram back, on 127.0.0.1:9001")
final class UdpCommand {
    @Mixin
    HelpMixin help = new HelpMixin();
}
