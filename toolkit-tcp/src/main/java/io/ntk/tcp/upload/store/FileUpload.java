package io.ntk.tcp.upload.store;

import static java.util.Objects.requireNonNull;

import io.ntk.tcp.upload.store.Disk.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One key. Everything that is done to it is a task in one queue, which runs on one disk thread at a time; a task looks when
 * it runs whether the opening that asked for it is still the current one.
 */
final class FileUpload {
    private static final Logger LOG = LoggerFactory.getLogger(FileUpload.class);
    private static final int MAX_SEGMENTS = 65_536;
    private static final int MAX_TASKS_A_TURN = 64;
    private static final int MAX_GATHERED = 64;
    private static final int MAX_FAILURES = 4;
    private static final int MAX_MISSING = 1024;
    private static final long FORCE_EVERY_BYTES = 256L << 20;

    private final FileStore store;
    private final String id;
    private final Path part;
    private final Path log;

    /* Guarded by this. */
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;
    private boolean suspended;

    /* Of the queue's tasks alone. */
    private @Nullable Open open;
    private @Nullable Binding current;
    private volatile long contiguous;
    private volatile long durable;

    /** What an upload has that is under way. */
    private static final class Open {
        private final Journal.Header header;
        private final FileChannel channel;
        private final Journal journal;
        private final UploadStore.@Nullable Caller caller;
        private final BitSet verified = new BitSet();
        private int[] crcs = new int[16];
        private final Map<Integer, Integer> failures = new HashMap<>();
        private long epoch;
        /* Where a short segment ended the data of a file of unknown size. */
        private long end = UploadRequest.UNKNOWN_SIZE;
        private long reserved;
        private long charged;
        private long progressAt = System.nanoTime();
        private @Nullable Hasher hasher;
        private @Nullable FileSegment incoming;

        Open(
                Journal.Header header,
                FileChannel channel,
                Journal journal,
                UploadStore.@Nullable Caller caller,
                long epoch) {
            this.header = header;
            this.channel = channel;
            this.journal = journal;
            this.caller = caller;
            this.epoch = epoch;
        }

        long size() {
            return header.request().size();
        }

        int segmentBytes() {
            return header.segmentBytes();
        }

        void verify(int segment, int crc) {
            if (segment >= crcs.length) {
                crcs = Arrays.copyOf(crcs, Math.max(segment + 1, crcs.length * 2));
            }
            crcs[segment] = crc;
            verified.set(segment);
        }

        /** How many bytes a segment has; 0 for one that there is not. */
        long bytesOf(long segment, long size) {
            return Math.max(0, Math.min(segmentBytes(), size - segment * segmentBytes()));
        }

        long contiguous() {
            long segments = verified.nextClearBit(0);
            long size = size() == UploadRequest.UNKNOWN_SIZE ? end : size();
            long bytes = segments * segmentBytes();
            return size == UploadRequest.UNKNOWN_SIZE ? bytes : Math.min(bytes, size);
        }
    }

    FileUpload(FileStore store, String id) {
        this.store = store;
        this.id = id;
        this.part = store.own().resolve(id + ".part");
        this.log = store.own().resolve(id + ".log");
    }

    // ---- the queue

    private void submit(Runnable task) {
        synchronized (this) {
            tasks.add(task);
            if (running || suspended) {
                return;
            }
            running = true;
        }
        store.disk(this::turn);
    }

    private void turn() {
        for (int n = 0; n < MAX_TASKS_A_TURN; n++) {
            Runnable task;
            synchronized (this) {
                task = suspended ? null : tasks.poll();
                if (task == null) {
                    running = false;
                }
            }
            if (task == null) {
                store.forgetIfIdle(id);
                return;
            }
            try {
                if (task instanceof Chunk chunk) {
                    write(gather(chunk));
                } else {
                    task.run();
                }
            } catch (RuntimeException e) {
                LOG.warn("{} a task failed", id, e);
            }
        }
        store.disk(this::turn);
    }

    private synchronized List<Chunk> gather(Chunk first) {
        List<Chunk> chunks = new ArrayList<>();
        chunks.add(first);
        while (chunks.size() < MAX_GATHERED && tasks.peek() instanceof Chunk next && next.segment == first.segment) {
            chunks.add(next);
            tasks.remove();
        }
        return chunks;
    }

    private synchronized void suspend() {
        suspended = true;
    }

