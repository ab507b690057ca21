package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import io.ntk.core.Reason;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each line to a {@link Responder} and sends its reply.
 *
 * <p>Placement: behind a {@link LineDecoder}. In: {@link LineMessage}; anything else is passed on. Out: {@link ByteBuf},
 * the replies of one read gathered in one, flushed once. The responder is called through the executor, for one line at a
 * time, so that replies keep their order; {@code Runnable::run} calls it on the event loop, where it must not block. The
 * greeting is sent when the channel becomes active.
 *
 * <p>While a reply is being made elsewhere, and while the channel is not writable, reading and decoding stop through the
 * {@link ReadGate}. The end of the peer's stream and {@link ConnectionEvent#DRAIN} close the connection behind the
 * replies to what was read. Failure: what a responder throws is logged, at most once a second, the peer gets an error
 * line, and the connection stays. A question that waits in a {@link ThreadPoolExecutor} is taken back when its peer has
 * gone. Not sharable.
 */
public final class LineHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(LineHandler.class);
    private static final Reply FAILED = Reply.line("error: the service failed");
    private static final int MAX_GATHERED_BYTES = 64 * 1024;
    private static final long WARNING_INTERVAL_NANOS = 1_000_000_000;

    private final Responder responder;
    private final Executor executor;
    /* Empty with a decoder that holds back while the gate is paused. */
    private final Queue<LineMessage> waiting = new ArrayDeque<>();
    private @Nullable ByteBuf replies;
    private boolean unflushed;
    private boolean reading;
    /* Writing a reply may change the writability on the spot; that is looked at when the reply is done with. */
    private boolean atWork;
    private boolean answering;
    /* The question that the executor has. */
    private @Nullable Runnable asked;
    private boolean paused;
    private @Nullable CloseCause ending;
    private boolean over;
    private long warnedAt;

    /**
     * Makes a handler for one channel.
     *
     * @param responder what answers
     * @param executor where it is called; {@code Runnable::run} for the event loop, threads for one that blocks
     */
    public LineHandler(Responder responder, Executor executor) {
        this.responder = requireNonNull(responder, "responder");
        this.executor = requireNonNull(executor, "executor");
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        SocketAddress peer = ctx.channel().remoteAddress();
        ask(ctx, () -> responder.greet(peer), true);
        proceed(ctx);
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof LineMessage line)) {
            ctx.fireChannelRead(message);
            return;
        }
        reading = true;
        if (!over) {
            waiting.add(line);
            proceed(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        reading = false;
        flush(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!atWork) {
            proceed(ctx);
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            end(ctx, CloseCause.PEER);
        } else if (event == ConnectionEvent.DRAIN) {
            end(ctx, CloseCause.SHUTDOWN);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        drop();
        if (paused) {
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    private void end(ChannelHandlerContext ctx, CloseCause cause) {
        if (ending == null) {
            ending = cause;
        }
        proceed(ctx);
    }

    /** Answers what waits, as far as it goes now, and sees to it that more comes only when it can be answered. */
    private void proceed(ChannelHandlerContext ctx) {
        while (!answering && !over && ctx.channel().isWritable()) {
            LineMessage line = waiting.poll();
            if (line == null) {
                break;
            }
            answer(ctx, line);
        }
        if (!over && ending != null && !answering && waiting.isEmpty()) {
            finish(ctx, ending);
        }
        if (!reading) {
            flush(ctx);
        }
        boolean pause = !over && (answering || !ctx.channel().isWritable());
        if (pause != paused) {
            paused = pause;
            if (pause) {
                ReadGate.of(ctx.channel()).pause(this);
            } else {
                ReadGate.of(ctx.channel()).resume(this);
            }
        }
    }

    private void answer(ChannelHandlerContext ctx, LineMessage line) {
        SocketAddress peer = ctx.channel().remoteAddress();
        if (line instanceof LineMessage.Text text) {
            ask(ctx, () -> responder.reply(text.text(), peer), text.wholeLine());
        } else if (line instanceof LineMessage.Rejected rejected) {
            ask(ctx, () -> responder.rejected(rejected.reason(), peer), true);
        }
    }

    private void ask(ChannelHandlerContext ctx, Supplier<Reply> question, boolean wholeLine) {
        answering = true;
        atWork = true;
        Executor remembering = task -> {
            asked = task;
            executor.execute(task);
        };
        CompletableFuture.supplyAsync(question, remembering).whenComplete((reply, failure) -> {
            if (ctx.executor().inEventLoop()) {
                answered(ctx, reply, failure, wholeLine);
            } else {
                ctx.executor().execute(() -> answered(ctx, reply, failure, wholeLine));
            }
        });
        atWork = false;
    }

    private void answered(
            ChannelHandlerContext ctx, @Nullable Reply reply, @Nullable Throwable failure, boolean wholeLine) {
        answering = false;
        asked = null;
        if (over) {
            return;
        }
        boolean atOnce = atWork;
        atWork = true;
        Reply said = reply;
        if (said == null) {
            log(ctx, failure);
            said = FAILED;
        }
        gather(ctx, said.text(), wholeLine);
        if (said.last()) {
            finish(ctx, CloseCause.LOCAL);
        }
        atWork = atOnce;
        if (!atOnce) {
            proceed(ctx);
        }
    }

    /** A peer that makes a responder fail with every line does not fill the log. */
    private void log(ChannelHandlerContext ctx, @Nullable Throwable failure) {
        long now = System.nanoTime();
        if (warnedAt == 0 || now - warnedAt > WARNING_INTERVAL_NANOS) {
            warnedAt = now;
            String why = failure == null ? "it gave no reply" : Reason.of(failure);
            LOG.warn("{} a responder failed: {}", ctx.channel().id().asShortText(), why, failure);
        }
    }

    private void gather(ChannelHandlerContext ctx, @Nullable String text, boolean wholeLine) {
        if (text == null) {
            return;
        }
        ByteBuf gathered = replies == null ? ctx.alloc().buffer() : replies;
        gathered.writeCharSequence(text, StandardCharsets.UTF_8);
        if (wholeLine) {
            gathered.writeByte('\n');
        }
        replies = gathered;
        if (gathered.readableBytes() >= MAX_GATHERED_BYTES) {
            write(ctx);
        }
    }

    private void write(ChannelHandlerContext ctx) {
        ByteBuf gathered = replies;
        if (gathered != null) {
            replies = null;
            unflushed = true;
            // A failure comes back as an exception event, which tells the cause of the end.
            ctx.write(gathered, ctx.voidPromise());
        }
    }

    private void flush(ChannelHandlerContext ctx) {
        write(ctx);
        if (unflushed) {
            unflushed = false;
            ctx.flush();
        }
    }

    private void finish(ChannelHandlerContext ctx, CloseCause cause) {
        over = true;
        waiting.clear();
        CloseCause.mark(ctx.channel(), cause);
        write(ctx);
        if (cause == CloseCause.LOCAL && !inputEnded(ctx)) {
            // More may be on its way from the peer, and would reset the connection before the last reply is read.
            Closing.refuse(ctx, Unpooled.EMPTY_BUFFER);
        } else {
            Closing.afterWrites(ctx);
        }
    }

    private static boolean inputEnded(ChannelHandlerContext ctx) {
        return ctx.channel() instanceof DuplexChannel duplex && duplex.isInputShutdown();
    }

    private void drop() {
        over = true;
        waiting.clear();
        // Peers that come, ask and go would fill the queue of workers that are slow.
        if (asked != null && executor instanceof ThreadPoolExecutor pool) {
            pool.remove(asked);
        }
        asked = null;
        if (replies != null) {
            replies.release();
            replies = null;
        }
    }
}
