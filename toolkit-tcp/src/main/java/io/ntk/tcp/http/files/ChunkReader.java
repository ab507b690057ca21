package io.ntk.tcp.http.files;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.ntk.tcp.http.files.Answer.Piece;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** Gives a content chunk by chunk. Used by one thread at a time; waits for the file. */
sealed interface ChunkReader {
    /**
     * The next bytes.
     *
     * @param alloc makes the buffer
     * @param max how many at most, but for a few of a head or a compression
     * @return the bytes, not empty, owned by the caller; null at the end
     * @throws EOFException when the file is shorter than it was
     */
    @Nullable
    ByteBuf next(ByteBufAllocator alloc, int max) throws IOException;

    /** Gives up what is open. */
    void close() throws IOException;

    private static void fill(ByteBuf into, FileChannel file, long position, int length) throws IOException {
        while (into.readableBytes() < length) {
            int n = into.writeBytes(file, position + into.readableBytes(), length - into.readableBytes());
            if (n < 0) {
                throw new EOFException("the file is shorter than it was");
            }
        }
    }

    private static ByteBuf read(ByteBufAllocator alloc, FileChannel file, long position, int length)
            throws IOException {
        ByteBuf chunk = alloc.directBuffer(length, length);
        try {
            fill(chunk, file, position, length);
            return chunk.retain();
        } finally {
            chunk.release();
        }
    }

    /** Pieces as they are. */
    final class Stored implements ChunkReader {
        private final FileChannel file;
        private final List<Piece> pieces;
        private int piece;
        private long done;

        Stored(FileChannel file, List<Piece> pieces) {
            this.file = file;
            this.pieces = pieces;
        }

        @Override
        public @Nullable ByteBuf next(ByteBufAllocator alloc, int max) throws IOException {
            if (piece == pieces.size()) {
                return null;
            }
            Piece current = pieces.get(piece);
            byte[] bytes = current.bytes();
            int length = bytes == null ? (int) Math.min(max, current.length() - done) : bytes.length;
            ByteBuf chunk =
                    bytes == null ? read(alloc, file, current.from() + done, length) : Unpooled.wrappedBuffer(bytes);
            done += length;
            if (done == current.length()) {
                piece++;
                done = 0;
            }
            return chunk;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** A file as gzip (RFC 1952). */
    final class Packed implements ChunkReader {
        private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
        private static final int TAIL_BYTES = 8;

        private final FileChannel file;
        private final long size;
        private final Deflater deflater = new Deflater(6, true);
        private final CRC32 sum = new CRC32();
        private long done;
        private boolean closed;

        Packed(FileChannel file, long size) {
            this.file = file;
            this.size = size;
        }

        @Override
        public @Nullable ByteBuf next(ByteBufAllocator alloc, int max) throws IOException {
            if (deflater.finished()) {
                return null;
            }
            ByteBuf chunk = alloc.buffer(max + HEAD.length + TAIL_BYTES);
            try {
                if (done == 0) {
                    chunk.writeBytes(HEAD);
                }
                while (!deflater.finished() && chunk.readableBytes() < max) {
                    pack(alloc, chunk, max);
                }
                if (deflater.finished()) {
                    chunk.writeIntLE((int) sum.getValue()).writeIntLE((int) size);
                }
                return chunk.retain();
            } finally {
                chunk.release();
            }
        }

        private void pack(ByteBufAllocator alloc, ByteBuf chunk, int max) throws IOException {
            if (deflater.needsInput() && done < size) {
                int length = (int) Math.min(max, size - done);
                ByteBuf plain = read(alloc, file, done, length);
                try {
                    byte[] bytes = new byte[length];
                    plain.readBytes(bytes);
                    sum.update(bytes);
                    deflater.setInput(bytes);
                } finally {
                    plain.release();
                }
                done += length;
                if (done == size) {
                    deflater.finish();
                }
            }
            chunk.ensureWritable(1024);
            ByteBuffer room = chunk.nioBuffer(chunk.writerIndex(), chunk.writableBytes());
            chunk.writerIndex(chunk.writerIndex() + deflater.deflate(room));
        }

        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                deflater.end();
                file.close();
            }
        }
    }
}
