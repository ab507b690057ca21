package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.admission.Receipts;
import io.ntk.tcp.upload.store.files.SegmentWriter.Progress;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import io.ntk.tcp.upload.store.log.Journal;
import io.ntk.tcp.upload.store.log.JournalContent;
import io.ntk.tcp.upload.store.log.JournalHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One key. Everything that is done to it is a task in one {@link SerialQueue}; a task looks when it runs whether the opening
 * that asked for it is still the current one, so that nothing of an older one reaches the file.
 */
final class FileUpload {
    private static final Logger LOG = LoggerFactory.getLogger(FileUpload.class);
    private static final int MIN_SEGMENT_BYTES = 256 * 1024;
    private static final int MAX_GATHERED = 64;

    private final FileStore store;
    private final String id;
    private final Path partPath;
    private final Path log;
    private final SerialQueue queue;
    private final Progress progress = new Progress();

    /* Of the queue's tasks alone; the writer has the part, and is null when nothing is under way. */
    private @Nullable SegmentWriter writer;
    private @Nullable Binding current;
    /* The disk failed to sync what has arrived, and who is bound has not heard of it yet. */
    private boolean unsynced;

    FileUpload(FileStore store, String id) {
        this.store = store;
        this.id = id;
        this.partPath = store.own().resolve(id + ".part");
        this.log = store.own().resolve(id + ".log");
        this.queue = new SerialQueue(store::disk, () -> store.forgetIfIdle(id));
    }

    /** Whether it can be forgotten: nothing is under way. */
    boolean isIdle() {
        return queue.isIdle() && writer == null;
    }

    // ---- openings

    /** One opening. */
    private final class Binding implements Upload {
        private final UploadRequest request;
        private final CompletableFuture<Snapshot> opened = new CompletableFuture<>();
        private final CompletableFuture<Long> lost = new CompletableFuture<>();

        Binding(UploadRequest request) {
            this.request = request;
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
            FileSegment segment = new FileSegment(FileUpload.this, offset, bytes, crc32c);
            queue.submit(() -> {
                if (writer != null && this == current) {
                    writer.begin(segment);
                } else {
                    segment.verdict().complete(Verdict.DROPPED);
                }
            });
            return segment;
        }

        @Override
        public CompletableFuture<Receipt> commit(long finalSize, @Nullable Octets sha256) {
            CompletableFuture<Receipt> done = new CompletableFuture<>();
            submit("cannot end", done, () -> FileUpload.this.commit(this, finalSize, sha256, done));
            return done;
        }

        @Override
        public void abort(boolean keep) {
            queue.submit(() -> release(this, keep));
        }

        @Override
        public long contiguous() {
            return progress.contiguous();
        }

