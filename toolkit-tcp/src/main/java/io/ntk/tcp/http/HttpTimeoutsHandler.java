package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ReadGate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections whose clients take too long: without a request silently, within one with 408.
 *
 * <p>Placement: right behind the codec, before a {@link PipelineOrderHandler}, through which 408 is sent in order; without
 * one it is sent at once. Everything is passed on. The beginning of a head is told by a {@link StrictHttpHandler} before
 * the codec; without one it is seen when a read brings no message, so that a head which began in the same read as the
 * end of another request is timed from its next bytes.
 *
 * <p>No timer runs while replies are being made, or while the {@link ReadGate} is paused: that is our time; nor is a client
 * idle while a reply waits in the channel for it to be taken. One that takes no data is {@link
 * io.ntk.core.WriteStallHandler}'s affair. Requests that come in one piece cost a look at the clock for each read and no
 * timer. Not sharable.
 */
public final class HttpTimeoutsHandler extends ChannelDuplexHandler {
    private enum Phase {
        FIRST_BYTE,
        IDLE,
        HEAD,
        BODY,
        /* Replies are being made, and the client sends nothing. */
        OURS
    }

    private final HttpTimeouts timeouts;
    private Phase phase = Phase.FIRST_BYTE;
    private int unanswered;
    /* Since when the phase lasts, the request, and the window of its body. */
    private long phaseSince;
    private long requestSince;
    private long windowSince;
    private long windowBytes;
    private boolean messageInRead;
    private boolean changed;
    private boolean over;
    private long pausedAt;
    private boolean paused;
    private @Nullable Future<?> timer;
    private long timerAt;

    /**
     * Makes a handler for one channel.
     *
     * @param timeouts how long a client may take
     */
    public HttpTimeoutsHandler(HttpTimeouts timeouts) {
        this.timeouts = requireNonNull(timeouts, "timeouts");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            start(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (timer == null) {
            start(ctx);
        }
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        // Classes first: asking an object for interfaces that it has not is a search.
        if (message.getClass() == DefaultHttpRequest.class) {
            messageInRead = true;
            request();
        } else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
            messageInRead = true;
            requestEnds();
        } else if (message instanceof HttpObject) {
            other(message);
        }
        ctx.fireChannelRead(message);
    }

    private void other(Object message) {
        messageInRead = true;
        if (message instanceof HttpRequest) {
            request();
        }
        if (message instanceof LastHttpContent) {
            requestEnds();
        } else if (message instanceof HttpContent content) {
            windowBytes += content.content().readableBytes();
        }
    }

