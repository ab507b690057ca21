package io.ntk.tcp.upload.store.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.EnumSet;

/**
 * A receipt as the logs have it.
 *
 * <pre>{@code
 * name (UTF-8 behind a u16 length), size u64, crc32c u32,
 * marks u8: 1 durable, 2 renamed, 4 skipped, 8 replayed
 * bytes of the SHA-256 u8, 0 for none; the SHA-256
 * }</pre>
 */
final class ReceiptBytes {
    private ReceiptBytes() {}

    static byte[] of(Receipt receipt) throws IOException {
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

    static Receipt read(byte[] payload) throws IOException {
        return read(new DataInputStream(new ByteArrayInputStream(payload)));
    }

    static Receipt read(DataInputStream in) throws IOException {
        String name = text(in);
        long size = in.readLong();
        int crc = in.readInt();
        int bits = in.readUnsignedByte();
        var marks = EnumSet.noneOf(Receipt.Mark.class);
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

    static void text(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(UTF_8);
        out.writeShort(utf8.length);
        out.write(utf8);
    }

    static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readUnsignedShort()), UTF_8);
    }
}
