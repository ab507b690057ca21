package io.ntk.tcp.upload.client;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ConnectOptions;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How files are sent.
 *
 * @param connect where to and how
 * @param key shared with the receiver, at least 16 bytes, or null for none; with one, a receiver that wants none is refused
 * @param onExists what becomes of a file whose name is taken
 * @param durability what must have reached the disk when a file is done
 * @param state the folder of what is remembered for resuming, made when it is missing; null to remember nothing
 * @param digest of the whole
 * @param pace how fast, and how long to wait
 * @param sendfile who reads what goes out
 */
public record SendOptions(
        ConnectOptions connect,
        @Nullable Octets key,
        OnExists onExists,
        Durability durability,
        @Nullable Path state,
        Digest digest,
        Pace pace,
        Sendfile sendfile) {
    /** What proves a whole file, beyond the CRC32C of each segment. */
    public enum Digest {
        /** Its SHA-256, at both ends. */
        SHA256,
        /** Nothing. */
        NONE
    }

    /**
     * Who reads what goes out of a file. Each segment is read once in any case, for its CRC32C goes before it. Behind TLS and
     * on io_uring it is never the kernel.
     */
    public enum Sendfile {
        /** The kernel, unless the receiver is on the same machine: there it takes longer than copying. */
        AUTO,
        /** The kernel, again. Should the file have changed since it was summed, then the receiver refuses the segment. */
        ON,
        /** This process: what was summed is sent. */
        OFF
    }

    /**
     * How fast, and how long to wait.
     *
     * @param segmentBytes the segment size to propose, a power of two from 256 KiB to 32 MiB; the receiver's limits win
     * @param bytesPerSecond at most so many raw bytes, at least {@value #MIN_RATE}; 0 for as many as go
     * @param patience how long to try without any progress, more than 0
     */
    public record Pace(int segmentBytes, long bytesPerSecond, Duration patience) {
        /** Below it a receiver takes a sender for dead. */
        public static final long MIN_RATE = 4096;

        /** The largest segment. */
        public static final int MAX_SEGMENT_BYTES = UploadFrame.Data.MAX_SEGMENT_BYTES;

        /** 4 MiB, as fast as it goes, ten minutes. */
        public static final Pace DEFAULTS = new Pace(4 << 20, 0, Duration.ofMinutes(10));

        /** Checks the bounds. */
        public Pace {
            if (segmentBytes < UploadFrame.Data.MIN_SEGMENT_BYTES
                    || segmentBytes > MAX_SEGMENT_BYTES
                    || Integer.bitCount(segmentBytes) != 1) {
                throw new IllegalArgumentException(
                        "segmentBytes: " + segmentBytes + " (expected: a power of two, 256 KiB to 32 MiB)");
            }
            if (bytesPerSecond != 0 && bytesPerSecond < MIN_RATE) {
                throw new IllegalArgumentException(
                        "bytesPerSecond: " + bytesPerSecond + " (expected: 4096 or more, or 0 for no limit)");
            }
            if (patience.isNegative() || patience.isZero()) {
                throw new IllegalArgumentException("patience: " + patience + " (expected: > 0)");
            }
        }
    }

    /** Checks the key. */
    public SendOptions {
        requireNonNull(connect, "connect");
        requireNonNull(onExists, "onExists");
        requireNonNull(durability, "durability");
        requireNonNull(digest, "digest");
        requireNonNull(pace, "pace");
        requireNonNull(sendfile, "sendfile");
        if (key != null && key.size() < UploadProof.MIN_KEY_BYTES) {
            throw new IllegalArgumentException("key: " + key.size() + " bytes (expected: at least 16)");
        }
    }

    /**
     * No key, the receiver's policy, durable in batches, nothing remembered, with SHA-256, at {@link Pace#DEFAULTS}, with
     * {@link Sendfile#AUTO}.
     *
     * @param connect where to and how
     * @return the options
     */
    public static SendOptions to(ConnectOptions connect) {
        return new SendOptions(
                connect, null, OnExists.SERVER, Durability.BATCH, null, Digest.SHA256, Pace.DEFAULTS, Sendfile.AUTO);
    }

    /**
     * A copy with a key.
     *
     * @param shared with the receiver, or null
     * @return the copy
     */
    public SendOptions withKey(@Nullable Octets shared) {
        return new SendOptions(connect, shared, onExists, durability, state, digest, pace, sendfile);
    }

    /**
     * A copy with another policy.
     *
     * @param policy for names that are taken
     * @return the copy
     */
    public SendOptions withOnExists(OnExists policy) {
        return new SendOptions(connect, key, policy, durability, state, digest, pace, sendfile);
    }

    /**
     * A copy with another durability.
     *
     * @param level that is asked for
     * @return the copy
     */
    public SendOptions withDurability(Durability level) {
        return new SendOptions(connect, key, onExists, level, state, digest, pace, sendfile);
    }

    /**
     * A copy that remembers elsewhere.
     *
     * @param folder for what is remembered, or null
     * @return the copy
     */
    public SendOptions withState(@Nullable Path folder) {
        return new SendOptions(connect, key, onExists, durability, folder, digest, pace, sendfile);
    }

    /**
     * A copy with another digest.
     *
     * @param kind of the whole
     * @return the copy
     */
    public SendOptions withDigest(Digest kind) {
        return new SendOptions(connect, key, onExists, durability, state, kind, pace, sendfile);
    }

    /**
     * A copy with another pace.
     *
     * @param other how fast
     * @return the copy
     */
    public SendOptions withPace(Pace other) {
        return new SendOptions(connect, key, onExists, durability, state, digest, other, sendfile);
    }

    /**
     * A copy with another reader of what goes out.
     *
     * @param who the kernel or this process
     * @return the copy
     */
    public SendOptions withSendfile(Sendfile who) {
        return new SendOptions(connect, key, onExists, durability, state, digest, pace, who);
    }
}
