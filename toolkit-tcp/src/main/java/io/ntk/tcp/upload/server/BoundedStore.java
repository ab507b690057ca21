package io.ntk.tcp.upload.server;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store that is asked for no more than it can do soon. What waits for its answer (openings, small files, folders) is counted
 * over all connections: who asks, leaves and connects anew would else pile up work as fast as frames come, without a byte of
 * content. Thread-safe.
 *
 * <p>At {@value #FULL} of them nobody is read, as when too many bytes wait. What was read by then may still ask; at
 * {@value #MOST} it is refused with 402, and may come again.
 */
final class BoundedStore implements UploadStore {
    /** As many wait, and nobody is read. */
    static final int FULL = 8192;

    /** As many wait, and the next is refused. */
    static final int MOST = 16_384;

    private final UploadStore store;
    /* Guarded by this. */
    private final List<Runnable> forRoom = new ArrayList<>();
    private int waiting;

    BoundedStore(UploadStore store) {
        this.store = store;
    }

    @Override
    public Upload open(Caller caller, UploadRequest request, Opening opening, int maxSegmentBytes, boolean digest) {
        if (!enter()) {
            return new RefusedUpload();
        }
        Upload upload;
        try {
            upload = store.open(caller, request, opening, maxSegmentBytes, digest);
        } catch (RuntimeException e) {
            leave();
            throw e;
        }
        upload.opened().whenComplete((snapshot, failure) -> leave());
        return upload;
    }

    @Override
    public CompletableFuture<Receipt> put(Caller caller, UploadRequest request, int crc32c, Octets data) {
        return bounded(() -> store.put(caller, request, crc32c, data));
    }

    @Override
    public CompletableFuture<Receipt> makeFolder(String path, int mode, Instant modified) {
        return bounded(() -> store.makeFolder(path, mode, modified));
    }

    private CompletableFuture<Receipt> bounded(Supplier<CompletableFuture<Receipt>> asked) {
        if (!enter()) {
            return CompletableFuture.failedFuture(tooMany());
        }
        CompletableFuture<Receipt> answer;
        try {
            answer = asked.get();
        } catch (RuntimeException e) {
            leave();
            throw e;
        }
        answer.whenComplete((receipt, failure) -> leave());
        return answer;
    }

    private static UploadException tooMany() {
        return new UploadException(UploadError.TOO_MANY_UPLOADS, "too much waits for the disk");
    }

    private synchronized boolean enter() {
        if (waiting == MOST) {
            return false;
        }
        waiting++;
        return true;
    }

    private void leave() {
        List<Runnable> each;
        synchronized (this) {
            waiting--;
            if (waiting != FULL / 2 || forRoom.isEmpty()) {
                return;
            }
            each = List.copyOf(forRoom);
            forRoom.clear();
        }
        each.forEach(store::whenRoom);
    }

    @Override
    public StoreOptions options() {
        return store.options();
    }

    @Override
    public boolean isFull() {
        synchronized (this) {
            if (waiting >= FULL) {
                return true;
            }
        }
        return store.isFull();
    }

    /** Below half of what is full: nobody would gain by going on for a moment. */
    @Override
    public void whenRoom(Runnable action) {
        synchronized (this) {
            if (waiting > FULL / 2) {
                forRoom.add(action);
                return;
            }
        }
        store.whenRoom(action);
    }

    @Override
    public void close() {
        store.close();
    }

    /** One that was never opened: its bytes are thrown away. */
    private static final class RefusedUpload implements Upload, Upload.Segment {
        @Override
        public CompletableFuture<Snapshot> opened() {
            return CompletableFuture.failedFuture(tooMany());
        }

        @Override
        public CompletableFuture<Long> lost() {
            return new CompletableFuture<>();
        }

        @Override
        public Segment segment(long offset, int bytes, @Nullable Integer crc32c) {
            return this;
        }

        @Override
        public void write(ByteBuffer bytes, Runnable done) {
            done.run();
        }

        @Override
        public CompletableFuture<Verdict> verdict() {
            return CompletableFuture.completedFuture(Verdict.DROPPED);
        }

        @Override
        public CompletableFuture<Receipt> commit(long finalSize, @Nullable Octets sha256) {
            return CompletableFuture.failedFuture(tooMany());
        }

        @Override
        public void abort(boolean keep) {
            // nothing is there
        }

        @Override
        public long contiguous() {
            return 0;
        }

        @Override
        public long durable() {
            return 0;
        }
    }
}
