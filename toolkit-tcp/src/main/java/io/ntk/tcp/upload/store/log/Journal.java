package io.ntk.tcp.upload.store.log;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.folders.StoreFolder;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32C;

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
 * Reading, {@link JournalContent#read}, ends at the first record that is not whole. Used by one thread at a time.
 */
public final class Journal implements Closeable {
    /** A segment is verified: its number, its CRC32C. */
    public static final int SEGMENT = 1;

    /** An opening: its epoch; where a short segment ended a file of unknown size, the bytes of that as its crc. */
    public static final int EPOCH = 2;

    /** A name is about to be given; the payload is the receipt that will be true then. */
    public static final int COMMITTING = 3;

    /** The file has its name; the payload is its receipt. */
    public static final int COMPLETE = 4;

    static final byte[] MAGIC = {'N', 'T', 'U', 'P', 'L', 'O', 'G', 1};
    static final int RECORD_BYTES = 16;
    static final int MAX_BODY_BYTES = 64 * 1024;

    private final FileChannel channel;
    private final Path path;
    private final Disk disk;
    private long goodBytes;

    private Journal(FileChannel channel, Path path, Disk disk, long goodBytes) {
        this.channel = channel;
        this.path = path;
        this.disk = disk;
        this.goodBytes = goodBytes;
    }

    /**
     * Begins one.
     *
     * @param path where no file is yet
     * @param header what the upload is
     * @param disk told of every change
     * @return the caller closes it
     * @throws IOException when the disk fails; the file may be there
     */
    public static Journal create(Path path, JournalHeader header, Disk disk) throws IOException {
        disk.about(Disk.Step.CREATE_JOURNAL, path);
        FileChannel channel = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                StoreFolder.ownerOnly());
        Journal journal = new Journal(channel, path, disk, 0);
        try {
            journal.write(whole(header));
            return journal;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Opens one again, behind its last good record; what is behind that is cut off.
     *
     * @param path of the journal
     * @param goodBytes of {@link JournalContent}
     * @param disk told of every change
     * @return the caller closes it
     * @throws IOException when the disk fails
     */
    public static Journal reopen(Path path, long goodBytes, Disk disk) throws IOException {
        FileChannel channel = FileChannel.open(path, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        channel.truncate(goodBytes);
        return new Journal(channel, path, disk, goodBytes);
    }

    /**
     * Adds a record without a payload, whole or not at all.
     *
     * @param step what the disk is told
     * @param kind {@link #SEGMENT} or {@link #EPOCH}
     * @param number 0 to 4294967295
     * @param crc as the kind says
     * @throws IOException when the disk fails
     */
    public void append(Disk.Step step, int kind, long number, int crc) throws IOException {
        disk.about(step, path);
        write(record(kind, number, crc));
    }

    /**
     * Adds a record with a receipt, whole or not at all.
     *
     * @param step what the disk is told
     * @param kind {@link #COMMITTING} or {@link #COMPLETE}
     * @param receipt the payload
     * @throws IOException when the disk fails
     */
    public void append(Disk.Step step, int kind, Receipt receipt) throws IOException {
        byte[] payload = ReceiptBytes.of(receipt);
        disk.about(step, path);
        CRC32C crc = new CRC32C();
        crc.update(payload);
        ByteBuffer record = record(kind, payload.length, (int) crc.getValue());
        write(ByteBuffer.allocate(RECORD_BYTES + payload.length)
                .put(record)
                .put(payload)
                .flip());
    }

    /**
     * Syncs what was added.
     *
     * @throws IOException when the disk fails; what was added before may be lost
     */
    public void force() throws IOException {
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

    static int sum(byte[] bytes, int from, int count) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }

    private static ByteBuffer whole(JournalHeader header) throws IOException {
        byte[] body = header.bytes();
        ByteBuffer all = ByteBuffer.allocate(MAGIC.length + 8 + body.length);
        all.put(MAGIC).putInt(body.length).put(body);
        return all.putInt(sum(all.array(), 0, all.position())).flip();
    }
}
