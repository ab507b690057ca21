package io.ntk.tcp.upload;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.EncoderException;
import io.netty.handler.codec.MessageToByteEncoder;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.UploadRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Writes NTUP/1, at either end.
 *
 * <p>Placement: behind TLS. In: {@link UploadFrame}; anything else is passed on, so that raw bytes may be a buffer or a file
 * region. Out: {@link ByteBuf}. Failure: a text or a list too long for its field fails the write. Sharable.
 */
@Sharable
public final class UploadFrameEncoder extends MessageToByteEncoder<UploadFrame> {
    static final byte[] PREAMBLE = {UploadFrame.Preamble.FIRST_BYTE, 'N', 'T', 'U', 'P', '\r', '\n', 0x1a};

    /* Ranges and CRCs of one extension, which holds 65,535 bytes. */
    private static final int MAX_RANGES = 8191;
    private static final int MAX_CRCS = 16_382;

    /** Makes an encoder for any number of channels. */
    public UploadFrameEncoder() {
        super(UploadFrame.class, false);
    }

    @Override
    protected ByteBuf allocateBuffer(ChannelHandlerContext ctx, UploadFrame frame, boolean preferDirect) {
        return ctx.alloc()
                .directBuffer(
                        frame instanceof UploadFrame.Put put ? 256 + put.data().size() : 128);
    }

    @Override
    protected void encode(ChannelHandlerContext ctx, UploadFrame frame, ByteBuf out) {
        write(frame, out);
    }

    /**
     * Appends a frame, for who has no pipeline to send it through. The bytes are a function of the frame alone, so that the
     * proofs can cover what was sent and received.
     *
     * @param frame what to write; of a {@link UploadFrame.Data} the header, without its raw bytes
     * @param out where to; grows as needed
     * @throws EncoderException when a text or a list is too long for its field, or the frame for the protocol
     */
    public static void write(UploadFrame frame, ByteBuf out) {
        if (frame instanceof UploadFrame.Preamble) {
            out.writeBytes(PREAMBLE);
            return;
        }
        int start = out.writerIndex();
        out.writeZero(4);
        body(frame, out);
        int length = out.writerIndex() - start - 4;
        if (length > UploadFrameDecoder.MAX_FRAME_BYTES) {
            throw new EncoderException("a frame of " + length + " bytes");
        }
        out.setInt(start, length);
    }

    private static void header(FrameType type, int flags, UploadFrame frame, ByteBuf out) {
        out.writeByte(type.code()).writeByte(flags).writeShort(0).writeInt((int) frame.stream());
    }

    private static void body(UploadFrame frame, ByteBuf out) {
        if (frame instanceof UploadFrame.Data data) {
            header(FrameType.DATA, FrameType.RAW, frame, out);
            out.writeLong(data.offset()).writeInt(data.rawBytes()).writeInt(data.crc32c());
        } else if (frame instanceof UploadFrame.Ack ack) {
            header(FrameType.ACK, 0, frame, out);
            out.writeInt((int) ack.epoch()).writeLong(ack.contiguous()).writeLong(ack.durable());
            out.writeInt(ack.creditAdd());
        } else if (frame instanceof UploadFrame.Put put) {
            header(FrameType.PUT, 0, frame, out);
            request(put.request(), out);
            out.writeInt(put.crc32c())
                    .writeInt(put.data().size())
                    .writeBytes(put.data().toArray());
            digestExtension(put.request().sha256(), out);
        } else if (frame instanceof UploadFrame.Done done) {
            header(FrameType.DONE, 0, frame, out);
            done(done, out);
        } else if (frame instanceof UploadFrame.Open open) {
            int flags =
                    switch (open.start()) {
                        case NORMAL -> 0;
                        case OPTIMISTIC -> FrameType.OPTIMISTIC;
                        case RESUME -> FrameType.RESUME;
                    };
            header(FrameType.OPEN, flags, frame, out);
            request(open.request(), out);
            digestExtension(open.request().sha256(), out);
        } else if (frame instanceof UploadFrame.Opened opened) {
            header(FrameType.OPENED, opened.more() ? FrameType.MORE : 0, frame, out);
            opened(opened, out);
        } else if (frame instanceof UploadFrame.Nak nak) {
            header(FrameType.NAK, 0, frame, out);
            out.writeInt((int) nak.epoch()).writeShort(nak.segments().size()).writeShort(0);
            for (UploadFrame.Refused refused : nak.segments()) {
                out.writeInt((int) refused.segment())
                        .writeShort(refused.reason())
                        .writeShort(0);
            }
        } else if (frame instanceof UploadFrame.Commit commit) {
            header(FrameType.COMMIT, 0, frame, out);
            Octets sha256 = commit.sha256();
            out.writeLong(commit.finalSize()).writeByte(sha256 == null ? 0 : 1).writeByte(sha256 == null ? 0 : 32);
            octets(sha256, out);
        } else if (frame instanceof UploadFrame.MakeFolder make) {
            header(FrameType.MKDIR, 0, frame, out);
            byte[] path = make.folder().path().getBytes(StandardCharsets.UTF_8);
            out.writeShort(make.folder().mode()).writeShort(shortLength(path.length));
            instant(make.folder().modified(), out);
            out.writeBytes(path);
        } else {
            ofConnection(frame, out);
        }
    }

