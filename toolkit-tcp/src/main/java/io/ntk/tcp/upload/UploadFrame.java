package io.ntk.tcp.upload;

import static java.util.Objects.requireNonNull;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The frames of NTUP/1, as {@link UploadFrameDecoder} reads and {@link UploadFrameEncoder} writes them. Immutable; the raw
 * bytes behind a {@link Data} are no frame and travel as plain buffers. Numbers that the wire has as u32 are {@code long}
 * where all of its range is meant, and {@code int} where a limit keeps them below 2³¹.
 */
public sealed interface UploadFrame {
    /** The connection itself, in place of a file's stream. */
    long CONNECTION = 0;

    /**
     * Whom the frame is about.
     *
     * @return a file, or {@link #CONNECTION}
     */
    default long stream() {
        return CONNECTION;
    }

    /**
     * What follows the fixed fields of a body.
     *
     * @param type 0 to 65535; with the top bit set, who does not know it must refuse the frame
     * @param value at most 65535 bytes
     */
    record Extension(int type, Octets value) {
        /** The SHA-256 of the whole file. */
        public static final int SHA256 = 1;

        /** Ranges of verified segments. */
        public static final int RANGES = 2;

        /** CRCs of verified segments. */
        public static final int CRCS = 3;

        /** The bit of types that must be understood. */
        public static final int CRITICAL = 0x8000;

        /** Checks the bounds. */
        public Extension {
            if (type < 0 || type > 0xFFFF || value.size() > 0xFFFF) {
                throw new IllegalArgumentException("extension: " + type + ", " + value.size() + " bytes");
            }
        }
    }

    /** The eight bytes that each side begins with. */
    record Preamble() implements UploadFrame {
        /** The first of them, which neither TLS nor HTTP nor a text in UTF-8 begins with. */
        public static final byte FIRST_BYTE = (byte) 0x89;
    }

    /**
     * The client's offer.
     *
     * @param versionMin the lowest version that it speaks
     * @param versionMax the highest
     * @param capabilities bits of {@link Capability}
     * @param maxFrame the longest frame that it takes
     * @param maxSegment the largest segment that it sends
     * @param nonce 32 bytes that it chose at random
     * @param extensions all of them, since the proofs cover them
     */
    record Hello(
            int versionMin,
            int versionMax,
            long capabilities,
            long maxFrame,
            long maxSegment,
            Octets nonce,
            List<Extension> extensions)
            implements UploadFrame {
        /** Takes a copy. */
        public Hello {
            extensions = List.copyOf(extensions);
        }
    }

    /**
     * The server's answer.
     *
     * @param version the version that both speak from here
     * @param sharedKey whether a proof is wanted
     * @param maxStreams open files at a time
     * @param capabilities bits of {@link Capability}
     * @param maxFrame the longest frame that it takes
     * @param maxInline the most data of a PUT
     * @param segmentMin the smallest segment
     * @param segmentMax the largest
     * @param credit raw bytes that may be sent ahead
     * @param maxFile the largest file
     * @param heartbeatSeconds how often each side lets itself be heard
     * @param resumeTtlSeconds how long an unfinished upload is kept
     * @param nonce 32 bytes that it chose at random
     * @param extensions all of them, since the proofs cover them
     */
    record HelloAck(
            int version,
            boolean sharedKey,
            int maxStreams,
            long capabilities,
            int maxFrame,
            int maxInline,
            int segmentMin,
            int segmentMax,
            int credit,
            long maxFile,
            int heartbeatSeconds,
            int resumeTtlSeconds,
            Octets nonce,
            List<Extension> extensions)
            implements UploadFrame {
        /** Takes a copy. */
        public HelloAck {
            extensions = List.copyOf(extensions);
        }
    }

    /** All bits of {@link Capability}. */
    long ALL_CAPABILITIES = 0b1111;

    /** What a side may be able to do; a bit counts when both have it. */
    enum Capability {
        /** Small files in one frame. */
        PUT(1),
        /** Data right behind OPEN. */
        OPTIMISTIC(2),
        /** Files whose size is not known ahead. */
        UNKNOWN_SIZE(4),
        /** A digest of the whole; a sender without it saves the receiver the work. */
        SHA256(8);

        private final long bit;

        Capability(long bit) {
            this.bit = bit;
        }

