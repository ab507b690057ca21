package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.admission.Receipts;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.Folder;
import io.ntk.tcp.upload.store.folders.FolderWalk;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import io.ntk.tcp.upload.store.log.SmallFileEntry;
import io.ntk.tcp.upload.store.log.SmallFileEntry.Kind;
import io.ntk.tcp.upload.store.log.SmallFilesLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that come whole. They have no journal of their own: a batch, which is what came while the one before was at the disk,
 * shares one {@link SmallFilesLog}, forced once, and one sync of each folder.
 *
 * <pre>{@code
 * parts written, and synced many at once → PREPARED for each → sync .ntup and the log → the names
 * → sync their folders, each once → the parts' own names go → COMPLETE for each
 * }</pre>
 */
final class SmallFiles implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(SmallFiles.class);
    private static final int MAX_BATCH = 1024;

    private final FileStore store;
    private final SmallFilesLog log;
    private final SmallFileParts parts;
    /* Part of the names of parts: those of one start never meet those of another. */
    private final String run;

    /* Guarded by this. */
    private List<SmallFile> waiting = new ArrayList<>();
    private boolean running;

    /* Of the batch's thread alone. */
    private long nextPart = 1;

    SmallFiles(FileStore store, SmallFilesLog log, String run) {
        this.store = store;
        this.log = log;
        this.parts = new SmallFileParts(store);
        this.run = run;
    }

    CompletableFuture<Receipt> put(String id, UploadRequest request, int crc32c, Octets data) {
        SmallFile file = new SmallFile(id, request, crc32c, data);
        store.backlog().add(data.size());
        synchronized (this) {
            waiting.add(file);
            if (running) {
                return file.done;
            }
            running = true;
        }
        store.disk(this::turn);
        return file.done;
    }

    private void turn() {
        List<SmallFile> batch;
        synchronized (this) {
            if (waiting.isEmpty()) {
                running = false;
                return;
            }
            batch = new ArrayList<>(waiting.subList(0, Math.min(MAX_BATCH, waiting.size())));
            waiting = new ArrayList<>(waiting.subList(batch.size(), waiting.size()));
        }
        List<SmallFile> admitted = List.of();
        try (FolderWalk walk = store.publisher().walk()) {
            admitted = admitted(batch, walk);
            run(admitted, walk);
        } catch (IOException e) {
            UploadException failure = store.failure("cannot write small files", e);
            admitted.forEach(file -> fail(file, failure));
        } catch (RuntimeException e) {
            LOG.warn("a batch failed", e);
            admitted.forEach(file -> fail(file, new UploadException(UploadError.INTERNAL, "a fault of the server")));
        } finally {
            log.endBatch();
            batch.forEach(file -> store.backlog().remove(file.data.size()));
            store.disk(this::turn);
        }
    }

    // ---- admission

    private List<SmallFile> admitted(List<SmallFile> batch, FolderWalk walk) {
        List<SmallFile> admitted = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (SmallFile file : batch) {
            try {
                Receipt ready = admit(file, walk);
                if (ready != null) {
                    file.done.complete(ready);
                } else if (ids.add(file.id)) {
                    file.part = store.own().resolve(SmallFilesLog.PREFIX + run + "-" + nextPart++ + ".part");
                    admitted.add(file);
                } else {
                    behind(file);
                }
            } catch (IOException e) {
                fail(file, store.failure("cannot begin", e));
            } catch (RuntimeException e) {
                file.done.completeExceptionally(e);
            }
        }
        return admitted;
    }

    /** Lets one wait for the batch that has the same key. */
    private void behind(SmallFile file) {
        put(file.id, file.request, file.crc32c, file.data).whenComplete((receipt, failure) -> {
            if (failure == null) {
                file.done.complete(receipt);
            } else {
                file.done.completeExceptionally(failure);
            }
        });
    }

    private @Nullable Receipt admit(SmallFile file, FolderWalk walk) throws IOException {
        UploadRequest request = file.request;
        Receipts.Done done = store.receipt(file.id);
        if (done != null) {
            if (!done.path().equals(request.path()) || done.receipt().size() != request.size()) {
                throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
            }
            return done.receipt().replayed();
        }
        if (store.isUnfinished(file.id)) {
            throw new UploadException(UploadError.KEY_CONFLICT, "this key is of an upload that is under way");
        }
        if (file.data.crc32c() != file.crc32c) {
            throw new UploadException(UploadError.SEGMENT_CRC, "the data is not what its CRC32C promised");
        }
        return store.admission().admit(walk, request);
    }

    // ---- a batch

    private void run(List<SmallFile> admitted, FolderWalk walk) throws IOException {
        parts.write(admitted, this::fail);
        List<SmallFile> written =
                admitted.stream().filter(SmallFile::isUnderWay).toList();
        if (written.isEmpty()) {
            return;
        }
        log.beginBatch();
        boolean durably = written.stream().anyMatch(SmallFile::durably);
        prepare(written);
        if (durably) {
            sync(written);
        }
        Set<Path> changed = new LinkedHashSet<>();
        written.stream().filter(SmallFile::isUnderWay).forEach(file -> publish(file, walk, changed));
        if (durably) {
            force(walk, changed, written);
        }
        complete(written.stream().filter(SmallFile::isUnderWay).toList());
    }

    private void prepare(List<SmallFile> files) throws IOException {
        List<SmallFileEntry> entries = new ArrayList<>();
        for (SmallFile file : files) {
            entries.add(file.entry(store.admission().policy(file.request), file.request.path()));
        }
        log.append(Step.JOURNAL_COMMITTING, entries);
        for (int i = 0; i < files.size(); i++) {
            files.get(i).prepared = entries.get(i);
        }
    }

    /** Another name than the one that was prepared. */
    private void prepare(SmallFile file, String name) throws IOException {
        SmallFileEntry entry = file.entry(file.prepared().policy(), name);
        log.append(Step.JOURNAL_COMMITTING, entry);
        file.prepared = entry;
        if (file.durably()) {
            SyncFailedException.guard(log::force);
        }
    }

    /** The parts' entries in the store's folder, and the log. */
    private void sync(List<SmallFile> written) throws IOException {
        try {
            store.disk().about(Step.FORCE_STORE, store.own());
            Folder.force(store.own());
            log.force();
        } catch (IOException e) {
            LOG.warn("the log of small files cannot be synced: {}", e.toString());
            written.forEach(
                    file -> fail(file, new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync a log")));
            log.beginAnew();
        }
    }

    /** Syncs what has changed; where that fails, names that were given by a link are taken back. */
    private void force(FolderWalk walk, Set<Path> changed, List<SmallFile> written) {
        try {
            store.publisher().force(changed);
        } catch (IOException e) {
            LOG.warn("a folder cannot be synced: {}", e.toString());
            for (SmallFile file : written) {
                if (file.isUnderWay()) {
                    store.publisher().withdraw(walk, file.prepared().receipt().name(), file.part());
                    fail(file, new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync a folder"));
                }
            }
        }
    }

    /* The files are there, whatever becomes of the entries: without them the next start finds that out again. */
    private void complete(List<SmallFile> published) {
        if (published.isEmpty()) {
            return;
        }
        List<SmallFileEntry> entries = new ArrayList<>();
        for (SmallFile file : published) {
            if (file.prepared().policy() != OnExists.OVERWRITE) { // which has moved it
                store.delete(Step.DELETE_PART, file.part());
            }
            entries.add(file.prepared().with(Kind.COMPLETE, file.prepared().receipt()));
        }
        try {
            log.append(Step.JOURNAL_COMPLETE, entries);
        } catch (IOException e) {
            LOG.warn("cannot note that {} files are complete: {}", entries.size(), e.toString());
        }
        for (SmallFile file : published) {
            Receipt receipt = file.prepared().receipt();
            store.receipts().put(file.id, Receipts.Done.of(receipt, file.request));
            store.space().publish(file.data.size());
            file.done.complete(receipt);
        }
    }

    private void publish(SmallFile file, FolderWalk walk, Set<Path> changed) {
        try {
            store.publisher()
                    .publish(
                            walk,
                            file.part(),
                            file.request.path(),
                            file.prepared().policy(),
                            name -> {
                                if (!name.equals(file.prepared().receipt().name())) {
                                    prepare(file, name);
                                }
                            },
                            changed);
        } catch (UploadException e) {
            forget(file);
            store.admission().conclude(file.request, e, file.done);
        } catch (IOException e) {
            fail(file, store.failure("cannot publish", e));
        }
    }

    private void fail(SmallFile file, UploadException why) {
        if (!file.done.isDone()) {
            forget(file);
            file.done.completeExceptionally(why);
        }
    }

    /** Ends one without a trace but in the log. */
    private void forget(SmallFile file) {
        if (file.part != null) {
            store.delete(Step.DELETE_PART, file.part);
            try {
                if (file.prepared != null) {
                    log.append(Step.JOURNAL, file.prepared.with(Kind.UNDONE, file.prepared.receipt()));
                }
            } catch (IOException e) {
                LOG.warn("cannot note the end of {}: {}", file.id, e.toString());
            }
        }
        if (file.charged) {
            store.space().discard(file.data.size());
        }
    }

    /** What the log has of a file that is complete. */
    Receipts.@Nullable Done logged(String id) throws IOException {
        SmallFilesLog.Known known = log.complete(id);
        if (known == null) {
            return null;
        }
        SmallFileEntry entry = known.entry();
        return new Receipts.Done(entry.receipt(), entry.path(), entry.epoch(), known.at());
    }

    void deleteLogsBefore(Instant time) throws IOException {
        log.deleteBefore(time);
    }

    @Override
    public void close() throws IOException {
        parts.close();
        log.close();
    }
}
