package io.ntk.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One standard stream, written in whole lines. Thread-safe.
 *
 * <p>{@link #offer} never blocks, so event loops may call it: lines wait in a queue with a bound in bytes for a thread of
 * their own, which writes and flushes all that is there at once. What does not fit is counted, and a line says how many
 * as soon as there is room again. {@link #put} writes on the caller's thread, behind what is queued, and waits as long as
 * the reader makes it wait; a run that only puts starts no thread. After the first failure nothing is written any more.
 */
final class Outlet {
    private static final int BATCH_BYTES = 64 * 1024;

    private final OutputStream stream;
    private final long maxQueuedBytes;
    private final LongFunction<String> lostLines;
    private final Consumer<IOException> onFailure;

    /* Held while writing; taken before the queue's lock, so that lines leave in the order of the queue. */
    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<byte[]> queue = new ArrayDeque<>();
    private long queuedBytes;
    private long lost;
    private boolean busy;
    private @Nullable Thread writer;
    private volatile @Nullable IOException failure;

    /**
     * Takes a stream.
     *
     * @param stream not buffered
     * @param maxQueuedBytes what may wait
     * @param lostLines makes the line that tells how many lines did not fit; empty for none
     * @param onFailure told once, on the thread that wrote
     */
    Outlet(OutputStream stream, long maxQueuedBytes, LongFunction<String> lostLines, Consumer<IOException> onFailure) {
        this.stream = stream;
        this.maxQueuedBytes = maxQueuedBytes;
        this.lostLines = lostLines;
        this.onFailure = onFailure;
    }

    /** Queues a line if there is room for it; returns at once. */
    void offer(String line) {
        offerText(line + "\n");
    }

    /** Queues a text as it is, as {@link #offer}. */
    void offerText(String text) {
        offerBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Queues bytes as they are, which are not changed any more, as {@link #offer}. */
    void offerBytes(byte[] bytes) {
        lock.lock();
        try {
            if (failure != null) {
                return;
            }
            if (queuedBytes + bytes.length > maxQueuedBytes) {
                lost++;
                return;
            }
            add(bytes);
            if (writer == null) {
                writer = new Thread(this::writeForEver, "ntk-output");
                writer.setDaemon(true);
                writer.start();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Writes a line; back when it is written, or nothing can be. */
    void put(String line) throws IOException {
        putText(line + "\n");
    }

    /** Writes a text as it is, without a line end of its own. */
    void putText(String text) throws IOException {
        lock.lock();
        try {
            add(text.getBytes(StandardCharsets.UTF_8));
        } finally {
            lock.unlock();
        }
        writeQueued();
        IOException thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
    }

    /** Waits for a time until everything queued is written. */
    void drain(Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while ((busy || !queue.isEmpty() || lost > 0) && failure == null && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private void add(byte[] bytes) {
        queue.add(bytes);
        queuedBytes += bytes.length;
        changed.signalAll();
    }

    private void writeForEver() {
        while (failure == null) {
            lock.lock();
            try {
                while (queue.isEmpty() && failure == null) {
                    changed.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
            writeQueued();
        }
    }

    private void writeQueued() {
        writing.lock();
        try {
            for (byte[] batch = take(); batch.length > 0 && failure == null; batch = take()) {
                stream.write(batch);
                stream.flush();
            }
        } catch (IOException e) {
            fail(e);
        } finally {
            done();
            writing.unlock();
        }
    }

    private byte[] take() {
        ByteArrayOutputStream batch = new ByteArrayOutputStream(1024);
        lock.lock();
        try {
            while (!queue.isEmpty() && batch.size() < BATCH_BYTES) {
                byte[] next = queue.remove();
                queuedBytes -= next.length;
                batch.writeBytes(next);
            }
            if (queue.isEmpty() && lost > 0) {
                String line = lostLines.apply(lost);
                batch.writeBytes((line.isEmpty() ? "" : line + "\n").getBytes(StandardCharsets.UTF_8));
                lost = 0;
            }
            busy = batch.size() > 0;
        } finally {
            lock.unlock();
        }
        return batch.toByteArray();
    }

    private void done() {
        lock.lock();
        try {
            busy = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(IOException thrown) {
        lock.lock();
        try {
            if (failure != null) {
                return;
            }
            failure = thrown;
            queue.clear();
            queuedBytes = 0;
            lost = 0;
        } finally {
            lock.unlock();
        }
        onFailure.accept(thrown);
    }
}
