package io.ntk.udp.measure;

import io.ntk.core.JsonWriter;
import io.ntk.core.ProtocolEvent;

/** What happens at a {@link MeasureResponder}. */
public sealed interface MeasureEvent extends ProtocolEvent {
    /** The service in all of these events. */
    String SERVICE = "udp";

    @Override
    default String service() {
        return SERVICE;
    }

    /**
     * A client has proven its address and begun to measure.
     *
     * @param peer the client
     */
    record Started(String peer) implements MeasureEvent {
        @Override
        public String name() {
            return "measure-started";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer);
        }
    }

    /**
     * A client has said that it is done.
     *
     * @param peer the client
     * @param distinct how many different datagrams of it arrived, warm-up left out
     */
    record Ended(String peer, long distinct) implements MeasureEvent {
        @Override
        public String name() {
            return "measure-ended";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("distinct", distinct);
        }
    }
}
