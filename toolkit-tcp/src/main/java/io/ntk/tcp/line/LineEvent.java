package io.ntk.tcp.line;

import io.ntk.core.JsonWriter;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.ProtocolEvent;

/**
 * What a peer of a line or stream service sent. Told to listeners that are a {@link Listener}, and costs nothing
 * otherwise.
 */
public sealed interface LineEvent extends ProtocolEvent {
    /** A listener that wants these events too; without this type it hears of connections alone. */
    @FunctionalInterface
    interface Listener extends NetListener {
        /**
         * Makes any listener one that wants these events.
         *
         * @param listener the listener
         * @return a listener that tells it everything
         */
        static Listener of(NetListener listener) {
            return listener::on;
        }
    }

    /**
     * A line or chunk.
     *
     * @param service the service
     * @param id as in the connection's {@link NetEvent.Opened}
     * @param peer who sent it
     * @param text without its line end, at most as long as the service's limit; hostile until escaped
     */
    record Request(String service, String id, String peer, String text) implements LineEvent {
        @Override
        public String name() {
            return "request";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("text", text);
        }
    }

    /**
     * Bytes that are no line.
     *
     * @param service the service
     * @param id as in the connection's {@link NetEvent.Opened}
     * @param peer who sent them
     * @param reason why they are none
     */
    record Rejected(String service, String id, String peer, String reason) implements LineEvent {
        @Override
        public String name() {
            return "rejected";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("reason", reason);
        }
    }

    /**
     * Bytes of a stream service, as they arrived.
     *
     * @param service the service
     * @param id as in the connection's {@link NetEvent.Opened}
     * @param peer who sent them
     * @param bytes how many
     */
    record Received(String service, String id, String peer, int bytes) implements LineEvent {
        @Override
        public String name() {
            return "received";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("bytes", bytes);
        }
    }
}
