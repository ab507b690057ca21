package io.ntk.tcp.upload.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What a folder takes.
 *
 * @param folder where files appear; it must exist
 * @param onExists what becomes of a file whose name is taken, unless its sender asks for something stricter
 * @param durability the level when a sender leaves it open, as the simple protocol does
 * @param hidden whether names may begin with a dot
 * @param maxFileBytes the largest file, at most {@link #MAX_FILE_BYTES}
 * @param quotaBytes the most that the folder may hold, unfinished uploads counted
 * @param keep how long unfinished uploads and receipts are kept
 * @param limits how much may be under way
 */
public record StoreOptions(
        Path folder,
        OnExists onExists,
        Durability durability,
        Hidden hidden,
        long maxFileBytes,
        long quotaBytes,
        Duration keep,
        Limits limits) {
    /** The most that {@code maxFileBytes} may be: 65,536 segments of 32 MiB. */
    public static final long MAX_FILE_BYTES = 2L << 40;

    /** Whether names may begin with a dot. */
    public enum Hidden {
        /** They are refused. */
        REFUSED,
        /** They are names like others. */
        ALLOWED
    }

    /**
     * How much may be under way.
     *
     * @param unfinished uploads in all
     * @param unfinishedPerOwner uploads of one principal or address
     * @param queueBytes that wait for the disk, in all
     * @param keepFreeBytes that stay free on the disk; 2 % of it when that is more
     * @param reservation how long space is kept for an upload that makes no progress
     */
    public record Limits(
            int unfinished, int unfinishedPerOwner, long queueBytes, long keepFreeBytes, Duration reservation) {
        /** 10,000 uploads, 1,000 of one owner, 128 MiB of queue, 1 GiB free, 10 min. */
        public static final Limits DEFAULTS = new Limits(10_000, 1000, 128 << 20, 1 << 30, Duration.ofMinutes(10));

        /** Checks the bounds. */
        public Limits {
            requireNonNull(reservation, "reservation");
            if (unfinished < 1 || unfinishedPerOwner < 1) {
                throw new IllegalArgumentException(
                        "unfinished: " + unfinished + ", of one owner " + unfinishedPerOwner + " (expected: > 0)");
            }
            if (queueBytes < 1) {
                throw new IllegalArgumentException("queueBytes: " + queueBytes + " (expected: > 0)");
            }
            if (keepFreeBytes < 0) {
                throw new IllegalArgumentException("keepFreeBytes: " + keepFreeBytes + " (expected: >= 0)");
            }
        }
    }

    /** Checks the bounds. */
    public StoreOptions {
        requireNonNull(folder, "folder");
        requireNonNull(durability, "durability");
        requireNonNull(hidden, "hidden");
        requireNonNull(keep, "keep");
        requireNonNull(limits, "limits");
        if (onExists == OnExists.SERVER) {
            throw new IllegalArgumentException("onExists: " + onExists + " (expected: a policy of its own)");
        }
        if (maxFileBytes < 1 || maxFileBytes > MAX_FILE_BYTES) {
            throw new IllegalArgumentException("maxFileBytes: " + maxFileBytes + " (expected: 1 to 2 TiB)");
        }
        if (quotaBytes < 1) {
            throw new IllegalArgumentException("quotaBytes: " + quotaBytes + " (expected: > 0)");
        }
    }

    /**
     * Files of at most 10 GiB, 100 GiB in all, never over an existing one, synced in batches, kept for 24 hours.
     *
     * @param folder where files appear
     * @return the options
     */
    public static StoreOptions of(Path folder) {
        return new StoreOptions(
                folder,
                OnExists.REJECT,
                Durability.BATCH,
                Hidden.REFUSED,
                10L << 30,
                100L << 30,
                Duration.ofHours(24),
                Limits.DEFAULTS);
    }

    /**
     * A copy with another policy.
     *
     * @param policy what becomes of a file whose name is taken
     * @return the copy
     */
    public StoreOptions withOnExists(OnExists policy) {
        return new StoreOptions(folder, policy, durability, hidden, maxFileBytes, quotaBytes, keep, limits);
    }

    /**
     * A copy with another level.
     *
     * @param level when a sender leaves it open
     * @return the copy
     */
    public StoreOptions withDurability(Durability level) {
        return new StoreOptions(folder, onExists, level, hidden, maxFileBytes, quotaBytes, keep, limits);
    }

    /**
     * A copy that treats hidden names otherwise.
     *
     * @param names that begin with a dot
     * @return the copy
     */
    public StoreOptions withHidden(Hidden names) {
        return new StoreOptions(folder, onExists, durability, names, maxFileBytes, quotaBytes, keep, limits);
    }

    /**
     * A copy with other sizes.
     *
     * @param maxFile the largest file
     * @param quota all of them
     * @return the copy
     */
    public StoreOptions withSizes(long maxFile, long quota) {
        return new StoreOptions(folder, onExists, durability, hidden, maxFile, quota, keep, limits);
    }

    /**
     * A copy that keeps unfinished uploads and receipts for another time.
     *
     * @param time after the last change
     * @return the copy
     */
    public StoreOptions withKeep(Duration time) {
        return new StoreOptions(folder, onExists, durability, hidden, maxFileBytes, quotaBytes, time, limits);
    }

    /**
     * A copy with other limits.
     *
     * @param others how much may be under way
     * @return the copy
     */
    public StoreOptions withLimits(Limits others) {
        return new StoreOptions(folder, onExists, durability, hidden, maxFileBytes, quotaBytes, keep, others);
    }
}
