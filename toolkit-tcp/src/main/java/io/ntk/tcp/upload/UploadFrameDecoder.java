package io.ntk.tcp.upload;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.ntk.tcp.upload.store.UploadError;
import org.jspecify.annotations.Nullable;

/**
 * Reads NTUP/1, at either end.
 *
 * <p>Placement: behind TLS. In: {@link ByteBuf}; anything else is passed on. Out: {@link UploadFrame}s, and behind each
 * {@link UploadFrame.Data} its raw bytes as any number of {@code ByteBuf}s, slices of what was read, which whoever takes
 * them must release. Raw bytes are never copied; of a frame that comes in pieces the pieces are.
 *
 * <p>Failure: {@link UploadProtocolException}, once; everything behind a bad frame is dropped. Limits: a frame is at most
 * {@link #limit(int)} bytes. Not sharable.
 */
public final class UploadFrameDecoder extends LengthFieldBasedFrameDecoder {
    /** The longest frame there is, its length field not counted. */
    public static final int MAX_FRAME_BYTES = 256 * 1024;

    /** The longest frame before a peer has proved who it is. */
    public static final int MAX_UNPROVEN_FRAME_BYTES = 4 * 1024;

    private static final int LENGTH_BYTES = 4;
    private static final int HEADER_BYTES = 8;

    private int maxFrameBytes;
    private State state = State.PREAMBLE;
    private long rawBytes;

    private enum State {
        PREAMBLE,
        FRAMES,
        /** Behind a bad frame: nothing has a meaning any more. */
        BAD
    }

    /**
     * Makes a decoder for one channel.
     *
     * @param maxFrameBytes the limit in force at first
     */
    public UploadFrameDecoder(int maxFrameBytes) {
        super(MAX_FRAME_BYTES + LENGTH_BYTES, 0, LENGTH_BYTES);
        this.maxFrameBytes = within(maxFrameBytes);
    }

    /**
     * Sets the limit of the frames that are not yet decoded.
     *
     * @param bytes 8 to {@value #MAX_FRAME_BYTES}, the length field not counted
     */
    public void limit(int bytes) {
        maxFrameBytes = within(bytes);
    }

    /**
     * Raw bytes that still belong to the last {@link UploadFrame.Data}.
     *
     * @return 0 between frames
     */
    public long rawBytesToCome() {
        return rawBytes;
    }

    private static int within(int bytes) {
        if (bytes < HEADER_BYTES || bytes > MAX_FRAME_BYTES) {
            throw new IllegalArgumentException(
                    "maxFrameBytes: " + bytes + " (expected: " + HEADER_BYTES + " to " + MAX_FRAME_BYTES + ")");
        }
        return bytes;
    }

    /**
     * What is left of an incomplete frame gets its missing bytes first, by themselves: merged with the whole of what was
     * read, megabytes of raw bytes would be copied for the sake of a few.
     */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (message instanceof ByteBuf in && actualReadableBytes() > 0) {
            while (in.isReadable() && actualReadableBytes() > 0) {
                super.channelRead(ctx, in.readRetainedSlice(Math.min(missing(), in.readableBytes())));
            }
            if (!in.isReadable()) {
                in.release();
                return;
            }
        }
        super.channelRead(ctx, message);
    }

    private int missing() {
        ByteBuf held = internalBuffer();
        int readable = held.readableBytes();
        if (state == State.PREAMBLE) {
            return UploadFrameEncoder.PREAMBLE.length - readable;
        }
        if (readable < LENGTH_BYTES) {
            return LENGTH_BYTES - readable;
        }
        long whole = LENGTH_BYTES + held.getUnsignedInt(held.readerIndex());
        return (int) Math.max(1, Math.min(whole - readable, MAX_FRAME_BYTES));
    }

    @Override
    protected @Nullable Object decode(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
        if (rawBytes > 0) {
            int count = (int) Math.min(rawBytes, in.readableBytes());
            rawBytes -= count;
            return count == 0 ? null : in.readRetainedSlice(count);
        }
        return switch (state) {
            case PREAMBLE -> preamble(in);
            case FRAMES -> frame(ctx, in);
            case BAD -> {
                in.skipBytes(in.readableBytes());
                yield null;
            }
        };
    }

    private @Nullable Object preamble(ByteBuf in) {
        int readable = Math.min(in.readableBytes(), UploadFrameEncoder.PREAMBLE.length);
        for (int i = 0; i < readable; i++) {
            if (in.getByte(in.readerIndex() + i) != UploadFrameEncoder.PREAMBLE[i]) {
                throw bad(in, UploadError.PROTOCOL, "no preamble of NTUP");
            }
        }
        if (readable < UploadFrameEncoder.PREAMBLE.length) {
            return null;
        }
        in.skipBytes(readable);
        state = State.FRAMES;
        return new UploadFrame.Preamble();
    }

    private @Nullable Object frame(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
        if (in.readableBytes() < LENGTH_BYTES) {
            return null;
        }
        long length = in.getUnsignedInt(in.readerIndex());
        if (length > maxFrameBytes) {
            throw bad(
                    in,
                    UploadError.FRAME_TOO_LARGE,
                    "a frame of " + length + " bytes (expected: at most " + maxFrameBytes + ")");
        }
        if (length < HEADER_BYTES) {
            throw bad(in, UploadError.PROTOCOL, "a frame of " + length + " bytes (expected: at least 8)");
        }
        ByteBuf frame = (ByteBuf) super.decode(ctx, in);
        if (frame == null) {
            return null;
        }
        try {
            UploadFrame read = FrameReader.read(frame.skipBytes(LENGTH_BYTES));
            if (read instanceof UploadFrame.Data data) {
                rawBytes = data.rawBytes();
            }
            return read;
        } catch (UploadProtocolException e) {
            throw bad(in, e.error(), String.valueOf(e.getMessage()));
        } catch (IndexOutOfBoundsException e) {
            throw bad(in, UploadError.PROTOCOL, "a frame that is too short for its type");
        } finally {
            frame.release();
        }
    }

    private UploadProtocolException bad(ByteBuf in, UploadError error, String message) {
        state = State.BAD;
        in.skipBytes(in.readableBytes());
        return new UploadProtocolException(error, message);
    }
}
