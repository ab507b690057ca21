package io.ntk.tcp.upload.store.log;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadRequest;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an upload is, which does not change: the body of a journal's header.
 *
 * <pre>{@code
 * key (16 bytes), principal, owner, path (UTF-8 behind a u16 length), size u64, segment size u32,
 * seconds u64 and nanoseconds u32 of the last change, mode u32, policy u8, durability u8, epoch u32, boot
 * }</pre>
 *
 * @param principal who uploads
 * @param owner whose limits it uses up; null for nobody's
 * @param request what was asked for, when it was opened first
 * @param segmentBytes the size of a segment that holds
 * @param policy that holds, not {@link OnExists#SERVER}
 * @param boot what told that boot of the machine from others; empty where nobody knew
 */
public record JournalHeader(
        String principal,
        @Nullable String owner,
        UploadRequest request,
        int segmentBytes,
        OnExists policy,
        String boot) {
    byte[] bytes() throws IOException {
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        out.write(request.key().toArray());
        ReceiptBytes.text(out, principal);
        ReceiptBytes.text(out, owner == null ? "" : owner);
        ReceiptBytes.text(out, request.path());
        out.writeLong(request.size());
        out.writeInt(segmentBytes);
        Instant modified = request.modified();
        out.writeLong(modified.getEpochSecond());
        out.writeInt(modified.getNano());
        out.writeInt(request.mode());
        out.writeByte(policy.code());
        out.writeByte(request.durability().code());
        out.writeInt((int) request.epoch());
        ReceiptBytes.text(out, boot);
        return body.toByteArray();
    }

    static JournalHeader read(DataInputStream in) throws IOException {
        Octets key = Octets.of(in.readNBytes(UploadRequest.KEY_BYTES));
        String principal = ReceiptBytes.text(in);
        String owner = ReceiptBytes.text(in);
        String path = ReceiptBytes.text(in);
        long size = in.readLong();
        int segmentBytes = in.readInt();
        Instant modified = Instant.ofEpochSecond(in.readLong(), in.readInt());
        int mode = in.readInt();
        OnExists policy = OnExists.of(in.readUnsignedByte());
        Durability durability = Durability.of(in.readUnsignedByte());
        long epoch = Integer.toUnsignedLong(in.readInt());
        String boot = ReceiptBytes.text(in);
        if (policy == null || durability == null) {
            throw new IOException("a policy or level that there is not");
        }
        var request = new UploadRequest(key, size, segmentBytes, mode, policy, durability, modified, epoch, path, null);
        return new JournalHeader(principal, owner.isEmpty() ? null : owner, request, segmentBytes, policy, boot);
    }
}
