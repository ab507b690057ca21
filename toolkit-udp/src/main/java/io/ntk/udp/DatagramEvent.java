package io.ntk.udp;

import io.ntk.core.JsonWriter;
import io.ntk.core.NetListener;
import io.ntk.core.ProtocolEvent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.OptionalLong;

/** What happens to a datagram service. */
public sealed interface DatagramEvent extends ProtocolEvent {
    /** A listener that wants to be told of each datagram; without this type it hears of the rest alone. */
    @FunctionalInterface
    interface Listener extends NetListener {
        /**
         * Makes any listener one that wants to be told of each datagram.
         *
         * @param listener the listener
         * @return a listener that tells it everything
         */
        static Listener of(NetListener listener) {
            return listener::on;
        }
    }

    /** Whether a datagram arrived whole. */
    enum Extent {
        /** All of it. */
        WHOLE,
        /** It was longer than the limit; only its beginning is here. */
        TRUNCATED
    }

    /**
     * A datagram arrived.
     *
     * @param service the service
     * @param peer who sent it, {@code unix} for an unnamed Unix socket
     * @param payload a copy of its own, not to be changed
     * @param extent whether that is all of it
     */
    record Received(String service, String peer, ByteBuffer payload, Extent extent) implements DatagramEvent {
        @Override
        public String name() {
            return "received";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("bytes", payload.remaining());
            if (extent == Extent.TRUNCATED) {
                json.field("truncated", true);
            }
            describe(payload, json);
        }

        /**
         * Adds a payload: as {@code text} when it is UTF-8, else as {@code base64}.
         *
         * @param payload not changed
         * @param json the open object
         */
        public static void describe(ByteBuffer payload, JsonWriter json) {
            try {
                json.field(
                        "text",
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(payload.duplicate())
                                .toString());
            } catch (CharacterCodingException e) {
                byte[] bytes = new byte[payload.remaining()];
                payload.duplicate().get(bytes);
                json.field("base64", Base64.getEncoder().encodeToString(bytes));
            }
        }
    }

    /**
     * Datagrams were longer than the limit. Told at once, then at most once a second.
     *
     * @param service the service
     * @param peer who sent the last of them
     * @param limit bytes
     * @param count how many since the last such event
     */
    record Truncated(String service, String peer, int limit, long count) implements DatagramEvent {
        @Override
        public String name() {
            return "truncated";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("limit", limit).field("count", count);
        }
    }

    /**
     * The guard did not send an answer. Told once for each rule; {@link Totals} counts them all.
     *
     * @param service the service
     * @param peer who would have got it
     * @param rule the rule that it broke: {@code port}, {@code size}, {@code loop}, {@code rate} or {@code unasked}
     * @param bytes how long the answer was
     */
    record Unanswered(String service, String peer, String rule, int bytes) implements DatagramEvent {
        @Override
        public String name() {
            return "unanswered";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("rule", rule).field("bytes", bytes);
        }
    }

    /**
     * Peers sent back our own answers and get none for a time. Told at once, then at most once a second.
     *
     * @param service the service
     * @param peer the last of them
     * @param seconds how long
     * @param count how many since the last such event
     */
    record Muted(String service, String peer, long seconds, long count) implements DatagramEvent {
        @Override
        public String name() {
            return "muted";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("seconds", seconds).field("count", count);
        }
    }

    /**
     * What a service has done until it ended.
     *
     * @param service the service
     * @param received datagrams that arrived
     * @param bytesIn their payload
     * @param sent answers
     * @param bytesOut their payload
     * @param refused answers that the guard did not send
     * @param kernelDrops datagrams that the kernel dropped at our sockets, empty when unknown
     */
    record Totals(
            String service,
            long received,
            long bytesIn,
            long sent,
            long bytesOut,
            long refused,
            OptionalLong kernelDrops)
            implements DatagramEvent {
        @Override
        public String name() {
            return "totals";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("received", received)
                    .field("bytesIn", bytesIn)
                    .field("sent", sent)
                    .field("bytesOut", bytesOut)
                    .field("refused", refused);
            // Unknown is null, never 0.
            if (kernelDrops.isPresent()) {
                json.field("kernelDrops", kernelDrops.getAsLong());
            } else {
                json.field("kernelDrops", Double.NaN);
            }
        }
    }
}
