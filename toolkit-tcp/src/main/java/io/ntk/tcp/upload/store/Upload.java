package io.ntk.tcp.upload.store;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One opening of an upload: whoever opened it, until another does or it is done. Its methods do not block; what they ask
 * for is done in the order of the calls, and the futures complete on threads of the store. They fail with an
 * {@link UploadException}.
 */
public interface Upload {
    /**
     * How the upload stands when it is opened.
     *
     * @param epoch of this opening
     * @param segmentBytes that hold
     * @param policy that holds
     * @param verified the segments that need not be sent
     * @param crcs of the verified segments, by their numbers
     * @param contiguous bytes from the start without a gap
     * @param receipt not null when there is nothing left to do
     */
    record Snapshot(
            long epoch,
            int segmentBytes,
            OnExists policy,
            BitSet verified,
            IntBuffer crcs,
            long contiguous,
            @Nullable Receipt receipt) {}

    /** What became of a segment. */
    enum Verdict {
        /** Its bytes are there and are what was promised. */
        VERIFIED,
        /** Its bytes are not what was promised. */
        CORRUPT,
        /** It was there before, or nobody wants it any more; its bytes were thrown away. */
        DROPPED
    }

    /** A segment whose bytes are coming. */
    interface Segment {
        /**
         * Takes the next bytes.
         *
         * @param bytes read until {@code done} is called
         * @param done called once, on a thread of the store, when the bytes are written or thrown away
         */
        void write(ByteBuffer bytes, Runnable done);

        /**
         * What became of it.
         *
         * @return the same future at every call
         */
        CompletableFuture<Verdict> verdict();
    }

    /** Missing segments, told when a commit comes too early. */
    final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient List<Long> segments;

        /**
         * Makes one.
         *
         * @param segments their numbers, the lowest first, at most 1,024
         */
        public Missing(List<Long> segments) {
            super(segments.size() + " segments are missing", null, false, false);
            this.segments = List.copyOf(segments);
        }

        /**
         * Their numbers.
         *
         * @return the lowest, at most 1,024
         */
        public List<Long> segments() {
            return segments;
        }
    }

    /**
     * How it stands.
     *
     * @return done when the upload is ready for bytes, or needs none
     */
    CompletableFuture<Snapshot> opened();

    /**
     * Done when another opening took over.
     *
     * @return the epoch of that one
     */
    CompletableFuture<Long> lost();

    /**
     * Begins a segment; all of its bytes are written before the next call of any method but {@link #abort}.
     *
     * @param offset where it begins
     * @param bytes how many come
     * @param crc32c what they must add up to; null where the sender cannot say, and they are taken as they come
     * @return takes the bytes
     */
    Segment segment(long offset, int bytes, @Nullable Integer crc32c);

    /**
     * Ends the upload: verifies the whole and publishes it.
     *
     * @param finalSize bytes
     * @param sha256 of the whole, or null
     * @return the receipt; fails with {@link Missing} when the upload goes on
     */
    CompletableFuture<Receipt> commit(long finalSize, @Nullable Octets sha256);

    /**
     * Gives it up. Without effect while it is being committed.
     *
     * @param keep whether what is verified may be resumed
     */
    void abort(boolean keep);

    /**
     * Verified bytes from the start without a gap.
     *
     * @return rises; read from any thread
     */
    long contiguous();

    /**
     * How many of them have been forced to the disk while the upload goes on.
     *
     * @return rises; read from any thread
     */
    long durable();
}
