package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.ReadGate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Carries what arrives to a sink that may block, on a thread of its own.
 *
 * <p>Placement: last but for what closes. In: {@link ByteBuf}, which is released; anything else is passed on. The end of
 * the peer's stream is not passed on; the thread ends when everything before it is written. Reading stops while more
 * than 1 MiB waits, until less than 256 KiB do; each piece counts 512 bytes more than it has. When the sink fails, the
 * rest is dropped. Not sharable.
 */
final class SinkWriter extends ChannelInboundHandlerAdapter {
    private static final int HIGH_BYTES = 1024 * 1024;
    private static final int LOW_BYTES = 256 * 1024;
    /* What a piece costs beside its bytes, so that a peer that sends them one by one does not fill the memory. */
    private static final int PIECE_BYTES = 512;

    private final WritableByteChannel sink;
    private final BlockingQueue<ByteBuf> queue = new LinkedBlockingQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final CompletableFuture<Void> peerEnded = new CompletableFuture<>();
    private final CompletableFuture<Void> written = new CompletableFuture<>();
    private volatile long lastRead = System.nanoTime();
    private volatile boolean paused;

    SinkWriter(WritableByteChannel sink) {
        this.sink = requireNonNull(sink, "sink");
    }

    /** Done on the event loop when the peer's stream has ended or the channel has closed. */
    CompletableFuture<Void> peerEnded() {
        return peerEnded;
    }

    /** Done when everything that arrived is written; else why it could not be. */
    CompletableFuture<Void> written() {
        return written;
    }

    long lastRead() {
        return lastRead;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        Thread thread = new Thread(() -> writeAll(ctx), "ntk-sink");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (!bytes.isReadable() || peerEnded.isDone()) {
            bytes.release();
            return;
        }
        lastRead = System.nanoTime();
        long waiting = queuedBytes.addAndGet(bytes.readableBytes() + PIECE_BYTES);
        queue.add(bytes);
        if (waiting > HIGH_BYTES && !paused) {
            paused = true;
            ReadGate.of(ctx.channel()).pause(this);
            // The thread may have written it all before it could see the mark.
            resumeIfLow(ctx);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            end();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end();
        ctx.fireChannelInactive();
    }

    private void end() {
        if (!peerEnded.isDone()) {
            queue.add(Unpooled.EMPTY_BUFFER); // no other in the queue is empty
            peerEnded.complete(null);
        }
    }

    private void resumeIfLow(ChannelHandlerContext ctx) {
        if (paused && queuedBytes.get() < LOW_BYTES) {
            paused = false;
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    /** The thread. */
    private void writeAll(ChannelHandlerContext ctx) {
        try {
            for (ByteBuf bytes = queue.take(); bytes.isReadable(); bytes = queue.take()) {
                write(ctx, bytes);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            written.completeExceptionally(e);
        }
        written.complete(null);
    }

    private void write(ChannelHandlerContext ctx, ByteBuf bytes) {
        int size = bytes.readableBytes() + PIECE_BYTES;
        try {
            ByteBuffer rest = bytes.nioBuffer();
            while (rest.hasRemaining() && !written.isDone()) {
                sink.write(rest);
            }
        } catch (IOException | RuntimeException e) {
            written.completeExceptionally(e);
        } finally {
            bytes.release();
        }
        if (queuedBytes.addAndGet(-size) < LOW_BYTES && paused) {
            resumeLater(ctx);
        }
    }

    private void resumeLater(ChannelHandlerContext ctx) {
        try {
            ctx.executor().execute(() -> resumeIfLow(ctx));
        } catch (RejectedExecutionException e) {
            return; // the event loop has ended, and nothing is read any more
        }
    }
}
