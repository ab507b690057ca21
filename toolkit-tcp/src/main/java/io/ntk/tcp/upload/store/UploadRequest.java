package io.ntk.tcp.upload.store;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a sender says of a file before its bytes: the fields of OPEN and PUT.
 *
 * @param key 16 bytes that the sender chose at random
 * @param size bytes, or {@link #UNKNOWN_SIZE}
 * @param segmentBytes the segment size that is proposed; 0 for PUT
 * @param mode permissions, or {@link #NO_MODE}
 * @param policy what becomes of it when the name is taken
 * @param durability what must have reached the disk when it is done
 * @param modified time of the last change
 * @param epoch how often this key was opened, 0 to 4294967295
 * @param path the name below the server's folder, {@code /} between its components; hostile
 * @param sha256 the digest of the whole where it is known already, 32 bytes
 */
public record UploadRequest(
        Octets key,
        long size,
        int segmentBytes,
        int mode,
        OnExists policy,
        Durability durability,
        Instant modified,
        long epoch,
        String path,
        @Nullable Octets sha256) {
    /** A size that the sender does not know, as of a pipe. */
    public static final long UNKNOWN_SIZE = -1;

    /** No permissions are asked for. */
    public static final int NO_MODE = 0xFFFF;

    /** The bytes of a key. */
    public static final int KEY_BYTES = 16;

    /** Checks the bounds. */
    public UploadRequest {
        requireNonNull(policy, "policy");
        requireNonNull(durability, "durability");
        requireNonNull(modified, "modified");
        requireNonNull(path, "path");
        if (key.size() != KEY_BYTES) {
            throw new IllegalArgumentException("key: " + key.size() + " bytes (expected: 16)");
        }
        if (size < UNKNOWN_SIZE) {
            throw new IllegalArgumentException("size: " + size + " (expected: >= 0, or -1 for unknown)");
        }
        if (segmentBytes < 0) {
            throw new IllegalArgumentException("segmentBytes: " + segmentBytes + " (expected: >= 0)");
        }
        if (mode < 0 || mode > NO_MODE) {
            throw new IllegalArgumentException("mode: " + mode + " (expected: 0 to 65535)");
        }
        if (epoch < 0 || epoch > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException("epoch: " + epoch + " (expected: 0 to 4294967295)");
        }
        if (sha256 != null && sha256.size() != 32) {
            throw new IllegalArgumentException("sha256: " + sha256.size() + " bytes (expected: 32)");
        }
    }

    /**
     * Tells whether the sender knows the size.
     *
     * @return false for a pipe
     */
    public boolean hasSize() {
        return size != UNKNOWN_SIZE;
    }

    /**
     * A copy with another epoch.
     *
     * @param other 0 to 4294967295
     * @return the copy
     */
    public UploadRequest withEpoch(long other) {
        return new UploadRequest(key, size, segmentBytes, mode, policy, durability, modified, other, path, sha256);
    }
}
