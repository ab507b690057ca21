package io.ntk.tcp.chat.client;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A line of the json format. Texts are as the server sent them: escape them before they are shown.
 *
 * @param type {@code message}, {@code action}, {@code join}, {@code leave}, {@code nick}, {@code private}, {@code
 *     notice}, {@code reply}, {@code error}, {@code skipped}, or one that this version does not know
 * @param time when, as ISO 8601, or empty
 * @param place where it stands in its room, null for what has no number
 * @param room the room it is about, or empty
 * @param from whose it is, or empty
 * @param text its text, or empty
 * @param count how many were skipped, else 0
 */
public record ReceivedMessage(
        String type, String time, @Nullable Place place, String room, String from, String text, long count) {
    /**
     * Where a message stands in the one order of its room.
     *
     * @param run of the server
     * @param room the room
     * @param seq rises by one with each message of the room in this run
     */
    public record Place(String run, String room, long seq) {
        /** Nothing is missing. */
        public Place {
            requireNonNull(run, "run");
            requireNonNull(room, "room");
        }
    }

    /** Nothing but the place may be missing. */
    public ReceivedMessage {
        requireNonNull(type, "type");
        requireNonNull(time, "time");
        requireNonNull(room, "room");
        requireNonNull(from, "from");
        requireNonNull(text, "text");
    }

    /**
     * Reads a line.
     *
     * @param line anything
     * @return null when it is no JSON object with a {@code type}
     */
    public static @Nullable ReceivedMessage parse(String line) {
        Map<String, Object> fields = FlatJson.parse(line);
        if (fields == null || !(fields.get("type") instanceof String type)) {
            return null;
        }
        String room = text(fields, "room");
        Place place = fields.get("seq") instanceof Long seq ? new Place(text(fields, "run"), room, seq) : null;
        long count = fields.get("count") instanceof Long number ? number : 0;
        return new ReceivedMessage(
                type, text(fields, "time"), place, room, text(fields, "from"), text(fields, "text"), count);
    }

    private static String text(Map<String, Object> fields, String name) {
        return fields.get(name) instanceof String text ? text : "";
    }
}
