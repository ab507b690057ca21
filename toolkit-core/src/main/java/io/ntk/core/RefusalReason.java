package io.ntk.core;

/** Why a connection is not served. */
public enum RefusalReason {
    /** The access list does not let this address in. */
    DENIED("address not allowed"),
    /** The server has as many connections as it may. */
    FULL("too many connections"),
    /** This address has as many connections as it may. */
    ADDRESS_FULL("too many connections from your address"),
    /** This address connects too often. */
    TOO_FAST("connecting too fast, wait a second"),
    /** The server was told to serve one connection, and has it. */
    ONCE("this server serves one connection only"),
    /** The port speaks TLS, and the peer does not. */
    NOT_TLS("this port speaks TLS");

    private final String text;

    RefusalReason(String text) {
        this.text = text;
    }

    /**
     * What to tell the peer and the operator.
     *
     * @return a few words in ASCII, without a full stop
     */
    public String text() {
        return text;
    }
}
