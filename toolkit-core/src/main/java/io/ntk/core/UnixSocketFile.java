package io.ntk.core;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The file of a listening Unix socket: cleared before the bind, given its permissions behind it, removed at the end.
 *
 * <p>What a crashed server left (a socket to which connecting is refused) is replaced. Anything else in the way, a
 * socket that somebody serves or a file of another kind, is an error.
 */
public final class UnixSocketFile {
    /** Finds out whether somebody serves the socket at a path. */
    @FunctionalInterface
    public interface Probe {
        /**
         * Connects to it.
         *
         * @param path of an existing socket
         * @return false when connecting is refused: the socket is what a crashed server left
         * @throws IOException when that cannot be found out
         */
        boolean isServed(Path path) throws IOException;
    }

    /*
     * Two servers that start at once, or one that ends while the next one starts, do not race: from the look to the bind,
     * and from the removal to the close, each holds a lock on PATH.lock, which is gone afterwards. The close belongs to
     * it because Netty's channels then delete whatever lies at the path: if that is not our socket any more, it is moved
     * out of the way until the channel is closed.
     */
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET = 0140000;
    private static final int MAX_TOKEN_BYTES = 64;
    /* A second in all, counted in tries: a machine that stands still meanwhile leaves as many. */
    private static final Duration LOCK_PAUSE = Duration.ofMillis(2);
    private static final int LOCK_TRIES = 500;

    private final Path path;
    private final Probe probe;
    private final Path lockPath;
    private final Path asidePath;
    private @Nullable FileChannel lock;
    private @Nullable Object boundKey;
    private boolean aside;

    UnixSocketFile(Path path) {
        this(path, UnixSocketFile::isStreamServed);
    }

    /**
     * Makes nothing yet.
     *
     * @param path of the socket
     * @param probe finds out whether one that is already there is served
     */
    public UnixSocketFile(Path path, Probe probe) {
        this.path = path;
        this.probe = probe;
        this.lockPath = path.resolveSibling(path.getFileName() + ".lock");
        this.asidePath = path.resolveSibling(path.getFileName() + ".aside");
    }

    /**
     * Takes the lock and clears the way; {@link #bound} or {@link #unlock} must follow. May wait for a second.
     *
     * @throws IOException when something is in the way
     */
    public void prepare() throws IOException {
        lock = acquire();
        try {
            removeStale();
        } catch (IOException e) {
            unlock();
            throw e;
        }
    }

    /**
     * The socket is bound: sets its permissions and gives up the lock.
     *
     * @param mode 0 to 0777
     * @throws IOException when they cannot be set
     */
    public void bound(int mode) throws IOException {
        try {
            boundKey = key();
            Files.setPosixFilePermissions(path, permissions(mode));
        } finally {
            unlock();
        }
    }

    /**
     * Removes the file, or moves one that is not ours out of the way; {@link #closed} must follow. May wait for a second.
     *
     * @throws IOException when that fails
     */
    public void closing() throws IOException {
        Object present = key();
        if (boundKey == null || present == null) {
            return;
        }
        lock = acquire();
        if (Objects.equals(boundKey, key())) {
            Files.deleteIfExists(path);
        } else if (key() != null) {
            Files.move(path, asidePath);
            aside = true;
        }
    }

    /**
     * The channel is closed: puts back what was moved and gives up the lock.
     *
     * @throws IOException when that fails
     */
    public void closed() throws IOException {
        try {
            if (aside) {
                aside = false;
                Files.move(asidePath, path);
            }
        } finally {
            unlock();
        }
    }

    /** Gives up the lock, if it is held. */
    public void unlock() {
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

    private FileChannel acquire() throws IOException {
        for (int i = 0; i < LOCK_TRIES; i++) {
            requireNoOther();
            FileChannel channel = FileChannel.open(
                    lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            try {
                if (channel.size() > MAX_TOKEN_BYTES) {
                    throw new BindException("there is a file " + lockPath + " that is no lock");
                }
                if (locked(channel) && sameFile(channel)) {
                    return channel;
                }
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            channel.close();
            LockSupport.parkNanos(LOCK_PAUSE.toNanos());
        }
        throw new BindException("another server is starting there (" + lockPath + " is locked)");
    }

    /** Opening a FIFO would wait for ever for a reader, and anybody can put one into a folder that all may write to. */
    private void requireNoOther() throws IOException {
        try {
            if (Files.readAttributes(lockPath, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther()) {
                throw new BindException("there is a file " + lockPath + " that is no lock");
            }
        } catch (NoSuchFileException e) {
            return; // it will be made
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // held in this process
        }
    }

    /** Whether the locked file is still the one at the path: its last holder may have removed it after we opened it. */
    private boolean sameFile(FileChannel channel) throws IOException {
        String token = ProcessHandle.current().pid() + "-" + System.nanoTime();
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(token.getBytes(StandardCharsets.US_ASCII)));
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
        if (!probe.isServed(path)) {
            Files.deleteIfExists(path);
            return;
        }
        throw new BindException("address already in use");
    }

    private static boolean isStreamServed(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false); // a server that hangs, its backlog full, would hang us too
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (ConnectException e) {
            return false;
        } catch (SocketException e) {
            if (!String.valueOf(e.getMessage()).contains("temporarily unavailable")) {
                throw e; // a datagram socket, or one that we may not connect to
            }
        }
        return true;
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
