package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelPipeline;
import java.util.function.Consumer;

/**
 * What a {@link Server} serves.
 *
 * @param service the name in events: the noun of the command line
 * @param scheme the scheme of a plain address in events, such as {@code tcp}
 * @param tlsScheme the scheme of an address with TLS, such as {@code tls}
 * @param accept how many connections are taken
 * @param refusal what a peer is told that is not served
 * @param recipe adds the protocol's handlers to a connection, in order, behind what every server has; called on the
 *     connection's event loop
 */
public record Protocol(
        String service,
        String scheme,
        String tlsScheme,
        Accept accept,
        RefusalAnswer refusal,
        Consumer<ChannelPipeline> recipe) {
    /** How many connections a server takes in its life. */
    public enum Accept {
        /** Any number. */
        MANY,
        /** One; the server closes when it ends. */
        ONE
    }

    /** All parts are needed. */
    public Protocol {
        requireNonNull(service, "service");
        requireNonNull(scheme, "scheme");
        requireNonNull(tlsScheme, "tlsScheme");
        requireNonNull(accept, "accept");
        requireNonNull(refusal, "refusal");
        requireNonNull(recipe, "recipe");
    }
}
