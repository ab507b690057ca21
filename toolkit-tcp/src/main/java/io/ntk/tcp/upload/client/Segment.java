package io.ntk.tcp.upload.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a segment in pooled direct buffers, and their CRC: what is sent is exactly what was summed, whatever happens to
 * the file meanwhile. Owned by who made it, until it is written or released.
 */
final class Segment {
    static final int CHUNK_BYTES = 256 * 1024;

    private final List<ByteBuf> chunks = new ArrayList<>();
    private final CRC32C crc = new CRC32C();
    private int size;

    private Segment() {}

    /**
     * Reads a part of a file.
     *
     * @param chunkBytes the size of each buffer
     * @throws EOFException when the file is shorter
     */
    static Segment read(FileChannel file, long offset, int size, int chunkBytes, ByteBufAllocator alloc)
            throws IOException {
        Segment segment = new Segment();
        boolean whole = false;
        try {
            while (segment.size < size) {
                int part = Math.min(chunkBytes, size - segment.size);
                ByteBuf chunk = alloc.directBuffer(part, part);
                segment.chunks.add(chunk);
                ByteBuffer bytes = chunk.nioBuffer(0, part);
                while (bytes.hasRemaining()) {
                    if (file.read(bytes, offset + segment.size + bytes.position()) < 0) {
                        throw new EOFException("the file is shorter than it was");
                    }
                }
                segment.add(chunk, part);
            }
            whole = true;
            return segment;
        } finally {
            if (!whole) {
                segment.release();
            }
        }
    }

    /** Reads from what can be read once: as much as there may be, less only at the end. */
    static Segment read(ReadableByteChannel pipe, int max, int chunkBytes, ByteBufAllocator alloc) throws IOException {
        Segment segment = new Segment();
        boolean whole = false;
        try {
            boolean ended = false;
            while (segment.size < max && !ended) {
                int part = Math.min(chunkBytes, max - segment.size);
                ByteBuf chunk = alloc.directBuffer(part, part);
                segment.chunks.add(chunk);
                ByteBuffer bytes = chunk.nioBuffer(0, part);
                while (bytes.hasRemaining() && !ended) {
                    ended = pipe.read(bytes) < 0;
                }
                segment.add(chunk, bytes.position());
            }
            whole = true;
            return segment;
        } finally {
            if (!whole) {
                segment.release();
            }
        }
    }

    private void add(ByteBuf chunk, int count) {
        crc.update(chunk.nioBuffer(0, count));
        chunk.writerIndex(count);
        size += count;
    }

    int size() {
        return size;
    }

    int crc32c() {
        return (int) crc.getValue();
    }

    /** The buffers, in order; still the segment's. */
    List<ByteBuf> chunks() {
        return chunks;
    }

    void release() {
        chunks.forEach(ByteBuf::release);
        chunks.clear();
    }
}
