package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.folders.SyncFailedException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Has the disk write what has arrived while more arrives, so that the sync at the end has little left to do. One sync at a
 * time, on a thread of its own. What fails is told once, by the next call here: the sync at the end would not see it again.
 * Used by the tasks of one queue alone.
 */
final class EarlySync {
    /** After so many bytes the next sync begins. */
    static final long EVERY_BYTES = 64L << 20;

    /** As far as a sync may be behind, where somebody relies on it. */
    static final long MAX_BEHIND_BYTES = 256L << 20;

    private final SyncFailedException.Sync sync;
    private final Executor threads;
    private @Nullable CompletableFuture<Void> running;
    private long waiting;
    private long contiguousAtStart;
    private long durable;

    /**
     * @param sync syncs all that is written when it begins
     * @param threads where it runs
     */
    EarlySync(SyncFailedException.Sync sync, Executor threads) {
        this.sync = sync;
        this.threads = threads;
    }

    /** Bytes from the start that a sync has covered. */
    long durable() {
        return durable;
    }

    /**
     * More was written.
     *
     * @param bytes how much
     * @param contiguous how much of it all from the start
     * @param strictly whether to wait, rather than to fall behind
     * @throws SyncFailedException when a sync has failed
     */
    void wrote(int bytes, long contiguous, boolean strictly) throws SyncFailedException {
        waiting += bytes;
        boolean late = strictly && contiguous - durable >= MAX_BEHIND_BYTES;
        if (late || (running != null && running.isDone())) {
            settle();
        }
        if (running == null && waiting >= EVERY_BYTES) {
            waiting = 0;
            contiguousAtStart = contiguous;
            running = CompletableFuture.runAsync(this::run, threads);
        }
    }

    private void run() {
        try {
            sync.run();
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    /** Waits for the sync that is under way, if there is one. */
    void settle() throws SyncFailedException {
        CompletableFuture<Void> last = running;
        if (last == null) {
            return;
        }
        SyncFailedException.guard(() -> {
            try {
                last.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof IOException failure ? failure : new IOException(e);
            }
        });
        running = null; // of one that failed all that follows is told, too
        durable = contiguousAtStart;
    }
}
