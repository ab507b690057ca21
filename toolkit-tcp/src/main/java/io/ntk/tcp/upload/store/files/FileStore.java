package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.admission.Admission;
import io.ntk.tcp.upload.store.admission.Backlog;
import io.ntk.tcp.upload.store.admission.Owners;
import io.ntk.tcp.upload.store.admission.Receipts;
import io.ntk.tcp.upload.store.admission.RefusedUpload;
import io.ntk.tcp.upload.store.admission.Space;
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.folders.Folder;
import io.ntk.tcp.upload.store.folders.FolderWalk;
import io.ntk.tcp.upload.store.folders.Publisher;
import io.ntk.tcp.upload.store.folders.StoreFolder;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import io.ntk.tcp.upload.store.log.Journal;
import io.ntk.tcp.upload.store.log.JournalContent;
import io.ntk.tcp.upload.store.log.SmallFilesLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files in a folder. What is under way lies in {@code .ntup} below it, out of sight; a name appears when its file is whole.
 *
 * <p>Threads: 8 for the disk, which are never interrupted (that would close the files), as many for digests as there are
 * cores, 4 that sync parts while they grow, and one that looks twice a minute for what has expired. Limits, over all
 * callers: at 8,192 openings, small files and folders without an answer, or as many bytes as the options say, {@link
 * #isFull}; at 16,384 the next is refused with {@link UploadError#TOO_MANY_UPLOADS}. Failure: {@link #open} throws {@link
 * IOException} when the folder cannot be used; afterwards failures are those of single files.
 */
