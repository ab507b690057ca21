package io.ntk.tcp.upload.server;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A store whose answers the test gives. */
final class FakeStore implements UploadStore {
    final List<FakeUpload> uploads = new ArrayList<>();
    final List<CompletableFuture<Receipt>> puts = new ArrayList<>();
    private final List<Runnable> waiting = new ArrayList<>();
    boolean full;

    static Receipt receipt(String name, Receipt.Mark... marks) {
        return new Receipt(name, 3, 7, null, Set.of(marks));
    }

    /** One opening; bytes stay unwritten until the test says otherwise. */
    static final class FakeUpload implements Upload {
        final UploadRequest request;
        final CompletableFuture<Snapshot> opened = new CompletableFuture<>();
        final CompletableFuture<Long> lost = new CompletableFuture<>();
        final List<FakeSegment> segments = new ArrayList<>();
        final List<CompletableFuture<Receipt>> commits = new ArrayList<>();
        final List<Boolean> aborts = new ArrayList<>();

        FakeUpload(UploadRequest request) {
            this.request = request;
        }

        FakeSegment last() {
            return segments.get(segments.size() - 1);
        }

        void open(int... verified) {
            BitSet bits = new BitSet();
            for (int segment : verified) {
                bits.set(segment);
            }
            opened.complete(new Snapshot(
                    request.epoch(),
                    request.segmentBytes(),
                    OnExists.REJECT,
                    bits,
                    IntBuffer.allocate(Math.max(1, bits.length())),
                    0,
                    null));
        }

        void openDone(Receipt receipt) {
            opened.complete(
                    new Snapshot(request.epoch(), 0, OnExists.REJECT, new BitSet(), IntBuffer.allocate(0), 3, receipt));
        }

        void refuse(UploadError error) {
            opened.completeExceptionally(new UploadException(error, "refused"));
        }

        @Override
        public CompletableFuture<Snapshot> opened() {
            return opened;
        }

        @Override
        public CompletableFuture<Long> lost() {
            return lost;
        }

        @Override
        public Segment segment(long offset, int bytes, @Nullable Integer crc32c) {
            FakeSegment segment = new FakeSegment();
            segments.add(segment);
            return segment;
        }

        @Override
        public CompletableFuture<Receipt> commit(long finalSize, @Nullable Octets sha256) {
            CompletableFuture<Receipt> done = new CompletableFuture<>();
            commits.add(done);
            return done;
        }

        @Override
        public void abort(boolean keep) {
            aborts.add(keep);
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

    /** A segment whose bytes wait. */
    static final class FakeSegment implements Upload.Segment {
        private final CompletableFuture<Upload.Verdict> verdict = new CompletableFuture<>();
        private final List<Runnable> unwritten = new ArrayList<>();
        private int bytes;

        @Override
        public void write(ByteBuffer buffer, Runnable done) {
            bytes += buffer.remaining();
            unwritten.add(done);
        }

        @Override
        public CompletableFuture<Upload.Verdict> verdict() {
            return verdict;
        }

        int bytes() {
            return bytes;
        }

        /** All that came is written, or thrown away. */
        void written() {
            List<Runnable> each = List.copyOf(unwritten);
            unwritten.clear();
            each.forEach(Runnable::run);
        }
    }

    @Override
    public Upload open(Caller caller, UploadRequest request, Opening opening, int maxSegmentBytes, boolean digest) {
        FakeUpload upload = new FakeUpload(request);
        uploads.add(upload);
        return upload;
    }

    FakeUpload last() {
        return uploads.get(uploads.size() - 1);
    }

    @Override
    public CompletableFuture<Receipt> put(Caller caller, UploadRequest request, int crc32c, Octets data) {
        CompletableFuture<Receipt> done = new CompletableFuture<>();
        puts.add(done);
        return done;
    }

    @Override
    public CompletableFuture<Receipt> makeFolder(String path, int mode, Instant modified) {
        CompletableFuture<Receipt> done = new CompletableFuture<>();
        puts.add(done);
        return done;
    }

    @Override
    public StoreOptions options() {
        return StoreOptions.of(Path.of("nowhere"));
    }

    @Override
    public boolean isFull() {
        return full;
    }

    @Override
    public void whenRoom(Runnable action) {
        if (full) {
            waiting.add(action);
        } else {
            action.run();
        }
    }

    void room() {
        full = false;
        List<Runnable> each = List.copyOf(waiting);
        waiting.clear();
        each.forEach(Runnable::run);
    }

    @Override
    public void close() {}
}
