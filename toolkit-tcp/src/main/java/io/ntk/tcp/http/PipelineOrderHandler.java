package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Gives requests to the handlers behind it one at a time, so that replies keep the order of the requests however late
 * they are made, and decides what becomes of the connection.
 *
 * <p>Placement: behind the codec (and an {@link HttpTimeoutsHandler}), before the handlers that answer. In: {@link
 * HttpObject}; the messages of a request go on when the reply to the one before is complete and the channel is writable,
 * and wait here meanwhile. Anything else is passed on. Out: responses, to which it adds {@code Date}, {@code Connection}
 * and, where there is neither that nor a length, {@code Transfer-Encoding}; and {@code 100 Continue} when a request that
 * expects it has its turn. Reading pauses through the {@link ReadGate} while the bound of requests, or 64 KiB of their
 * bodies, wait.
 *
 * <p>The connection is closed behind the reply to a request that asked for it, to the last request that a connection may
 * make, to what {@link ConnectionEvent#DRAIN} or the end of the stream found under way, and behind the answer to an
 * {@link HttpViolation} or to a failed {@code decoderResult}. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-9.3">RFC 9112, 9.3</a>
 */
public final class PipelineOrderHandler extends ChannelDuplexHandler {
    private static final int MAX_WAITING_BODY_BYTES = 64 * 1024;

    private final HttpLimits limits;
    private final Queue<Object> waiting = new ArrayDeque<>(4);
    private int waitingRequests;
    private int waitingBytes;
    private int requests;
    /* Of the request at hand: it has been given on, not all of it, its reply is not complete, has begun. */
    private boolean receiving;
    private boolean answering;
    private boolean begun;
    private boolean oneDotZero;
    private boolean keepAlive = true;
    /* Nothing more is answered but what is at hand. */
    private @Nullable CloseCause ending;
    private boolean over;
    private boolean paused;
    private boolean atWork;
    private boolean reading;

    /**
     * Makes a handler for one channel.
     *
     * @param limits of which requests on a connection and requests that wait are held here
     */
    public PipelineOrderHandler(HttpLimits limits) {
        this.limits = requireNonNull(limits, "limits");
    }

    /** Whether a handler of this class is in the pipeline: it then answers violations, and closes. */
    static boolean isIn(ChannelPipeline pipeline) {
        return pipeline.context(PipelineOrderHandler.class) != null;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        boolean simple =
                message.getClass() == DefaultHttpRequest.class || message == LastHttpContent.EMPTY_LAST_CONTENT;
        if (!simple && !(message instanceof HttpObject)) {
            ctx.fireChannelRead(message);
            return;
        }
        reading = true;
        if (over || (ending != null && !receiving)) {
            ReferenceCountUtil.release(message);
        } else if (waiting.isEmpty() && mayGoOn(ctx)) {
            boolean outer = atWork;
            atWork = true;
            give(ctx, message);
            atWork = outer;
            proceed(ctx);
        } else {
            queue(message);
            proceed(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        reading = false;
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ctx.fireChannelWritabilityChanged();
        if (ctx.channel().isWritable() && !waiting.isEmpty() && !atWork) {
            proceed(ctx);
            ctx.fireChannelReadComplete();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof HttpViolation) {
            if (!over && ending == null) {
                queue(event);
                proceed(ctx);
            }
        } else if (event instanceof ChannelInputShutdownEvent) {
            queue(event);
            proceed(ctx);
        } else if (event == ConnectionEvent.DRAIN) {
            drain(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
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

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message.getClass() == PreparedReply.Message.class) {
            PreparedReply.Message ready = (PreparedReply.Message) message;
            if (!answering) {
                promise.tryFailure(new IllegalStateException("a reply without a request"));
                return;
            }
            boolean plain = keepAlive && !oneDotZero;
            ctx.write(plain ? ready : ready.with(connection()), promise);
            replied(ctx);
        } else if (message instanceof HttpObject) {
            writeObject(ctx, message, promise);
        } else {
            ctx.write(message, promise);
        }
    }

    private PreparedReply.Connection connection() {
        if (!keepAlive) {
            return PreparedReply.Connection.CLOSE;
        }
        return oneDotZero ? PreparedReply.Connection.KEEP_ALIVE : PreparedReply.Connection.UNSAID;
    }

    private void writeObject(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (over || !answering) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new IllegalStateException("a reply without a request"));
            return;
        }
        if (message instanceof HttpResponse response) {
            if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                    && response.status().code() != 101) {
                ctx.write(message, promise);
                return;
            }
            begun = true;
            complete(response);
        }
        ctx.write(message, promise);
        if (message instanceof LastHttpContent) {
            replied(ctx);
        }
    }

    /** RFC 9110, 6.6.1; RFC 9112, 6.3 and 9.6: Date, a way to find the end, and what becomes of the connection. */
    private void complete(HttpResponse response) {
        HttpHeaders headers = response.headers();
        if (!headers.contains(HttpHeaderNames.DATE)) {
            headers.set(HttpHeaderNames.DATE, HttpDate.now());
        }
        int status = response.status().code();
        if (status == 101) {
            return;
        }
        if (!(headers.contains(HttpHeaderNames.CONTENT_LENGTH) || status == 204 || status == 304)) {
            if (response instanceof FullHttpResponse full && !HttpUtil.isTransferEncodingChunked(response)) {
                headers.setInt(HttpHeaderNames.CONTENT_LENGTH, full.content().readableBytes());
            } else if (oneDotZero) {
                headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
                keepAlive = false;
            } else {
                headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            }
        }
        if (headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)) {
            keepAlive = false;
        } else if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (oneDotZero) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }

    private void replied(ChannelHandlerContext ctx) {
        answering = false;
        begun = false;
        if (!keepAlive) {
            // What of this request is still to come is discarded by the way of the close.
            finish(ctx, ending == null ? CloseCause.LOCAL : ending, Unpooled.EMPTY_BUFFER);
        } else if (!atWork) {
            proceed(ctx);
            if (!reading) {
                ctx.fireChannelReadComplete();
            }
        }
    }

    /** Gives on what waits, as far as it goes now. */
    private void proceed(ChannelHandlerContext ctx) {
        if (atWork) {
            return;
        }
        atWork = true;
        while (!over) {
            Object next = waiting.peek();
            if (next == null || !mayGoOn(ctx)) {
                break;
            }
            waiting.remove();
            if (next instanceof HttpRequest) {
                waitingRequests--;
            }
            waitingBytes -= bytes(next);
            give(ctx, next);
        }
        atWork = false;
        pauseOrResume(ctx);
    }

    private boolean mayGoOn(ChannelHandlerContext ctx) {
        if (receiving) {
            return true; // the rest of what is at hand, or what cuts it short
        }
        if (!answering && !ctx.channel().isWritable()) {
            ctx.flush();
        }
        return !answering && ctx.channel().isWritable();
    }

    private void give(ChannelHandlerContext ctx, Object message) {
        // Classes first: asking an object for interfaces that it has not is a search.
        if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
            receiving = false;
            ctx.fireChannelRead(message);
        } else if (message.getClass() == DefaultHttpRequest.class
                && ((DefaultHttpRequest) message).decoderResult().isSuccess()) {
            begin(ctx, (DefaultHttpRequest) message, false);
            ctx.fireChannelRead(message);
        } else if (message instanceof HttpObject object) {
            if (object.decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                violated(ctx, violation(object.decoderResult().cause()));
                return;
            }
            if (message instanceof HttpRequest request) {
                begin(ctx, request, message instanceof LastHttpContent);
            }
            if (message instanceof LastHttpContent) {
                receiving = false;
            }
            ctx.fireChannelRead(message);
        } else if (message instanceof HttpViolation violation) {
            violated(ctx, violation);
        } else {
            finish(ctx, CloseCause.PEER, Unpooled.EMPTY_BUFFER);
        }
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request, boolean whole) {
        receiving = true;
        answering = true;
        begun = false;
        oneDotZero = HttpVersion.HTTP_1_0.equals(request.protocolVersion());
        keepAlive = HttpUtil.isKeepAlive(request) && ++requests < limits.requests() && ending == null;
        if (!whole && !oneDotZero && HttpUtil.is100ContinueExpected(request) && hasBody(request)) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    private static boolean hasBody(HttpRequest request) {
        return HttpUtil.isTransferEncodingChunked(request) || HttpUtil.getContentLength(request, 0L) > 0;
    }

    private static HttpViolation violation(@Nullable Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return new HttpViolation(414, "the request line is too long");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new HttpViolation(431, "the header lines are too long");
        }
        return new HttpViolation(400, "no sound HTTP/1.1 request");
    }

    private void violated(ChannelHandlerContext ctx, HttpViolation violation) {
        ctx.fireUserEventTriggered(violation);
        if (begun) {
            // Half of a reply is out: nothing can be said any more.
            over = true;
            drop();
            CloseCause.mark(ctx.channel(), CloseCause.PROTOCOL);
            Closing.reset(ctx.channel());
            return;
        }
        CloseCause cause = violation.status() == 408 ? CloseCause.IDLE : CloseCause.PROTOCOL;
        finish(ctx, cause, violation.response());
    }

    private void finish(ChannelHandlerContext ctx, CloseCause cause, Object last) {
        over = true;
        answering = false;
        drop();
        CloseCause.mark(ctx.channel(), cause);
        if (cause == CloseCause.PEER) {
            ReferenceCountUtil.release(last);
            Closing.afterWrites(ctx);
        } else {
            // More may be on its way, and would reset the connection before the reply is read.
            Closing.refuse(ctx, last);
        }
    }

    /** The reply at hand is the last; what waits is not begun. */
    private void drain(ChannelHandlerContext ctx) {
        if (over) {
            return;
        }
        if (!answering) {
            finish(ctx, CloseCause.SHUTDOWN, Unpooled.EMPTY_BUFFER);
        } else if (ending == null) {
            ending = CloseCause.SHUTDOWN;
            keepAlive = false;
            drop();
            pauseOrResume(ctx);
        }
    }

    private void queue(Object message) {
        waiting.add(message);
        if (message instanceof HttpRequest) {
            waitingRequests++;
        }
        waitingBytes += bytes(message);
    }

    private static int bytes(Object message) {
        return message instanceof HttpContent content ? content.content().readableBytes() : 0;
    }

    private void pauseOrResume(ChannelHandlerContext ctx) {
        int inFlight = waitingRequests + (answering ? 1 : 0);
        boolean pause = !over && (inFlight >= limits.pipelined() || waitingBytes > MAX_WAITING_BODY_BYTES);
        if (pause != paused) {
            paused = pause;
            if (pause) {
                ReadGate.of(ctx.channel()).pause(this);
            } else {
                ReadGate.of(ctx.channel()).resume(this);
            }
        }
    }

    private void drop() {
        for (Object message = waiting.poll(); message != null; message = waiting.poll()) {
            ReferenceCountUtil.release(message);
        }
        waitingRequests = 0;
        waitingBytes = 0;
    }
}