        /**
         * The bit on the wire.
         *
         * @return one bit
         */
        public long bit() {
            return bit;
        }
    }

    /**
     * The client's proof that it has the key.
     *
     * @param proof 32 bytes
     */
    record Auth(Octets proof) implements UploadFrame {}

    /**
     * The server's proof that it has the key.
     *
     * @param proof 32 bytes
     */
    record AuthOk(Octets proof) implements UploadFrame {}

    /** How an OPEN is meant. */
    enum Start {
        /** A new upload, or one that was broken off. */
        NORMAL,
        /** A new upload whose data follows at once. */
        OPTIMISTIC,
        /** An upload that the server must know. */
        RESUME
    }

    /**
     * Begins or resumes a file.
     *
     * @param stream odd, above all before it
     * @param start how it is meant
     * @param request what is said of the file
     */
    record Open(long stream, Start start, UploadRequest request) implements UploadFrame {}

    /** How an upload stands when it is opened. */
    enum State {
        /** Nothing of it is there. */
        NEW(0),
        /** Some of it is there. */
        PARTIAL(1),
        /** All of it is there; one DONE follows. */
        COMPLETE(2),
        /** The same file is there; one DONE follows. */
        SKIPPED(3);

        private final int code;

        State(int code) {
            this.code = code;
        }

        /**
         * The number on the wire.
         *
         * @return 0 to 3
         */
        public int code() {
            return code;
        }

        /**
         * Finds a state by its number.
         *
         * @param code as on the wire
         * @return null when there is none
         */
        public static @Nullable State of(int code) {
            for (State state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            return null;
        }
    }

    /**
     * Verified segments in a row.
     *
     * @param first the number of the first
     * @param count how many
     */
    record Range(int first, int count) {}

    /**
     * CRCs of verified segments in a row.
     *
     * @param first the number of the first
     * @param crcs of it and those behind it
     */
    record Crcs(int first, List<Integer> crcs) {
        /** Takes a copy. */
        public Crcs {
            crcs = List.copyOf(crcs);
        }
    }

    /**
     * What the server has of a file.
     *
     * @param stream as in the OPEN
     * @param epoch that the stream is bound to
     * @param state how it stands
     * @param policy that holds
     * @param segmentBytes that hold
     * @param verified how many segments are
     * @param contiguous bytes from the start without a gap
     * @param ranges of verified segments, ascending
     * @param crcs of verified segments, ascending
     * @param more whether another frame of this kind goes on with the list
     */
    record Opened(
            long stream,
            long epoch,
            State state,
            OnExists policy,
            int segmentBytes,
            int verified,
            long contiguous,
            List<Range> ranges,
            List<Crcs> crcs,
            boolean more)
            implements UploadFrame {
        /** Takes copies. */
        public Opened {
            ranges = List.copyOf(ranges);
            crcs = List.copyOf(crcs);
        }
    }

    /**
     * A segment; {@code rawBytes} raw bytes follow.
     *
     * @param stream the file
     * @param offset where it begins, a multiple of the segment size
     * @param rawBytes how many bytes follow
     * @param crc32c of those bytes
     */
    record Data(long stream, long offset, int rawBytes, int crc32c) implements UploadFrame {
        /** The smallest segment, but for the last of a file. */
        public static final int MIN_SEGMENT_BYTES = 256 * 1024;

        /** The largest segment: half of the most credit. */
        public static final int MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

        /** The most segments of a file. */
        public static final int MAX_SEGMENTS = 65_536;
    }

    /**
     * Progress, and credit. On the connection's stream it is credit alone, and the rest is 0.
     *
     * @param stream the file, or {@link #CONNECTION}
     * @param epoch that the stream is bound to
     * @param contiguous verified bytes from the start without a gap
     * @param durable how many of them are on the disk
     * @param creditAdd raw bytes that may be sent in addition
     */
    record Ack(long stream, long epoch, long contiguous, long durable, int creditAdd) implements UploadFrame {}

    /**
     * A segment that did not become a verified one.
     *
     * @param segment its number
     * @param reason a code of {@link UploadError}
     */
    record Refused(long segment, int reason) {}

    /**
     * Segments to be sent again.
     *
     * @param stream the file
     * @param epoch that the stream is bound to
     * @param segments at most {@value #MAX_SEGMENTS}
     */
    record Nak(long stream, long epoch, List<Refused> segments) implements UploadFrame {
        /** The most segments of one frame. */
        public static final int MAX_SEGMENTS = 1024;

