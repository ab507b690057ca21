package io.ntk.tcp.upload.store.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.folders.Disk;
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
import java.nio.file.attribute.FileAttribute;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * {@code KEY.log}: what is known of one upload, readable after a crash at any byte.
 *
 * <pre>{@code
 * header:  4e 54 55 50 4c 4f 47 01   "NTUPLOG", version 1
 *          length u32, body (UTF strings have a u16 length), crc32c u32 of all before it
 * record:  kind u8, 0 u24, number u32, crc u32, crc32c u32 of the twelve bytes before it
 * }</pre>
 *
 * <p>A record COMMITTING or COMPLETE has as many payload bytes behind it as its number says, and their CRC as its crc.
 * Reading ends at the first record that is not whole.
 */
final class Journal implements Closeable {
    static final int SEGMENT = 1;
    static final int EPOCH = 2;
    static final int COMMITTING = 3;
    static final int COMPLETE = 4;

    private static final byte[] MAGIC = {'N', 'T', 'U', 'P', 'L', 'O', 'G', 1};
    private static final int RECORD_BYTES = 16;
    private static final int MAX_BODY_BYTES = 64 * 1024;
    private static final long MAX_LOG_BYTES = 64L << 20;

    private final FileChannel channel;
    private final Path path;
    private final Disk disk;
    private long goodBytes;

    /** What an upload is, which does not change. */
    record Header(
            String principal,
            @Nullable String owner,
            UploadRequest request,
            int segmentBytes,
            OnExists policy,
            String boot) {}

    /** A record; the payload is empty for most kinds. */
    record Entry(int kind, long number, int crc, Octets payload) {}

    /** All that could be read. */
    record Content(Header header, List<Entry> entries, long goodBytes) {
        /** The epoch of the last opening. */
        long epoch() {
            long epoch = header.request().epoch();
            for (Entry entry : entries) {
                epoch = entry.kind() == EPOCH ? entry.number() : epoch;
            }
            return epoch;
        }

        /** The receipt of the last record of a kind that has one; null where there is no such record. */
        @Nullable
        Receipt receipt(int kind) throws IOException {
            Receipt receipt = null;
            for (Entry entry : entries) {
                receipt = entry.kind() == kind ? Journal.receipt(entry.payload().toArray()) : receipt;
            }
            return receipt;
        }
    }

    private Journal(FileChannel channel, Path path, Disk disk, long goodBytes) {
        this.channel = channel;
        this.path = path;
        this.disk = disk;
        this.goodBytes = goodBytes;
    }

