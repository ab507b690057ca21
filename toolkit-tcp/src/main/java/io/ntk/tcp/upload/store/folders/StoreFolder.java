package io.ntk.tcp.upload.store.folders;

import io.ntk.tcp.upload.store.UploadName;
import io.ntk.tcp.upload.store.UploadRequest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that files appear in, and {@code .ntup} below it: made, locked and tried out. Held by one store at a time.
 *
 * @param root the folder, links followed
 * @param own {@code .ntup} in it
 * @param lock held until it is closed
 * @param usual the permissions that a new file gets here when nobody asks for any
 * @param boot what tells this boot of the machine from others; empty where nobody knows
 */
public record StoreFolder(Path root, Path own, FileChannel lock, Set<PosixFilePermission> usual, String boot) {
    private static final Logger LOG = LoggerFactory.getLogger(StoreFolder.class);
    private static final Duration PATIENCE_WITH_LOCK = Duration.ofSeconds(2);
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * Takes a folder.
     *
     * @param folder that is there
     * @return until its lock is closed, nobody else gets it
     * @throws IOException when it is missing, cannot be written to, cannot be walked safely, or is another store's
     */
    public static StoreFolder open(Path folder) throws IOException {
        Path root = folder.toRealPath();
        if (!Files.isDirectory(root)) {
            throw new IOException(folder + " is no folder");
        }
        Path own = prepare(root);
        FileChannel lock = lock(folder, own);
        try {
            return new StoreFolder(root, own, lock, tryOut(root, own), bootId());
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * For files that nobody else may read.
     *
     * @return what they are made with
     */
    public static FileAttribute<Set<PosixFilePermission>> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    }

    /**
     * The lower nine bits of a mode; the others mean nothing here.
     *
     * @param mode as it was asked for
     * @return a fresh set
     */
    public static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's read to the others' execute
        for (int i = 0; i < all.length; i++) {
            if ((mode & (0400 >> i)) != 0) {
                permissions.add(all[i]);
            }
        }
        return permissions;
    }

    /**
     * What a file is to have in the end.
     *
     * @param request of that file
     * @return its mode, or what is usual here
     */
    public Set<PosixFilePermission> permissions(UploadRequest request) {
        return request.mode() == UploadRequest.NO_MODE ? usual : permissions(request.mode());
    }

    private static Path prepare(Path root) throws IOException {
        Set<PosixFilePermission> private700 = PosixFilePermissions.fromString("rwx------");
        Path own = root.resolve(UploadName.STORE);
        if (!Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(own, PosixFilePermissions.asFileAttribute(private700));
        }
        try (var stream = Folder.secure(own)) {
            stream.getFileAttributeView(PosixFileAttributeView.class).setPermissions(private700);
        }
        return own;
    }

    private static FileChannel lock(Path folder, Path own) throws IOException {
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
        throw new IOException("another server receives into " + folder);
    }

    /** A real atomic move out of the store's folder; and what permissions files get here when nobody asks for any. */
    private static Set<PosixFilePermission> tryOut(Path root, Path own) throws IOException {
        Path probe = own.resolve("probe");
        Path moved = root.resolve(".ntup-" + UUID.randomUUID()); // a name that no file has
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

    /**
     * Tells whether the machine has run since something was written.
     *
     * @param then what told that boot; empty where nobody knew
     * @return whether what was written then can be read as it was, synced or not
     */
    public boolean isOfThisBoot(String then) {
        return !then.isEmpty() && then.equals(boot);
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
