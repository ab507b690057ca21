package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Upload;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A segment that is coming; its bytes are thrown away unless it is the one that its part takes. */
final class FileSegment implements Upload.Segment {
    private final FileUpload upload;
    private final long offset;
    private final int bytes;
    private final @Nullable Integer promised;
    private final CompletableFuture<Upload.Verdict> verdict = new CompletableFuture<>();

    /* Of the queue's tasks alone. */
    private final CRC32C sum = new CRC32C();
    private @Nullable SegmentWriter writer;
    private int written;

    FileSegment(FileUpload upload, long offset, int bytes, @Nullable Integer promised) {
        this.upload = upload;
        this.offset = offset;
        this.bytes = bytes;
        this.promised = promised;
    }

    @Override
    public void write(ByteBuffer buffer, Runnable done) {
        upload.write(this, buffer, done);
    }

    @Override
    public CompletableFuture<Upload.Verdict> verdict() {
        return verdict;
    }

    long offset() {
        return offset;
    }

    int bytes() {
        return bytes;
    }

    /** Who takes its bytes; null when they are thrown away. */
    @Nullable
    SegmentWriter writer() {
        return writer;
    }

    void takenBy(@Nullable SegmentWriter taker) {
        writer = taker;
    }

    /** Where its next byte belongs in the file. */
    long position() {
        return offset + written;
    }

    int written() {
        return written;
    }

    boolean isWhole() {
        return written == bytes;
    }

    void sum(ByteBuffer buffer) {
        sum.update(buffer.duplicate());
    }

    void wrote(int count) {
        written += count;
    }

    int sum() {
        return (int) sum.getValue();
    }

    /** Whether its bytes are what was promised, if anything was. */
    boolean isRight() {
        return promised == null || promised == sum();
    }
}
