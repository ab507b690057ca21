package io.ntk.tcp.upload.client.link;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * How long to wait before something is tried again, and for how long that makes sense: 250 ms × 2ⁿ with full jitter, at most
 * 30 s, until there was no progress for as long as patience lasts. Belongs to the thread that sends.
 */
public final class Backoff {
    private static final long FIRST_NANOS = Duration.ofMillis(250).toNanos();
    private static final long MAX_NANOS = Duration.ofSeconds(30).toNanos();
    private static final int MAX_DOUBLINGS = 10;

    private final long patienceNanos;
    private final LongSupplier clock;
    private final LongUnaryOperator jitter;
    private int attempts;
    private boolean troubled;
    private long troubledAt;

    /**
     * Makes one.
     *
     * @param patience how long to try without progress
     * @param clock in nanoseconds
     * @param jitter chooses from 0 to below its argument
     */
    public Backoff(Duration patience, LongSupplier clock, LongUnaryOperator jitter) {
        this.patienceNanos = patience.toNanos();
        this.clock = clock;
        this.jitter = jitter;
    }

    /**
     * One with the clock of the system.
     *
     * @param patience how long to try without progress
     * @return fresh
     */
    public static Backoff of(Duration patience) {
        return new Backoff(
                patience, System::nanoTime, most -> ThreadLocalRandom.current().nextLong(most));
    }

    /** Nanoseconds before connecting again; more each time until there is progress. */
    long pause() {
        long pause = pause(attempts);
        attempts++;
        return pause;
    }

    /**
     * How long before a file is tried once more.
     *
     * @param n how often it was before, from 0
     * @return in nanoseconds
     */
    public long pause(int n) {
        return jitter.applyAsLong(Math.min(MAX_NANOS, FIRST_NANOS << Math.min(n, MAX_DOUBLINGS)));
    }

    /**
     * Whether it has gone badly for longer than patience lasts; the first time it is asked the trouble begins.
     *
     * @return whether to give up
     */
    public boolean isTooLong() {
        long now = clock.getAsLong();
        if (!troubled) {
            troubled = true;
            troubledAt = now;
        }
        return now - troubledAt > patienceNanos;
    }

    /**
     * Whether it goes badly: there was no progress since.
     *
     * @return whether {@link #isTooLong} was asked since the last progress
     */
    public boolean isTroubled() {
        return troubled;
    }

    /** Something has come of it: the next pause is a short one, and patience is as at the start. */
    public void progressed() {
        attempts = 0;
        troubled = false;
    }
}