    private void resume() {
        synchronized (this) {
            suspended = false;
            if (running) {
                return;
            }
            running = true;
        }
        store.disk(this::turn);
    }

    /** Whether it can be forgotten: nothing is under way. */
    synchronized boolean isIdle() {
        return !running && !suspended && tasks.isEmpty() && open == null;
    }

    // ---- openings

    /** Adds an opening to the queue. */
    Upload bind(
            UploadStore.Caller caller,
            UploadRequest request,
            UploadStore.Opening opening,
            int maxSegmentBytes,
            boolean digest) {
        Binding binding = new Binding(request);
        submit(() -> {
            try {
                Upload.Snapshot snapshot = open(binding, caller, opening, maxSegmentBytes, digest);
                binding.opened.complete(snapshot);
            } catch (UploadException e) {
                binding.opened.completeExceptionally(e);
            } catch (IOException e) {
                binding.opened.completeExceptionally(store.failure("cannot begin", e));
            }
        });
        return binding;
    }

    private Upload.Snapshot open(
            Binding binding,
            UploadStore.Caller caller,
            UploadStore.Opening opening,
            int maxSegmentBytes,
            boolean digest)
            throws IOException {
        UploadRequest request = binding.request;
        FileStore.Done done = store.receipt(id);
        if (done != null) {
            if (!done.path().equals(request.path())
                    || (request.hasSize() && done.receipt().size() != request.size())) {
                throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
            }
            checkEpoch(request.epoch(), done.epoch());
            store.remember(id, new FileStore.Done(done.receipt(), done.path(), request.epoch(), done.at()));
            return finished(request, done.receipt().replayed());
        }
        Open there = open;
        if (there != null) {
            takeOver(binding, there);
        } else {
            if (opening == UploadStore.Opening.RESUME) {
                throw new UploadException(UploadError.UNKNOWN_OR_EXPIRED, "nothing is known of this upload");
            }
            Receipt skipped = admit(request);
            if (skipped != null) {
                return finished(request, skipped);
            }
            there = begin(caller, request, opening, maxSegmentBytes);
            open = there;
            current = binding;
            contiguous = 0;
            durable = 0;
        }
        if (digest && there.hasher == null) {
            there.hasher = new Hasher(part, store.hashThreads());
            there.hasher.know(contiguous);
        }
        return new Upload.Snapshot(
                request.epoch(),
                there.segmentBytes(),
                there.header.policy(),
                (BitSet) there.verified.clone(),
                IntBuffer.wrap(there.crcs.clone()).asReadOnlyBuffer(),
                contiguous,
                null);
    }

    private static void checkEpoch(long offered, long stored) {
        if (offered <= stored) {
            throw new UploadException(UploadError.STALE_EPOCH, "an epoch that was used", stored, offered);
        }
    }

    private void takeOver(Binding binding, Open there) throws IOException {
        UploadRequest request = binding.request;
        UploadRequest old = there.header.request();
        if (!old.path().equals(request.path()) || old.size() != request.size()) {
            throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
        }
        checkEpoch(request.epoch(), there.epoch);
        there.journal.append(Step.JOURNAL, Journal.EPOCH, request.epoch(), 0);
        there.epoch = request.epoch();
        there.progressAt = System.nanoTime();
        Binding before = current;
        current = binding;
        abandon(there);
        if (before != null) {
            before.lost.complete(request.epoch());
        }
    }

    private static Upload.Snapshot finished(UploadRequest request, Receipt receipt) {
        return new Upload.Snapshot(
                request.epoch(), 0, request.policy(), new BitSet(), IntBuffer.allocate(0), receipt.size(), receipt);
    }

    /** Refuses what would be refused at the end, or says that the same file is there. */
    private @Nullable Receipt admit(UploadRequest request) throws IOException {
        List<String> components =
                UploadName.components(request.path(), store.options().hidden());
        if (request.size() > store.options().maxFileBytes()) {
            throw new UploadException(
                    UploadError.TOO_LARGE,
                    "a file may have " + store.options().maxFileBytes() + " bytes",
                    store.options().maxFileBytes(),
                    request.size());
        }
        return store.existing(request, components);
    }

