package io.ntk.tcp.http.files;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
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
import io.ntk.core.Reason;
import io.ntk.tcp.http.files.Answer.Piece;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers GET and HEAD with the files of a {@link SharedFolder}.
 *
 * <p>Placement: behind an {@code HttpServerCodec}; no {@code HttpContentCompressor} may stand between, since it does not
 * understand file regions, and none is needed. In: {@link HttpObject}s, of which bodies are discarded; anything else is
 * passed on. Out: {@code FullHttpResponse}s for what is in memory, else an {@code HttpResponse}, content or file regions,
 * and {@link LastHttpContent}. {@code Expect: 100-continue} is left to a handler in front. A reply is written when the
 * whole request was read, and requests are answered one at a time and in order; while one waits for another, and while the
 * channel is not writable, reading stops through the {@link ReadGate}. Replies to one read are flushed together.
 *
 * <p>Limits: {@value #MAX_WAITING} requests that were read before reading stopped; those of {@link FilesOptions}. Failure:
 * 400, 414 or 431 and the end of the connection for what the decoder refused, 500 where the file system failed; when a
 * file that is being sent shrinks, the connection is reset, since its reply cannot be finished. The end of the peer's
 * stream and {@link ConnectionEvent#DRAIN} close the connection behind the replies to what was read. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110">RFC 9110</a>
 */
public final class StaticFilesHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(StaticFilesHandler.class);
    /** More than one read of 64 KiB can hold. */
    private static final int MAX_WAITING = 4096;

    private final SharedFolder folder;
    private final Queue<HttpRequest> waiting = new ArrayDeque<>();
    /* The request whose body is being read. */
    private @Nullable HttpRequest receiving;
    private @Nullable FileTransfer transfer;
    private boolean answering;
    private boolean reading;
    private boolean unflushed;
    private boolean atWork;
    private boolean paused;
    private @Nullable CloseCause ending;
    private volatile boolean over;

    /**
     * Makes a handler for one channel.
     *
     * @param folder what is served; one for all channels
     */
    public StaticFilesHandler(SharedFolder folder) {
        this.folder = requireNonNull(folder, "folder");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            receiving = request;
        }
        HttpRequest request = receiving;
        if (request == null || !(message instanceof HttpObject part)) {
            ctx.fireChannelRead(message);
            return;
        }
        reading = true;
        boolean failed = part.decoderResult().isFailure();
        if (failed) {
            request.setDecoderResult(part.decoderResult());
        }
        boolean whole = failed || message instanceof LastHttpContent;
        ReferenceCountUtil.release(message);
        if (whole) {
            receiving = null;
            take(ctx, request);
        }
    }

    private void take(ChannelHandlerContext ctx, HttpRequest request) {
        if (over) {
            return;
        }
        if (waiting.size() == MAX_WAITING) {
            CloseCause.mark(ctx.channel(), CloseCause.PROTOCOL);
            ctx.close();
            return;
        }
        waiting.add(request);
        proceed(ctx);
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
            paused = false;
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    private void drop() {
        over = true;
        waiting.clear();
        if (transfer != null) {
            transfer.stop();
            transfer = null;
        }
    }

    private void end(ChannelHandlerContext ctx, CloseCause cause) {
        if (ending == null) {
            ending = cause;
        }
        proceed(ctx);
    }

    /** Answers what waits, as far as it goes now, and sees to it that no more is read than can be answered. */
    private void proceed(ChannelHandlerContext ctx) {
        if (atWork) {
            return;
        }
        atWork = true;
        while (!answering && !over && ctx.channel().isWritable()) {
            HttpRequest request = waiting.poll();
            if (request == null) {
                break;
            }
            answer(ctx, request);
        }
        atWork = false;
        if (!over && ending != null && !answering && waiting.isEmpty()) {
            finish(ctx, ending);
        }
        if (!reading) {
            flush(ctx);
        }
        boolean pause = !over && (!waiting.isEmpty() || !ctx.channel().isWritable());
        if (pause != paused) {
            paused = pause;
            if (pause) {
                ReadGate.of(ctx.channel()).pause(this);
            } else {
                ReadGate.of(ctx.channel()).resume(this);
            }
        }
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            write(ctx, request, Answer.plain(refusal(request.decoderResult().cause()), request.method()));
            return;
        }
        Answer known = folder.fromMemory(request);
        if (known != null) {
            write(ctx, request, known);
            return;
        }
        answering = true;
        try {
            folder.readers().execute(() -> look(ctx, request));
        } catch (RejectedExecutionException e) {
            answering = false;
            write(ctx, request, Answer.plain(HttpResponseStatus.SERVICE_UNAVAILABLE, request.method()));
        }
    }

    private static HttpResponseStatus refusal(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        return cause instanceof TooLongHttpHeaderException
                ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                : HttpResponseStatus.BAD_REQUEST;
    }

    /** On a reader. */
    private void look(ChannelHandlerContext ctx, HttpRequest request) {
        if (over) {
            return;
        }
        Answer answer;
        try {
            answer = folder.answer(request);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} cannot answer: {}", ctx.channel().id().asShortText(), Reason.of(e));
            answer = Answer.plain(HttpResponseStatus.INTERNAL_SERVER_ERROR, request.method());
        }
        Answer found = answer;
        try {
            ctx.executor().execute(() -> found(ctx, request, found));
        } catch (RejectedExecutionException e) {
            discard(found);
        }
    }

    private void found(ChannelHandlerContext ctx, HttpRequest request, Answer answer) {
        answering = false;
        if (over) {
            discard(answer);
            return;
        }
        atWork = true;
        write(ctx, request, answer);
        atWork = false;
        proceed(ctx);
    }

    private static void discard(Answer answer) {
        try {
            answer.discard();
        } catch (IOException e) {
            LOG.debug("cannot close a file: {}", Reason.of(e));
        }
    }

    private void write(ChannelHandlerContext ctx, HttpRequest request, Answer answer) {
        HttpHeaders headers = answer.headers();
        headers.add(HttpHeaderNames.DATE, folder.now().text());
        boolean draining = ending == CloseCause.SHUTDOWN && waiting.isEmpty();
        boolean last = draining
                || !HttpUtil.isKeepAlive(request)
                || request.decoderResult().isFailure();
        if (last) {
            headers.add(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            headers.add(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        unflushed = true;
        FileChannel file = answer.file();
        if (file == null) {
            ctx.write(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    answer.status(),
                    content(answer.pieces()),
                    headers,
                    EmptyHttpHeaders.INSTANCE));
            if (last) {
                finish(ctx, request.decoderResult().isFailure() ? CloseCause.PROTOCOL : CloseCause.LOCAL);
            }
            return;
        }
        ctx.write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, answer.status(), headers));
        answering = true;
        var sending = new FileTransfer(ctx, folder, answer, file, failure -> sent(ctx, last, failure));
        transfer = sending;
        sending.start();
    }

    private static ByteBuf content(List<Piece> pieces) {
        ByteBuf[] parts = new ByteBuf[pieces.size()];
        for (int i = 0; i < parts.length; i++) {
            Piece piece = pieces.get(i);
            byte[] bytes = requireNonNull(piece.bytes(), "bytes");
            parts[i] = Unpooled.wrappedBuffer(bytes, (int) piece.from(), (int) piece.length());
        }
        return parts.length == 1 ? parts[0] : Unpooled.wrappedBuffer(parts.length + 1, parts);
    }

    private void sent(ChannelHandlerContext ctx, boolean last, @Nullable Throwable failure) {
        transfer = null;
        answering = false;
        if (failure != null) {
            LOG.debug("{} a reply was cut: {}", ctx.channel().id().asShortText(), Reason.of(failure));
            over = true;
            CloseCause.mark(ctx.channel(), CloseCause.ERROR);
            Closing.reset(ctx.channel());
        } else if (last) {
            finish(ctx, CloseCause.LOCAL);
        } else {
            proceed(ctx);
        }
    }

    private void flush(ChannelHandlerContext ctx) {
        if (unflushed) {
            unflushed = false;
            ctx.flush();
        }
    }

    private void finish(ChannelHandlerContext ctx, CloseCause cause) {
        over = true;
        waiting.clear();
        CloseCause.mark(ctx.channel(), cause);
        if (cause == CloseCause.SHUTDOWN) {
            Closing.afterWrites(ctx);
        } else {
            // More may be on its way from the peer, and would reset the connection before the reply is read.
            Closing.refuse(ctx, Unpooled.EMPTY_BUFFER);
        }
    }
}
