package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.ntk.tcp.upload.UploadFrame;
import java.time.Duration;

/**
 * What one connection of an upload server may take.
 *
 * @param maxStreams open files at a time, 1 to 65,535
 * @param creditBytes raw bytes that a client may send ahead, 1 MiB to 64 MiB; what a connection takes of memory
 * @param segmentBytes the largest segment, a power of two from {@value UploadFrame.Data#MIN_SEGMENT_BYTES} to half the credit
 * @param maxInlineBytes the most data of a PUT, 0 to 64 KiB
 * @param handshake how long a peer may take to say who it is, more than 0
 * @param heartbeat how often each side lets itself be heard, 1 s to 1 h; a peer is dead after three of them
 * @param minRate below which a sender of raw bytes is cut off
 * @param drain how long files that are under way may take when the server ends; zero cuts them off at once
 */
public record UploadLimits(
        int maxStreams,
        int creditBytes,
        int segmentBytes,
        int maxInlineBytes,
        Duration handshake,
        Duration heartbeat,
        MinRate minRate,
        Duration drain) {
    /** The most credit. */
    public static final int MAX_CREDIT_BYTES = 2 * UploadFrame.Data.MAX_SEGMENT_BYTES;

    /** The most data of a PUT. */
    public static final int MAX_INLINE_BYTES = 64 * 1024;

    /** 256 files, 8 MiB of credit, segments to 4 MiB, PUTs to 64 KiB; 10 s, 15 s, 1 KiB/s over 30 s, 30 s. */
    public static final UploadLimits DEFAULTS = new UploadLimits(
            256,
            8 << 20,
            4 << 20,
            MAX_INLINE_BYTES,
            Duration.ofSeconds(10),
            Duration.ofSeconds(15),
            new MinRate(1024, Duration.ofSeconds(30)),
            Duration.ofSeconds(30));

    /**
     * A rate that is kept to within each payload, over a time in which it is read.
     *
     * @param bytesPerSecond raw bytes, more than 0
     * @param window over which they are counted, 1 s to 1 h
     */
    public record MinRate(int bytesPerSecond, Duration window) {
        /** Checks the bounds. */
        public MinRate {
            if (bytesPerSecond < 1) {
                throw new IllegalArgumentException("bytesPerSecond: " + bytesPerSecond + " (expected: > 0)");
            }
            if (window.compareTo(Duration.ofSeconds(1)) < 0 || window.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("window: " + window + " (expected: 1 s to 1 h)");
            }
        }

        /** How many raw bytes must come in one window. */
        long bytes() {
            return bytesPerSecond * window.toMillis() / 1000;
        }
    }

    /** After how long a peer that is not heard of is dead: three heartbeats. */
    Duration silence() {
        return heartbeat.multipliedBy(3);
    }

    /** Checks the bounds. */
    public UploadLimits {
        requireNonNull(minRate, "minRate");
        if (maxStreams < 1 || maxStreams > 65_535) {
            throw new IllegalArgumentException("maxStreams: " + maxStreams + " (expected: 1 to 65535)");
        }
        if (creditBytes < 1 << 20 || creditBytes > MAX_CREDIT_BYTES) {
            throw new IllegalArgumentException("creditBytes: " + creditBytes + " (expected: 1 MiB to 64 MiB)");
        }
        if (segmentBytes < UploadFrame.Data.MIN_SEGMENT_BYTES
                || segmentBytes > creditBytes / 2
                || Integer.bitCount(segmentBytes) != 1) {
            throw new IllegalArgumentException(
                    "segmentBytes: " + segmentBytes + " (expected: a power of two, 256 KiB to half the credit)");
        }
        if (maxInlineBytes < 0 || maxInlineBytes > MAX_INLINE_BYTES) {
            throw new IllegalArgumentException("maxInlineBytes: " + maxInlineBytes + " (expected: 0 to 65536)");
        }
        if (heartbeat.compareTo(Duration.ofSeconds(1)) < 0 || heartbeat.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("heartbeat: " + heartbeat + " (expected: 1 s to 1 h)");
        }
        if (handshake.isNegative() || handshake.isZero()) {
            throw new IllegalArgumentException("handshake: " + handshake + " (expected: > 0)");
        }
        if (drain.isNegative()) {
            throw new IllegalArgumentException("drain: " + drain + " (expected: >= 0)");
        }
    }

    /**
     * A copy with another credit.
     *
     * @param credit raw bytes ahead
     * @param segment the largest segment
     * @return the copy
     */
    public UploadLimits withCredit(int credit, int segment) {
        return new UploadLimits(maxStreams, credit, segment, maxInlineBytes, handshake, heartbeat, minRate, drain);
    }

    /**
     * A copy with another number of open files.
     *
     * @param n at a time
     * @return the copy
     */
    public UploadLimits withMaxStreams(int n) {
        return new UploadLimits(n, creditBytes, segmentBytes, maxInlineBytes, handshake, heartbeat, minRate, drain);
    }

    /**
     * A copy with another heartbeat.
     *
     * @param time between signs of life
     * @return the copy
     */
    public UploadLimits withHeartbeat(Duration time) {
        return new UploadLimits(maxStreams, creditBytes, segmentBytes, maxInlineBytes, handshake, time, minRate, drain);
    }

    /**
     * A copy with other times for the beginning and the end.
     *
     * @param first to say who it is
     * @param last for what is under way
     * @return the copy
     */
    public UploadLimits withHandshakeAndDrain(Duration first, Duration last) {
        return new UploadLimits(maxStreams, creditBytes, segmentBytes, maxInlineBytes, first, heartbeat, minRate, last);
    }
}
