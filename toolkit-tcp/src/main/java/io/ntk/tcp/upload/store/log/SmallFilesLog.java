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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code puts-N.log}: what became of small files, readable after a crash at any byte, and where their receipts are looked up.
 * Batches come one after another, on one thread at a time; {@link #complete} and {@link #deleteBefore} are for any thread.
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

    private static final Logger LOG = LoggerFactory.getLogger(SmallFilesLog.class);
    private static final String ENDING = ".log";
    private static final int MAX_ENTRY_BYTES = 64 * 1024;
    private static final int USUAL_ENTRY_BYTES = 1024;
    private static final long MAX_LOG_BYTES = 16L << 20;
    /* What is in a log is kept as long as the last of it. */
    private static final Duration MAX_LOG_TIME = Duration.ofHours(1);

    private final Path own;
    private final Disk disk;
    private final InstantSource clock;
    private final ReceiptIndex index = new ReceiptIndex();
    private volatile @Nullable FileChannel channel;
    private volatile @Nullable Path path;
    /* Guarded by this: a log is not deleted in the middle of a batch, whatever the time is. */
    private boolean busy;
    private Instant begun = Instant.EPOCH;
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
        this(own, disk, InstantSource.system());
    }

    SmallFilesLog(Path own, Disk disk, InstantSource clock) {
        this.own = own;
        this.disk = disk;
        this.clock = clock;
    }

    /**
     * Before a batch: a log that has grown long or old is left for a new one, and so is one that the disk failed to sync.
     *
     * @throws IOException when none can be made
     */
    public synchronized void beginBatch() throws IOException {
        busy = true;
        boolean old = begun.plus(MAX_LOG_TIME).isBefore(clock.instant());
        if (channel == null || failed || goodBytes > MAX_LOG_BYTES || old) {
            beginAnew();
        }
    }

    /** After a batch, whatever became of it. */
    public synchronized void endBatch() {
        busy = false;
    }

    /**
     * Leaves the log for a new one, since the disk failed to sync it.
     *
     * @throws IOException when none can be made; then there is none
     */
    public synchronized void beginAnew() throws IOException {
        close();
        Path fresh = path(next++);
        disk.about(Step.CREATE_JOURNAL, fresh);
        channel = FileChannel.open(
                fresh,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                StoreFolder.ownerOnly());
        path = fresh;
        begun = clock.instant();
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
        FileChannel log = current();
        var whole = new ByteArrayOutputStream();
        var out = new DataOutputStream(whole);
        int[] offsets = new int[entries.size()];
        int count = 0;
        for (SmallFileEntry entry : entries) {
            offsets[count++] = out.size();
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
        long number = number(Objects.requireNonNull(path, "path"));
        for (int i = 0; i < offsets.length; i++) {
            note(entries.get(i), number, goodBytes + offsets[i]);
        }
        goodBytes += bytes.limit();
    }

    private void note(SmallFileEntry entry, long log, long offset) {
        if (entry.kind() == SmallFileEntry.Kind.COMPLETE) {
            index.put(entry.id(), log, offset);
        }
    }

    /**
     * Syncs what was added.
     *
     * @throws IOException when the disk fails; what was added before may be lost
     */
    public void force() throws IOException {
        try {
            disk.about(Step.FORCE_JOURNAL, own);
            current().force(false);
        } catch (IOException e) {
            failed = true;
            throw e;
        }
    }

    @Override
    public synchronized void close() throws IOException {
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

    private FileChannel current() throws IOException {
        FileChannel log = channel;
        if (log == null) {
            throw new IOException("there is no log");
        }
        return log;
    }

    private Path path(long number) {
        return own.resolve(PREFIX + number + ENDING);
    }

    // ---- afterwards

    /**
     * What is known of a small file that is complete.
     *
     * @param entry the last one
     * @param at when something was last added to its log
     */
    public record Known(SmallFileEntry entry, Instant at) {}

    /**
     * Looks up a small file.
     *
     * @param id of its key
     * @return null when none of that key is complete, or its log is no more
     * @throws IOException when the log cannot be read
     */
    public @Nullable Known complete(String id) throws IOException {
        ReceiptIndex.Place place = index.find(id);
        if (place == null) {
            return null;
        }
        Path log = path(place.log());
        try (FileChannel in = FileChannel.open(log, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            SmallFileEntry entry = read(bytes(in, place.offset(), USUAL_ENTRY_BYTES));
            if (entry == null) {
                entry = read(bytes(in, place.offset(), MAX_ENTRY_BYTES + 8));
            }
            return entry == null || !entry.id().equals(id)
                    ? null
                    : new Known(entry, Files.getLastModifiedTime(log).toInstant());
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static ByteBuffer bytes(FileChannel in, long from, int most) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(most);
        int count;
        do {
            count = in.read(bytes, from + bytes.position());
        } while (count > 0 && bytes.hasRemaining());
        return bytes.flip();
    }

    /**
     * Deletes the logs that nothing was added to since then, and forgets what is in them. One that cannot be deleted stays.
     *
     * @param time of the first that stays
     * @throws IOException when the logs cannot be looked at
     */
    public void deleteBefore(Instant time) throws IOException {
        Set<Long> gone = new HashSet<>();
        for (Path log : logs()) {
            if (Files.getLastModifiedTime(log).toInstant().isBefore(time) && leave(log)) {
                try {
                    disk.about(Step.DELETE_JOURNAL, log);
                    Files.deleteIfExists(log);
                    gone.add(number(log));
                } catch (IOException e) {
                    LOG.debug("cannot delete {}", log, e);
                }
            }
        }
        if (!gone.isEmpty()) {
            index.forget(gone::contains);
        }
    }

    /** Whether it is not written, or is not from now on. */
    private synchronized boolean leave(Path log) throws IOException {
        if (!log.equals(path)) {
            return true;
        }
        if (!busy) {
            close();
        }
        return !busy;
    }

    /**
     * Reads all entries of all logs that there are, one log after another; new logs get numbers behind theirs.
     *
     * @param each is given them, the oldest first
     * @throws IOException when the disk fails, or an entry is whole but of another version
     */
    public void readAll(Consumer<SmallFileEntry> each) throws IOException {
        for (Path log : logs()) {
            long number = number(log);
            next = Math.max(next, number + 1);
            ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(log));
            int offset = 0;
            for (SmallFileEntry entry = read(in); entry != null; entry = read(in)) {
                note(entry, number, offset);
                offset = in.position();
                each.accept(entry);
            }
        }
    }

    private List<Path> logs() throws IOException {
        try (Stream<Path> all = Files.list(own)) {
            return all.filter(SmallFilesLog::isOne)
                    .sorted(Comparator.comparingLong(SmallFilesLog::number))
                    .toList();
        }
    }

    /**
     * Tells whether a file is such a log.
     *
     * @param file in the store's folder
     * @return by its name
     */
    public static boolean isOne(Path file) {
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

    /** The next entry; null where none is whole. */
    private static @Nullable SmallFileEntry read(ByteBuffer in) throws IOException {
        if (in.remaining() < 8) {
            return null;
        }
        int length = in.getInt();
        if (length < 0 || length > MAX_ENTRY_BYTES || length + 4 > in.remaining()) {
            return null;
        }
        byte[] body = new byte[length];
        in.get(body);
        return in.getInt() == crc(body) ? SmallFileEntry.read(body) : null;
    }
}
