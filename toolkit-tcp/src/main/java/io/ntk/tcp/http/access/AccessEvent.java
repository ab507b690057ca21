package io.ntk.tcp.http.access;

import static java.util.Objects.requireNonNull;

import io.ntk.core.JsonWriter;
import io.ntk.core.ProtocolEvent;
import java.time.Duration;
import java.time.Instant;

/**
 * A request was answered, or its connection ended before.
 *
 * @param service the service
 * @param id as in the connection's {@link io.ntk.core.NetEvent.Opened}
 * @param peer the address of the client, without a port
 * @param asked what it asked
 * @param told what it got
 * @param duration from the request's head to the last byte of the reply that the transport took
 */
public record AccessEvent(String service, String id, String peer, Asked asked, Told told, Duration duration)
        implements ProtocolEvent {
    /**
     * What a client asked. All texts but the time are the client's: hostile until escaped.
     *
     * @param time when the head had come
     * @param method such as {@code GET}
     * @param target as it was sent
     * @param version such as {@code HTTP/1.1}
     * @param user who proved to be, or empty
     * @param referer that header, or empty
     * @param agent that header, or empty
     */
    public record Asked(
            Instant time, String method, String target, String version, String user, String referer, String agent) {
        /** What stands for a request that was never understood. */
        public static Asked nothing(Instant time) {
            return new Asked(time, "", "", "", "", "", "");
        }
    }

    /**
     * What a client got.
     *
     * @param status of the reply, or 0 when the connection ended without one
     * @param bytes of its body
     * @param complete whether all of it was handed to the transport
     */
    public record Told(int status, long bytes, boolean complete) {}

    /** Checks that all parts are there. */
    public AccessEvent {
        requireNonNull(service, "service");
        requireNonNull(asked, "asked");
        requireNonNull(told, "told");
    }

    @Override
    public String name() {
        return "request";
    }

    @Override
    public void describe(JsonWriter json) {
        json.field("id", id)
                .field("peer", peer)
                .field("method", asked.method())
                .field("target", asked.target())
                .field("version", asked.version())
                .field("status", told.status())
                .field("bytes", told.bytes())
                .field("complete", told.complete())
                .field("milliseconds", duration.toNanos() / 1e6);
        optional(json, "user", asked.user());
        optional(json, "referer", asked.referer());
        optional(json, "agent", asked.agent());
    }

    private static void optional(JsonWriter json, String name, String value) {
        if (!value.isEmpty()) {
            json.field(name, value);
        }
    }
}
