package io.ntk.tcp.upload.client.link;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Keeps to a rate, and knows what it was. Belongs to the thread that sends, which waits here. */
public final class Pacer {
    private static final int MIN_CHUNK_BYTES = 4096;
    private static final int MAX_CHUNK_BYTES = 1 << 20;
    private static final int CHUNKS_PER_SECOND = 10;
    private static final long MEASURED_NANOS = 3_000_000_000L;

    private final long bytesPerSecond;
    private final LongSupplier clock;
    private long freeAt;
    private long bytes;
    private long firstAt;

    /**
     * Makes one that has seen nothing.
     *
     * @param bytesPerSecond at most so many; 0 for no limit
     */
    public Pacer(long bytesPerSecond) {
        this(bytesPerSecond, System::nanoTime);
    }

    /** One with another clock, in nanoseconds; it still waits by the system's. */
    Pacer(long bytesPerSecond, LongSupplier clock) {
        this.bytesPerSecond = bytesPerSecond;
        this.clock = clock;
    }

    /**
     * In what pieces to send, so that a slow rate is an even one.
     *
     * @return 4 KiB to 1 MiB
     */
    public int chunkBytes() {
        return bytesPerSecond == 0
                ? MAX_CHUNK_BYTES
                : (int) Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, bytesPerSecond / CHUNKS_PER_SECOND));
    }

    /**
     * Counts what is sent without waiting; what comes next waits for it.
     *
     * @param count in bytes
     */
    public void count(int count) {
        long now = clock.getAsLong();
        if (firstAt == 0) {
            firstAt = now;
        }
        bytes += count;
        if (bytesPerSecond > 0) {
            freeAt = Math.max(freeAt, now) + count * 1_000_000_000L / bytesPerSecond;
        }
    }

    /**
     * How long until anything may go.
     *
     * @param now by {@link System#nanoTime}
     * @return in nanoseconds, 0 for at once
     */
    public long untilFree(long now) {
        return bytesPerSecond == 0 || firstAt == 0 ? 0 : Math.max(0, freeAt - now);
    }

    /**
     * Waits until so many bytes may go, and counts them.
     *
     * @param count in bytes
     * @param before done before a wait, if there is one
     * @throws InterruptedException when the thread is interrupted
     */
    public void await(int count, Runnable before) throws InterruptedException {
        long wait = bytesPerSecond == 0 ? 0 : freeAt - clock.getAsLong();
        if (wait > 0) {
            before.run();
            TimeUnit.NANOSECONDS.sleep(wait);
        }
        count(count);
    }

    /**
     * How fast it goes.
     *
     * @return bytes a second: the limit, or what was seen, or 0 when that is not known yet
     */
    public long rate() {
        if (bytesPerSecond > 0) {
            return bytesPerSecond;
        }
        long time = firstAt == 0 ? 0 : clock.getAsLong() - firstAt;
        return time < MEASURED_NANOS ? 0 : Math.max(1, (long) (bytes / (time / 1e9)));
    }
}
