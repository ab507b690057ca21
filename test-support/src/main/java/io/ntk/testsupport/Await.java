package io.ntk.testsupport;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread is about to do: looks again every millisecond until it is so or time is up. */
public final class Await {
    /** How long {@link #until(String, BooleanSupplier)} waits. */
    public static final Duration DEADLINE = Duration.ofSeconds(10);

    private Await() {}

    /**
     * Waits for at most {@link #DEADLINE}.
     *
     * @param what what is waited for, named in the failure
     * @param condition looked at on the calling thread
     * @throws AssertionError when time is up
     */
    public static void until(String what, BooleanSupplier condition) {
        if (!within(DEADLINE, condition)) {
            throw new AssertionError("not within " + DEADLINE + ": " + what);
        }
    }

    /**
     * Waits without failing.
     *
     * @param deadline how long
     * @param condition looked at on the calling thread
     * @return whether the condition held in time
     */
    public static boolean within(Duration deadline, BooleanSupplier condition) {
        long end = System.nanoTime() + deadline.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return true;
    }
}
