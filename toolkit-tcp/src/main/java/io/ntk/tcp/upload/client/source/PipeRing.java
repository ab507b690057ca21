package io.ntk.tcp.upload.client.source;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ntk.core.Reason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.Octets;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What was read from a source that cannot be read twice, and that the receiver does not have yet: whole segments, as many as
 * there is room for; then the source is not read. It fails when there are more than a file may have. Thread-safe.
 */
public final class PipeRing implements AutoCloseable {
    static final int RING_BYTES = 64 << 20;

    private final ReadableByteChannel source;
    private final int segmentBytes;
    private final ByteBufAllocator alloc;
    private final @Nullable Digests digests;
    private final Runnable news;
    private final Semaphore room;
    private final MessageDigest digest = Digests.sha256();
    private final CompletableFuture<@Nullable Octets> digested = new CompletableFuture<>();
    private final Map<Integer, Segment> held = new HashMap<>();
    private int arrived;
    private int freed;
    private long bytes;
    private boolean ended;
    private boolean closed;
    private @Nullable IOException failure;

    /**
     * Begins to read, on a thread of its own, which may be left behind in a read.
     *
     * @param source blocking; not closed
     * @param segmentBytes of all segments but the last
     * @param alloc where segments are put
     * @param digests null for no digest
     * @param news told on that thread when a segment has arrived, or the end
     */
    public PipeRing(
            ReadableByteChannel source,
            int segmentBytes,
            ByteBufAllocator alloc,
            @Nullable Digests digests,
            Runnable news) {
        this.source = source;
        this.segmentBytes = segmentBytes;
        this.alloc = alloc;
        this.digests = digests;
        this.news = news;
        this.room = new Semaphore(Math.max(RING_BYTES, 2 * segmentBytes) / segmentBytes);
        Thread reader = new Thread(this::read, "ntk-upload-pipe");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        CompletableFuture<Void> before = CompletableFuture.completedFuture(null);
        try {
            boolean more = true;
            while (more) {
                room.acquire();
                if (isClosed()) {
                    break; // nobody wants what would be read now
                }
                Segment segment = Segment.read(source, segmentBytes, Segment.CHUNK_BYTES, alloc);
                checkCount(segment);
                more = segment.size() == segmentBytes;
                before.join(); // the digest may be one segment behind, and no more
                before = digest(segment);
                more &= put(segment);
                news.run();
            }
            before.join();
            digested.complete(digests == null ? null : Octets.of(digest.digest()));
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException | RuntimeException e) {
            fail(new IOException("the source failed: " + Reason.of(e), e));
        } finally {
            if (!digested.isDone()) {
                fail(new IOException("the source failed")); // for lack of memory, and the like
            }
            news.run();
        }
    }

    private void checkCount(Segment next) throws IOException {
        if (arrived() == UploadFrame.Data.MAX_SEGMENTS && next.size() > 0) {
            next.release();
            throw new IOException("a pipe may have " + UploadFrame.Data.MAX_SEGMENTS + " segments of " + segmentBytes
                    + " bytes; with larger ones it may be longer");
        }
    }

    private CompletableFuture<Void> digest(Segment segment) {
        if (digests == null) {
            return CompletableFuture.completedFuture(null);
        }
        List<ByteBuf> chunks = segment.pieces().stream()
                .map(piece -> ((ByteBuf) piece).retainedDuplicate())
                .toList();
        try {
            return digests.run(() -> {
                for (ByteBuf chunk : chunks) {
                    digest.update(chunk.nioBuffer());
                    chunk.release();
                }
            });
        } catch (RejectedExecutionException e) { // the run has ended
            chunks.forEach(ByteBuf::release);
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Whether anybody still wants more. */
    private synchronized boolean put(Segment segment) {
        bytes += segment.size();
        ended = segment.size() < segmentBytes;
        if (closed || segment.size() == 0) {
            segment.release();
        } else {
            held.put(arrived, segment);
            arrived++;
        }
        return !closed;
    }

    private void fail(IOException e) {
        synchronized (this) {
            failure = failure == null ? e : failure;
        }
        digested.completeExceptionally(e);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Segments that have been read so far.
     *
     * @return how many
     */
    public synchronized int arrived() {
        return arrived;
    }

    /**
     * Segments that are forgotten.
     *
     * @return how many, from the first
     */
    public synchronized int freed() {
        return freed;
    }

    /**
     * Whether all has been read.
     *
     * @return true at the end of the source; not when it failed
     */
    public synchronized boolean isEnded() {
        return ended;
    }

    /**
     * What was read so far.
     *
     * @return in bytes
     */
    public synchronized long bytes() {
        return bytes;
    }

    /**
     * Why nothing more comes.
     *
     * @return what the source failed with, or null
     */
    public synchronized @Nullable IOException failure() {
        return failure;
    }

    /**
     * The SHA-256 of all that comes.
     *
     * @return done at the end of the source, with null where no digest is made; fails with the source
     */
    public CompletableFuture<@Nullable Octets> digested() {
        return digested;
    }

    /**
     * A segment that is held.
     *
     * @param number from 0
     * @return still the ring's; null when it has not arrived, or is freed
     */
    public synchronized @Nullable Segment segment(int number) {
        return held.get(number);
    }

    /**
     * The receiver has all before: they are forgotten, and there is room for others.
     *
     * @param segments how many, from the first; those that have not arrived do not count
     */
    public synchronized void free(int segments) {
        while (freed < Math.min(segments, arrived)) {
            Segment gone = held.remove(freed);
            if (gone != null) {
                gone.release();
            }
            freed++;
            room.release();
        }
    }

    /** Forgets all. The reader ends as soon as the source lets it. */
    @Override
    public synchronized void close() {
        closed = true;
        held.values().forEach(Segment::release);
        held.clear();
        room.release(); // lets the reader see it
    }
}
