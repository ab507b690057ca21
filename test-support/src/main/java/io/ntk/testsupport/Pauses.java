package io.ntk.testsupport;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees how long this process stands still, be it for want of a processor: what is promised for each millisecond can be
 * judged only while time went on. {@link Await#shortest} finds such a time.
 */
public final class Pauses implements AutoCloseable {
    private final Thread thread = new Thread(this::watch, "pauses");
    private volatile long longest;
    private volatile boolean over;

    private Pauses() {}

    /**
     * Begins to watch.
     *
     * @return to be closed
     */
    public static Pauses watched() {
        Pauses pauses = new Pauses();
        pauses.thread.setDaemon(true);
        pauses.thread.start();
        return pauses;
    }

    private void watch() {
        for (long before = System.nanoTime(); !over; ) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            long now = System.nanoTime();
            longest = Math.max(longest, now - before);
            before = now;
        }
    }

    /**
     * The longest time until now in which a thread that wanted to run each millisecond did not.
     *
     * @return a millisecond at least, after the first
     */
    public Duration longest() {
        return Duration.ofNanos(longest);
    }

    @Override
    public void close() {
        over = true;
    }
}
