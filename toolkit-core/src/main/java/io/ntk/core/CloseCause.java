package io.ntk.core;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Locale;

/**
 * Why a connection ended. Whoever closes a channel says so first with {@link #mark}; the first mark stays. What nobody
 * marked was closed by us for no fault: {@link #LOCAL}.
 */
public enum CloseCause {
    /** The peer ended the stream in good order. */
    PEER,
    /** This side was done. */
    LOCAL,
    /** The peer, or something between, reset the connection. */
    RESET,
    /** No byte for the idle time. */
    IDLE,
    /** The peer took no byte for the write stall time. */
    STALLED,
    /** The handshake was not done in time. */
    HANDSHAKE_TIMEOUT,
    /** TLS failed. */
    TLS,
    /** The peer broke the protocol. */
    PROTOCOL,
    /** The server was closed. */
    SHUTDOWN,
    /** Something here failed; the log says what. */
    ERROR;

    private static final AttributeKey<CloseCause> KEY = AttributeKey.valueOf(CloseCause.class, "cause");

    /**
     * Notes why a channel is about to be closed, unless that is noted already.
     *
     * @param channel the channel
     * @param cause the reason
     */
    public static void mark(Channel channel, CloseCause cause) {
        channel.attr(KEY).setIfAbsent(cause);
    }

    /**
     * The noted reason.
     *
     * @param channel the channel, closed or not
     * @return the first mark, else {@link #LOCAL}
     */
    public static CloseCause of(Channel channel) {
        CloseCause cause = channel.attr(KEY).get();
        return cause == null ? LOCAL : cause;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
