package io.ntk.core;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * The one form in which events become lines: {@code {"v":1,"time":"…","event":"…","service":"…",…}}, {@code time} being
 * ISO 8601 with milliseconds in UTC.
 */
public final class Ndjson {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Ndjson() {}

    /**
     * Writes an event.
     *
     * @param event what happened
     * @param time when
     * @return one line, without its line end
     */
    public static String line(NetEvent event, Instant time) {
        JsonWriter json = start(event.service(), event.name(), time);
        event.describe(json);
        return json.toString();
    }

    /**
     * Starts an object with the fields that all have, for the documents of commands that are no events of a server.
     *
     * @param service the service, the noun of the command
     * @param event the name of the event, or of the document
     * @param time when
     * @return the open object
     */
    public static JsonWriter start(String service, String event, Instant time) {
        return new JsonWriter()
                .field("v", 1)
                .field("time", TIME.format(time))
                .field("event", event)
                .field("service", service);
    }
}
