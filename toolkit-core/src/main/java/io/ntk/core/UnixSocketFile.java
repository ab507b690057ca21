package io.ntk.core;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file of a listening Unix socket: cleared before the bind, given its permissions behind it, removed at the end.
 *
 * <p>What a crashed server left (a socket to which connecting is refused) is replaced. Anything else in the way, a
 * socket that somebody serves or a file of another kind, is an error. Two servers that start at once do not race: the
 * time from the look to the bind is covered by a lock on {@code PATH.lock}, which is gone afterwards.
 */
final class UnixSocketFile {
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET = 0140000;

    private final Path path;
    private final Path lockPath;
    private @Nullable FileChannel lock;
    private @Nullable Object boundKey;

    UnixSocketFile(Path path) {
        this.path = path;
        this.lockPath = path.resolveSibling(path.getFileName() + ".lock");
    }

    /** Takes the lock and clears the way; {@link #bound} or {@link #abandon} must follow. */
    void prepare() throws IOException {
        lock = acquire();
        try {
            removeStale();
        } catch (IOException e) {
            abandon();
            throw e;
        }
    }

    /** The socket is bound: sets its permissions and gives up the lock. */
    void bound(int mode) throws IOException {
        try {
            Files.setPosixFilePermissions(path, permissions(mode));
            boundKey = key();
        } finally {
            abandon();
        }
    }

    /** Gives up the lock. */
    void abandon() {
        FileChannel held = lock;
        lock = null;
        if (held != null) {
            try (held) {
                Files.deleteIfExists(lockPath);
            } catch (IOException e) {
                // The file stays; who comes next locks it as well as a new one.
                return;
            }
        }
    }

    /** Removes the file, unless another socket has taken its place meanwhile. */
    void remove() throws IOException {
        if (boundKey != null && Objects.equals(boundKey, key())) {
            Files.deleteIfExists(path);
        }
        boundKey = null;
    }

    private FileChannel acquire() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            FileChannel channel = FileChannel.open(
                    lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            if (locked(channel) && sameFile(channel)) {
                return channel;
            }
            channel.close();
        }
        throw new BindException("another server is starting there (" + lockPath + " is locked)");
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock held = channel.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Whether the locked file is still the one at the path: its last holder may have removed it after we opened it. */
    private boolean sameFile(FileChannel channel) throws IOException {
        channel.truncate(0);
        String token = ProcessHandle.current().pid() + "-" + System.nanoTime();
        channel.write(java.nio.ByteBuffer.wrap(token.getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        try {
            return Files.readString(lockPath).equals(token);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private void removeStale() throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & FILE_TYPE) != SOCKET) {
            throw new BindException("there is a file that is no socket");
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (ConnectException e) {
            Files.deleteIfExists(path);
            return;
        }
        throw new BindException("address already in use");
    }

    private @Nullable Object key() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] bits = PosixFilePermission.values(); // owner read first, as the highest bit
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < bits.length; i++) {
            if ((mode >> (bits.length - 1 - i) & 1) == 1) {
                set.add(bits[i]);
            }
        }
        return set;
    }
}