        /** Takes a copy. */
        public Nak {
            segments = List.copyOf(segments);
        }
    }

    /**
     * All is sent.
     *
     * @param stream the file
     * @param finalSize its size
     * @param sha256 its digest, or null for none
     */
    record Commit(long stream, long finalSize, @Nullable Octets sha256) implements UploadFrame {}

    /**
     * The end of one file.
     *
     * @param stream the file
     * @param code 0, or a code of {@link UploadError}
     * @param flags bits: {@link #DURABLE} and those behind it
     * @param size its size
     * @param crc32c of the whole
     * @param sha256 of the whole, where it was computed
     * @param name as it was published; for a failure, why
     */
    record Result(
            long stream,
            int code,
            int flags,
            long size,
            int crc32c,
            @Nullable Octets sha256,
            String name) {
        /** It is on the disk. */
        public static final int DURABLE = 1;

        /** It got another name than was asked for. */
        public static final int RENAMED = 2;

        /** The same file was there. */
        public static final int SKIPPED = 4;

        /** It was done before; this is the answer again. */
        public static final int REPLAYED = 8;
    }

    /**
     * Files that are at their end.
     *
     * @param results at most {@value #MAX_RESULTS}
     */
    record Done(List<Result> results) implements UploadFrame {
        /** The most files of one frame. */
        public static final int MAX_RESULTS = 256;

        /** Takes a copy. */
        public Done {
            results = List.copyOf(results);
        }
    }

    /**
     * A small file, whole.
     *
     * @param stream odd, above all before it
     * @param request what is said of the file
     * @param crc32c of the data
     * @param data at most the server's {@code maxInline}
     */
    record Put(long stream, UploadRequest request, int crc32c, Octets data) implements UploadFrame {}

    /**
     * A folder.
     *
     * @param stream odd, above all before it
     * @param folder what is said of it
     */
    record MakeFolder(long stream, Folder folder) implements UploadFrame {}

    /**
     * What is said of a folder.
     *
     * @param mode permissions, or {@link UploadRequest#NO_MODE}
     * @param modified time of the last change
     * @param path the name; hostile
     */
    record Folder(int mode, java.time.Instant modified, String path) {}

    /**
     * A file is given up.
     *
     * @param stream the file
     * @param epoch that the stream is bound to
     * @param code why, of {@link UploadError}
     * @param keep whether what is there may be resumed later
     */
    record Abort(long stream, long epoch, int code, boolean keep) implements UploadFrame {}

    /**
     * A sign of life that wants an answer.
     *
     * @param opaque comes back
     */
    record Ping(long opaque) implements UploadFrame {}

    /**
     * The answer to a {@link Ping}.
     *
     * @param opaque as it came
     */
    record Pong(long opaque) implements UploadFrame {}

    /**
     * The server takes no more files.
     *
     * @param lastStream the last that it deals with
     * @param code why, of {@link UploadError}
     * @param retryAfterMillis when to connect again, 0 for any time
     */
    record GoAway(long lastStream, int code, long retryAfterMillis) implements UploadFrame {}

    /**
     * The end of a connection or of a file, for a fault.
     *
     * @param stream the file, or {@link #CONNECTION}
     * @param code of {@link UploadError}, or of a later version's
     * @param retry what can help; wins over the registry
     * @param retryAfterMillis when, 0 for any time
     * @param expected what was expected, where two numbers are compared
     * @param provided what came instead
     * @param message for people, at most {@value #MAX_MESSAGE_BYTES} bytes; hostile until escaped
     */
    record Failure(
            long stream,
            int code,
            UploadError.Retry retry,
            long retryAfterMillis,
            long expected,
            long provided,
            String message)
            implements UploadFrame {
        /** The longest message. */
        public static final int MAX_MESSAGE_BYTES = 1024;

        /**
         * A plain one, with the registry's word on trying again.
         *
         * @param stream the file, or {@link #CONNECTION}
         * @param error what kind
         * @param message for people
         * @return the frame
         */
        public static Failure of(long stream, UploadError error, String message) {
            return new Failure(stream, error.code(), error.retry(), 0, 0, 0, requireNonNull(message, "message"));
        }
    }
}
