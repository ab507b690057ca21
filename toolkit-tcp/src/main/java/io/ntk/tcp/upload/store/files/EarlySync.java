package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.folders.SyncFailedException;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Has the disk write what has arrived while more arrives, so that the sync at the end has little left to do. One sync at a
 * time, on another thread. One that fails is told to whoever asks from then on: the sync at the end would not see it again.
 * Used by the tasks of one queue alone.
 */
final class EarlySync {
    /** After so many bytes the next sync begins. */
    static final long EVERY_BYTES = 64L << 20;

    /** As far as a sync may be behind, where somebody relies on it. */
    static final long MAX_BEHIND_BYTES = 256L << 20;

    private final SyncFailedException.Sync sync;
    private final Executor threads;
    private final Runnable failed;
    private @Nullable FutureTask<Void> running;
    private long waiting;
    private long contiguousAtStart;
    private long durable;

    /**
     * @param sync syncs all that is written when it begins
     * @param threads where it runs
     * @param failed called there when it fails
     */
    EarlySync(SyncFailedException.Sync sync, Executor threads, Runnable failed) {
        this.sync = sync;
        this.threads = threads;
        this.failed = failed;
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
        if (running == null && (waiting >= EVERY_BYTES || late)) {
            begin(contiguous);
        }
    }

    private void begin(long contiguous) {
        FutureTask<Void> next = new FutureTask<>(() -> {
            try {
                sync.run();
            } catch (IOException | RuntimeException e) {
                failed.run();
                throw e;
            }
            return null;
        });
        waiting = 0;
        contiguousAtStart = contiguous;
        running = next;
        try {
            threads.execute(next);
        } catch (RejectedExecutionException e) {
            running = null; // the store ends, and who commits before that syncs all
        }
    }

    /** Waits for the sync that is under way, if there is one; one that was not begun yet is done here and now. */
    void settle() throws SyncFailedException {
        FutureTask<Void> last = running;
        if (last == null) {
            return;
        }
        last.run();
        SyncFailedException.guard(() -> {
            try {
                last.get();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException failure ? failure : new IOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        });
        running = null; // of one that failed all that follows is told, too
        durable = contiguousAtStart;
    }
}
