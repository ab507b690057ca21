package io.ntk.core;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Something that happened, as data. Text for people, NDJSON, logs and metrics are all made from these.
 *
 * <p>The names and fields of the JSON form ({@link Ndjson}) are a contract and only grow.
 */
public sealed interface NetEvent
        permits NetEvent.Listening,
                NetEvent.Certificate,
                NetEvent.Opened,
                NetEvent.Refused,
                NetEvent.Closed,
                NetEvent.Cut,
                NetEvent.Failed,
                ProtocolEvent {
    /**
     * The service concerned: the noun of the command line, such as {@code tcp}.
     *
     * @return a lower-case word
     */
    String service();

    /**
     * The name of this kind of event.
     *
     * @return a lower-case word, the value of the JSON field {@code event}
     */
    String name();

    /**
     * Adds what this event says beyond service and name.
     *
     * @param json the open object of the event
     */
    void describe(JsonWriter json);

    /**
     * A server accepts connections, or datagrams, at an address.
     *
     * @param service the service
     * @param address such as {@code tcp://127.0.0.1:9000} or {@code unix:/run/x.sock}
     */
    record Listening(String service, String address) implements NetEvent {
        @Override
        public String name() {
            return "listening";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("address", address);
        }
    }

    /**
     * The certificate that a server shows from now on: at start, and after its file changed.
     *
     * @param service the service
     * @param subject the distinguished name
     * @param sha256 the fingerprint: SHA-256 of the DER form, in hex pairs with colons
     * @param notAfter when it expires
     */
    record Certificate(String service, String subject, String sha256, Instant notAfter) implements NetEvent {
        @Override
        public String name() {
            return "certificate";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("subject", subject).field("sha256", sha256).field("notAfter", notAfter.toString());
        }
    }

    /**
     * A connection is open.
     *
     * @param service the service
     * @param id the channel's short id, unique while it is open
     * @param peer the other end, {@code unix} for an unnamed Unix socket
     * @param local this end
     */
    record Opened(String service, String id, String peer, String local) implements NetEvent {
        @Override
        public String name() {
            return "opened";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("local", local);
        }
    }

    /**
     * A connection was not served.
     *
     * @param service the service
     * @param peer the other end
     * @param reason why
     */
    record Refused(String service, String peer, RefusalReason reason) implements NetEvent {
        @Override
        public String name() {
            return "refused";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("reason", reason.text());
        }
    }

    /**
     * A connection is over.
     *
     * @param service the service
     * @param id as in its {@link Opened}
     * @param peer the other end
     * @param cause why
     * @param bytesIn bytes received on the wire
     * @param bytesOut bytes handed to the transport
     * @param duration since it was opened
     */
    record Closed(
            String service, String id, String peer, CloseCause cause, long bytesIn, long bytesOut, Duration duration)
            implements NetEvent {
        @Override
        public String name() {
            return "closed";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id)
                    .field("peer", peer)
                    .field("cause", cause.toString())
                    .field("bytesIn", bytesIn)
                    .field("bytesOut", bytesOut)
                    .field("seconds", duration.toNanos() / 1e9);
        }
    }

    /**
     * A closing server had connections that were not finished in time, and cut them.
     *
     * @param service the service
     * @param peers the other ends, at most 100 of them
     * @param count how many they were
     */
    record Cut(String service, List<String> peers, int count) implements NetEvent {
        /** Takes a copy. */
        public Cut {
            peers = List.copyOf(peers);
        }

        @Override
        public String name() {
            return "cut";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("count", count).field("peers", peers);
        }
    }

    /**
     * Something failed that is no peer's doing, and the server goes on.
     *
     * @param service the service
     * @param what what was tried
     * @param why the reason
     */
    record Failed(String service, String what, String why) implements NetEvent {
        @Override
        public String name() {
            return "failed";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("what", what).field("why", why);
        }
    }
}