        @Override
        public long durable() {
            return progress.durable();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    /** Adds a task whose failure, of whatever kind, is that of a future. */
    private void submit(String what, CompletableFuture<?> future, Work work) {
        queue.submit(() -> {
            try {
                work.run();
            } catch (IOException e) {
                future.completeExceptionally(store.failure(what, e));
            } catch (RuntimeException e) {
                future.completeExceptionally(e);
            }
        });
    }

    /** Adds an opening to the queue. */
    Upload bind(
            UploadStore.Caller caller,
            UploadRequest request,
            UploadStore.Opening opening,
            int maxSegmentBytes,
            boolean digest) {
        Binding binding = new Binding(request);
        submit("cannot begin", binding.opened, () -> {
            Receipt receipt = receipt(request, opening);
            if (receipt != null) {
                binding.opened.complete(finished(request, receipt));
                return;
            }
            SegmentWriter open = writer;
            if (open == null) {
                open = begin(caller, request, opening, maxSegmentBytes);
                writer = open;
                current = binding;
            } else {
                takeOver(binding, open);
            }
            if (digest) {
                open.part().hasher(store.hashThreads());
            }
            binding.opened.complete(snapshot(request, open.part()));
        });
        return binding;
    }

    /** The answer to an opening that needs no bytes; null for others. */
    private @Nullable Receipt receipt(UploadRequest request, UploadStore.Opening opening) throws IOException {
        Receipts.Done done = done();
        if (done != null) {
            if (!done.path().equals(request.path())
                    || (request.hasSize() && done.receipt().size() != request.size())) {
                throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
            }
            checkEpoch(request.epoch(), done.epoch());
            store.receipts().put(id, done.withEpoch(request.epoch()));
            return done.receipt().replayed();
        }
        if (writer != null) {
            return null;
        }
        if (opening == UploadStore.Opening.RESUME) {
            throw new UploadException(UploadError.UNKNOWN_OR_EXPIRED, "nothing is known of this upload");
        }
        return store.admission().admit(request);
    }

    /** What is known of its end: a receipt that others took the place of is still in the journal, or in the small files' log. */
    private Receipts.@Nullable Done done() throws IOException {
        Receipts.Done done = store.receipt(id);
        if (done != null || writer != null || !Files.exists(log, LinkOption.NOFOLLOW_LINKS)) {
            return done;
        }
        JournalContent content = JournalContent.read(log);
        Receipt complete = content == null ? null : content.receipt(Journal.COMPLETE);
        if (content == null || complete == null) {
            return null;
        }
        Instant at = Files.getLastModifiedTime(log).toInstant();
        return new Receipts.Done(complete, content.header().request().path(), content.epoch(), at);
    }

    private static Upload.Snapshot finished(UploadRequest request, Receipt receipt) {
        return new Upload.Snapshot(
                request.epoch(), 0, request.policy(), new BitSet(), IntBuffer.allocate(0), receipt.size(), receipt);
    }

    private static Upload.Snapshot snapshot(UploadRequest request, Part part) {
        return new Upload.Snapshot(
                request.epoch(),
                part.segmentBytes(),
                part.header().policy(),
                part.verified(),
                part.crcs(),
                part.contiguous(),
                null);
    }

    private static void checkEpoch(long offered, long stored) {
        if (offered <= stored) {
            throw new UploadException(UploadError.STALE_EPOCH, "an epoch that was used", stored, offered);
        }
    }

    private void takeOver(Binding binding, SegmentWriter open) throws IOException {
        UploadRequest request = binding.request;
        UploadRequest old = open.part().request();
        if (!old.path().equals(request.path()) || old.size() != request.size()) {
            throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
        }
        checkEpoch(request.epoch(), open.part().epoch());
        open.part().nextEpoch(request.epoch());
        Binding before = current;
        current = binding;
        open.abandon();
        if (before != null) {
            before.lost.complete(request.epoch());
        }
    }

    private SegmentWriter begin(
            UploadStore.Caller caller, UploadRequest request, UploadStore.Opening opening, int maxSegmentBytes)
            throws IOException {
        int segmentBytes = segmentBytes(request, opening, maxSegmentBytes);
        OnExists policy = store.admission().policy(request);
        String owner = caller.countedAs();
        store.owners().begin(owner);
        try {
            var header = new JournalHeader(
                    caller.principal(),
                    owner,
                    request,
                    segmentBytes,
                    policy,
                    store.folder().boot());
            return writer(Part.create(store, partPath, log, header));
        } catch (IOException | RuntimeException e) {
            store.owners().end(owner);
            throw e;
        }
    }

    private SegmentWriter writer(Part part) {
        return new SegmentWriter(store, part, progress, this::destroy, this::unsynced);
    }

    /**
     * The disk failed to sync what has arrived. Who is bound hears of it at its next segment or COMMIT; but nobody else, nor a
     * later start, is to go on from it.
     */
    private void unsynced(SegmentWriter of) {
        queue.submit(() -> {
            if (of != writer) {
                return;
            }
            LOG.warn("{} failed to sync, it is given up", id);
            if (current == null) {
                destroy();
            } else {
                unsynced = true;
                store.delete(Step.DELETE_JOURNAL, log);
            }
        });
    }

    /**
     * The size of the segments of a file.
     *
     * @throws UploadException when the file has too many of any size that is allowed, or asks for one that is not
     */
    static int segmentBytes(UploadRequest request, UploadStore.Opening opening, int max) {
        int asked = request.segmentBytes();
        if (opening == UploadStore.Opening.OPTIMISTIC) {
            boolean holds = request.size() <= (long) asked * Part.MAX_SEGMENTS;
            if (asked < MIN_SEGMENT_BYTES || asked > max || Integer.bitCount(asked) != 1 || !holds) {
                throw new UploadException(
                        UploadError.OFFSET, "a segment size that cannot be taken as it is", max, asked);
            }
            return asked;
        }
        int size = Integer.highestOneBit(Math.max(MIN_SEGMENT_BYTES, Math.min(asked, max)));
        while (request.size() > (long) size * Part.MAX_SEGMENTS) {
            if (size > max / 2) {
                long most = (long) size * Part.MAX_SEGMENTS;
                throw new UploadException(
                        UploadError.TOO_LARGE,
                        "a file may have " + Part.MAX_SEGMENTS + " segments of " + size + " bytes",
                        most,
                        request.size());
            }
            size *= 2;
        }
        return size;
    }

    // ---- bytes

    private record Chunk(FileUpload upload, FileSegment segment, ByteBuffer bytes, Runnable done) implements Runnable {
        @Override
        public void run() {
            upload.write(this);
        }
    }

    void write(FileSegment segment, ByteBuffer bytes, Runnable done) {
        store.backlog().add(bytes.remaining());
        queue.submit(new Chunk(this, segment, bytes, done));
    }

    /** Writes a chunk, and with it in one call those of its segment that wait behind it. */
    private void write(Chunk first) {
        FileSegment segment = first.segment();
        List<Chunk> chunks = new ArrayList<>();
        chunks.add(first);
        while (chunks.size() < MAX_GATHERED
                && queue.pollIf(task -> task instanceof Chunk next && next.segment() == segment)
                        instanceof Chunk next) {
            chunks.add(next);
        }
        ByteBuffer[] buffers = chunks.stream().map(Chunk::bytes).toArray(ByteBuffer[]::new);
        long bytes =
                chunks.stream().mapToLong(chunk -> chunk.bytes().remaining()).sum();
        try {
            SegmentWriter taker = segment.writer();
            if (taker != null && taker == writer) {
                taker.write(segment, buffers);
            }
        } finally {
            store.backlog().remove(bytes);
            chunks.forEach(chunk -> chunk.done().run());
        }
    }

    // ---- the end

    private void commit(Binding binding, long finalSize, @Nullable Octets sha256, CompletableFuture<Receipt> done)
            throws IOException {
        SegmentWriter open = writer;
        if (open == null || binding != current) {
            throw new UploadException(UploadError.STALE_EPOCH, "this opening is over");
        }
        open.abandon();
        Part part = open.part();
        checkSize(part, finalSize);
        List<Long> missing = part.missing(finalSize);
        if (!missing.isEmpty()) {
            throw new Upload.Missing(missing);
        }
        if (part.channel().size() < finalSize) {
            throw new UploadException(UploadError.IO_ERROR, "the part is shorter than what was written");
        }
        Hasher hasher = sha256 == null ? part.hasher() : part.hasher(store.hashThreads());
        if (hasher == null) {
            finish(part, new Receipt("", finalSize, part.sum(finalSize), null, Set.of()), null, done);
            return;
        }
        queue.suspend();
        hasher.finish(finalSize)
                .whenComplete((digest, failure) -> store.disk(() -> {
                    try {
                        if (failure != null) {
                            throw new UploadException(UploadError.IO_ERROR, "cannot read what was written");
                        }
                        finish(part, new Receipt("", finalSize, part.sum(finalSize), digest, Set.of()), sha256, done);
                    } catch (RuntimeException e) {
                        done.completeExceptionally(e);
                    } finally {
                        queue.resume();
                    }
                }));
    }

    private static void checkSize(Part part, long finalSize) {
        long known = part.knownSize();
        boolean right = known == UploadRequest.UNKNOWN_SIZE ? finalSize >= part.contiguous() : finalSize == known;
        if (!right) {
            long expected = Math.max(known, part.contiguous());
            throw new UploadException(
                    UploadError.SIZE_MISMATCH,
                    "a size of " + finalSize + " where " + expected + " bytes are",
                    expected,
                    finalSize);
        }
    }

    /** All is there: publishes it, or destroys what is not what it should be. */
    private void finish(Part part, Receipt unnamed, @Nullable Octets promised, CompletableFuture<Receipt> done) {
        if (promised != null && !Objects.equals(promised, unnamed.sha256())) {
            destroy();
            done.completeExceptionally(
                    new UploadException(UploadError.DIGEST_MISMATCH, "the whole is not what its SHA-256 promised"));
            return;
        }
        try {
            Objects.requireNonNull(writer).settle();
            Receipt receipt =
                    new Publication(store, part.request(), part.header().policy()).publish(part, unnamed);
            part.reservation().publish();
            close();
            store.receipts().put(id, Receipts.Done.of(receipt, part.request().withEpoch(part.epoch())));
            done.complete(receipt);
        } catch (UploadException e) {
            destroy();
            store.admission().conclude(part.request(), e, done);
        } catch (IOException e) {
            UploadException why = store.failure("cannot publish", e);
            if (why.error()
                    != UploadError.NO_SPACE) { // else all of it is there, and may be published once there is room
                destroy();
            }
            done.completeExceptionally(why);
        }
    }

    private void release(Binding binding, boolean keep) {
        SegmentWriter open = writer;
        if (open == null || binding != current) {
            return;
        }
        current = null;
        open.abandon();
        if (!keep || open.part().isEmpty() || unsynced) {
            destroy();
        }
    }

    /**
     * Once in a while: gives up reservations without progress, and uploads that nobody came back for.
     *
     * @param now by the clock of {@link System#nanoTime}
     */
    void review(long now) {
        queue.submit(() -> {
            SegmentWriter open = writer;
            if (open == null) {
                return;
            }
            long idle = open.part().idleNanos(now);
            if (current == null && idle > store.options().keep().toNanos()) {
                destroy();
            } else if (idle > store.options().limits().reservation().toNanos() && !open.isReceiving()) {
                open.part().reservation().expire();
            }
        });
    }

    /** Ends without a trace. Without its journal a part is nothing, so the journal goes first. */
    private void destroy() {
        close();
        store.delete(Step.DELETE_JOURNAL, log);
        store.delete(Step.DELETE_PART, partPath);
    }

    private void close() {
        SegmentWriter open = writer;
        if (open != null) {
            writer = null;
            current = null;
            unsynced = false;
            open.part().close();
            store.owners().end(open.part().header().owner());
        }
    }

    /** At the store's end: what is verified stays as it is. Done when all that was asked for before is done. */
    CompletableFuture<Void> shutDown() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        queue.submit(() -> {
            SegmentWriter open = writer;
            if (open != null && (open.part().isEmpty() || !isSynced(open))) {
                destroy();
            } else {
                close();
            }
            done.complete(null);
        });
        return done;
    }

    private static boolean isSynced(SegmentWriter open) {
        try {
            open.settle();
            return true;
        } catch (SyncFailedException e) {
            return false;
        }
    }

    // ---- after a crash

    /** Takes up a part that was under way; false when nothing of it is verified. Before any other task. */
    boolean recover(JournalContent content) throws IOException {
        Part part = Part.recover(store, partPath, log, content);
        if (part == null) {
            return false;
        }
        writer = writer(part);
        store.owners().recovered(part.header().owner());
        if (!store.folder().isOfThisBoot(part.header().boot())) {
            queue.submit(() -> readAgain(part));
        }
        return true;
    }

    private void readAgain(Part part) {
        try {
            part.readAgain();
            progress.begin(part.contiguous());
        } catch (IOException e) {
            LOG.warn("{} cannot be read again, it is given up", id, e);
            destroy();
        }
    }
}
