package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * Writes the parts of a batch. Those that are to survive a power cut are written first, many of them, and then synced on many
 * threads at once: each sync waits for the journal of the file system, which takes all that wait for it in one go.
 */
final class SmallFileParts implements Closeable {
    /* As many files are open at a time. */
    private static final int MAX_OPEN = 256;
    private static final int SYNC_THREADS = 32;

    private final FileStore store;
    private final ThreadPoolExecutor threads;

    SmallFileParts(FileStore store) {
        this.store = store;
        this.threads = new ThreadPoolExecutor(
                SYNC_THREADS,
                SYNC_THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                FileStore.threads("ntk-sync"));
        threads.allowCoreThreadTimeOut(true);
    }

    /** A part that is written and not yet synced. */
    private record Unsynced(SmallFile file, FileChannel channel) {}

    /**
     * Writes parts, and syncs those that are to last.
     *
     * @param failed told of those that could not be written or synced, on any thread
     */
    void write(List<SmallFile> files, BiConsumer<SmallFile, UploadException> failed) {
        for (int from = 0; from < files.size(); from += MAX_OPEN) {
            List<Unsynced> unsynced = new ArrayList<>();
            for (SmallFile file : files.subList(from, Math.min(files.size(), from + MAX_OPEN))) {
                try {
                    write(file, unsynced);
                } catch (UploadException e) {
                    failed.accept(file, e);
                } catch (IOException e) {
                    failed.accept(file, store.failure("cannot write", e));
                }
            }
            sync(unsynced, failed);
        }
    }

    private void write(SmallFile file, List<Unsynced> unsynced) throws IOException {
        Path part = file.part();
        int size = file.data.size();
        store.space().reserve(size);
        store.space().write(size);
        file.charged = true;
        Set<PosixFilePermission> permissions = store.folder().permissions(file.request);
        Set<PosixFilePermission> atOnce = EnumSet.copyOf(store.folder().usual());
        atOnce.retainAll(permissions);
        store.disk().about(Step.CREATE_PART, part);
        FileChannel channel = FileChannel.open(
                part,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(atOnce));
        boolean kept = false;
        try {
            store.disk().about(Step.WRITE, part);
            ByteBuffer bytes = file.data.buffer();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            store.disk().about(Step.ATTRIBUTES, part);
            if (!atOnce.equals(permissions)) {
                Files.setPosixFilePermissions(part, permissions);
            }
            Files.setLastModifiedTime(part, FileTime.from(file.request.modified()));
            if (file.durably()) {
                unsynced.add(new Unsynced(file, channel));
                kept = true;
            }
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private void sync(List<Unsynced> parts, BiConsumer<SmallFile, UploadException> failed) {
        AtomicInteger next = new AtomicInteger();
        Runnable lane = () -> {
            for (int i = next.getAndIncrement(); i < parts.size(); i = next.getAndIncrement()) {
                Unsynced part = parts.get(i);
                try {
                    sync(part);
                } catch (IOException e) {
                    failed.accept(part.file(), store.failure("cannot write", e));
                }
            }
        };
        List<CompletableFuture<Void>> others = new ArrayList<>();
        for (int lanes = Math.min(SYNC_THREADS, parts.size()); lanes > 1; lanes--) {
            others.add(CompletableFuture.runAsync(lane, threads));
        }
        lane.run();
        others.forEach(CompletableFuture::join);
    }

    private void sync(Unsynced part) throws IOException {
        try (FileChannel channel = part.channel()) {
            SyncFailedException.guard(() -> {
                store.disk().about(Step.FORCE_PART, part.file().part());
                channel.force(true);
            });
        }
    }

    /** When no batch is under way. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
