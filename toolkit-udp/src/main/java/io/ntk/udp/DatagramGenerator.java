package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.channel.uring.IoUringDatagramChannel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends datagrams that say nothing but their number, as fast as the system takes them or at a rate.
 *
 * <p>On Linux up to 64 of them are handed to the kernel at once, cut by it (UDP_SEGMENT). Support for that can be told and
 * yet a send fail, as the interface decides: then this generator sends what failed again, one by one, and goes on so.
 */
public final class DatagramGenerator {
    private static final int MAX_SEGMENTS = 64;
    private static final int MAX_IN_FLIGHT = 4;
    private static final int DIGITS = 10;
    private static final long NANOS = 1_000_000_000;

    private final DatagramClient client;
    private final int size;
    private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean segments;

    /**
     * Makes a generator.
     *
     * @param client where to; used by nobody else meanwhile
     * @param size bytes of each datagram, 0 to the client's limit
     */
    public DatagramGenerator(DatagramClient client, int size) {
        this.client = requireNonNull(client, "client");
        this.size = size;
        if (size < 0 || size > client.limit()) {
            throw new IllegalArgumentException("size: " + size + " (expected: 0 to " + client.limit() + ")");
        }
        Channel channel = client.channel();
        boolean supported = channel instanceof EpollDatagramChannel
                ? EpollDatagramChannel.isSegmentedDatagramPacketSupported()
                : channel instanceof IoUringDatagramChannel
                        && IoUringDatagramChannel.isSegmentedDatagramPacketSupported();
        this.segments = supported && size > 0;
    }

    /**
     * Sends. Blocks until the system has taken the last datagram.
     *
     * @param count how many
     * @param perSecond how many a second; 0 for as fast as it goes
     * @throws IOException when the system does not take one
     */
    public void send(long count, long perSecond) throws IOException {
        long start = System.nanoTime();
        long sent = 0;
        while (sent < count) {
            long due = count;
            if (perSecond > 0) {
                long elapsed = System.nanoTime() - start;
                due = Math.min(count, 1 + (long) ((double) elapsed * perSecond / NANOS));
                if (due <= sent) {
                    LockSupport.parkNanos((long) ((double) sent * NANOS / perSecond) - elapsed);
                    continue;
                }
            }
            int batch = (int) Math.min(batchSize(), due - sent);
            acquire(1);
            long first = sent;
            client.channel().eventLoop().execute(() -> write(first, batch));
            sent += batch;
        }
        acquire(MAX_IN_FLIGHT);
        inFlight.release(MAX_IN_FLIGHT);
        check();
    }

    private int batchSize() {
        return Math.max(1, Math.min(MAX_SEGMENTS, DatagramClient.MAX_IPV4_BYTES / Math.max(1, size)));
    }

    private void acquire(int permits) throws IOException {
        try {
            inFlight.acquire(permits);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        Throwable failed = failure.get();
        if (failed != null) {
            inFlight.release(permits);
            check();
        }
    }

    private void check() throws IOException {
        Throwable failed = failure.get();
        if (failed != null) {
            throw new IOException("cannot send: " + DatagramClient.why(failed), failed);
        }
    }

    /* On the event loop from here on. */

    private void write(long first, int batch) {
        ByteBuf bytes = client.channel().alloc().directBuffer(Math.max(1, size * batch));
        for (int i = 0; i < batch; i++) {
            number(bytes, first + i);
        }
        if (segments && batch > 1 && client.target() instanceof InetSocketAddress target) {
            var packet = new SegmentedDatagramPacket(bytes.retainedDuplicate(), size, target);
            client.channel().writeAndFlush(packet).addListener(done -> {
                if (done.isSuccess() || DatagramClient.isRefusal(requireNonNull(done.cause()))) {
                    finish(bytes, done.isSuccess() ? null : done.cause());
                } else {
                    segments = false;
                    writeEach(bytes, batch);
                }
            });
        } else {
            writeEach(bytes, batch);
        }
    }

    private void writeEach(ByteBuf bytes, int batch) {
        if (size == 0) {
            writeEmpty(bytes, batch);
            return;
        }
        Channel channel = client.channel();
        for (int i = 0; i < batch; i++) {
            ChannelFuture written = channel.write(client.packet(bytes.retainedSlice(i * size, size)));
            boolean last = i == batch - 1;
            written.addListener(done -> {
                if (!done.isSuccess()) {
                    failed(requireNonNull(done.cause()));
                }
                if (last) {
                    finish(bytes, null);
                }
            });
        }
        channel.flush();
    }

    private void writeEmpty(ByteBuf bytes, int batch) {
        IOException thrown = null;
        for (int i = 0; i < batch; i++) {
            try {
                EmptyDatagram.send(client.channel(), client.target());
            } catch (IOException e) {
                thrown = e;
            }
        }
        finish(bytes, thrown);
    }

    private void finish(ByteBuf bytes, @Nullable Throwable cause) {
        bytes.release();
        if (cause != null) {
            failed(cause);
        }
        inFlight.release();
    }

    private void failed(Throwable cause) {
        if (DatagramClient.isRefusal(cause)) {
            client.inbox().unreachable(DatagramClient.why(cause));
        } else {
            failure.compareAndSet(null, cause);
        }
    }

    /** The number in decimal, its last digits, then dots. */
    private void number(ByteBuf bytes, long number) {
        int start = bytes.writerIndex();
        int shown = Math.min(size, DIGITS);
        long rest = number;
        for (int i = shown - 1; i >= 0; i--) {
            bytes.setByte(start + i, '0' + (int) (rest % 10));
            rest /= 10;
        }
        for (int i = shown; i < size; i++) {
            bytes.setByte(start + i, '.');
        }
        bytes.writerIndex(start + size);
    }
}
