package io.ntk.tcp.http.access;

import io.ntk.core.Ndjson;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How a line of an access log looks. What the client sent is escaped: no line holds a control character. */
public enum AccessLogFormat {
    /** The common log format: {@code 127.0.0.1 - ann [21/Nov/2026:14:32:47 +0000] "GET / HTTP/1.1" 200 12}. */
    COMMON,
    /** The same with the referer and the agent in quotes behind it. */
    COMBINED,
    /** The event as a line of JSON. */
    JSON;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT).withZone(ZoneOffset.UTC);

    /**
     * Writes a line.
     *
     * @param event what happened
     * @return the line, without a line end
     */
    public String line(AccessEvent event) {
        return switch (this) {
            case COMMON -> common(event);
            case COMBINED ->
                common(event) + " " + quoted(event.asked().referer()) + " "
                        + quoted(event.asked().agent());
            case JSON -> Ndjson.line(event, event.asked().time());
        };
    }

    private static String common(AccessEvent event) {
        AccessEvent.Asked asked = event.asked();
        String line = (asked.method() + " " + asked.target() + " " + asked.version()).strip();
        String bytes =
                event.told().bytes() == 0 ? "-" : Long.toString(event.told().bytes());
        String user = asked.user().isEmpty() ? "-" : bare(asked.user());
        return event.peer() + " - " + user + " [" + TIME.format(asked.time()) + "] " + quoted(line) + " "
                + event.told().status() + " " + bytes;
    }

    private static String quoted(String text) {
        return '"' + (text.isEmpty() ? "-" : escaped(text)) + '"';
    }

    /** For a field without quotes, where a blank would begin the next one. */
    private static String bare(String text) {
        return escaped(text).replace(" ", "\\x20");
    }

    /* As nginx and Apache do it: what is not printable ASCII by its bytes, as \xHH. */
    private static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else if (c <= 0xff) {
                out.append(String.format(Locale.ROOT, "\\x%02X", (int) c));
            } else {
                out.append(String.format(Locale.ROOT, "\\u%04X", (int) c));
            }
        }
        return out.toString();
    }
}
