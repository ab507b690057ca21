package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ListenOptions;
import io.ntk.core.Protocol;
import java.util.Set;

/**
 * What an {@link HttpServer} is like.
 *
 * @param listen where it listens, and the limits of its connections
 * @param mode what it answers
 * @param limits how much a request may be
 * @param timeouts how long a client may take
 * @param lenient rules that are switched off
 * @param access who may use it, and whether it tells of each request
 * @param accept how many connections are taken
 */
public record HttpOptions(
        ListenOptions listen,
        HttpMode mode,
        HttpLimits limits,
        HttpTimeouts timeouts,
        Set<Leniency> lenient,
        HttpAccess access,
        Protocol.Accept accept) {
    /** Loopback port 8080, {@code Hello, World} to everybody, every limit, every rule. */
    public static final HttpOptions DEFAULTS = new HttpOptions(
            ListenOptions.loopback(8080),
            HttpMode.fixed(FixedReplies.of(FixedReply.text("Hello, World"))),
            HttpLimits.DEFAULTS,
            HttpTimeouts.DEFAULTS,
            Set.of(),
            HttpAccess.DEFAULTS,
            Protocol.Accept.MANY);

    /** All parts are needed; takes a copy of the set. */
    public HttpOptions {
        requireNonNull(listen, "listen");
        requireNonNull(mode, "mode");
        requireNonNull(limits, "limits");
        requireNonNull(timeouts, "timeouts");
        lenient = Set.copyOf(lenient);
        requireNonNull(access, "access");
        requireNonNull(accept, "accept");
    }

    /**
     * A copy that listens elsewhere.
     *
     * @param options where and how
     * @return the copy
     */
    public HttpOptions withListen(ListenOptions options) {
        return new HttpOptions(options, mode, limits, timeouts, lenient, access, accept);
    }

    /**
     * A copy that answers something else.
     *
     * @param other what
     * @return the copy
     */
    public HttpOptions withMode(HttpMode other) {
        return new HttpOptions(listen, other, limits, timeouts, lenient, access, accept);
    }

    /**
     * A copy with other limits.
     *
     * @param others the limits
     * @return the copy
     */
    public HttpOptions withLimits(HttpLimits others) {
        return new HttpOptions(listen, mode, others, timeouts, lenient, access, accept);
    }

    /**
     * A copy with other timeouts.
     *
     * @param others the timeouts
     * @return the copy
     */
    public HttpOptions withTimeouts(HttpTimeouts others) {
        return new HttpOptions(listen, mode, limits, others, lenient, access, accept);
    }

    /**
     * A copy with other rules switched off.
     *
     * @param rules the rules
     * @return the copy
     */
    public HttpOptions withLenient(Set<Leniency> rules) {
        return new HttpOptions(listen, mode, limits, timeouts, rules, access, accept);
    }

    /**
     * A copy that takes another number of connections.
     *
     * @param other how many
     * @return the copy
     */
    public HttpOptions withAccept(Protocol.Accept other) {
        return new HttpOptions(listen, mode, limits, timeouts, lenient, access, other);
    }

    /**
     * A copy for others to use.
     *
     * @param who may use it, and whether it tells
     * @return the copy
     */
    public HttpOptions withAccess(HttpAccess who) {
        return new HttpOptions(listen, mode, limits, timeouts, lenient, who, accept);
    }
}