    private static void ofConnection(UploadFrame frame, ByteBuf out) {
        if (frame instanceof UploadFrame.Hello hello) {
            header(FrameType.HELLO, 0, frame, out);
            out.writeByte(hello.versionMin()).writeByte(hello.versionMax()).writeShort(0);
            out.writeLong(hello.capabilities()).writeInt((int) hello.maxFrame()).writeInt((int) hello.maxSegment());
            octets(hello.nonce(), out);
            hello.extensions().forEach(extension -> extension(extension, out));
        } else if (frame instanceof UploadFrame.HelloAck ack) {
            header(FrameType.HELLO_ACK, 0, frame, out);
            out.writeByte(ack.version()).writeByte(ack.sharedKey() ? 1 : 0).writeShort(ack.maxStreams());
            out.writeLong(ack.capabilities()).writeInt(ack.maxFrame()).writeInt(ack.maxInline());
            out.writeInt(ack.segmentMin()).writeInt(ack.segmentMax()).writeInt(ack.credit());
            out.writeLong(ack.maxFile()).writeShort(ack.heartbeatSeconds()).writeShort(0);
            out.writeInt(ack.resumeTtlSeconds());
            octets(ack.nonce(), out);
            ack.extensions().forEach(extension -> extension(extension, out));
        } else if (frame instanceof UploadFrame.Auth auth) {
            header(FrameType.AUTH, 0, frame, out);
            octets(auth.proof(), out);
        } else if (frame instanceof UploadFrame.AuthOk ok) {
            header(FrameType.AUTH_OK, 0, frame, out);
            octets(ok.proof(), out);
        } else if (frame instanceof UploadFrame.Abort abort) {
            header(FrameType.ABORT, 0, frame, out);
            out.writeInt((int) abort.epoch()).writeShort(abort.code()).writeByte(abort.keep() ? 1 : 0);
        } else if (frame instanceof UploadFrame.Ping ping) {
            header(FrameType.PING, 0, frame, out);
            out.writeLong(ping.opaque());
        } else if (frame instanceof UploadFrame.Pong pong) {
            header(FrameType.PONG, 0, frame, out);
            out.writeLong(pong.opaque());
        } else if (frame instanceof UploadFrame.GoAway away) {
            header(FrameType.GOAWAY, 0, frame, out);
            out.writeInt((int) away.lastStream()).writeShort(away.code()).writeInt((int) away.retryAfterMillis());
        } else if (frame instanceof UploadFrame.Failure error) {
            header(FrameType.ERROR, 0, frame, out);
            out.writeShort(error.code()).writeByte(error.retry().code()).writeByte(0);
            out.writeInt((int) error.retryAfterMillis())
                    .writeLong(error.expected())
                    .writeLong(error.provided());
            byte[] message = utf8(error.message(), UploadFrame.Failure.MAX_MESSAGE_BYTES);
            out.writeShort(message.length).writeBytes(message);
        } else {
            throw new EncoderException("no frame: " + frame);
        }
    }

