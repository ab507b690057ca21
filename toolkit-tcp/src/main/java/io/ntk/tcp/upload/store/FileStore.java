package io.ntk.tcp.upload.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files in a folder. What is under way lies in {@code .ntup} below it, out of sight; a name appears when its file is whole.
 *
 * <p>Threads: 8 for the disk, which are never interrupted (that would close the files), as many for digests as there are
 * cores, and one that looks twice a minute for what has expired. Failure: {@link #open} throws {@link IOException} when the
 * folder cannot be used; afterwards failures are those of single files.
 */
public final class FileStore implements UploadStore {
    private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);
    private static final int DISK_THREADS = 8;
    private static final int MAX_RECEIPTS = 100_000;
    private static final Duration REVIEW_EVERY = Duration.ofSeconds(30);
    private static final Duration PATIENCE_WITH_LOCK = Duration.ofSeconds(2);
    private static final Duration PATIENCE_AT_END = Duration.ofSeconds(60);
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final StoreOptions options;
    private final Disk disk;
    private final Path root;
    private final Path own;
    private final String boot;
    private final Set<PosixFilePermission> usual;
    private final Space space;
    private final Publisher publisher;
    private final SmallFiles smallFiles;
    private final FileChannel lockFile;
    private final ThreadPoolExecutor diskThreads;
    private final ExecutorService hashThreads;
    private final ScheduledExecutorService reviewer;
    private final Map<String, FileUpload> uploads = new ConcurrentHashMap<>();
    /* Guarded by itself. */
    private final Map<String, Integer> unfinished = new HashMap<>();
    private int unfinishedInAll;
    private final Map<String, Done> receipts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Done> eldest) {
            return size() > MAX_RECEIPTS;
        }
    };

    /** A receipt, and what the upload was. */
    record Done(Receipt receipt, String path, long epoch, Instant at) {
        static Done of(Receipt receipt, UploadRequest request) {
            return new Done(receipt, request.path(), request.epoch(), Instant.now());
        }
    }

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
        this.root = options.folder().toRealPath();
        this.own = root.resolve(UploadName.STORE);
        if (!Files.isDirectory(root)) {
            throw new IOException(options.folder() + " is no folder");
        }
        prepare();
        this.lockFile = lock();
        try {
            this.usual = tryOut();
            this.boot = bootId();
            this.space = new Space(options, own);
            this.publisher = new Publisher(root, own, disk);
            this.diskThreads = new ThreadPoolExecutor(
                    DISK_THREADS, DISK_THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads("ntk-disk"));
            diskThreads.allowCoreThreadTimeOut(true);
            this.hashThreads =
                    Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), threads("ntk-hash"));
            this.reviewer = Executors.newSingleThreadScheduledExecutor(threads("ntk-upload-review"));
            this.smallFiles = new SmallFiles(this);
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            throw e;
        }
        try {
            recover();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        long every = REVIEW_EVERY.toSeconds();
        reviewer.scheduleWithFixedDelay(this::review, every, every, TimeUnit.SECONDS);
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private void prepare() throws IOException {
        if (!Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    own, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        try (var stream = Publisher.secure(own)) {
            PosixFileAttributeView view = stream.getFileAttributeView(PosixFileAttributeView.class);
            view.setPermissions(PosixFilePermissions.fromString("rwx------"));
        }
    }

    private FileChannel lock() throws IOException {
        FileChannel channel = FileChannel.open(
                own.resolve("lock"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                ownerOnly());
        // A server that ends has a moment to let go.
        for (long end = System.nanoTime() + PATIENCE_WITH_LOCK.toNanos(); System.nanoTime() < end; ) {
            try {
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    return channel;
                }
            } catch (OverlappingFileLockException e) {
                LOG.debug("locked by this process");
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        channel.close();
        throw new IOException("another server receives into " + options.folder());
    }

    /** A real atomic move out of the store's folder; and what permissions files get here when nobody asks for any. */
    private Set<PosixFilePermission> tryOut() throws IOException {
        Path probe = own.resolve("probe");
        Path moved = root.resolve(".ntup-probe");
        Files.deleteIfExists(probe);
        try {
            Files.createFile(probe);
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(probe);
            Files.move(probe, moved, StandardCopyOption.ATOMIC_MOVE);
            return permissions;
        } finally {
            Files.deleteIfExists(probe);
            Files.deleteIfExists(moved);
        }
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private void recover() throws IOException {
        smallFiles.recover();
        List<Path> files;
        try (Stream<Path> all = Files.list(own)) {
            files = all.toList();
        }
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith(".log") && !name.startsWith(SmallFiles.PREFIX)) {
                recover(file, name.substring(0, name.length() - ".log".length()));
            } else if (name.endsWith(".part")) {
                Path log = own.resolve(name.substring(0, name.length() - ".part".length()) + ".log");
                if (!Files.exists(log, LinkOption.NOFOLLOW_LINKS)) {
                    delete(Disk.Step.DELETE_PART, file);
                }
            }
        }
    }

    private void recover(Path log, String id) throws IOException {
        Journal.Content content = Journal.read(log);
        FileUpload upload = new FileUpload(this, id);
        boolean old = Files.getLastModifiedTime(log)
                .toInstant()
                .isBefore(Instant.now().minus(options.keep()));
        boolean committing = content != null
                && content.entries().stream().anyMatch(entry -> entry.kind() == Journal.COMMITTING)
                && content.entries().stream().noneMatch(entry -> entry.kind() == Journal.COMPLETE);
        if (content == null || (old && !committing) || !upload.recover(content)) {
            delete(Disk.Step.DELETE_PART, own.resolve(id + ".part"));
            delete(Disk.Step.DELETE_JOURNAL, log);
            return;
        }
        if (receipt(id) == null) {
            uploads.put(id, upload);
            synchronized (unfinished) {
                unfinishedInAll++;
            }
        }
    }

    private void review() {
        try {
            uploads.values().forEach(FileUpload::review);
            Instant before = Instant.now().minus(options.keep());
            synchronized (receipts) {
                receipts.values().removeIf(done -> done.at().isBefore(before));
            }
            try (Stream<Path> all = Files.list(own)) {
                for (Path file : all.toList()) {
                    String name = String.valueOf(file.getFileName());
                    String id = name.replaceFirst("\\.log$", "");
                    boolean over = name.endsWith(".log") && !uploads.containsKey(id) && !smallFiles.isCurrent(file);
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
        return smallFiles.put(id(caller, request.key()), request, crc32c, data);
    }

    @Override
    public CompletableFuture<Receipt> makeFolder(String path, int mode, Instant modified) {
        CompletableFuture<Receipt> done = new CompletableFuture<>();
        disk(() -> {
            try {
                done.complete(makeFolderNow(path, mode, modified));
            } catch (UploadException e) {
                done.completeExceptionally(e);
            } catch (IOException e) {
                done.completeExceptionally(failure("cannot make the folder", e));
            }
        });
        return done;
    }

    private Receipt makeFolderNow(String path, int mode, Instant modified) throws IOException {
        List<String> components = UploadName.components(path, options.hidden());
        Set<Path> changed = new LinkedHashSet<>();
        try (Publisher.Folder folder = publisher.open(components, changed)) {
            if (!changed.isEmpty()) {
                if (mode != UploadRequest.NO_MODE) {
                    PosixFileAttributeView view = folder.stream().getFileAttributeView(PosixFileAttributeView.class);
                    view.setPermissions(FileUpload.permissions(mode & 0777));
                }
                FileTime time = FileTime.from(modified);
                folder.stream()
                        .getFileAttributeView(BasicFileAttributeView.class)
                        .setTimes(time, null, null);
            }
        }
        boolean durably = options.durability() != Durability.NONE;
        if (durably) {
            publisher.force(changed);
        }
        return new Receipt(path, 0, 0, null, durably ? EnumSet.of(Receipt.Mark.DURABLE) : Set.of());
    }

    @Override
    public StoreOptions options() {
        return options;
    }

    @Override
    public boolean isFull() {
        return space.isFull();
    }

    @Override
    public void whenRoom(Runnable action) {
        space.whenRoom(action);
    }

    @Override
    public void close() {
        reviewer.shutdown();
        uploads.values().forEach(FileUpload::shutDown);
        diskThreads.shutdown();
        try {
            if (!diskThreads.awaitTermination(PATIENCE_AT_END.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("the disk did not come to an end within {} s", PATIENCE_AT_END.toSeconds());
            }
            hashThreads.shutdown();
            smallFiles.close();
            lockFile.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("cannot close", e);
        }
    }

    // ---- for the uploads

    Path own() {
        return own;
    }

    String boot() {
        return boot;
    }

    Disk disk() {
        return disk;
    }

    Space space() {
        return space;
    }

    Publisher publisher() {
        return publisher;
    }

    Executor hashThreads() {
        return hashThreads;
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

    @Nullable
    Done receipt(String id) {
        synchronized (receipts) {
            return receipts.get(id);
        }
    }

    void remember(String id, Done done) {
        synchronized (receipts) {
            receipts.put(id, done);
        }
    }

    /** The policy that holds: the sender's, unless it is laxer than the server's. */
    OnExists policy(UploadRequest request) {
        OnExists asked = request.policy();
        if (!asked.isAllowedUnder(options.onExists())) {
            throw new UploadException(
                    UploadError.FORBIDDEN,
                    "the server's policy is " + options.onExists() + ", and " + asked + " is laxer");
        }
        return asked == OnExists.SERVER ? options.onExists() : asked;
    }

    /** Counts an upload that begins, or refuses it. */
    void begin(Caller caller) {
        synchronized (unfinished) {
            String owner = caller.countedAs();
            int ofOwner = owner == null ? 0 : unfinished.getOrDefault(owner, 0);
            if (unfinishedInAll >= options.limits().unfinished()
                    || ofOwner >= options.limits().unfinishedPerOwner()) {
                throw new UploadException(UploadError.TOO_MANY_UPLOADS, "as many unfinished uploads as there may be");
            }
            unfinishedInAll++;
            if (owner != null) {
                unfinished.put(owner, ofOwner + 1);
            }
        }
    }

    /** Counts one that ends; null for one that was there at the start. */
    void end(@Nullable Caller caller) {
        synchronized (unfinished) {
            unfinishedInAll--;
            if (caller != null && caller.countedAs() != null) {
                unfinished.computeIfPresent(caller.countedAs(), (owner, n) -> n > 1 ? Integer.valueOf(n - 1) : null);
            }
        }
    }

    /** Looks at who has the name, and refuses as the policy says; the receipt of a file that is the same is the answer. */
    @Nullable
    Receipt existing(UploadRequest request, List<String> components) throws IOException {
        OnExists policy = policy(request);
        BasicFileAttributes there = publisher.look(components);
        if (there == null) {
            return null;
        }
        if (there.isDirectory()) {
            throw new UploadException(UploadError.TYPE_CONFLICT, request.path() + " is a folder");
        }
        return switch (policy) {
            case OVERWRITE, RENAME -> null;
            case SKIP_SAME -> {
                if (there.isRegularFile() && isSame(there, request, components)) {
                    yield new Receipt(
                            request.path(), there.size(), 0, request.sha256(), EnumSet.of(Receipt.Mark.SKIPPED));
                }
                throw new UploadException(UploadError.EXISTS, request.path() + " is there already, and differs");
            }
            case REJECT, SERVER -> throw new UploadException(UploadError.EXISTS, request.path() + " is there already");
        };
    }

    private boolean isSame(BasicFileAttributes there, UploadRequest request, List<String> components)
            throws IOException {
        if (there.size() != request.size()) {
            return false;
        }
        Octets sha256 = request.sha256();
        if (sha256 == null) {
            return there.lastModifiedTime().toInstant().getEpochSecond()
                    == request.modified().getEpochSecond();
        }
        try (FileChannel channel = publisher.read(components)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
            while (channel.read(buffer) >= 0) {
                digest.update(buffer.flip());
                buffer.clear();
            }
            return sha256.equals(Octets.of(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    /** Mode and time, by the part's path, which nobody else knows. */
    void setAttributes(Path part, UploadRequest request) throws IOException {
        Set<PosixFilePermission> permissions =
                request.mode() == UploadRequest.NO_MODE ? usual : FileUpload.permissions(request.mode() & 0777);
        Files.setPosixFilePermissions(part, permissions);
        Files.setLastModifiedTime(part, FileUpload.time(request));
    }

    FileAttribute<Set<PosixFilePermission>> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
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

    @Nullable
    Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /** Syncs the folders that a published name is in, after a crash that may have come before that. */
    void forceFoldersOf(String name, Collection<Path> changed) throws IOException {
        List<Path> folders = new ArrayList<>(changed);
        Path folder = root;
        folders.add(folder);
        String[] components = name.split("/", -1);
        for (int i = 0; i < components.length - 1; i++) {
            folder = folder.resolve(components[i]);
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                folders.add(folder);
            }
        }
        publisher.force(folders);
    }

    /** What a failure of the disk is for the sender. */
    UploadException failure(String what, IOException e) {
        String why = String.valueOf(e.getMessage());
        LOG.warn("{}: {}", what, e.toString());
        if (FileUpload.isSyncFailure(e)) {
            return new UploadException(UploadError.SYNC_FAILED, what + ": the disk failed to sync");
        }
        if (why.contains("No space left") || why.contains("quota exceeded")) {
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
