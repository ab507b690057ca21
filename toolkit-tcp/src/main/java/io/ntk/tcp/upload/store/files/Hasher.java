package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Octets;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of a part, on threads of its own and in order, while the part grows: it reads what is verified back from the
 * file, so that it needs no buffers of the network's and digests what is really there.
 */
final class Hasher implements Closeable {
    /* Small enough to be in the processor's cache still when it is digested, which goes through an array of 4 KiB. */
    private static final ThreadLocal<ByteBuffer> BUFFER =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(64 * 1024));

    private final Executor threads;
    private final FileChannel channel;
    private final MessageDigest digest;
    private long hashed;
    private long known;
    private long last = Long.MAX_VALUE;
    private boolean running;
    private boolean closed;
    private @Nullable CompletableFuture<Octets> done;
    private @Nullable Octets whole;

    Hasher(Path part, Executor threads) throws IOException {
        this.threads = threads;
        this.channel = FileChannel.open(part, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    /** More of the part will not change any more. */
    synchronized void know(long bytes) {
        if (bytes > known) {
            known = bytes;
            start();
        }
    }

    /** The digest of the whole, all of which is known; the same each time it is asked for. */
    synchronized CompletableFuture<Octets> finish(long size) {
        CompletableFuture<Octets> future = new CompletableFuture<>();
        done = future;
        known = size;
        last = size;
        start();
        return future;
    }

    private void start() {
        if (!running && !closed) {
            running = true;
            threads.execute(this::run);
        }
    }

    private void run() {
        ByteBuffer buffer = BUFFER.get();
        try {
            for (long end = next(); end > hashed; end = next()) {
                buffer.clear().limit((int) Math.min(end - hashed, buffer.capacity()));
                int count = channel.read(buffer, hashed);
                if (count <= 0) {
                    throw new IOException("the part is shorter than it was");
                }
                digest.update(buffer.flip());
                hashed += count;
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    /** How far to go, or the end of this run. */
    private synchronized long next() throws IOException {
        if (closed) {
            running = false;
            channel.close();
            return 0;
        }
        if (hashed >= Math.min(known, last)) {
            running = false;
            if (done != null && hashed == last) {
                done.complete(whole());
            }
            return 0;
        }
        return Math.min(known, last);
    }

    /** A digest that was taken out begins anew, so it is kept: what could not be published may be committed again. */
    private Octets whole() {
        Octets known = whole;
        if (known == null) {
            known = Octets.of(digest.digest());
            whole = known;
        }
        return known;
    }

    private synchronized void fail(IOException e) {
        running = false;
        if (done == null) {
            done = new CompletableFuture<>();
        }
        done.completeExceptionally(e);
        if (closed) {
            try {
                channel.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        if (!running) {
            channel.close();
        }
    }
}
