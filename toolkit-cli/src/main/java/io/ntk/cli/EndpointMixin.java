package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.Transport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a server of any kind listens; part of {@link ListenMixin} and {@link DatagramListenMixin}. */
@Section("Listening")
final class EndpointMixin {
    @Option(
            names = "--listen",
            paramLabel = "ENDPOINT",
            split = ",",
            description = "HOST:PORT, [V6]:PORT, PORT (on loopback) or unix:PATH; port 0 takes a free one. Repeatable.")
    List<Endpoint> endpoints = new ArrayList<>();

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            completionCandidates = Converters.TransportNames.class,
            description = "auto (default), nio, epoll, io_uring or kqueue.")
    @Nullable
    Transport transport;

    /** The endpoints that were named, or else the given ones. */
    List<Endpoint> endpoints(List<Endpoint> otherwise) {
        return endpoints.isEmpty() ? otherwise : endpoints;
    }
}