    private static void request(UploadRequest request, ByteBuf out) {
        byte[] path = request.path().getBytes(StandardCharsets.UTF_8);
        octets(request.key(), out);
        out.writeLong(request.size()).writeInt(request.segmentBytes()).writeShort(request.mode());
        out.writeByte(request.policy().code()).writeByte(request.durability().code());
        instant(request.modified(), out);
        out.writeInt((int) request.epoch()).writeShort(0).writeShort(shortLength(path.length));
        out.writeBytes(path);
    }

    private static void digestExtension(@Nullable Octets sha256, ByteBuf out) {
        if (sha256 != null) {
            extension(new UploadFrame.Extension(UploadFrame.Extension.SHA256, sha256), out);
        }
    }

    private static void extension(UploadFrame.Extension extension, ByteBuf out) {
        out.writeShort(extension.type()).writeShort(extension.value().size());
        octets(extension.value(), out);
    }

    private static void opened(UploadFrame.Opened opened, ByteBuf out) {
        out.writeInt((int) opened.epoch()).writeByte(opened.state().code());
        out.writeByte(opened.policy().code()).writeShort(0);
        out.writeInt(opened.segmentBytes()).writeInt(opened.verified()).writeLong(opened.contiguous());
        out.writeInt(0);
        var ranges = opened.ranges();
        for (int from = 0; from < ranges.size(); from += MAX_RANGES) {
            var part = ranges.subList(from, Math.min(ranges.size(), from + MAX_RANGES));
            out.writeShort(UploadFrame.Extension.RANGES).writeShort(8 * part.size());
            part.forEach(range -> out.writeInt(range.first()).writeInt(range.count()));
        }
        for (UploadFrame.Crcs crcs : opened.crcs()) {
            if (crcs.crcs().size() > MAX_CRCS) {
                throw new EncoderException("an extension of " + crcs.crcs().size() + " CRCs");
            }
            out.writeShort(UploadFrame.Extension.CRCS)
                    .writeShort(4 + 4 * crcs.crcs().size());
            out.writeInt(crcs.first());
            crcs.crcs().forEach(out::writeInt);
        }
    }

    private static void done(UploadFrame.Done done, ByteBuf out) {
        out.writeShort(done.results().size());
        for (UploadFrame.Result result : done.results()) {
            byte[] name = utf8(result.name(), 0xFFFF);
            Octets sha256 = result.sha256();
            out.writeInt((int) result.stream()).writeShort(result.code()).writeByte(result.flags());
            out.writeByte(sha256 == null ? 0 : 1).writeLong(result.size()).writeInt(result.crc32c());
            out.writeByte(sha256 == null ? 0 : 32).writeByte(0).writeShort(name.length);
            octets(sha256, out);
            out.writeBytes(name);
        }
    }

    private static void octets(@Nullable Octets octets, ByteBuf out) {
        if (octets != null) {
            out.writeBytes(octets.toArray());
        }
    }

    private static void instant(Instant time, ByteBuf out) {
        out.writeLong(time.getEpochSecond()).writeInt(time.getNano());
    }

    /** As many whole characters as there is room for. */
    private static byte[] utf8(String text, int maxBytes) {
        String cut = text;
        while (ByteBufUtil.utf8Bytes(cut) > maxBytes) {
            int end = cut.length() - Math.max(1, (ByteBufUtil.utf8Bytes(cut) - maxBytes) / 4);
            cut = cut.substring(0, Character.isHighSurrogate(cut.charAt(end - 1)) ? end - 1 : end);
        }
        return cut.getBytes(StandardCharsets.UTF_8);
    }

    private static int shortLength(int length) {
        if (length > 0xFFFF) {
            throw new EncoderException("a text of " + length + " bytes (expected: at most 65535)");
        }
        return length;
    }
}
