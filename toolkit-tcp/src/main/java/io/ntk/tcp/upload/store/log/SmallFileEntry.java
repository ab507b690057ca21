package io.ntk.tcp.upload.store.log;

import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;

/**
 * An entry of a {@link SmallFilesLog}. Of an UNDONE that was read only the first three are known.
 *
 * <pre>{@code
 * kind u8, id, part (UTF strings have a u16 length);
 * but for UNDONE: epoch u64, path, policy u8, the receipt as in a journal
 * }</pre>
 *
 * @param kind what became of it
 * @param id of its key
 * @param part the name of its part in the store's folder
 * @param epoch of its request
 * @param path the name that was asked for
 * @param policy that holds, not {@link OnExists#SERVER}
 * @param receipt that is true, or will be; its name is the one that was given, or is about to be
 */
public record SmallFileEntry(
        Kind kind, String id, String part, long epoch, String path, OnExists policy, Receipt receipt) {
    /** What became of a small file. */
    public enum Kind {
        /** Its part is about to get its name. */
        PREPARED(1),
        /** It has its name. */
        COMPLETE(2),
        /** It got none. */
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

    /**
     * What becomes of the same file next.
     *
     * @param other the kind
     * @param as its receipt
     * @return the copy
     */
    public SmallFileEntry with(Kind other, Receipt as) {
        return new SmallFileEntry(other, id, part, epoch, path, policy, as);
    }

    byte[] bytes() throws IOException {
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        out.writeByte(kind.code);
        out.writeUTF(id);
        out.writeUTF(part);
        if (kind != Kind.UNDONE) {
            out.writeLong(epoch);
            ReceiptBytes.text(out, path);
            out.writeByte(policy.code());
            out.write(ReceiptBytes.of(receipt));
        }
        return body.toByteArray();
    }

    static SmallFileEntry read(byte[] body) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
        Kind kind = Kind.of(in.readUnsignedByte());
        String id = in.readUTF();
        String part = in.readUTF();
        if (kind == Kind.UNDONE) {
            return new SmallFileEntry(kind, id, part, 0, "", OnExists.REJECT, new Receipt("", 0, 0, null, Set.of()));
        }
        long epoch = in.readLong();
        String path = ReceiptBytes.text(in);
        OnExists policy = Objects.requireNonNullElse(OnExists.of(in.readUnsignedByte()), OnExists.REJECT);
        return new SmallFileEntry(kind, id, part, epoch, path, policy, ReceiptBytes.read(in));
    }
}