public final class FileStore implements UploadStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int DISK_THREADS = 8;
    private static final int SYNC_THREADS = 4;
    private static final Duration REVIEW_EVERY = Duration.ofSeconds(30);
    private static final Duration PATIENCE_AT_END = Duration.ofSeconds(60);

    private final StoreOptions options;
    private final Disk disk;
    private final StoreFolder folder;
    private final Space space;
    private final Backlog backlog;
    private final Publisher publisher;
    private final Admission admission;
    private final Owners owners;
    private final Receipts receipts = new Receipts();
    private final SmallFiles smallFiles;
    /* First come, first served; on the thread that was idle last, whose cache is still warm. */
    private final ForkJoinPool diskThreads;
    private final ExecutorService hashThreads;
    private final ExecutorService syncThreads;
    private final ScheduledExecutorService reviewer;
    private final Map<String, FileUpload> uploads = new ConcurrentHashMap<>();

    /**
     * Opens a folder, and takes up what was under way in it.
     *
     * @param options what it takes
     * @return the store
     * @throws IOException when the folder is missing, cannot be written to, cannot be walked safely, or is another store's
     */
    public static FileStore open(StoreOptions options) throws IOException {
        return open(options, Disk.REAL);
    }

    static FileStore open(StoreOptions options, Disk disk) throws IOException {
        return new FileStore(options, disk);
    }

    private FileStore(StoreOptions options, Disk disk) throws IOException {
        this.options = options;
        this.disk = disk;
        this.folder = StoreFolder.open(options.folder());
        try {
            this.space = new Space(options, folder.own());
        } catch (IOException | RuntimeException e) {
            folder.lock().close();
            throw e;
        }
        this.backlog = new Backlog(options.limits().queueBytes());
        this.publisher = new Publisher(folder.root(), folder.own(), disk);
        this.admission = new Admission(options, folder.root(), publisher);
        this.owners = new Owners(options.limits());
        this.diskThreads = new ForkJoinPool(DISK_THREADS, FileStore::diskThread, null, true);
        this.hashThreads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), threads("ntk-hash"));
        this.syncThreads = Executors.newFixedThreadPool(SYNC_THREADS, threads("ntk-early-sync"));
        this.reviewer = Executors.newSingleThreadScheduledExecutor(threads("ntk-upload-review"));
        SmallFilesLog log = new SmallFilesLog(folder.own(), disk);
        this.smallFiles = new SmallFiles(this, log, Long.toHexString(RANDOM.nextLong()));
        try {
            new SmallFilesRecovery(this, log).run();
            recover();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        long every = REVIEW_EVERY.toSeconds();
        reviewer.scheduleWithFixedDelay(() -> review(System.nanoTime(), Instant.now()), every, every, TimeUnit.SECONDS);
    }

    private static ForkJoinWorkerThread diskThread(ForkJoinPool pool) {
        ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
        thread.setName("ntk-disk-" + (thread.getPoolIndex() + 1));
        return thread;
    }

    /** Daemons, numbered. */
    static ThreadFactory threads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private void recover() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(own())) {
            files = all.toList();
        }
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith(".log") && !name.startsWith(SmallFilesLog.PREFIX)) {
                recover(file, name.substring(0, name.length() - ".log".length()));
            } else if (name.endsWith(".part")) {
                Path log = own().resolve(name.substring(0, name.length() - ".part".length()) + ".log");
                if (!Files.exists(log, LinkOption.NOFOLLOW_LINKS)) {
                    delete(Disk.Step.DELETE_PART, file);
                }
            }
        }
    }

    private void recover(Path log, String id) throws IOException {
        JournalContent content = JournalContent.read(log);
        if (content == null || !recover(log, id, content)) {
            delete(Disk.Step.DELETE_JOURNAL, log);
            delete(Disk.Step.DELETE_PART, own().resolve(id + ".part"));
        }
    }

    /** Takes up what a journal says; false when there is nothing to take up. */
    private boolean recover(Path log, String id, JournalContent content) throws IOException {
        Path part = own().resolve(id + ".part");
        UploadRequest request = content.header().request().withEpoch(content.epoch());
        Receipt complete = content.receipt(Journal.COMPLETE);
        Receipt committing = content.receipt(Journal.COMMITTING);
        Instant before = Instant.now().minus(options.keep());
        boolean old = Files.getLastModifiedTime(log).toInstant().isBefore(before);
        if (complete == null && committing != null) {
            complete =
                    new Publication(this, request, content.header().policy()).recover(part, log, content, committing);
            if (complete == null) {
                return false;
            }
        } else if (old) {
            return false;
        }
        if (complete != null) {
            delete(Disk.Step.DELETE_PART, part);
            receipts.put(id, Receipts.Done.of(complete, request));
            return true;
        }
        FileUpload upload = new FileUpload(this, id);
        if (!Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS) || !upload.recover(content)) {
            return false;
        }
        uploads.put(id, upload);
        return true;
    }

    /**
     * Ends what has expired.
     *
     * @param nanos now, by the clock of {@link System#nanoTime}, for what is under way
     * @param now the same by the clock of files, for what is done
     */
    void review(long nanos, Instant now) {
        try {
            uploads.values().forEach(upload -> upload.review(nanos));
            Instant before = now.minus(options.keep());
            receipts.forgetBefore(before);
            smallFiles.deleteLogsBefore(before);
            try (Stream<Path> all = Files.list(own())) {
                for (Path file : all.toList()) {
                    String name = String.valueOf(file.getFileName());
                    String id = name.replaceFirst("\\.log$", "");
                    boolean over = name.endsWith(".log") && !uploads.containsKey(id) && !SmallFilesLog.isOne(file);
                    if (over && Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
                        delete(Disk.Step.DELETE_JOURNAL, file);
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("cannot look for what has expired", e);
        }
    }

    // ---- the interface

    @Override
    public Upload open(Caller caller, UploadRequest request, Opening opening, int maxSegmentBytes, boolean digest) {
        try {
            backlog.enter();
        } catch (UploadException e) {
            return new RefusedUpload(e);
        }
        Upload upload;
        try {
            upload = bind(caller, request, opening, maxSegmentBytes, digest);
        } catch (RuntimeException e) {
            backlog.leave();
            throw e;
        }
        upload.opened().whenComplete((snapshot, failure) -> backlog.leave());
        return upload;
    }

    private Upload bind(Caller caller, UploadRequest request, Opening opening, int maxSegmentBytes, boolean digest) {
        Upload[] upload = new Upload[1];
        String id = id(caller, request.key());
        uploads.compute(id, (key, there) -> {
            FileUpload entry = there == null ? new FileUpload(this, key) : there;
            upload[0] = entry.bind(caller, request, opening, maxSegmentBytes, digest);
            return entry;
        });
        return upload[0];
    }

    @Override
    public CompletableFuture<Receipt> put(Caller caller, UploadRequest request, int crc32c, Octets data) {
        return counted(() -> smallFiles.put(id(caller, request.key()), request, crc32c, data));
    }

    @Override
    public CompletableFuture<Receipt> makeFolder(String path, int mode, Instant modified) {
        return counted(() -> {
            CompletableFuture<Receipt> done = new CompletableFuture<>();
            disk(() -> makeFolder(path, mode, modified, done));
            return done;
        });
    }

    /** Asks for something that waits for the disk, unless too much does. */
    private CompletableFuture<Receipt> counted(Supplier<CompletableFuture<Receipt>> asked) {
        try {
            backlog.enter();
        } catch (UploadException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Receipt> answer;
        try {
            answer = asked.get();
        } catch (RuntimeException e) {
            backlog.leave();
            throw e;
        }
        answer.whenComplete((receipt, failure) -> backlog.leave());
        return answer;
    }

    private void makeFolder(String path, int mode, Instant modified, CompletableFuture<Receipt> done) {
        try {
            done.complete(makeFolderNow(path, mode, modified));
        } catch (IOException e) {
            done.completeExceptionally(failure("cannot make the folder", e));
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    private Receipt makeFolderNow(String path, int mode, Instant modified) throws IOException {
        List<String> components = admission.components(path);
        Set<Path> changed = new LinkedHashSet<>();
        try (FolderWalk walk = publisher.walk()) {
            Folder made = walk.open(components, changed);
            if (!changed.isEmpty()) {
                if (mode != UploadRequest.NO_MODE) {
                    PosixFileAttributeView view = made.stream().getFileAttributeView(PosixFileAttributeView.class);
                    view.setPermissions(StoreFolder.permissions(mode));
                }
                FileTime time = FileTime.from(modified);
                made.stream().getFileAttributeView(BasicFileAttributeView.class).setTimes(time, null, null);
            }
        }
        boolean durably = options.durability() != Durability.NONE;
        if (durably) {
            publisher.relyOn(components, changed);
            SyncFailedException.guard(() -> publisher.force(changed));
        }
        return new Receipt(path, 0, 0, null, durably ? EnumSet.of(Receipt.Mark.DURABLE) : Set.of());
    }

    @Override
    public StoreOptions options() {
        return options;
    }

    @Override
    public boolean isFull() {
        return backlog.isFull();
    }

    @Override
    public void whenRoom(Runnable action) {
        backlog.whenRoom(action);
    }

    @Override
    public void close() {
        reviewer.shutdown();
        CompletableFuture<?>[] ends =
                uploads.values().stream().map(FileUpload::shutDown).toArray(CompletableFuture<?>[]::new);
        long end = System.nanoTime() + PATIENCE_AT_END.toNanos();
        try {
            CompletableFuture.allOf(ends).get(PATIENCE_AT_END.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the disk did not come to an end within {} s", PATIENCE_AT_END.toSeconds());
        }
        diskThreads.shutdown();
        hashThreads.shutdown();
        syncThreads.shutdown();
        try {
            if (!diskThreads.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                LOG.warn("small files did not come to an end within {} s", PATIENCE_AT_END.toSeconds());
            }
            smallFiles.close();
            folder.lock().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("cannot close", e);
        }
    }

    // ---- for the uploads

    Path own() {
        return folder.own();
    }

    StoreFolder folder() {
        return folder;
    }

    Owners owners() {
        return owners;
    }

    Receipts receipts() {
        return receipts;
    }

    /** The answer to what is done: of an upload from memory, of a small file from its log as well. */
    Receipts.@Nullable Done receipt(String id) throws IOException {
        Receipts.Done done = receipts.of(id);
        return done == null ? smallFiles.logged(id) : done;
    }

    SmallFiles smallFiles() {
        return smallFiles;
    }

    Admission admission() {
        return admission;
    }

    Disk disk() {
        return disk;
    }

    Space space() {
        return space;
    }

    Backlog backlog() {
        return backlog;
    }

    Publisher publisher() {
        return publisher;
    }

    Executor hashThreads() {
        return hashThreads;
    }

    /** Where a part is synced while it grows: a disk thread would be missed for as long as the disk takes. */
    Executor syncThreads() {
        return syncThreads;
    }

    /** Runs a task on a disk thread; dropped when the store has ended. */
    void disk(Runnable task) {
        try {
            diskThreads.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("a task came after the store's end");
            if (!diskThreads.isTerminated()) {
                task.run();
            }
        }
    }

    void forgetIfIdle(String id) {
        uploads.computeIfPresent(id, (key, upload) -> upload.isIdle() ? null : upload);
    }

    boolean isUnfinished(String id) {
        return uploads.containsKey(id);
    }

    /** Deletes one of our own files; what cannot be deleted stays, and is found at the next start. */
    void delete(Disk.Step step, Path file) {
        try {
            disk.about(step, file);
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debug("cannot delete {}", file, e);
        }
    }

    /** What a failure of the disk is for the sender. */
    UploadException failure(String what, IOException e) {
        String why = String.valueOf(e.getMessage());
        LOG.warn("{}: {}", what, e.toString());
        if (e instanceof SyncFailedException) {
            return new UploadException(UploadError.SYNC_FAILED, what + ": the disk failed to sync");
        }
        if (why.contains("No space left") || why.contains("quota exceeded") || space.isDiskFull()) {
            return new UploadException(UploadError.NO_SPACE, what + ": no space left on the disk");
        }
        return new UploadException(UploadError.IO_ERROR, what + ": " + reason(e));
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.FileSystemException file && file.getReason() != null
                ? String.valueOf(file.getReason())
                : e.getClass().getSimpleName();
    }

    /** Keys of different principals never meet, and are names of files. */
    private static String id(Caller caller, Octets key) {
        if (caller.principal().isEmpty()) {
            return key.hex();
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(caller.principal().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return Objects.requireNonNull(
                    Octets.of(digest.digest(key.toArray())).hex().substring(0, 32));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }
}
