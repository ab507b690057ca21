package io.ntk.tcp.upload.store;

import org.jspecify.annotations.Nullable;

/** The error registry of NTUP/1: a code, and whether trying again can help. 1xx end the connection, others one file. */
public enum UploadError {
    /** Bytes that are no frame, or a frame that may not come here. */
    PROTOCOL(100, Retry.NEVER),
    /** No version in common. */
    VERSION(101, Retry.NEVER),
    /** A frame longer than the limit in force. */
    FRAME_TOO_LARGE(102, Retry.NEVER),
    /** A frame before the peer has proved who it is. */
    AUTH_REQUIRED(103, Retry.NEVER),
    /** The proof is wrong. */
    AUTH_FAILED(104, Retry.NEVER),
    /** A peer that said nothing for too long. */
    TIMEOUT(106, Retry.RESUME),
    /** Raw bytes that come slower than the minimum rate. */
    TOO_SLOW(107, Retry.RESUME),
    /** The server ends. */
    SHUTTING_DOWN(108, Retry.RESUME),
    /** As many connections as there may be. */
    TOO_MANY_CONNECTIONS(109, Retry.RESUME),
    /** A name that is refused. */
    BAD_PATH(200, Retry.NEVER),
    /** There is such a file, and the policy says to leave it. */
    EXISTS(201, Retry.NEVER),
    /** Larger than a file may be. */
    TOO_LARGE(202, Retry.NEVER),
    /** More than all uploads may take. */
    QUOTA(203, Retry.NEVER),
    /** Not allowed: a laxer policy than the server's, or a folder that somebody changed under our feet. */
    FORBIDDEN(204, Retry.NEVER),
    /** A file where a folder is wanted, or the other way. */
    TYPE_CONFLICT(205, Retry.NEVER),
    /** The key is in use for another file. */
    KEY_CONFLICT(206, Retry.NEW_KEY),
    /** The name differs from an existing one in case or normalisation alone. */
    NAME_COLLISION(207, Retry.NEVER),
    /** An offset that is no segment's, or out of order. */
    OFFSET(300, Retry.RESUME),
    /** A segment whose bytes are not those that its CRC32C promised. */
    SEGMENT_CRC(301, Retry.RESUME),
    /** Another connection took the upload over, or the epoch is old. */
    STALE_EPOCH(302, Retry.NEVER),
    /** The size is not the one that was announced. */
    SIZE_MISMATCH(303, Retry.NEVER),
    /** The whole has another digest than promised. */
    DIGEST_MISMATCH(304, Retry.NEW_KEY),
    /** The sender's file changed. */
    SOURCE_CHANGED(305, Retry.NEW_KEY),
    /** Nothing is known of this upload. */
    UNKNOWN_OR_EXPIRED(306, Retry.NEW_KEY),
    /** Segments are missing. */
    INCOMPLETE(307, Retry.RESUME),
    /** The disk is full. */
    NO_SPACE(400, Retry.RESUME),
    /** The disk failed. */
    IO_ERROR(401, Retry.NEW_KEY),
    /** As many uploads as there may be. */
    TOO_MANY_UPLOADS(402, Retry.RESUME),
    /** The disk failed to sync, so nothing that was written counts. */
    SYNC_FAILED(405, Retry.NEW_KEY),
    /** A fault of the server. */
    INTERNAL(406, Retry.RESUME);

    /** What can help after an error. */
    public enum Retry {
        /** Nothing. */
        NEVER(0),
        /** Connect again and go on. */
        RESUME(1),
        /** Start anew with another key. */
        NEW_KEY(2);

        private final int code;

        Retry(int code) {
            this.code = code;
        }

        /**
         * The number on the wire.
         *
         * @return 0 to 2
         */
        public int code() {
            return code;
        }

        /**
         * Finds one by its number.
         *
         * @param code as on the wire
         * @return null when there is none
         */
        public static @Nullable Retry of(int code) {
            for (Retry retry : values()) {
                if (retry.code == code) {
                    return retry;
                }
            }
            return null;
        }
    }

    private final int code;
    private final Retry retry;

    UploadError(int code, Retry retry) {
        this.code = code;
        this.retry = retry;
    }

    /**
     * The number on the wire.
     *
     * @return 100 to 499
     */
    public int code() {
        return code;
    }

    /**
     * What can help, unless the message says otherwise.
     *
     * @return as the registry has it
     */
    public Retry retry() {
        return retry;
    }

    /**
     * Tells whether it ends the connection.
     *
     * @return true for 1xx
     */
    public boolean endsConnection() {
        return code < 200;
    }

    /**
     * Finds an error by its number.
     *
     * @param code as on the wire
     * @return null when the registry has none, as a later version's may
     */
    public static @Nullable UploadError of(int code) {
        for (UploadError error : values()) {
            if (error.code == code) {
                return error;
            }
        }
        return null;
    }
}
