package io.ntk.tcp.http;

import io.ntk.core.JsonWriter;
import io.ntk.core.ProtocolEvent;

/** What happens in the HTTP service beyond its connections. */
public sealed interface HttpEvent extends ProtocolEvent {
    /** The name of the service in events. */
    String SERVICE = "http";

    /**
     * A request was turned down before any mode saw it, and its connection is being closed.
     *
     * @param service the service
     * @param id as in the connection's {@link io.ntk.core.NetEvent.Opened}
     * @param peer who sent it
     * @param status the status that it was answered with
     * @param reason why
     */
    record Rejected(String service, String id, String peer, int status, String reason) implements HttpEvent {
        @Override
        public String name() {
            return "rejected";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("status", status).field("reason", reason);
        }
    }
}
