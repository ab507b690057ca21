package io.ntk.testsupport;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread is about to do: looks again every millisecond until it is so or time is up. */
public final class Await {
    /** How long {@link #until(String, BooleanSupplier)} waits: longer than a busy machine stands still. */
    public static final Duration DEADLINE = Duration.ofSeconds(30);

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

    /** What is done again, and tells how long it took. */
    public interface Timed {
        /**
         * Does it once, checks that included which do not depend on time.
         *
         * @return the time that is to be judged
         * @throws Exception whatever fails
         */
        Duration run() throws Exception;
    }

    /**
     * How fast something can be. A machine that stands still makes one run slow, a fault makes each of them slow: so
     * this stops at the first run that is fast enough, and takes the fastest of ten.
     *
     * @param enough what is fast enough
     * @param run done up to ten times
     * @return the shortest time seen
     * @throws Exception of the run, at once
     */
    public static Duration shortest(Duration enough, Timed run) throws Exception {
        Duration shortest = run.run();
        for (int i = 1; i < 10 && shortest.compareTo(enough) >= 0; i++) {
            Duration next = run.run();
            shortest = next.compareTo(shortest) < 0 ? next : shortest;
        }
        return shortest;
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
