package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An opening that was refused before anything was done for it; its bytes are thrown away at once. Thread-safe. */
public final class RefusedUpload implements Upload, Upload.Segment {
    private final UploadException why;

    /**
     * Costs no more than itself.
     *
     * @param why what the opening and a commit fail with
     */
    public RefusedUpload(UploadException why) {
        this.why = why;
    }

    @Override
    public CompletableFuture<Snapshot> opened() {
        return CompletableFuture.failedFuture(why);
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
        return CompletableFuture.failedFuture(why);
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
