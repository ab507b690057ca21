package io.ntk.tcp.upload.store.log;

import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.StoreFolder;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * {@code puts-N.log}: what became of small files, readable after a crash at any byte. Used by one thread at a time, but for
 * {@link #isCurrent}.
 *
 * <pre>{@code
 * entry:  length u32, body (SmallFileEntry), crc32c u32 of the body
 * }</pre>
 *
 * <p>PREPARED (1) before a part gets its name, COMPLETE (2) afterwards, UNDONE (3) when it got none. The entries of a batch are
 * in one log. Reading ends at the first entry that is not whole.
 */
public final class SmallFilesLog implements Closeable {
    /** Names of the logs and of the parts of small files begin with it. */
    public static final String PREFIX = "puts-";

    private static final String ENDING = ".log";
    private static final int MAX_ENTRY_BYTES = 64 * 1024;
    private static final long MAX_LOG_BYTES = 16L << 20;

    private final Path own;
    private final Disk disk;
    private @Nullable FileChannel channel;
    private volatile @Nullable Path path;
    private long goodBytes;
    private boolean failed;
    private long next = 1;

    /**
     * For the logs in a folder; none is written before {@link #beginBatch}.
     *
     * @param own the store's folder
     * @param disk told of every change, and that it is in that folder
     */
    public SmallFilesLog(Path own, Disk disk) {
        this.own = own;
        this.disk = disk;
    }

    /**
     * Before a batch: a log that has grown long is left for a new one, and so is one that the disk failed to sync.
     *
     * @throws IOException when none can be made
     */
    public void beginBatch() throws IOException {
        if (channel == null || failed || goodBytes > MAX_LOG_BYTES) {
            beginAnew();
        }
    }

    /**
     * Leaves the log for a new one, since the disk failed to sync it.
     *
     * @throws IOException when none can be made; then there is none
     */
    public void beginAnew() throws IOException {
        close();
        Path fresh = own.resolve(PREFIX + next++ + ENDING);
        disk.about(Step.CREATE_JOURNAL, fresh);
        channel = FileChannel.open(
                fresh,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                StoreFolder.ownerOnly());
        path = fresh;
        goodBytes = 0;
        failed = false;
    }

    /**
     * Adds an entry, whole or not at all.
     *
     * @param step what the disk is told
     * @param entry of a file
     * @throws IOException when the disk fails
     */
    public void append(Step step, SmallFileEntry entry) throws IOException {
        append(step, List.of(entry));
    }

    /**
     * Adds entries in one write, all of them or none.
     *
     * @param step what the disk is told, once
     * @param entries of files
     * @throws IOException when the disk fails
     */
    public void append(Step step, List<SmallFileEntry> entries) throws IOException {
        FileChannel log = Objects.requireNonNull(channel, "channel");
        var whole = new ByteArrayOutputStream();
        var out = new DataOutputStream(whole);
        for (SmallFileEntry entry : entries) {
            byte[] body = entry.bytes();
            out.writeInt(body.length);
            out.write(body);
            out.writeInt(crc(body));
        }
        ByteBuffer bytes = ByteBuffer.wrap(whole.toByteArray());
        disk.about(step, own);
        try {
            for (long at = goodBytes; bytes.hasRemaining(); ) {
                at += log.write(bytes, at);
            }
        } catch (IOException e) {
            log.truncate(goodBytes); // what is behind half an entry cannot be read
            throw e;
        }
        goodBytes += bytes.limit();
    }

    /**
     * Syncs what was added.
     *
     * @throws IOException when the disk fails; what was added before may be lost
     */
    public void force() throws IOException {
        try {
            disk.about(Step.FORCE_JOURNAL, own);
            Objects.requireNonNull(channel, "channel").force(false);
        } catch (IOException e) {
            failed = true;
            throw e;
        }
    }

    /**
     * Tells whether a file is the log that is written now; from any thread.
     *
     * @param file in the store's folder
     * @return true for one alone
     */
    public boolean isCurrent(Path file) {
        return file.equals(path);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
            path = null;
        }
    }

    private static int crc(byte[] body) {
        CRC32C sum = new CRC32C();
        sum.update(body);
        return (int) sum.getValue();
    }

    // ---- after a crash

    /**
     * Reads all entries of all logs that there are, one log after another; new logs get numbers behind theirs.
     *
     * @param each is given them, the oldest first
     * @throws IOException when the disk fails, or an entry is whole but of another version
     */
    public void readAll(Consumer<SmallFileEntry> each) throws IOException {
        List<Path> logs;
        try (Stream<Path> all = Files.list(own)) {
            logs = all.filter(SmallFilesLog::isOne)
                    .sorted(Comparator.comparingLong(SmallFilesLog::number))
                    .toList();
        }
        for (Path log : logs) {
            next = Math.max(next, number(log) + 1);
            read(log, each);
        }
    }

    private static boolean isOne(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(PREFIX) && name.endsWith(ENDING);
    }

    private static long number(Path log) {
        String name = String.valueOf(log.getFileName());
        try {
            return Long.parseLong(name.substring(PREFIX.length(), name.length() - ENDING.length()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static void read(Path log, Consumer<SmallFileEntry> each) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(log));
        while (in.remaining() >= 8) {
            int length = in.getInt();
            if (length < 0 || length > MAX_ENTRY_BYTES || length + 4 > in.remaining()) {
                return;
            }
            byte[] body = new byte[length];
            in.get(body);
            if (in.getInt() != crc(body)) {
                return;
            }
            each.accept(SmallFileEntry.read(body));
        }
    }
}
