package io.ntk.tcp.upload.store.log;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that could be read of a {@link Journal}.
 *
 * @param header what the upload is
 * @param entries its records, the oldest first
 * @param goodBytes where the first record begins that is not whole, or the file ends
 */
public record JournalContent(JournalHeader header, List<Entry> entries, long goodBytes) {
    private static final long MAX_LOG_BYTES = 64L << 20;

    /**
     * A record.
     *
     * @param kind such as {@link Journal#SEGMENT}
     * @param number of the segment, or the epoch; 0 to 4294967295
     * @param crc of the segment; what else it is, {@link Journal} says
     * @param payload empty for most kinds
     */
    public record Entry(int kind, long number, int crc, Octets payload) {}

    /**
     * The epoch of the last opening.
     *
     * @return 0 to 4294967295
     */
    public long epoch() {
        long epoch = header.request().epoch();
        for (Entry entry : entries) {
            epoch = entry.kind() == Journal.EPOCH ? entry.number() : epoch;
        }
        return epoch;
    }

    /**
     * The receipt of the last record of a kind that has one.
     *
     * @param kind {@link Journal#COMMITTING} or {@link Journal#COMPLETE}
     * @return null where there is no such record
     * @throws IOException when it is whole, but no receipt
     */
    public @Nullable Receipt receipt(int kind) throws IOException {
        Receipt receipt = null;
        for (Entry entry : entries) {
            receipt = entry.kind() == kind ? ReceiptBytes.read(entry.payload().toArray()) : receipt;
        }
        return receipt;
    }

    /**
     * Reads one.
     *
     * @param path of the journal
     * @return null when not even its header is whole, or it is larger than any journal
     * @throws IOException when the disk fails
     */
    public static @Nullable JournalContent read(Path path) throws IOException {
        if (Files.size(path) > MAX_LOG_BYTES) {
            return null;
        }
        byte[] all = Files.readAllBytes(path);
        ByteBuffer in = ByteBuffer.wrap(all);
        byte[] magic = new byte[Journal.MAGIC.length];
        if (in.remaining() < Journal.MAGIC.length + 8) {
            return null;
        }
        in.get(magic);
        int length = in.getInt();
        if (!Arrays.equals(magic, Journal.MAGIC)
                || length < 0
                || length > Journal.MAX_BODY_BYTES
                || length + 4 > in.remaining()) {
            return null;
        }
        int start = in.position();
        if (in.getInt(start + length) != Journal.sum(all, 0, start + length)) {
            return null;
        }
        JournalHeader header;
        try {
            header = JournalHeader.read(new DataInputStream(new ByteArrayInputStream(all, start, length)));
        } catch (IOException | IllegalArgumentException e) {
            return null; // whole, but of another version
        }
        in.position(start + length + 4);
        List<Entry> entries = entries(all, in);
        return new JournalContent(header, entries, in.position());
    }

    private static List<Entry> entries(byte[] all, ByteBuffer in) {
        List<Entry> entries = new ArrayList<>();
        while (in.remaining() >= Journal.RECORD_BYTES) {
            int at = in.position();
            int kind = in.get(at);
            long number = Integer.toUnsignedLong(in.getInt(at + 4));
            int crc = in.getInt(at + 8);
            if (in.getInt(at + 12) != Journal.sum(all, at, 12)) {
                break;
            }
            byte[] payload = {};
            if (kind == Journal.COMMITTING || kind == Journal.COMPLETE) {
                if (number > in.remaining() - Journal.RECORD_BYTES) {
                    break;
                }
                payload = Arrays.copyOfRange(all, at + Journal.RECORD_BYTES, at + Journal.RECORD_BYTES + (int) number);
                if (crc != Journal.sum(payload, 0, payload.length)) {
                    break;
                }
            }
            in.position(at + Journal.RECORD_BYTES + payload.length);
            entries.add(new Entry(kind, number, crc, Octets.of(payload)));
        }
        return entries;
    }
}
