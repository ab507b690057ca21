package io.ntk.tcp.chat.client;

import io.ntk.tcp.chat.client.ReceivedMessage.Place;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers up to which number the messages of each room were seen, so that a history that is sent again is not shown
 * again: a room's numbers only rise within one run of the server. At most {@value #MAX_ROOMS} rooms; the one that was
 * quiet for longest is forgotten. Not thread-safe.
 */
public final class SeenMessages {
    static final int MAX_ROOMS = 256;

    private record Room(String run, String name) {}

    private final Map<Room, Long> last = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Room, Long> eldest) {
            return size() > MAX_ROOMS;
        }
    };

    /** Starts with nothing seen. */
    public SeenMessages() {}

    /**
     * Notes a message.
     *
     * @param place where it stands
     * @return -1 when it, or a later one of its room, was seen before; else how many numbers lie between it and the last
     *     one that was seen, 0 when none was
     */
    public long note(Place place) {
        Room room = new Room(place.run(), place.room());
        Long before = last.get(room);
        if (before != null && place.seq() <= before) {
            return -1;
        }
        last.put(room, place.seq());
        return before == null ? 0 : place.seq() - before - 1;
    }
}
