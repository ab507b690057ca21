package io.ntk.tcp.upload.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.ntk.tcp.upload.store.UploadException;
import org.jspecify.annotations.Nullable;

/**
 * What has come by the simple protocol and is not used yet: headers are taken out of it, and bytes of files, wherever the
 * stream was cut. Owns its buffers; whoever ends with it releases it. On one event loop.
 *
 * <p>A header ends at LF or CR LF. One that could end behind its last digit ({@link #couldEndHere}) may also be the whole
 * of it, which only time tells: the handler lets 100 ms pass, and takes it by {@link #rest}.
 */
final class SimpleInput {
    private @Nullable ByteBuf held;

    /** Adds bytes, whose ownership moves here. */
    void add(ByteBufAllocator allocator, ByteBuf bytes) {
        held = held == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(allocator, held, bytes);
        dropIfEmpty();
    }

    boolean isEmpty() {
        return held == null;
    }

    /**
     * Takes a header that is ended by a line end, and passes over line ends before it.
     *
     * @return null while it is not whole
     * @throws UploadException when it is none, or longer than {@link SimpleHeader#MAX_BYTES}
     */
    @Nullable
    SimpleHeader header() {
        ByteBuf in = held;
        if (in == null) {
            return null;
        }
        while (in.isReadable() && isLineEnd(in.getByte(in.readerIndex()))) {
            in.skipBytes(1);
        }
        int end = in.bytesBefore((byte) '\n');
        int length = end < 0 ? in.readableBytes() : end;
        if (length > SimpleHeader.MAX_BYTES) {
            throw SimpleHeader.bad("a header of more than " + SimpleHeader.MAX_BYTES + " bytes");
        }
        if (end < 0) {
            dropIfEmpty();
            return null;
        }
        boolean cr = in.getByte(in.readerIndex() + end - 1) == '\r';
        byte[] header = ByteBufUtil.getBytes(in, in.readerIndex(), cr ? end - 1 : end);
        in.skipBytes(end + 1);
        dropIfEmpty();
        return SimpleHeader.parse(header);
    }

    private static boolean isLineEnd(byte b) {
        return b == '\n' || b == '\r';
    }

    /** Whether a header could end behind the last byte: a bar, and digits. */
    boolean couldEndHere() {
        ByteBuf in = held;
        if (in == null) {
            return false;
        }
        int at = in.writerIndex() - 1;
        while (at > in.readerIndex() && in.getByte(at) >= '0' && in.getByte(at) <= '9') {
            at--;
        }
        return at < in.writerIndex() - 1 && in.getByte(at) == '|';
    }

    /**
     * Takes all that is there as a header; there is something.
     *
     * @throws UploadException when it is none
     */
    SimpleHeader rest() {
        byte[] header = held == null ? new byte[0] : ByteBufUtil.getBytes(held);
        release();
        return SimpleHeader.parse(header);
    }

    /**
     * Takes bytes of a file.
     *
     * @param most at most so many, more than 0
     * @return a slice that the caller owns; null when there is nothing
     */
    @Nullable
    ByteBuf bytes(long most) {
        ByteBuf in = held;
        if (in == null) {
            return null;
        }
        ByteBuf some = in.readRetainedSlice((int) Math.min(most, in.readableBytes()));
        dropIfEmpty();
        return some;
    }

    private void dropIfEmpty() {
        if (held != null && !held.isReadable()) {
            release();
        }
    }

    void release() {
        if (held != null) {
            held.release();
            held = null;
        }
    }
}
