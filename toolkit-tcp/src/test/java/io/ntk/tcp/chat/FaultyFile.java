package io.ntk.tcp.chat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A real file on a disk that can be full, slow or broken. */
final class FaultyFile extends FileChannel {
    private final FileChannel file;
    final AtomicInteger forced = new AtomicInteger();
    final AtomicInteger failures = new AtomicInteger();
    volatile boolean failing;
    volatile boolean truncating = true;
    volatile boolean forceFails;
    /* Bytes that a failing write takes all the same, as a disk that becomes full does. */
    volatile int takenBeforeFailure;
    volatile CountDownLatch open = new CountDownLatch(0);

    FaultyFile(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
        try {
            open.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        if (failing) {
            if (takenBeforeFailure > 0) {
                ByteBuffer some = from.slice().limit(Math.min(takenBeforeFailure, from.remaining()));
                takenBeforeFailure = 0;
                int n = file.write(some, position);
                from.position(from.position() + n);
                return n;
            }
            failures.incrementAndGet();
            throw new IOException("No space left on device");
        }
        // in small pieces, as a file system may
        int limit = from.limit();
        from.limit(Math.min(limit, from.position() + 1000));
        int n = file.write(from, position);
        from.limit(limit);
        return n;
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        if (!truncating) {
            throw new IOException("Read-only file system");
        }
        file.truncate(size);
        return this;
    }

    @Override
    public void force(boolean metaData) throws IOException {
        if (forceFails) {
            failures.incrementAndGet();
            throw new IOException("Input/output error");
        }
        file.force(metaData);
        forced.incrementAndGet();
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        return file.read(to);
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) throws IOException {
        return file.read(to, offset, length);
    }

    @Override
    public int read(ByteBuffer to, long position) throws IOException {
        return file.read(to, position);
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position() throws IOException {
        return file.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
        file.position(position);
        return this;
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public long transferTo(long position, long length, WritableByteChannel to) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel from, long position, long length) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        return file.lock(position, size, shared);
    }

    @Override
    public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return file.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        file.close();
    }
}
