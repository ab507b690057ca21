package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.StoreFolder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * {@code puts-N.log}: what became of small files, readable after a crash at any byte. Used by one thread at a time, but for
 * {@link #isCurrent}.
 *
 * <pre>{@code
 * entry:  length u32, body, crc32c u32 of the body
 * body:   kind u8, id, part (UTF strings have a u16 length);
 *         but for UNDONE: epoch u64, path, policy u8, the payload of a journal's COMPLETE
 * }</pre>
 *
 * <p>PREPARED (1) before a part gets its name, COMPLETE (2) afterwards, UNDONE (3) when it got none. The entries of a batch are
 * in one log. Reading ends at the first entry that is not whole.
 */
final class SmallFilesLog implements Closeable {
    static final String PREFIX = "puts-";

    private static final String ENDING = ".log";
    private static final int MAX_ENTRY_BYTES = 64 * 1024;
    private static final long MAX_LOG_BYTES = 16L << 20;

    private final FileStore store;
    private @Nullable FileChannel channel;
    private volatile @Nullable Path path;
    private long goodBytes;
    private long next = 1;

    /** What became of a small file. */
    enum Kind {
        PREPARED(1),
        COMPLETE(2),
        UNDONE(3);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        static Kind of(int code) throws IOException {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new IOException("an entry of a kind that there is not");
        }
    }

    /** One of them; of an UNDONE only the first three are known when it was read. */
    record Entry(Kind kind, String id, String part, long epoch, String path, OnExists policy, Receipt receipt) {
        Entry with(Kind other, Receipt as) {
            return new Entry(other, id, part, epoch, path, policy, as);
        }
    }

    SmallFilesLog(FileStore store) {
        this.store = store;
    }

    /** Before a batch: a log that has grown long is left for a new one. */
    void beginBatch() throws IOException {
        if (channel == null || goodBytes > MAX_LOG_BYTES) {
            beginAnew();
        }
    }

    /** Leaves the log for a new one, since the disk failed to sync it. */
    void beginAnew() throws IOException {
        close();
        Path fresh = store.own().resolve(PREFIX + next++ + ENDING);
        store.disk().about(Step.CREATE_JOURNAL, fresh);
        channel = FileChannel.open(
                fresh,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                StoreFolder.ownerOnly());
        path = fresh;
        goodBytes = 0;
    }

    /** Adds an entry, whole or not at all. */
    void append(Step step, Entry entry) throws IOException {
        append(step, List.of(entry));
    }

    /** Adds entries in one write, all of them or none. */
    void append(Step step, List<Entry> entries) throws IOException {
        FileChannel log = Objects.requireNonNull(channel, "channel");
        var whole = new ByteArrayOutputStream();
        var out = new DataOutputStream(whole);
        for (Entry entry : entries) {
            byte[] body = body(entry);
            out.writeInt(body.length);
            out.write(body);
            out.writeInt(crc(body));
        }
        ByteBuffer bytes = ByteBuffer.wrap(whole.toByteArray());
        store.disk().about(step, store.own());
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

    void force() throws IOException {
        store.disk().about(Step.FORCE_JOURNAL, store.own());
        Objects.requireNonNull(channel, "channel").force(false);
    }

    /** Whether a file is the log that is written now; from any thread. */
    boolean isCurrent(Path file) {
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

    // ---- bytes

    private static int crc(byte[] body) {
        CRC32C sum = new CRC32C();
        sum.update(body);
        return (int) sum.getValue();
    }

    private static byte[] body(Entry entry) throws IOException {
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        out.writeByte(entry.kind().code);
        out.writeUTF(entry.id());
        out.writeUTF(entry.part());
        if (entry.kind() != Kind.UNDONE) {
            out.writeLong(entry.epoch());
            Journal.text(out, entry.path());
            out.writeByte(entry.policy().code());
            out.write(Journal.payload(entry.receipt()));
        }
        return body.toByteArray();
    }

    private static Entry entry(byte[] body) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
        Kind kind = Kind.of(in.readUnsignedByte());
        String id = in.readUTF();
        String part = in.readUTF();
        if (kind == Kind.UNDONE) {
            return new Entry(kind, id, part, 0, "", OnExists.REJECT, new Receipt("", 0, 0, null, Set.of()));
        }
        long epoch = in.readLong();
        String path = Journal.text(in);
        OnExists policy = Objects.requireNonNullElse(OnExists.of(in.readUnsignedByte()), OnExists.REJECT);
        return new Entry(kind, id, part, epoch, path, policy, Journal.receipt(in.readAllBytes()));
    }

    // ---- after a crash

    /** All entries of all logs that there are, the oldest first; new logs get numbers behind theirs. */
    List<Entry> readAll() throws IOException {
        List<Path> logs;
        try (Stream<Path> all = Files.list(store.own())) {
            logs = all.filter(SmallFilesLog::isOne)
                    .sorted(Comparator.comparingLong(SmallFilesLog::number))
                    .toList();
        }
        List<Entry> entries = new ArrayList<>();
        for (Path log : logs) {
            next = Math.max(next, number(log) + 1);
            read(log, entries);
        }
        return entries;
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

    private static void read(Path log, List<Entry> entries) throws IOException {
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
            entries.add(entry(body));
        }
    }
}