    static Journal create(Path path, Header header, Disk disk, FileAttribute<?>... attributes) throws IOException {
        disk.about(Disk.Step.CREATE_JOURNAL, path);
        FileChannel channel = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                attributes);
        Journal journal = new Journal(channel, path, disk, 0);
        try {
            journal.write(ByteBuffer.wrap(bytes(header)));
            return journal;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Opens one again, behind its last good record. */
    static Journal reopen(Path path, long goodBytes, Disk disk) throws IOException {
        FileChannel channel = FileChannel.open(path, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        channel.truncate(goodBytes);
        return new Journal(channel, path, disk, goodBytes);
    }

    void append(Disk.Step step, int kind, long number, int crc) throws IOException {
        disk.about(step, path);
        write(record(kind, number, crc));
    }

    void append(Disk.Step step, int kind, byte[] payload) throws IOException {
        disk.about(step, path);
        CRC32C crc = new CRC32C();
        crc.update(payload);
        ByteBuffer record = record(kind, payload.length, (int) crc.getValue());
        write(ByteBuffer.allocate(RECORD_BYTES + payload.length)
                .put(record)
                .put(payload)
                .flip());
    }

    void force() throws IOException {
        disk.about(Disk.Step.FORCE_JOURNAL, path);
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Writes a record whole or not at all: what is behind half a record could not be read. */
    private void write(ByteBuffer bytes) throws IOException {
        try {
            for (long at = goodBytes; bytes.hasRemaining(); ) {
                at += channel.write(bytes, at);
            }
        } catch (IOException e) {
            channel.truncate(goodBytes);
            throw e;
        }
        goodBytes += bytes.limit();
    }

    private static ByteBuffer record(int kind, long number, int crc) {
        ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
        record.put((byte) kind).put(new byte[3]).putInt((int) number).putInt(crc);
        return record.putInt(sum(record.array(), 0, 12)).flip();
    }

    private static int sum(byte[] bytes, int from, int count) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }

    private static byte[] bytes(Header header) throws IOException {
        UploadRequest request = header.request();
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        out.write(request.key().toArray());
        text(out, header.principal());
        text(out, header.owner() == null ? "" : header.owner());
        text(out, request.path());
        out.writeLong(request.size());
        out.writeInt(header.segmentBytes());
        Instant modified = request.modified();
        out.writeLong(modified.getEpochSecond());
        out.writeInt(modified.getNano());
        out.writeInt(request.mode());
        out.writeByte(header.policy().code());
        out.writeByte(request.durability().code());
        out.writeInt((int) request.epoch());
        text(out, header.boot());
        ByteBuffer all = ByteBuffer.allocate(MAGIC.length + 8 + body.size());
        all.put(MAGIC).putInt(body.size()).put(body.toByteArray());
        return all.putInt(sum(all.array(), 0, all.position())).array();
    }

    static void text(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(UTF_8);
        out.writeShort(utf8.length);
        out.write(utf8);
    }

    static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readUnsignedShort()), UTF_8);
    }

    /** Reads one; null when not even its header is whole. */
    static @Nullable Content read(Path path) throws IOException {
        if (Files.size(path) > MAX_LOG_BYTES) {
            return null;
        }
        byte[] all = Files.readAllBytes(path);
        ByteBuffer in = ByteBuffer.wrap(all);
        byte[] magic = new byte[MAGIC.length];
        if (in.remaining() < MAGIC.length + 8) {
            return null;
        }
        in.get(magic);
        int length = in.getInt();
        if (!java.util.Arrays.equals(magic, MAGIC)
                || length < 0
                || length > MAX_BODY_BYTES
                || length + 4 > in.remaining()) {
            return null;
        }
        int start = in.position();
        if (in.getInt(start + length) != sum(all, 0, start + length)) {
            return null;
        }
        Header header;
        try {
            header = header(new DataInputStream(new ByteArrayInputStream(all, start, length)));
        } catch (IOException | IllegalArgumentException e) {
            return null; // whole, but of another version
        }
        in.position(start + length + 4);
        List<Entry> entries = entries(all, in);
        return new Content(header, entries, in.position());
    }

    private static List<Entry> entries(byte[] all, ByteBuffer in) {
        List<Entry> entries = new ArrayList<>();
        while (in.remaining() >= RECORD_BYTES) {
            int at = in.position();
            int kind = in.get(at);
            long number = Integer.toUnsignedLong(in.getInt(at + 4));
            int crc = in.getInt(at + 8);
            if (in.getInt(at + 12) != sum(all, at, 12)) {
                break;
            }
            byte[] payload = {};
            if (kind == COMMITTING || kind == COMPLETE) {
                if (number > in.remaining() - RECORD_BYTES) {
                    break;
                }
                payload = java.util.Arrays.copyOfRange(all, at + RECORD_BYTES, at + RECORD_BYTES + (int) number);
                if (crc != sum(payload, 0, payload.length)) {
                    break;
                }
            }
            in.position(at + RECORD_BYTES + payload.length);
            entries.add(new Entry(kind, number, crc, Octets.of(payload)));
        }
        return entries;
    }

    private static Header header(DataInputStream in) throws IOException {
        Octets key = Octets.of(in.readNBytes(UploadRequest.KEY_BYTES));
        String principal = text(in);
        String owner = text(in);
        String path = text(in);
        long size = in.readLong();
        int segmentBytes = in.readInt();
        Instant modified = Instant.ofEpochSecond(in.readLong(), in.readInt());
        int mode = in.readInt();
        OnExists policy = OnExists.of(in.readUnsignedByte());
        Durability durability = Durability.of(in.readUnsignedByte());
        long epoch = Integer.toUnsignedLong(in.readInt());
        String boot = text(in);
        if (policy == null || durability == null) {
            throw new IOException("a policy or level that there is not");
        }
        var request = new UploadRequest(key, size, segmentBytes, mode, policy, durability, modified, epoch, path, null);
        return new Header(principal, owner.isEmpty() ? null : owner, request, segmentBytes, policy, boot);
    }

    /** The payload of COMMITTING and COMPLETE. */
    static byte[] payload(Receipt receipt) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        text(out, receipt.name());
        out.writeLong(receipt.size());
        out.writeInt(receipt.crc32c());
        int marks = 0;
        for (Receipt.Mark mark : receipt.marks()) {
            marks |= bit(mark);
        }
        out.writeByte(marks);
        Octets sha256 = receipt.sha256();
        out.writeByte(sha256 == null ? 0 : sha256.size());
        if (sha256 != null) {
            out.write(sha256.toArray());
        }
        return bytes.toByteArray();
    }

    static Receipt receipt(byte[] payload) throws IOException {
        var in = new DataInputStream(new ByteArrayInputStream(payload));
        String name = text(in);
        long size = in.readLong();
        int crc = in.readInt();
        int bits = in.readUnsignedByte();
        var marks = java.util.EnumSet.noneOf(Receipt.Mark.class);
        for (Receipt.Mark mark : Receipt.Mark.values()) {
            if ((bits & bit(mark)) != 0) {
                marks.add(mark);
            }
        }
        int digest = in.readUnsignedByte();
        return new Receipt(name, size, crc, digest == 0 ? null : Octets.of(in.readNBytes(digest)), marks);
    }

    private static int bit(Receipt.Mark mark) {
        return switch (mark) {
            case DURABLE -> 1;
            case RENAMED -> 2;
            case SKIPPED -> 4;
            case REPLAYED -> 8;
        };
    }
}
