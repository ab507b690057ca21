package io.ntk.udp;

import java.util.concurrent.atomic.AtomicLong;

/** How many datagrams a server still takes, on all its channels together. Thread-safe. */
final class DatagramQuota {
    private final AtomicLong left;
    private final AtomicLong unread;
    private final Runnable over;

    /**
     * Starts to count down.
     *
     * @param count how many
     * @param over called once, when the read that took the last has been dealt with
     */
    DatagramQuota(long count, Runnable over) {
        this.left = new AtomicLong(count);
        this.unread = new AtomicLong(1);
        this.over = over;
    }

    /** Whether there was one left. */
    boolean take() {
        return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    /** A read is over, its answers flushed. */
    void readComplete() {
        if (left.get() == 0 && unread.compareAndSet(1, 0)) {
            over.run();
        }
    }
}
