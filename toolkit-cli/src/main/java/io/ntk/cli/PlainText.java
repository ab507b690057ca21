package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What must not go over a network without TLS. */
final class PlainText {
    private PlainText() {}

    /**
     * Refuses a server without TLS beyond loopback.
     *
     * @param where it listens
     * @param allowed whether the user said that it may be
     * @param what would go over the network, for the message
     * @throws IllegalArgumentException when it is refused; the message says what to do
     */
    static void check(ListenOptions where, boolean allowed, String what) {
        if (where.tls() != null || allowed) {
            return;
        }
        for (Endpoint endpoint : where.endpoints()) {
            if (leaves(endpoint)) {
                throw new IllegalArgumentException(
                        "without TLS, " + what + " would go over the network in plain text at " + endpoint
                                + "; use TLS (--self-signed, or --cert and --key), or say --allow-plain");
            }
        }
    }

    /** Whether what goes there, or comes from there, may leave this machine. */
    static boolean leaves(Endpoint endpoint) {
        if (!(endpoint instanceof Endpoint.Inet inet)) {
            return false;
        }
        try {
            return !InetAddress.getByName(inet.host()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return true; // to listen or connect there fails with a message of its own
        }
    }
}
