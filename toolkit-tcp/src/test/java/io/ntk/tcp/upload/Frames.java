package io.ntk.tcp.upload;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import java.time.Instant;
import java.util.List;

/** One of each frame, for tests. */
public final class Frames {
    public static final Octets KEY = Octets.parse("000102030405060708090a0b0c0d0e0f");
    public static final Octets ABC = Octets.of((byte) 'a', (byte) 'b', (byte) 'c');
    public static final Octets NONCE = Octets.of(new byte[32]);
    public static final Octets SHA256 =
            Octets.parse("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    public static final UploadFrame.Hello HELLO =
            new UploadFrame.Hello(1, 1, UploadFrame.ALL_CAPABILITIES, 262_144, 4 << 20, NONCE, List.of());

    private Frames() {}

    public static UploadRequest request(String path, long size) {
        return new UploadRequest(
                KEY,
                size,
                256 * 1024,
                0644,
                OnExists.SERVER,
                Durability.BATCH,
                Instant.ofEpochSecond(1_700_000_000, 5),
                1,
                path,
                null);
    }

    /** Each but the preamble; no raw bytes follow the DATA. */
    public static List<UploadFrame> all() {
        UploadRequest request = request("a/ü.txt", 3);
        UploadRequest known = new UploadRequest(
                KEY, 3, 0, 0xFFFF, OnExists.SKIP_SAME, Durability.NONE, Instant.EPOCH, 0xFFFF_FFFFL, "b", SHA256);
        return List.of(
                HELLO,
                new UploadFrame.HelloAck(
                        1,
                        true,
                        256,
                        7,
                        262_144,
                        65_536,
                        262_144,
                        4 << 20,
                        8 << 20,
                        10L << 30,
                        15,
                        86_400,
                        NONCE,
                        List.of(new UploadFrame.Extension(9, Octets.of((byte) 1)))),
                new UploadFrame.Auth(NONCE),
                new UploadFrame.AuthOk(SHA256),
                new UploadFrame.Open(1, UploadFrame.Start.OPTIMISTIC, request),
                new UploadFrame.Open(3, UploadFrame.Start.RESUME, known),
                new UploadFrame.Open(
                        0xFFFF_FFFFL, UploadFrame.Start.NORMAL, request("pipe", UploadRequest.UNKNOWN_SIZE)),
                new UploadFrame.Opened(
                        1,
                        7,
                        UploadFrame.State.PARTIAL,
                        OnExists.REJECT,
                        262_144,
                        3,
                        262_144,
                        List.of(new UploadFrame.Range(0, 1), new UploadFrame.Range(5, 2)),
                        List.of(new UploadFrame.Crcs(0, List.of(1)), new UploadFrame.Crcs(5, List.of(-2, 3))),
                        true),
                new UploadFrame.Ack(1, 7, 5L << 40, 1, 65_536),
                new UploadFrame.Ack(0, 0, 0, 0, 65_536),
                new UploadFrame.Nak(1, 7, List.of(new UploadFrame.Refused(2, UploadError.SEGMENT_CRC.code()))),
                new UploadFrame.Commit(1, 3, SHA256),
                new UploadFrame.Commit(3, 0, null),
                new UploadFrame.Done(List.of(
                        new UploadFrame.Result(1, 0, UploadFrame.Result.DURABLE, 3, -1, SHA256, "a/ü.txt"),
                        new UploadFrame.Result(3, 201, 0, 0, 0, null, "exists"))),
                new UploadFrame.Put(5, request, 0x364b3fb7, ABC),
                new UploadFrame.MakeFolder(7, new UploadFrame.Folder(0755, Instant.EPOCH, "d/e")),
                new UploadFrame.Abort(1, 7, 305, true),
                new UploadFrame.Ping(-1),
                new UploadFrame.Pong(2),
                new UploadFrame.GoAway(9, 108, 5000),
                UploadFrame.Failure.of(1, UploadError.EXISTS, "there is such a file"),
                new UploadFrame.Failure(
                        0, 199, UploadError.Retry.NEW_KEY, 0xFFFF_FFFFL, Long.MAX_VALUE, Long.MIN_VALUE, ""));
    }

    public static byte[] bytes(UploadFrame... frames) {
        ByteBuf buffer = Unpooled.buffer();
        for (UploadFrame frame : frames) {
            UploadFrameEncoder.write(frame, buffer);
        }
        return ByteBufUtil.getBytes(buffer);
    }

    public static byte[] joined(byte[]... parts) {
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(parts));
    }
}
