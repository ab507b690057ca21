package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

/**
 * What the rooms of a chat are like.
 *
 * @param history messages that a new member is sent, and that a room keeps, 0 to 1,000
 * @param maxRooms rooms at a time, 1 to 1,000,000
 * @param sendQueueBytes what may wait for one member behind its channel, 16 KiB to 1 GiB; shared buffers count in full
 * @param slow what happens to a member that has more waiting
 */
public record RoomOptions(int history, int maxRooms, int sendQueueBytes, Slow slow) {
    /** 50 messages, 1,000 rooms, 256 KiB, dropping. */
    public static final RoomOptions DEFAULTS = new RoomOptions(50, 1000, 256 * 1024, Slow.DROP);

    /** What happens to a member that does not keep up. */
    public enum Slow {
        /** The oldest messages that wait for it go, and it is told how many. */
        DROP,
        /** It is disconnected. */
        DISCONNECT
    }

    /** Checks the bounds. */
    public RoomOptions {
        requireNonNull(slow, "slow");
        requireIn(history, 0, 1000, "history");
        requireIn(maxRooms, 1, 1_000_000, "maxRooms");
        requireIn(sendQueueBytes, 16 * 1024, 1 << 30, "sendQueueBytes");
    }

    /**
     * A copy with another history.
     *
     * @param n messages
     * @return the copy
     */
    public RoomOptions withHistory(int n) {
        return new RoomOptions(n, maxRooms, sendQueueBytes, slow);
    }

    /**
     * A copy with another bound of rooms.
     *
     * @param n rooms
     * @return the copy
     */
    public RoomOptions withMaxRooms(int n) {
        return new RoomOptions(history, n, sendQueueBytes, slow);
    }

    /**
     * A copy that treats slow members differently.
     *
     * @param bytes what may wait for one
     * @param policy what happens beyond
     * @return the copy
     */
    public RoomOptions withSlow(int bytes, Slow policy) {
        return new RoomOptions(history, maxRooms, bytes, policy);
    }

    private static void requireIn(int value, int least, int most, String name) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }
}