    private void requestEnds() {
        unanswered++;
        enter(Phase.OURS);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!messageInRead
                && (phase == Phase.IDLE || phase == Phase.FIRST_BYTE || phase == Phase.OURS)
                && !strict(ctx)) {
            beginHead(ctx);
        }
        messageInRead = false;
        settle(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == HttpProgress.HEAD_BEGUN) {
            beginHead(ctx);
            settle(ctx);
        } else if (event instanceof HttpViolation) {
            stop();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        boolean last = message.getClass() == PreparedReply.Message.class
                || (message instanceof LastHttpContent && !informational(message));
        ctx.write(message, promise);
        if (last && unanswered > 0 && --unanswered == 0 && phase == Phase.OURS) {
            enter(Phase.IDLE);
            if (!messageInRead) {
                settle(ctx);
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        stop();
    }

    private static boolean informational(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private static boolean strict(ChannelHandlerContext ctx) {
        return ctx.pipeline().context(StrictHttpHandler.class) != null;
    }

    private void start(ChannelHandlerContext ctx) {
        ReadGate gate = ReadGate.of(ctx.channel());
        gate.whenPaused(() -> {
            paused = true;
            pausedAt = now(ctx);
        });
        gate.whenResumed(() -> {
            if (paused) {
                paused = false;
                shift(now(ctx) - pausedAt);
            }
        });
        phaseSince = now(ctx);
        arm(ctx, deadline());
    }

    /** The time of a pause is none of the client's. */
    private void shift(long nanos) {
        phaseSince += nanos;
        requestSince += nanos;
        windowSince += nanos;
    }

    private void beginHead(ChannelHandlerContext ctx) {
        enter(Phase.HEAD);
        phaseSince = now(ctx);
        requestSince = phaseSince;
    }

    private void request() {
        if (phase != Phase.HEAD) {
            requestSince = Long.MIN_VALUE; // it has only just begun: settle gives it the time
        }
        windowBytes = 0;
        enter(Phase.BODY);
    }

    private void enter(Phase next) {
        phase = next;
        changed = true;
    }

    /** Once in a read, and when a reply made later is complete: the clock, and a timer if one is needed sooner. */
    private void settle(ChannelHandlerContext ctx) {
        if (!changed || over) {
            return;
        }
        changed = false;
        long now = now(ctx);
        if (phase != Phase.HEAD) {
            phaseSince = now;
        }
        if (phase == Phase.BODY) {
            windowSince = now;
            if (requestSince == Long.MIN_VALUE) {
                requestSince = now;
            }
        }
        long deadline = deadline();
        if (deadline != Long.MAX_VALUE && (timer == null || deadline - timerAt < 0)) {
            arm(ctx, deadline);
        }
    }

    private long deadline() {
        return switch (phase) {
            case FIRST_BYTE -> after(phaseSince, timeouts.firstByte());
            case IDLE -> after(phaseSince, timeouts.idle());
            case HEAD -> Math.min(after(phaseSince, timeouts.header()), after(requestSince, timeouts.request()));
            case BODY -> Math.min(after(windowSince, timeouts.bodyWindow()), after(requestSince, timeouts.request()));
            case OURS -> Long.MAX_VALUE;
        };
    }

    private static long after(long since, Duration time) {
        return time.isZero() ? Long.MAX_VALUE : since + time.toNanos();
    }

    private void arm(ChannelHandlerContext ctx, long deadline) {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        if (deadline != Long.MAX_VALUE && !over) {
            timerAt = deadline;
            timer = ctx.executor().schedule(() -> look(ctx), Math.max(1, deadline - now(ctx)), TimeUnit.NANOSECONDS);
        }
    }

    private void look(ChannelHandlerContext ctx) {
        timer = null;
        if (over || ctx.isRemoved()) {
            return;
        }
        long now = now(ctx);
        if (paused) {
            shift(now - pausedAt);
            pausedAt = now;
        }
        if (phase == Phase.IDLE && isSending(ctx)) {
            phaseSince = now; // the client still takes the last reply
        }
        long deadline = deadline();
        if (deadline == Long.MAX_VALUE) {
            return; // the next phase that has one sets a timer
        }
        if (deadline - now > 0) {
            arm(ctx, deadline);
        } else if (phase == Phase.BODY
                && now - after(requestSince, timeouts.request()) < 0
                && windowBytes >= timeouts.bodyWindowBytes()) {
            windowSince = now;
            windowBytes = 0;
            arm(ctx, deadline());
        } else {
            expire(ctx);
        }
    }

    private static boolean isSending(ChannelHandlerContext ctx) {
        ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
        return buffer != null && buffer.totalPendingWriteBytes() > 0;
    }

    private void expire(ChannelHandlerContext ctx) {
        stop();
        CloseCause.mark(ctx.channel(), CloseCause.IDLE);
        if (phase == Phase.FIRST_BYTE || phase == Phase.IDLE) {
            ctx.close();
            return;
        }
        var violation = new HttpViolation(408, phase == Phase.HEAD ? "the head took too long" : "the body is too slow");
        if (PipelineOrderHandler.isIn(ctx.pipeline())) {
            ctx.fireUserEventTriggered(violation);
        } else {
            Closing.refuse(ctx, violation.response());
        }
    }

    private void stop() {
        over = true;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private static long now(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime();
    }
}
