package io.ntk.tcp.upload.client.source;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCounted;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What is sent of a segment, in pieces, and its CRC. The pieces are pooled direct buffers with exactly what was summed; or
 * regions of the file, which the kernel reads again when they are sent: should the file have changed in between, then the
 * receiver refuses the segment for its CRC. Owned by who made it, until it is written or released.
 */
public final class Segment {
    static final int CHUNK_BYTES = 256 * 1024;

    private final List<ReferenceCounted> pieces = new ArrayList<>();
    private final CRC32C crc = new CRC32C();
    private int size;

    private Segment() {}

    /**
     * Reads a part of a file.
     *
     * @param file read at positions; not closed
     * @param offset of the first byte
     * @param size in bytes
     * @param chunkBytes the size of each buffer
     * @param alloc where they come from
     * @param digest takes what is read; null for none
     * @return the segment, the caller's
     * @throws EOFException when the file is shorter
     * @throws IOException when it cannot be read
     */
    public static Segment read(
            FileChannel file,
            long offset,
            int size,
            int chunkBytes,
            ByteBufAllocator alloc,
            @Nullable RunningDigest digest)
            throws IOException {
        Segment segment = new Segment();
        boolean whole = false;
        try {
            while (segment.size < size) {
                int part = Math.min(chunkBytes, size - segment.size);
                ByteBuf chunk = alloc.directBuffer(part, part);
                segment.pieces.add(chunk);
                readFully(file, chunk.nioBuffer(0, part), offset + segment.size);
                if (digest != null) {
                    digest.take(offset + segment.size, chunk.nioBuffer(0, part));
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

    /**
     * Sums a part of a file, and leaves the reading of what is sent to the kernel.
     *
     * @param file held by each of the regions
     * @param offset of the first byte
     * @param size in bytes
     * @param chunkBytes the size of each region
     * @param scratch what it is read into to be summed, any size
     * @param digest takes what is read; null for none
     * @return the segment, the caller's
     * @throws EOFException when the file is shorter
     * @throws IOException when it cannot be read
     */
    public static Segment regions(
            SourceFile file, long offset, int size, int chunkBytes, ByteBuffer scratch, @Nullable RunningDigest digest)
            throws IOException {
        Segment segment = new Segment();
        for (int summed = 0; summed < size; summed += scratch.limit()) {
            scratch.clear().limit(Math.min(scratch.capacity(), size - summed));
            readFully(file.channel(), scratch, offset + summed);
            scratch.flip();
            if (digest != null) {
                digest.take(offset + summed, scratch);
            }
            segment.crc.update(scratch);
        }
        while (segment.size < size) {
            int part = Math.min(chunkBytes, size - segment.size);
            segment.pieces.add(file.region(offset + segment.size, part));
            segment.size += part;
        }
        return segment;
    }

    private static void readFully(FileChannel file, ByteBuffer into, long offset) throws IOException {
        long start = offset - into.position();
        while (into.hasRemaining()) {
            if (file.read(into, start + into.position()) < 0) {
                throw new EOFException("the file is shorter than it was");
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
                segment.pieces.add(chunk);
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

    /**
     * How much there is of it.
     *
     * @return in bytes
     */
    public int size() {
        return size;
    }

    /**
     * The sum of what was read.
     *
     * @return the bits of the CRC32C
     */
    public int crc32c() {
        return (int) crc.getValue();
    }

    /**
     * What it is sent in.
     *
     * @return buffers or regions, in order; still the segment's
     */
    public List<ReferenceCounted> pieces() {
        return pieces;
    }

    /**
     * The raw bytes of what goes to a connection.
     *
     * @param message a piece, or a frame
     * @return how many; 0 for a frame
     */
    public static int bytes(Object message) {
        if (message instanceof ByteBuf buffer) {
            return buffer.readableBytes();
        }
        return message instanceof FileRegion region ? (int) region.count() : 0;
    }

    /**
     * The same bytes, to be written once; a buffer can be written again.
     *
     * @param piece of a segment, whose it stays
     * @return what to write, the caller's
     */
    public static Object retained(ReferenceCounted piece) {
        return piece instanceof ByteBuf buffer ? buffer.retainedDuplicate() : piece.retain();
    }

    /** Gives back the pieces, those that are being written when they are written. */
    public void release() {
        pieces.forEach(ReferenceCounted::release);
        pieces.clear();
    }
}
