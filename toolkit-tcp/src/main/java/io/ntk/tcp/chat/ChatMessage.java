package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

import io.ntk.core.JsonWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * A numbered message of a room: what every member sees in the same order.
 *
 * @param time when it got its number
 * @param run the start of the server that it belongs to; with room and number it is unique
 * @param seq its number in the room, rising without holes
 * @param room the room's name
 * @param type what it is
 * @param from the member's name, at that time; for {@link Type#NICK} the old one
 * @param text what was said; for {@link Type#NICK} the new name, for a {@link Type#LEAVE} the parting words, else empty
 */
public record ChatMessage(Instant time, String run, long seq, String room, Type type, String from, String text) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** Kinds of numbered messages; their text form is that of the wire. */
    public enum Type {
        /** A line. */
        MESSAGE,
        /** What {@code /me} says. */
        ACTION,
        /** A member came in. */
        JOIN,
        /** A member left, or vanished. */
        LEAVE,
        /** A member has another name. */
        NICK;

        private final String word = name().toLowerCase(Locale.ROOT);

        @Override
        public String toString() {
            return word;
        }
    }

    /** Nothing may be missing. */
    public ChatMessage {
        requireNonNull(time, "time");
        requireNonNull(run, "run");
        requireNonNull(room, "room");
        requireNonNull(type, "type");
        requireNonNull(from, "from");
        requireNonNull(text, "text");
    }

    /**
     * The line of the json format and of a transcript.
     *
     * @return an object without a line end
     */
    public String toJson() {
        return start(time)
                .field("run", run)
                .field("seq", seq)
                .field("room", room)
                .field("type", type.toString())
                .field("from", from)
                .field("text", text)
                .toString();
    }

    /** The fields that every line of the json format begins with. */
    static JsonWriter start(Instant time) {
        return new JsonWriter().field("v", 1).field("time", TIME.format(time));
    }
}
