package io.ntk.tcp.upload.store;

import io.ntk.tcp.upload.store.Disk.Step;
import io.ntk.tcp.upload.store.SmallFilesLog.Entry;
import io.ntk.tcp.upload.store.SmallFilesLog.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that come whole. They have no journal of their own: a batch, which is what came while the one before was at the disk,
 * shares one {@link SmallFilesLog}, forced once, and one sync of each folder.
 *
 * <pre>{@code
 * parts written and synced, several at once → PREPARED for each → sync .ntup and the log → the names
 * → sync their folders, each once → the parts' own names go → COMPLETE for each
 * }</pre>
 */
final class SmallFiles implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(SmallFiles.class);
    private static final int MAX_BATCH = 1024;
    private static final int MAX_PARALLEL = 6;

    private final FileStore store;
    private final SmallFilesLog log;
    /* Part of the names of parts: those of one start never meet those of another. */
    private final String run;

    /* Guarded by this. */
    private List<Put> waiting = new ArrayList<>();
    private boolean running;

    /* Of the batch's thread alone. */
    private long nextPart = 1;

    SmallFiles(FileStore store, SmallFilesLog log, String run) {
        this.store = store;
        this.log = log;
        this.run = run;
    }

    /** One file on its way. */
    private static final class Put {
        private final String id;
        private final UploadRequest request;
        private final int crc32c;
        private final Octets data;
        private final CompletableFuture<Receipt> done = new CompletableFuture<>();
        private @Nullable Path part;
        private @Nullable Entry prepared;
        private boolean charged;

        Put(String id, UploadRequest request, int crc32c, Octets data) {
            this.id = id;
            this.request = request;
            this.crc32c = crc32c;
            this.data = data;
        }

        boolean durably() {
            return request.durability() != Durability.NONE;
        }

        Path part() {
            return Objects.requireNonNull(part, "part");
        }

        Entry prepared() {
            return Objects.requireNonNull(prepared, "prepared");
        }

        Entry entry(OnExists policy, String name) {
            Receipt receipt = new Receipt(name, data.size(), crc32c, null, Set.of());
            return new Entry(
                    Kind.PREPARED,
                    id,
                    String.valueOf(part().getFileName()),
                    request.epoch(),
                    request.path(),
                    policy,
                    receipt.named(name, request.path(), durably()));
        }

        boolean isUnderWay() {
            return part != null && !done.isDone();
        }
    }

    CompletableFuture<Receipt> put(String id, UploadRequest request, int crc32c, Octets data) {
        Put put = new Put(id, request, crc32c, data);
        store.space().queue(data.size());
        synchronized (this) {
            waiting.add(put);
            if (running) {
                return put.done;
            }
            running = true;
        }
        store.disk(this::turn);
        return put.done;
    }

    private void turn() {
        List<Put> batch;
        synchronized (this) {
            if (waiting.isEmpty()) {
                running = false;
                return;
            }
            batch = new ArrayList<>(waiting.subList(0, Math.min(MAX_BATCH, waiting.size())));
            waiting = new ArrayList<>(waiting.subList(batch.size(), waiting.size()));
        }
        List<Put> admitted = admitted(batch);
        try {
            run(admitted);
        } catch (IOException e) {
            UploadException failure = store.failure("cannot write small files", e);
            admitted.forEach(put -> fail(put, failure));
        } catch (RuntimeException e) {
            LOG.warn("a batch failed", e);
            admitted.forEach(put -> fail(put, new UploadException(UploadError.INTERNAL, "a fault of the server")));
        } finally {
            batch.forEach(put -> store.space().unqueue(put.data.size()));
            store.disk(this::turn);
        }
    }

    // ---- admission

    private List<Put> admitted(List<Put> batch) {
        List<Put> admitted = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Put put : batch) {
            try {
                Receipt ready = admit(put);
                if (ready != null) {
                    put.done.complete(ready);
                } else if (ids.add(put.id)) {
                    put.part = store.own().resolve(SmallFilesLog.PREFIX + run + "-" + nextPart++ + ".part");
                    admitted.add(put);
                } else {
                    behind(put);
                }
            } catch (IOException e) {
                fail(put, store.failure("cannot begin", e));
            } catch (RuntimeException e) {
                put.done.completeExceptionally(e);
            }
        }
        return admitted;
    }

    /** Lets one wait for the batch that has the same key. */
    private void behind(Put put) {
        put(put.id, put.request, put.crc32c, put.data).whenComplete((receipt, failure) -> {
            if (failure == null) {
                put.done.complete(receipt);
            } else {
                put.done.completeExceptionally(failure);
            }
        });
    }

    private @Nullable Receipt admit(Put put) throws IOException {
        UploadRequest request = put.request;
        Receipts.Done done = store.receipts().of(put.id);
        if (done != null) {
            if (!done.path().equals(request.path()) || done.receipt().size() != request.size()) {
                throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
            }
            return done.receipt().replayed();
        }
        if (store.isUnfinished(put.id)) {
            throw new UploadException(UploadError.KEY_CONFLICT, "this key is of an upload that is under way");
        }
        CRC32C sum = new CRC32C();
        sum.update(put.data.toArray());
        if ((int) sum.getValue() != put.crc32c) {
            throw new UploadException(UploadError.SEGMENT_CRC, "the data is not what its CRC32C promised");
        }
        return store.admission().admit(request);
    }

    // ---- a batch

    private void run(List<Put> admitted) throws IOException {
        inParallel(admitted);
        List<Put> written = admitted.stream().filter(Put::isUnderWay).toList();
        if (written.isEmpty()) {
            return;
        }
        log.beginBatch();
        boolean durably = written.stream().anyMatch(Put::durably);
        for (Put put : written) {
            prepare(put, put.request.path());
        }
        if (durably) {
            sync(written);
        }
        Set<Path> changed = new LinkedHashSet<>();
        written.stream().filter(Put::isUnderWay).forEach(put -> publish(put, changed));
        if (durably) {
            force(changed, written);
        }
        written.stream().filter(Put::isUnderWay).forEach(this::complete);
    }

    private void prepare(Put put, String name) throws IOException {
        Entry entry = put.entry(store.admission().policy(put.request), name);
        log.append(Step.JOURNAL_COMMITTING, entry);
        put.prepared = entry;
    }

    /** The parts' entries in the store's folder, and the log. */
    private void sync(List<Put> written) throws IOException {
        try {
            store.disk().about(Step.FORCE_STORE, store.own());
            Publisher.forceFolder(store.own());
            log.force();
        } catch (IOException e) {
            LOG.warn("the log of small files cannot be synced: {}", e.toString());
            written.forEach(
                    put -> fail(put, new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync a log")));
            log.beginAnew();
        }
    }

    /** Syncs what has changed; where that fails, names that were given by a link are taken back. */
    private void force(Set<Path> changed, List<Put> written) {
        try {
            store.publisher().force(changed);
        } catch (IOException e) {
            LOG.warn("a folder cannot be synced: {}", e.toString());
            for (Put put : written) {
                if (put.isUnderWay()) {
                    store.publisher().withdraw(put.prepared().receipt().name(), put.part());
                    fail(put, new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync a folder"));
                }
            }
        }
    }

    /* The file is there, whatever becomes of the entry: without it the next start finds that out again. */
    private void complete(Put put) {
        store.delete(Step.DELETE_PART, put.part());
        Receipt receipt = put.prepared().receipt();
        try {
            log.append(Step.JOURNAL_COMPLETE, put.prepared().with(Kind.COMPLETE, receipt));
        } catch (IOException e) {
            LOG.warn("cannot note that {} is complete: {}", put.id, e.toString());
        }
        store.receipts().put(put.id, Receipts.Done.of(receipt, put.request));
        store.space().publish(put.data.size());
        put.done.complete(receipt);
    }

    /** Writes the parts: what must be synced on several threads, since each sync waits for the disk. */
    private void inParallel(List<Put> puts) {
        boolean durably = puts.stream().anyMatch(Put::durably);
        int lanes = durably ? Math.min(MAX_PARALLEL, puts.size()) : 1;
        List<CompletableFuture<Void>> others = new ArrayList<>();
        for (int lane = 1; lane < lanes; lane++) {
            int from = lane;
            CompletableFuture<Void> done = new CompletableFuture<>();
            others.add(done);
            store.disk(() -> {
                try {
                    writeParts(puts, from, lanes);
                } finally {
                    done.complete(null);
                }
            });
        }
        writeParts(puts, 0, lanes);
        others.forEach(CompletableFuture::join);
    }

    private void writeParts(List<Put> puts, int from, int step) {
        for (int i = from; i < puts.size(); i += step) {
            Put put = puts.get(i);
            try {
                writePart(put);
            } catch (UploadException e) {
                fail(put, e);
            } catch (IOException e) {
                fail(put, store.failure("cannot write", e));
            }
        }
    }

    private void writePart(Put put) throws IOException {
        Path part = put.part();
        int size = put.data.size();
        store.space().reserve(size);
        store.space().write(size);
        put.charged = true;
        store.disk().about(Step.CREATE_PART, part);
        try (FileChannel channel = FileChannel.open(
                part,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                StoreFolder.ownerOnly())) {
            store.disk().about(Step.WRITE, part);
            ByteBuffer bytes = ByteBuffer.wrap(put.data.toArray());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            store.disk().about(Step.ATTRIBUTES, part);
            store.setAttributes(part, put.request);
            if (put.durably()) {
                SyncFailedException.guard(() -> {
                    store.disk().about(Step.FORCE_PART, part);
                    channel.force(true);
                });
            }
        }
    }

    private void publish(Put put, Set<Path> changed) {
        try {
            store.publisher()
                    .publish(
                            put.part(),
                            put.request.path(),
                            store.admission().policy(put.request),
                            name -> {
                                if (!name.equals(put.prepared().receipt().name())) {
                                    prepare(put, name);
                                    if (put.durably()) {
                                        SyncFailedException.guard(log::force);
                                    }
                                }
                            },
                            changed);
        } catch (UploadException e) {
            forget(put);
            store.admission().conclude(put.request, e, put.done);
        } catch (IOException e) {
            fail(put, store.failure("cannot publish", e));
        }
    }

    private void fail(Put put, UploadException why) {
        if (!put.done.isDone()) {
            forget(put);
            put.done.completeExceptionally(why);
        }
    }

    /** Ends one without a trace but in the log. */
    private void forget(Put put) {
        if (put.part != null) {
            store.delete(Step.DELETE_PART, put.part);
            try {
                if (put.prepared != null) {
                    log.append(Step.JOURNAL, put.prepared.with(Kind.UNDONE, put.prepared.receipt()));
                }
            } catch (IOException e) {
                LOG.warn("cannot note the end of {}: {}", put.id, e.toString());
            }
        }
        if (put.charged) {
            store.space().discard(put.data.size());
        }
    }

    boolean isCurrent(Path file) {
        return log.isCurrent(file);
    }

    @Override
    public void close() throws IOException {
        log.close();
    }
}
