package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes segments into a part, one after another, and judges them: a segment whose CRC32C is right is verified, one that is
 * wrong may come three times more. Used by the tasks of its upload's queue alone.
 */
final class SegmentWriter {
    private static final int MAX_FAILURES = 4;

    private final FileStore store;
    private final Part part;
    private final Progress progress;
    private final Runnable lost;
    private final EarlySync early;
    private final Map<Integer, Integer> failures = new HashMap<>();
    private @Nullable FileSegment incoming;

    /** How far an upload is, for any thread to read. */
    static final class Progress {
        private volatile long contiguous;
        private volatile long durable;

        long contiguous() {
            return contiguous;
        }

        long durable() {
            return durable;
        }

        void begin(long present) {
            contiguous = present;
            durable = 0;
        }
    }

    /**
     * @param lost called when the disk failed to sync, so that nothing of the part counts any more
     * @param unsynced told the same while nobody may be writing, on another thread
     */
    SegmentWriter(FileStore store, Part part, Progress progress, Runnable lost, Consumer<SegmentWriter> unsynced) {
        this.store = store;
        this.part = part;
        this.progress = progress;
        this.lost = lost;
        this.early = new EarlySync(
                () -> {
                    store.disk().about(Step.FORCE_PART, part.path());
                    part.channel().force(false);
                },
                store.syncThreads(),
                () -> unsynced.accept(this));
        progress.begin(part.contiguous());
    }

    Part part() {
        return part;
    }

    boolean isReceiving() {
        return incoming != null;
    }

    /** Makes a segment the one whose bytes are written; one that did not become whole by now is over. */
    void begin(FileSegment segment) {
        abandon();
        try {
            if (!part.admits(segment.offset(), segment.bytes())) {
                throw new UploadException(
                        UploadError.OFFSET,
                        "a segment of " + segment.bytes() + " bytes at " + segment.offset() + ", where there is none",
                        part.contiguous(),
                        segment.offset());
            }
            if (part.isVerified(number(segment))) {
                segment.verdict().complete(Upload.Verdict.DROPPED);
                return;
            }
            checkEnd(segment.offset() + segment.bytes());
            part.reservation().atLeast(segment.bytes());
            part.progress();
            segment.takenBy(this);
            incoming = segment;
        } catch (UploadException e) {
            segment.verdict().completeExceptionally(e);
        }
    }

    /** Where the size is unknown nobody has looked at it yet; what is verified once may be published. */
    private void checkEnd(long end) {
        long most = store.options().maxFileBytes();
        if (end > most) {
            throw new UploadException(UploadError.TOO_LARGE, "a file may have " + most + " bytes", most, end);
        }
    }

    private int number(FileSegment segment) {
        return (int) (segment.offset() / part.segmentBytes());
    }

    /** Drops the segment that is coming. */
    void abandon() {
        FileSegment segment = incoming;
        if (segment != null) {
            stop(segment);
            part.reservation().write(-segment.written());
            segment.verdict().complete(Upload.Verdict.DROPPED);
        }
    }

    private void stop(FileSegment segment) {
        incoming = null;
        segment.takenBy(null);
    }

    /** Writes bytes of the segment that is coming. */
    void write(FileSegment segment, ByteBuffer[] buffers) {
        long bytes = 0;
        for (ByteBuffer buffer : buffers) {
            segment.sum(buffer);
            bytes += buffer.remaining();
        }
        try {
            store.disk().about(Step.WRITE, part.path());
            part.channel().position(segment.position());
            for (long left = bytes; left > 0; ) {
                left -= part.channel().write(buffers);
            }
            part.reservation().write(bytes);
            segment.wrote((int) bytes);
            if (segment.isWhole()) {
                stop(segment);
                judge(segment);
            }
        } catch (IOException e) {
            stop(segment);
            part.reservation().write(-segment.written());
            if (e instanceof SyncFailedException) {
                lost.run();
            }
            segment.verdict().completeExceptionally(store.failure("cannot write", e));
        }
    }

    private void judge(FileSegment segment) throws IOException {
        int number = number(segment);
        part.progress();
        if (!segment.isRight()) {
            part.reservation().write(-segment.bytes());
            if (failures.merge(number, 1, Integer::sum) >= MAX_FAILURES) {
                segment.verdict()
                        .completeExceptionally(new UploadException(
                                UploadError.SEGMENT_CRC,
                                "segment " + number + " came wrong " + MAX_FAILURES + " times"));
            } else {
                segment.verdict().complete(Upload.Verdict.CORRUPT);
            }
            return;
        }
        part.verify(number, segment.sum(), segment.bytes());
        progress.contiguous = part.contiguous();
        syncEarly(segment.bytes());
        segment.verdict().complete(Upload.Verdict.VERIFIED);
    }

    /** Where the size is unknown the sender forgets what it has sent: it may rely on what the receiver says is durable. */
    private void syncEarly(int bytes) throws SyncFailedException {
        UploadRequest request = part.request();
        if (request.durability() != Durability.NONE) {
            early.wrote(bytes, progress.contiguous, !request.hasSize());
            progress.durable = early.durable();
        }
    }

    /** Waits until nothing syncs the part. */
    void settle() throws SyncFailedException {
        early.settle();
    }
}
