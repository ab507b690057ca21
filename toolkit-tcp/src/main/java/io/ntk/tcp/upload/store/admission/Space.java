package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What is left of the disk and of the quota. Thread-safe.
 *
 * <p>An upload reserves its size when it begins; written bytes leave the reservation, since the disk counts them itself. What
 * the folder holds is measured by walking it, at first and again when the quota would refuse, at most every ten seconds.
 */
public final class Space {
    private static final long LAST_BYTES = 64 * 1024;
    private static final long MEASURE_AGAIN_NANOS = 10_000_000_000L;
    private static final long ASK_AGAIN_NANOS = 100_000_000;

    private final StoreOptions options;
    private final FileStore fileStore;
    private final Path own;
    private long reserved;
    /* Bytes of parts, which the walk leaves out. */
    private long written;
    private long published = -1;
    private long measuredAt;
    /* What the disk has to give, as it said last; less what was written since. */
    private long free = -1;
    private long askedAt;

    /**
     * Nothing is taken at first.
     *
     * @param options the folder, its quota, and what stays free
     * @param own the store's folder, on whose disk it is; not counted among what the folder holds
     * @throws IOException when that is not there
     */
    public Space(StoreOptions options, Path own) throws IOException {
        this(options, own, Files.getFileStore(own));
    }

    Space(StoreOptions options, Path own, FileStore fileStore) {
        this.options = options;
        this.own = own;
        this.fileStore = fileStore;
    }

    /**
     * Takes bytes for an upload.
     *
     * @param bytes at least 0
     * @throws UploadException when the quota or the disk has not as many
     */
    public synchronized void reserve(long bytes) {
        if (bytes == 0) {
            return;
        }
        checkQuota(bytes);
        checkDisk(bytes);
        reserved += bytes;
    }

    /* For many small files the disk is not asked each time, unless it would be a refusal. */
    private void checkDisk(long bytes) {
        long now = System.nanoTime();
        if (bytes > free - reserved || now - askedAt > ASK_AGAIN_NANOS) {
            try {
                long keep = Math.max(options.limits().keepFreeBytes(), fileStore.getTotalSpace() / 50);
                free = fileStore.getUsableSpace() - keep;
                askedAt = now;
            } catch (IOException e) {
                throw new UploadException(UploadError.IO_ERROR, "cannot tell how much space there is");
            }
        }
        long room = free - reserved;
        if (bytes > room) {
            throw new UploadException(
                    UploadError.NO_SPACE,
                    "no space: " + bytes + " bytes wanted, " + Math.max(0, room) + " to give",
                    bytes,
                    Math.max(0, room));
        }
    }

    /**
     * Whether the disk is as good as full, whatever an error says in the system's language.
     *
     * @return true below 64 KiB
     */
    public boolean isDiskFull() {
        try {
            return fileStore.getUsableSpace() < LAST_BYTES;
        } catch (IOException e) {
            return false;
        }
    }

    private void checkQuota(long bytes) {
        if (published < 0) {
            measure();
        }
        if (bytes > left() && System.nanoTime() - measuredAt > MEASURE_AGAIN_NANOS) {
            measure();
        }
        if (bytes > left()) {
            throw new UploadException(
                    UploadError.QUOTA,
                    "the folder may hold " + options.quotaBytes() + " bytes in all",
                    bytes,
                    Math.max(0, left()));
        }
    }

    private long left() {
        return options.quotaBytes() - published - reserved - written;
    }

    private void measure() {
        long[] sum = new long[1];
        try {
            Files.walkFileTree(options.folder(), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    return folder.equals(own) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE; // gone, or not ours to read
                }
            });
        } catch (IOException e) {
            throw new UploadException(UploadError.IO_ERROR, "cannot measure the folder");
        }
        published = sum[0];
        measuredAt = System.nanoTime();
    }

    /**
     * Reserved bytes are written now.
     *
     * @param bytes how many; less than zero for those that will be written again
     */
    public synchronized void write(long bytes) {
        reserved -= bytes;
        written += bytes;
        free -= bytes;
    }

    /**
     * Reserved bytes are needed by nobody any more.
     *
     * @param bytes how many
     */
    public synchronized void unreserve(long bytes) {
        reserved -= bytes;
    }

    /**
     * A part is gone.
     *
     * @param bytes that were written of it; less than zero for a part that was found
     */
    public synchronized void discard(long bytes) {
        written -= bytes;
    }

    /**
     * A part is a file now.
     *
     * @param bytes that were written of it
     */
    public synchronized void publish(long bytes) {
        written -= bytes;
        published += published < 0 ? 0 : bytes;
    }

    /**
     * Bytes that are kept for uploads, or that their parts have.
     *
     * @return 0 when nothing is under way
     */
    public synchronized long taken() {
        return reserved + written;
    }
}
