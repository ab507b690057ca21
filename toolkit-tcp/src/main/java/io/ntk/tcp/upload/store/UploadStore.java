package io.ntk.tcp.upload.store;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Where files are received: the seam for stores other than a folder. Thread-safe; no method blocks but {@link #close}.
 *
 * <p>A store bounds what waits in it, over all callers, since connections come and go: it is full before that is much, and
 * refuses with {@link UploadError#TOO_MANY_UPLOADS} where it is asked all the same.
 */
public interface UploadStore extends AutoCloseable {
    /**
     * Who uploads.
     *
     * @param principal who it proved to be; keys of different principals never meet
     * @param countedAs whose limits it uses up, or null for nobody's
     */
    record Caller(String principal, @Nullable String countedAs) {}

    /** How an upload is opened. */
    enum Opening {
        /** It may be there or not; its segment size may be changed. */
        NORMAL,
        /** Its bytes follow at once, so its segment size is taken as it is. */
        OPTIMISTIC,
        /** It must be there. */
        RESUME
    }

    /**
     * Opens an upload.
     *
     * @param caller who
     * @param request what
     * @param opening how
     * @param maxSegmentBytes the largest segment that its connection takes
     * @param digest whether the whole is going to be digested, which is best begun early
     * @return the opening; {@link Upload#opened()} says how it stands
     */
    Upload open(Caller caller, UploadRequest request, Opening opening, int maxSegmentBytes, boolean digest);

    /**
     * Takes a whole file.
     *
     * @param caller who
     * @param request what
     * @param crc32c what the data must add up to
     * @param data all of it
     * @return fails with an {@link UploadException}
     */
    CompletableFuture<Receipt> put(Caller caller, UploadRequest request, int crc32c, Octets data);

    /**
     * Makes a folder, and those above it; one that is there is a success.
     *
     * @param path the name
     * @param mode permissions, or {@link UploadRequest#NO_MODE}
     * @param modified time of the last change
     * @return fails with an {@link UploadException}
     */
    CompletableFuture<Receipt> makeFolder(String path, int mode, Instant modified);

    /**
     * What it takes.
     *
     * @return the options
     */
    StoreOptions options();

    /**
     * Tells whether so much waits, in bytes or in requests without an answer, that nobody should be read.
     *
     * @return false when there is room
     */
    boolean isFull();

    /**
     * Runs an action once when there is room again, at once when there is.
     *
     * @param action called on any thread
     */
    void whenRoom(Runnable action);

    /** Waits for what is being written, and ends; unfinished uploads can be resumed by the next store. */
    @Override
    void close();
}
