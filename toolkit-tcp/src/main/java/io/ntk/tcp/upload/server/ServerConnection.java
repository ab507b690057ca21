package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.NetListener;
import io.ntk.core.ReadGate;
import io.ntk.core.TrafficHandler;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the parts of one connection share: the way to its peer, its clock, and who is told of files. All of it is used on the
 * connection's event loop, but for {@link #onLoop}, which leads there.
 */
final class ServerConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

    private final NetListener listener;
    private @Nullable ChannelHandlerContext context;
    private Life life = Life.OPEN;
    private String id = "";
    private String peer = "";
    private boolean flushDue;
    private long saidAt;

    /** How far a connection is. */
    enum Life {
        /** Both sides speak. */
        OPEN,
        /** The peer has said all; it still gets its answers. */
        INPUT_ENDED,
        /** Nothing is answered any more. */
        OVER
    }

    ServerConnection(NetListener listener) {
        this.listener = listener;
    }

    /** Once, when the handler is in its pipeline. */
    void start(ChannelHandlerContext ctx) {
        context = ctx;
        id = ctx.channel().id().asShortText();
        saidAt = now();
    }

    /** Once the channel is connected, and has a peer. */
    void connected() {
        peer = TrafficHandler.name(channel().remoteAddress());
    }

    ChannelHandlerContext context() {
        return requireNonNull(context, "context");
    }

    Channel channel() {
        return context().channel();
    }

    String id() {
        return id;
    }

    String peer() {
        return peer;
    }

    Life life() {
        return life;
    }

    /** Goes on to a later part of its life; never back. */
    void life(Life later) {
        if (later.compareTo(life) > 0) {
            life = later;
        }
    }

    /** Whether an answer can still reach the peer. */
    boolean canAnswer() {
        return life != Life.OVER && channel().isActive();
    }

    // ---- out

    /** Writes a frame, and flushes when the loop has done what it is at. */
    void send(UploadFrame frame) {
        context().write(frame);
        saidAt = now();
        if (!flushDue) {
            flushDue = true;
            onLoop(this::flush);
        }
    }

    void flush() {
        if (flushDue) {
            flushDue = false;
            context().flush();
        }
    }

    /** When the last frame was sent. */
    long saidAt() {
        return saidAt;
    }

    /**
     * Answers and closes; what still comes reaches nobody.
     *
     * @param begun whether the peer had come to the end of its beginning
     * @param answer the last message; ownership moves here
     */
    void refuse(UploadError error, boolean begun, Object answer) {
        CloseCause cause =
                switch (error) {
                    case TIMEOUT -> begun ? CloseCause.IDLE : CloseCause.HANDSHAKE_TIMEOUT;
                    case TOO_SLOW -> CloseCause.IDLE;
                    case SHUTTING_DOWN -> CloseCause.SHUTDOWN;
                    case NO_SPACE, IO_ERROR, SYNC_FAILED, INTERNAL -> CloseCause.ERROR;
                    default -> CloseCause.PROTOCOL;
                };
        CloseCause.mark(channel(), cause);
        Closing.refuse(context(), answer);
    }

    /**
     * Follows whether the peer takes what is written: who does not is not read, or asking would fill the memory.
     *
     * @return whether nothing more may be written
     */
    boolean pauseWhileBlocked() {
        boolean blocked = !channel().isWritable();
        ReadGate gate = ReadGate.of(channel());
        if (blocked) {
            gate.pause(this);
        } else {
            gate.resume(this);
        }
        return blocked;
    }

    /** Is gone from its pipeline: whether the channel is read is nobody's business here any more. */
    void leave() {
        life(Life.OVER);
        ReadGate.of(channel()).resume(this);
    }

    // ---- the loop

    /** The loop's own time in nanoseconds, which tests can turn. */
    long now() {
        return context().executor().ticker().nanoTime();
    }

    /** Runs a task on the event loop, called from any thread; where the loop has ended there is nobody left to answer. */
    void onLoop(Runnable task) {
        try {
            context().executor().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} its event loop has ended before its disk", id);
        }
    }

    Future<?> after(Duration time, Runnable task) {
        return context().executor().schedule(task, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    // ---- the listener

    /** Tells of a file; a listener that fails does not disturb its connection. */
    void tell(UploadEvent event) {
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed on {}", event.name(), e);
        }
    }

    /** Tells that a file is there, which was begun at a time of {@link #now}. */
    void tellDone(Receipt receipt, long startedAt) {
        tell(new UploadEvent.Done(id, peer, receipt, Duration.ofNanos(now() - startedAt)));
    }

    void tellFailed(String path, UploadException why) {
        tell(new UploadEvent.Failed(id, peer, path, why.error(), why.getMessage()));
    }

    // ---- failures

    /** What a future of a store ended with, without its wrapping. */
    static @Nullable Throwable cause(@Nullable Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** The same as an error of the registry; what is none is a fault of ours, and logged. */
    static UploadException failure(@Nullable Throwable failure) {
        Throwable why = cause(failure);
        if (why instanceof UploadException known) {
            return known;
        }
        LOG.warn("a fault of the server", why);
        return new UploadException(UploadError.INTERNAL, "a fault of the server");
    }
}
