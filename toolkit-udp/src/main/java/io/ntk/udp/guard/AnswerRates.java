package io.ntk.udp.guard;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * How many answers each source address has had: a token bucket for each, in a table of fixed size. An IPv6 address stands
 * for its /64. One for all channels of a server; thread-safe.
 */
public final class AnswerRates {
    /*
     * Sets of eight entries; an address has its place in one set, chosen in a way that no sender knows. Where a set is
     * full, the entry that was not used for the longest time makes room.
     */
    /** Addresses that are remembered. */
    public static final int ENTRIES = 4096;

    private static final int WAYS = 8;
    private static final int SET_BITS = 9;
    private static final long NANOS = 1_000_000_000L;

    private final GuardOptions options;
    private final LongSupplier nanoTime;
    private final Spread spread;
    private final long[] keys = new long[ENTRIES];
    private final long[] usedAt = new long[ENTRIES];
    /* In billionths of an answer. */
    private final long[] tokens = new long[ENTRIES];

    /**
     * Starts with no address.
     *
     * @param options the rate
     */
    public AnswerRates(GuardOptions options) {
        this(options, System::nanoTime, ThreadLocalRandom.current().nextLong());
    }

    AnswerRates(GuardOptions options, LongSupplier nanoTime, long secret) {
        this.options = options;
        this.nanoTime = nanoTime;
        this.spread = new Spread(secret, SET_BITS);
    }

    /**
     * Takes one answer from an address's account.
     *
     * @param address the recipient
     * @return whether there was one left
     */
    public synchronized boolean take(InetAddress address) {
        long key = key(address);
        long now = nanoTime.getAsLong();
        int entry = entry(key, now);
        long full = options.burst() * NANOS;
        long idle = Math.min(now - usedAt[entry], NANOS * 3600);
        usedAt[entry] = now;
        // Nanoseconds times answers a second are billionths; what would overflow is full long before.
        long missing = full - tokens[entry];
        boolean refilled = idle > missing / options.answersPerSecond();
        tokens[entry] = refilled ? full : tokens[entry] + idle * options.answersPerSecond();
        if (tokens[entry] < NANOS) {
            return false;
        }
        tokens[entry] -= NANOS;
        return true;
    }

    private int entry(long key, long now) {
        int first = spread.set(key) * WAYS;
        int oldest = first;
        for (int i = first; i < first + WAYS; i++) {
            if (keys[i] == key) {
                return i;
            }
            if (keys[oldest] != 0 && (keys[i] == 0 || usedAt[i] - usedAt[oldest] < 0)) {
                oldest = i;
            }
        }
        keys[oldest] = key;
        usedAt[oldest] = now;
        tokens[oldest] = options.burst() * NANOS;
        return oldest;
    }

    /** Never 0, which stands for an empty entry; IPv4 lies in ::/16, where no IPv6 network is. */
    private static long key(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.remaining() == 4 ? (bytes.getInt() & 0xffff_ffffL) | (1L << 40) : bytes.getLong() | 1;
    }
}
