package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What waits for the disk: bytes, and requests without an answer (openings, small files, folders), of all connections together.
 * Who asks, leaves and connects anew would else pile up requests as fast as frames come, without a byte of content.
 * Thread-safe.
 *
 * <p>At as many bytes as the options say, or {@value #FULL} requests, nobody is read. What was read by then may still ask; at
 * {@value #MOST} it is refused with 402, and may come again.
 */
public final class Backlog {
    /** As many requests wait, and nobody is read. */
    public static final int FULL = 8192;

    /** As many requests wait, and the next is refused. */
    public static final int MOST = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

    private final long maxBytes;
    /* Guarded by this. */
    private final List<Runnable> forRoom = new ArrayList<>();
    private long bytes;
    private int requests;

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
        ready.forEach(Backlog::tell);
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
     * A request begins to wait.
     *
     * @throws UploadException with 402 when as many wait as may; then it does not
     */
    public synchronized void enter() {
        if (requests == MOST) {
            throw new UploadException(UploadError.TOO_MANY_UPLOADS, "too much waits for the disk");
        }
        requests++;
    }

    /** A request has its answer, whatever it is, and whoever waits for room is told. */
    public void leave() {
        List<Runnable> ready;
        synchronized (this) {
            requests--;
            ready = ready();
        }
        ready.forEach(Backlog::tell);
    }

    /* Whoever does not bear it must not keep others from it, nor the disk from its work. */
    private static void tell(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.warn("who waited for room failed", e);
        }
    }

    /**
     * Requests that wait now.
     *
     * @return 0 to {@value #MOST}
     */
    public synchronized int requests() {
        return requests;
    }

    /**
     * Tells whether so much waits that nobody should be read.
     *
     * @return false when there is room
     */
    public synchronized boolean isFull() {
        return bytes >= maxBytes || requests >= FULL;
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
        return bytes <= maxBytes / 2 && requests <= FULL / 2;
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