    private Open begin(
            UploadStore.Caller caller, UploadRequest request, UploadStore.Opening opening, int maxSegmentBytes)
            throws IOException {
        int segmentBytes = segmentBytes(request, opening, maxSegmentBytes);
        OnExists policy = store.policy(request);
        store.begin(caller);
        long reserved = Math.max(0, request.size());
        boolean reservedAll = false;
        FileChannel channel = null;
        try {
            store.space().reserve(reserved);
            reservedAll = true;
            store.disk().about(Step.CREATE_PART, part);
            channel = FileChannel.open(
                    part,
                    Set.of(
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    store.ownerOnly());
            var header = new Journal.Header(caller.principal(), request, segmentBytes, policy, store.boot());
            Journal journal = Journal.create(log, header, store.disk(), store.ownerOnly());
            Open begun = new Open(header, channel, journal, caller, request.epoch());
            begun.reserved = reserved;
            return begun;
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
                store.delete(Step.DELETE_PART, part);
                store.delete(Step.DELETE_JOURNAL, log);
            }
            if (reservedAll) {
                store.space().unreserve(reserved);
            }
            store.end(caller);
            throw e;
        }
    }

    private static int segmentBytes(UploadRequest request, UploadStore.Opening opening, int max) {
        int asked = request.segmentBytes();
        int least = 256 * 1024;
        if (opening == UploadStore.Opening.OPTIMISTIC) {
            boolean holds = request.size() <= (long) asked * MAX_SEGMENTS;
            if (asked < least || asked > max || Integer.bitCount(asked) != 1 || !holds) {
                throw new UploadException(
                        UploadError.OFFSET, "a segment size that cannot be taken as it is", max, asked);
            }
            return asked;
        }
        int size = Integer.highestOneBit(Math.max(least, Math.min(asked, max)));
        while (size < max && request.size() > (long) size * MAX_SEGMENTS) {
            size *= 2;
        }
        return size;
    }

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
            FileSegment segment = new FileSegment(FileUpload.this, this, offset, bytes, crc32c);
            submit(() -> FileUpload.this.begin(segment));
            return segment;
        }

        @Override
        public CompletableFuture<Receipt> commit(long finalSize, @Nullable Octets sha256) {
            CompletableFuture<Receipt> done = new CompletableFuture<>();
            submit(() -> {
                try {
                    FileUpload.this.commit(this, finalSize, sha256, done);
                } catch (IOException e) {
                    done.completeExceptionally(store.failure("cannot end", e));
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
            return done;
        }

        @Override
        public void abort(boolean keep) {
            submit(() -> release(this, keep));
        }

        @Override
        public long contiguous() {
            return contiguous;
        }

        @Override
        public long durable() {
            return durable;
        }
    }

    // ---- bytes

    /** A segment that is coming; its bytes are thrown away unless it is the incoming one. */
    private static final class FileSegment implements Upload.Segment {
        private final FileUpload upload;
        private final Binding binding;
        private final long offset;
        private final int bytes;
        private final @Nullable Integer crc32c;
        private final CRC32C sum = new CRC32C();
        private final CompletableFuture<Upload.Verdict> verdict = new CompletableFuture<>();
        private int written;
        private boolean live;

        FileSegment(FileUpload upload, Binding binding, long offset, int bytes, @Nullable Integer crc32c) {
            this.upload = upload;
            this.binding = binding;
            this.offset = offset;
            this.bytes = bytes;
            this.crc32c = crc32c;
        }

        @Override
        public void write(ByteBuffer buffer, Runnable done) {
            upload.store.space().queue(buffer.remaining());
            upload.submit(new Chunk(this, buffer, done));
        }

        @Override
        public CompletableFuture<Upload.Verdict> verdict() {
            return verdict;
        }
    }

    private record Chunk(FileSegment segment, ByteBuffer bytes, Runnable done) implements Runnable {
        @Override
        public void run() {
            throw new IllegalStateException("chunks are gathered");
        }
    }

    private void begin(FileSegment segment) {
        Open there = open;
        if (there == null || segment.binding != current) {
            segment.verdict.complete(Upload.Verdict.DROPPED);
            return;
        }
        abandon(there);
        try {
            int number = number(there, segment);
            if (there.verified.get(number)) {
                segment.verdict.complete(Upload.Verdict.DROPPED);
                return;
            }
            if (there.reserved < segment.bytes) {
                store.space().reserve(segment.bytes - there.reserved);
                there.reserved = segment.bytes;
            }
            there.progressAt = System.nanoTime();
            segment.live = true;
            there.incoming = segment;
        } catch (UploadException e) {
            segment.verdict.completeExceptionally(e);
        }
    }

    /** The number of a segment whose offset and length are right. */
    private static int number(Open there, FileSegment segment) {
        int segmentBytes = there.segmentBytes();
        long number = segment.offset / segmentBytes;
        boolean aligned = segment.offset % segmentBytes == 0 && number < MAX_SEGMENTS;
        boolean length;
        if (there.size() == UploadRequest.UNKNOWN_SIZE) {
            boolean known = aligned && there.verified.get((int) number);
            boolean next = there.end == UploadRequest.UNKNOWN_SIZE && number == there.verified.nextClearBit(0);
            length = segment.bytes <= segmentBytes && (next || known);
        } else {
            length = segment.bytes == there.bytesOf(number, there.size());
        }
        if (!aligned || !length) {
            throw new UploadException(
                    UploadError.OFFSET,
                    "a segment of " + segment.bytes + " bytes at " + segment.offset + ", where there is none",
                    there.contiguous(),
                    segment.offset);
        }
        return (int) number;
    }

    private void abandon(Open there) {
        FileSegment segment = there.incoming;
        if (segment != null) {
            there.incoming = null;
            segment.live = false;
            giveBack(there, segment.written);
            segment.verdict.complete(Upload.Verdict.DROPPED);
        }
    }

    /** Bytes of a segment that will be written again. */
    private void giveBack(Open there, long bytes) {
        store.space().write(-bytes);
        there.reserved += bytes;
        there.charged -= bytes;
    }

    private void write(List<Chunk> chunks) {
        FileSegment segment = chunks.get(0).segment();
        long bytes = 0;
        ByteBuffer[] buffers = new ByteBuffer[chunks.size()];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = chunks.get(i).bytes();
            bytes += buffers[i].remaining();
        }
        try {
            Open there = open;
            if (segment.live && there != null) {
                write(there, segment, buffers, bytes);
            }
        } finally {
            store.space().unqueue(bytes);
            chunks.forEach(chunk -> chunk.done().run());
        }
    }

    private void write(Open there, FileSegment segment, ByteBuffer[] buffers, long bytes) {
        for (ByteBuffer buffer : buffers) {
            segment.sum.update(buffer.duplicate());
        }
        try {
            store.disk().about(Step.WRITE, part);
            there.channel.position(segment.offset + segment.written);
            for (long left = bytes; left > 0; ) {
                left -= there.channel.write(buffers);
            }
            store.space().write(bytes);
            there.reserved -= bytes;
            there.charged += bytes;
            segment.written += (int) bytes;
            if (segment.written == segment.bytes) {
                there.incoming = null;
                segment.live = false;
                complete(there, segment);
            }
        } catch (IOException e) {
            there.incoming = null;
            segment.live = false;
            giveBack(there, segment.written);
            segment.verdict.completeExceptionally(store.failure("cannot write", e));
        }
    }

    private void complete(Open there, FileSegment segment) throws IOException {
        int number = (int) (segment.offset / there.segmentBytes());
        there.progressAt = System.nanoTime();
        int sum = (int) segment.sum.getValue();
        if (segment.crc32c != null && sum != segment.crc32c) {
            giveBack(there, segment.bytes);
            if (there.failures.merge(number, 1, Integer::sum) >= MAX_FAILURES) {
                segment.verdict.completeExceptionally(new UploadException(
                        UploadError.SEGMENT_CRC, "segment " + number + " came wrong " + MAX_FAILURES + " times"));
            } else {
                segment.verdict.complete(Upload.Verdict.CORRUPT);
            }
            return;
        }
        there.journal.append(Step.JOURNAL, Journal.SEGMENT, number, sum);
        there.verify(number, sum);
        if (there.size() == UploadRequest.UNKNOWN_SIZE) {
            long end = segment.offset + segment.bytes;
            if (segment.bytes < there.segmentBytes()) {
                there.end = end;
                there.journal.append(Step.JOURNAL, Journal.EPOCH, there.epoch, segment.bytes);
            }
            if (end > store.options().maxFileBytes()) {
                segment.verdict.completeExceptionally(new UploadException(
                        UploadError.TOO_LARGE,
                        "a file may have " + store.options().maxFileBytes() + " bytes"));
                return;
            }
        }
        contiguous = there.contiguous();
        if (there.hasher != null) {
            there.hasher.know(contiguous);
        }
        forceNowAndThen(there);
        segment.verdict.complete(Upload.Verdict.VERIFIED);
    }

    /** Of a pipe the sender can forget what is on the disk. */
    private void forceNowAndThen(Open there) throws IOException {
        if (there.size() == UploadRequest.UNKNOWN_SIZE
                && there.header.request().durability() != Durability.NONE
                && contiguous - durable >= FORCE_EVERY_BYTES) {
            long bytes = contiguous;
            try {
                store.disk().about(Step.FORCE_PART, part);
                there.channel.force(false);
            } catch (IOException e) {
                destroy(there);
                throw new SyncFailedException(e);
            }
            durable = bytes;
        }
    }

    /** A failed sync: what was written may be lost although it can be read. */
    private static final class SyncFailedException extends IOException {
        private static final long serialVersionUID = 1;

        SyncFailedException(IOException cause) {
            super(cause);
        }
    }

    static boolean isSyncFailure(IOException e) {
        return e instanceof SyncFailedException;
    }

    // ---- the end

    private void commit(Binding binding, long finalSize, @Nullable Octets sha256, CompletableFuture<Receipt> done)
            throws IOException {
        Open there = open;
        if (there == null || binding != current) {
            throw new UploadException(UploadError.STALE_EPOCH, "this opening is over");
        }
        abandon(there);
        boolean known = there.size() != UploadRequest.UNKNOWN_SIZE;
        long expected = known ? there.size() : there.end;
        if (expected != UploadRequest.UNKNOWN_SIZE ? finalSize != expected : finalSize < contiguous) {
            throw new UploadException(
                    UploadError.SIZE_MISMATCH,
                    "a size of " + finalSize + " where " + Math.max(expected, contiguous) + " bytes are",
                    Math.max(expected, contiguous),
                    finalSize);
        }
        List<Long> missing = missing(there, finalSize);
        if (!missing.isEmpty()) {
            throw new Upload.Missing(missing);
        }
        if (there.channel.size() < finalSize) {
            throw new UploadException(UploadError.IO_ERROR, "the part is shorter than what was written");
        }
        if (sha256 != null && there.hasher == null) {
            there.hasher = new Hasher(part, store.hashThreads());
        }
        if (there.hasher == null) {
            finish(there, finalSize, null, null, done);
            return;
        }
        suspend();
        there.hasher
                .finish(finalSize)
                .whenComplete((digest, failure) -> store.disk(() -> {
                    try {
                        if (failure != null) {
                            throw new UploadException(UploadError.IO_ERROR, "cannot read what was written");
                        }
                        finish(there, finalSize, digest, sha256, done);
                    } catch (RuntimeException e) {
                        done.completeExceptionally(e);
                    } finally {
                        resume();
                    }
                }));
    }

    private static List<Long> missing(Open there, long size) {
        List<Long> missing = new ArrayList<>();
        long segments = (size + there.segmentBytes() - 1) / there.segmentBytes();
        for (long s = there.verified.nextClearBit(0); s < segments && missing.size() < MAX_MISSING; ) {
            missing.add(s);
            s = there.verified.nextClearBit((int) s + 1);
        }
        return missing;
    }

    private void finish(
            Open there,
            long size,
            @Nullable Octets digest,
            @Nullable Octets promised,
            CompletableFuture<Receipt> done) {
        if (promised != null && !Objects.equals(promised, digest)) {
            destroy(there);
            done.completeExceptionally(
                    new UploadException(UploadError.DIGEST_MISMATCH, "the whole is not what its SHA-256 promised"));
            return;
        }
        try {
            Crc32cSum sum = new Crc32cSum();
            for (long s = 0; s * there.segmentBytes() < size; s++) {
                sum.append(there.crcs[(int) s], there.bytesOf(s, size));
            }
            done.complete(publish(there, new Receipt("", size, sum.value(), digest, Set.of())));
        } catch (UploadException e) {
            destroy(there);
            done.completeExceptionally(e);
        } catch (IOException e) {
            destroy(there);
            done.completeExceptionally(store.failure("cannot publish", e));
        }
    }

    /** All is verified; mode, time, sync, the record, the name, the folder's sync, the last record. */
    private Receipt publish(Open there, Receipt unnamed) throws IOException {
        UploadRequest request = there.header.request();
        boolean durably = request.durability() != Durability.NONE;
        store.disk().about(Step.ATTRIBUTES, part);
        store.setAttributes(part, request);
        if (durably) {
            forced(() -> {
                store.disk().about(Step.FORCE_PART, part);
                there.channel.force(true);
                store.disk().about(Step.FORCE_STORE, store.own());
                Publisher.forceFolder(store.own());
            });
        }
        Set<Path> changed = new LinkedHashSet<>();
        Receipt[] receipt = {unnamed};
        store.publisher()
                .publish(
                        part,
                        request.path(),
                        there.header.policy(),
                        name -> {
                            receipt[0] = named(unnamed, name, request.path(), durably);
                            there.journal.append(
                                    Step.JOURNAL_COMMITTING, Journal.COMMITTING, Journal.payload(receipt[0]));
                            if (durably) {
                                forced(there.journal::force);
                            }
                        },
                        changed);
        if (durably) {
            forced(() -> store.publisher().force(changed));
        }
        store.delete(Step.DELETE_PART, part);
        there.journal.append(Step.JOURNAL_COMPLETE, Journal.COMPLETE, Journal.payload(receipt[0]));
        store.space().publish(there.charged);
        there.charged = 0;
        close(there);
        store.remember(id, FileStore.Done.of(receipt[0], request));
        return receipt[0];
    }

    private interface Force {
        void run() throws IOException;
    }

    private static void forced(Force force) throws IOException {
        try {
            force.run();
        } catch (IOException e) {
            throw new SyncFailedException(e);
        }
    }

    private static Receipt named(Receipt receipt, String name, String asked, boolean durably) {
        EnumSet<Receipt.Mark> marks = EnumSet.noneOf(Receipt.Mark.class);
        if (durably) {
            marks.add(Receipt.Mark.DURABLE);
        }
        if (!name.equals(asked)) {
            marks.add(Receipt.Mark.RENAMED);
        }
        return new Receipt(name, receipt.size(), receipt.crc32c(), receipt.sha256(), marks);
    }

    private void release(Binding binding, boolean keep) {
        Open there = open;
        if (there == null || binding != current) {
            return;
        }
        current = null;
        abandon(there);
        if (!keep || there.verified.isEmpty()) {
            destroy(there);
        }
    }

    /** Once in a while: gives up reservations without progress, and uploads that nobody came back for. */
    void review() {
        submit(() -> {
            Open there = open;
            if (there == null) {
                return;
            }
            long idle = System.nanoTime() - there.progressAt;
            if (current == null && idle > store.options().keep().toNanos()) {
                destroy(there);
            } else if (idle > store.options().limits().reservation().toNanos() && there.incoming == null) {
                store.space().unreserve(there.reserved);
                there.reserved = 0;
            }
        });
    }

    /** Ends without a trace. */
    private void destroy(Open there) {
        close(there);
        store.delete(Step.DELETE_PART, part);
        store.delete(Step.DELETE_JOURNAL, log);
    }

    private void close(Open there) {
        if (open != there) {
            return;
        }
        open = null;
        current = null;
        store.space().unreserve(there.reserved);
        store.space().discard(there.charged);
        store.end(there.caller);
        closeFiles(there);
    }

    private static void closeFiles(Open there) {
        try {
            there.channel.close();
            there.journal.close();
            if (there.hasher != null) {
                there.hasher.close();
            }
        } catch (IOException e) {
            LOG.debug("cannot close", e);
        }
    }

    /** At the store's end: everything stays as it is. */
    void shutDown() {
        submit(() -> {
            Open there = open;
            if (there == null) {
                return;
            }
            if (there.verified.isEmpty()) {
                destroy(there);
            } else {
                closeFiles(there);
                open = null;
            }
        });
    }

    // ---- after a crash

    /** Takes up what a journal says; false when there is nothing to take up. */
    boolean recover(Journal.Content content) throws IOException {
        Journal.Entry committing = null;
        long epoch = content.header().request().epoch();
        for (Journal.Entry entry : content.entries()) {
            if (entry.kind() == Journal.COMPLETE) {
                Receipt receipt = Journal.receipt(entry.payload().toArray());
                store.remember(
                        id,
                        FileStore.Done.of(receipt, content.header().request().withEpoch(epoch)));
                store.delete(Step.DELETE_PART, part);
                return true;
            } else if (entry.kind() == Journal.COMMITTING) {
                committing = entry;
            } else if (entry.kind() == Journal.EPOCH) {
                epoch = entry.number();
            }
        }
        if (committing != null) {
            return recoverCommitting(
                    content, Journal.receipt(committing.payload().toArray()), epoch);
        }
        if (!Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        FileChannel channel = FileChannel.open(
                part, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        Journal journal = Journal.reopen(log, content.goodBytes(), store.disk());
        Open there = new Open(content.header(), channel, journal, null, epoch);
        for (Journal.Entry entry : content.entries()) {
            if (entry.kind() == Journal.SEGMENT && entry.number() < MAX_SEGMENTS) {
                there.verify((int) entry.number(), entry.crc());
            } else if (entry.kind() == Journal.EPOCH && entry.crc() != 0) {
                there.end = (there.verified.length() - 1L) * there.segmentBytes() + entry.crc();
            }
        }
        if (there.verified.isEmpty()) {
            channel.close();
            journal.close();
            return false;
        }
        there.charged = Math.min(channel.size(), (long) there.verified.cardinality() * there.segmentBytes());
        store.space().discard(-there.charged);
        contiguous = there.contiguous();
        open = there;
        if (content.header().boot().isEmpty() || !content.header().boot().equals(store.boot())) {
            submit(this::readAgain);
        }
        return true;
    }

    /** After a reboot a recorded segment may not have reached the disk. */
    private void readAgain() {
        Open there = requireNonNull(open);
        ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
        try {
            for (int s = there.verified.nextSetBit(0); s >= 0; s = there.verified.nextSetBit(s + 1)) {
                long size = there.size() == UploadRequest.UNKNOWN_SIZE
                        ? (there.end == UploadRequest.UNKNOWN_SIZE ? Long.MAX_VALUE : there.end)
                        : there.size();
                if (crc(there, s, there.bytesOf(s, size), buffer) != Integer.toUnsignedLong(there.crcs[s])) {
                    there.verified.clear(s);
                    there.end = UploadRequest.UNKNOWN_SIZE;
                }
            }
            contiguous = there.contiguous();
        } catch (IOException e) {
            LOG.warn("{} cannot be read again, it is given up", id, e);
            destroy(there);
        }
    }

    private static long crc(Open there, long segment, long bytes, ByteBuffer buffer) throws IOException {
        CRC32C sum = new CRC32C();
        long from = segment * there.segmentBytes();
        for (long left = bytes; left > 0; ) {
            buffer.clear().limit((int) Math.min(left, buffer.capacity()));
            int count = there.channel.read(buffer, from);
            if (count < 0) {
                return -1;
            }
            sum.update(buffer.flip());
            from += count;
            left -= count;
        }
        return sum.getValue();
    }

    private boolean recoverCommitting(Journal.Content content, Receipt receipt, long epoch) throws IOException {
        UploadRequest request = content.header().request().withEpoch(epoch);
        boolean durably = receipt.marks().contains(Receipt.Mark.DURABLE);
        Set<Path> changed = new LinkedHashSet<>();
        Receipt[] published = {receipt};
        try (Journal journal = Journal.reopen(log, content.goodBytes(), store.disk())) {
            BasicFileAttributes target =
                    store.publisher().look(List.of(receipt.name().split("/", -1)));
            boolean gone = !Files.exists(part, LinkOption.NOFOLLOW_LINKS);
            if (gone && (target == null || target.size() != receipt.size()) && !durably) {
                return false; // a power cut took what nobody had promised to keep
            }
            if (!gone && (target == null || !Objects.equals(target.fileKey(), store.key(part)))) {
                store.publisher()
                        .publish(
                                part,
                                request.path(),
                                content.header().policy(),
                                name -> {
                                    published[0] = named(receipt, name, request.path(), durably);
                                    journal.append(
                                            Step.JOURNAL_COMMITTING, Journal.COMMITTING, Journal.payload(published[0]));
                                    journal.force();
                                },
                                changed);
            }
            store.forceFoldersOf(published[0].name(), changed);
            store.delete(Step.DELETE_PART, part);
            journal.append(Step.JOURNAL_COMPLETE, Journal.COMPLETE, Journal.payload(published[0]));
            store.remember(id, FileStore.Done.of(published[0], request));
            return true;
        } catch (UploadException e) {
            LOG.warn("{} cannot be published after a crash: {}", id, e.getMessage());
            return false;
        }
    }

    static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's read to the others' execute
        for (int i = 0; i < all.length; i++) {
            if ((mode & (0400 >> i)) != 0) {
                permissions.add(all[i]);
            }
        }
        return permissions;
    }

    static FileTime time(UploadRequest request) {
        return FileTime.from(request.modified());
    }
}
