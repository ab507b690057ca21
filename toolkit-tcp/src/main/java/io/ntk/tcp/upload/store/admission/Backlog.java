package io.ntk.tcp.upload.store.admission;

import java.util.ArrayList;
import java.util.List;

/** What waits for the disk. Thread-safe. */
public final class Backlog {
    private final long maxBytes;
    /* Guarded by this. */
    private final List<Runnable> forRoom = new ArrayList<>();
    private long bytes;

    /**
     * Nothing waits at first.
     *
     * @param maxBytes as many wait, and nobody is read
     */
    public Backlog(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Bytes begin to wait; who brings them looks at {@link #isFull} before the next.
     *
     * @param count at least 0
     */
    public synchronized void add(long count) {
        bytes += count;
    }

    /**
     * Bytes no longer wait, and whoever waits for room is told.
     *
     * @param count as was added
     */
    public void remove(long count) {
        List<Runnable> ready;
        synchronized (this) {
            bytes -= count;
            ready = ready();
        }
        ready.forEach(Runnable::run);
    }

    /**
     * Bytes that wait now.
     *
     * @return 0 when all is written
     */
    public synchronized long bytes() {
        return bytes;
    }

    /**
     * Tells whether so much waits that nobody should be read.
     *
     * @return false when there is room
     */
    public synchronized boolean isFull() {
        return bytes >= maxBytes;
    }

    /**
     * Runs an action once there is room for a while: below half of what is full, since nobody would gain by going on for a
     * moment.
     *
     * @param action called on any thread, at once when there is room now
     */
    public void whenRoom(Runnable action) {
        synchronized (this) {
            if (!hasRoom()) {
                forRoom.add(action);
                return;
            }
        }
        action.run();
    }

    private boolean hasRoom() {
        return bytes <= maxBytes / 2;
    }

    private List<Runnable> ready() {
        if (forRoom.isEmpty() || !hasRoom()) {
            return List.of();
        }
        List<Runnable> ready = List.copyOf(forRoom);
        forRoom.clear();
        return ready;
    }
}
