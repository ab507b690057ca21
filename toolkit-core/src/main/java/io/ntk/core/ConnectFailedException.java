package io.ntk.core;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A connection could not be made. The message names the endpoint, says why, and what to look at. */
public final class ConnectFailedException extends IOException {
    private static final long serialVersionUID = 1;

    /** What went wrong, for those who react differently. */
    public enum Kind {
        /** The host answered that nobody listens, or there is no such Unix socket. */
        REFUSED,
        /** There is no way to the host, or something on it says that it must not be taken. */
        UNREACHABLE,
        /** No answer in time. */
        TIMED_OUT,
        /** The name is not known. */
        UNRESOLVED,
        /** TLS failed: a peer that hung up, or a certificate that did not convince. */
        TLS,
        /** The peer was spoken to in TLS, and does not speak it. */
        NOT_TLS,
        /** The peer speaks TLS, and was not spoken to in TLS. */
        WANTS_TLS,
        /** The peer speaks another protocol than the one that was expected. */
        OTHER_PROTOCOL,
        /** The peer ended the connection before it said a word. */
        HUNG_UP,
        /** The proxy could not be reached, did not let us in, or could not do it. */
        PROXY,
        /** Anything else. */
        OTHER
    }

    private final Kind kind;

    /**
     * Makes one.
     *
     * @param kind what went wrong
     * @param message the whole sentence
     * @param cause what was caught, or null for a deadline
     */
    public ConnectFailedException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /**
     * What went wrong.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }
}
