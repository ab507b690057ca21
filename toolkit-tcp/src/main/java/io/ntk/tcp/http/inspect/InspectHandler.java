package io.ntk.tcp.http.inspect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.Closing;
import io.ntk.core.ReadGate;
import io.ntk.core.TrafficHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests with what they are, or in the way they ask for: see the package.
 *
 * <p>Placement: last, behind an HTTP codec; {@code /echo} wants a {@link RecordingRequestDecoder}. In:
 * {@link HttpRequest} and {@link HttpContent}; anything else is passed on. Each is released.
 * Out: replies in the order of their requests. While a reply is held back, or the client does not take it, reading stops,
 * and what was already decoded waits here. A request that could not be decoded is answered with 400, a body beyond the
 * limit with 413; both close the connection. {@code 100 Continue} is left to a handler before this one. Not sharable.
 */
public final class InspectHandler extends ChannelInboundHandlerAdapter {
    private final InspectOptions options;
    private final InspectPaths paths;
    private final Queue<Object> waiting = new ArrayDeque<>();

    private @Nullable HttpRequest request;
    private @Nullable ByteBuf recorded;
    private ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private boolean answering;
    private boolean closing;
    private boolean goingOn;
    private @Nullable Future<?> timer;
    private @Nullable Runnable whenWritable;

    /**
     * Makes a handler for one channel.
     *
     * @param options the limits
     */
    public InspectHandler(InspectOptions options) {
        this.options = requireNonNull(options, "options");
        this.paths = new InspectPaths(options);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        boolean ours = message instanceof HttpRequest || message instanceof HttpContent;
        if (!ours) {
            ctx.fireChannelRead(message);
        } else if (closing) {
            ReferenceCountUtil.release(message);
        } else if (answering) {
            waiting.add(message);
        } else {
            take(ctx, message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Runnable next = whenWritable;
        if (next != null && ctx.channel().isWritable()) {
            whenWritable = null;
            next.run();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        forget();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        forget();
        ReadGate.of(ctx.channel()).resume(this);
    }

    private void forget() {
        closing = true;
        if (timer != null) {
            timer.cancel(false);
        }
        whenWritable = null;
        for (Object message = waiting.poll(); message != null; message = waiting.poll()) {
            ReferenceCountUtil.release(message);
        }
    }

    /** Takes a part of a request; releases it. */
    private void take(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof HttpRequest head) {
                begin(ctx, head);
            }
            if (message instanceof RecordedLastContent whole) {
                recorded = whole.recorded();
            }
            if (message instanceof HttpContent part && !closing && request != null) {
                add(ctx, part, request);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest head) {
        request = head;
        recorded = null;
        body = new ByteArrayOutputStream(0);
        if (head.decoderResult().isFailure()) {
            refuse(ctx, head, HttpResponseStatus.BAD_REQUEST, "the request cannot be understood\n");
        } else if (HttpUtil.getContentLength(head, 0L) > options.maxBodyBytes()) {
            tooLong(ctx, head);
        }
    }

    private void add(ChannelHandlerContext ctx, HttpContent part, HttpRequest head) {
        if (part.decoderResult().isFailure()) {
            refuse(ctx, head, HttpResponseStatus.BAD_REQUEST, "the body cannot be understood\n");
            return;
        }
        if (body.size() + part.content().readableBytes() > options.maxBodyBytes()) {
            tooLong(ctx, head);
            return;
        }
        try {
            part.content().readBytes(body, part.content().readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no disk behind it
        }
        if (part instanceof LastHttpContent) {
            answer(ctx, head);
        }
    }

    private void tooLong(ChannelHandlerContext ctx, HttpRequest head) {
        refuse(
                ctx,
                head,
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "the body is longer than " + options.maxBodyBytes() + " bytes\n");
    }

    private void refuse(ChannelHandlerContext ctx, HttpRequest head, HttpResponseStatus status, String why) {
        closing = true;
        Closing.refuse(ctx, whole(head, InspectPaths.text(status, why), false));
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest head) {
        boolean secure = ctx.pipeline().get(SslHandler.class) != null;
        var whole = new InspectedRequest(
                head,
                Unpooled.wrappedBuffer(body.toByteArray()),
                TrafficHandler.host(ctx.channel().remoteAddress()),
                secure,
                recorded);
        request = null;
        body = new ByteArrayOutputStream(0);
        answering = true;
        send(ctx, head, paths.answer(whole));
        if (answering) {
            ReadGate.of(ctx.channel()).pause(this);
        }
    }

    private void send(ChannelHandlerContext ctx, HttpRequest head, InspectReply reply) {
        if (reply instanceof InspectReply.Whole whole) {
            ctx.write(whole(head, whole, HttpUtil.isKeepAlive(head)));
            done(ctx, HttpUtil.isKeepAlive(head));
        } else if (reply instanceof InspectReply.Later later) {
            if (later.delay().isZero()) {
                send(ctx, head, later.reply());
            } else {
                after(ctx, later.delay().toNanos(), () -> send(ctx, head, later.reply()));
            }
        } else if (reply instanceof InspectReply.Stream stream) {
            startStream(ctx, head, stream);
        } else if (reply instanceof InspectReply.Drip drip) {
            startDrip(ctx, head, drip);
        }
    }

    private void startStream(ChannelHandlerContext ctx, HttpRequest head, InspectReply.Stream stream) {
        boolean chunked = !head.protocolVersion().equals(HttpVersion.HTTP_1_0);
        HttpResponse start =
                start(head, HttpResponseStatus.OK, stream.headers(), chunked && HttpUtil.isKeepAlive(head));
        HttpUtil.setTransferEncodingChunked(start, chunked);
        ctx.write(start);
        Iterator<byte[]> chunks = bodyless(head, HttpResponseStatus.OK)
                ? Collections.emptyIterator()
                : stream.chunks().iterator();
        nextChunk(ctx, head, chunks, chunked);
    }

    private void nextChunk(ChannelHandlerContext ctx, HttpRequest head, Iterator<byte[]> chunks, boolean keepAlive) {
        while (chunks.hasNext()) {
            ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(chunks.next())));
            if (!ctx.channel().isWritable() && chunks.hasNext()) {
                whenWritable = () -> nextChunk(ctx, head, chunks, keepAlive);
                return;
            }
        }
        ctx.write(LastHttpContent.EMPTY_LAST_CONTENT);
        done(ctx, keepAlive && HttpUtil.isKeepAlive(head));
    }

    private void startDrip(ChannelHandlerContext ctx, HttpRequest head, InspectReply.Drip drip) {
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory()
                .newHeaders()
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_OCTET_STREAM);
        boolean bodyless = bodyless(head, drip.status());
        if (!without(drip.status())) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, drip.count());
        }
        ctx.writeAndFlush(start(head, drip.status(), headers, HttpUtil.isKeepAlive(head)));
        drip(ctx, head, drip, bodyless ? 0 : drip.count());
    }

    private void drip(ChannelHandlerContext ctx, HttpRequest head, InspectReply.Drip drip, int left) {
        if (left == 0) {
            ctx.write(LastHttpContent.EMPTY_LAST_CONTENT);
            done(ctx, HttpUtil.isKeepAlive(head));
            return;
        }
        ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[] {'*'})));
        after(ctx, Math.max(1, drip.each().toNanos()), () -> drip(ctx, head, drip, left - 1));
    }

    private void after(ChannelHandlerContext ctx, long nanoseconds, Runnable next) {
        timer = ctx.executor()
                .schedule(
                        () -> {
                            timer = null;
                            if (!closing) {
                                next.run();
                                ctx.flush();
                            }
                        },
                        nanoseconds,
                        TimeUnit.NANOSECONDS);
    }

    /** Behind a whole reply: goes on with what waits, as soon as the client has taken enough. */
    private void done(ChannelHandlerContext ctx, boolean keepAlive) {
        if (!keepAlive) {
            closing = true;
            // More may be on its way from the client, and would reset the connection before the reply is read.
            Closing.refuse(ctx, Unpooled.EMPTY_BUFFER);
            return;
        }
        if (ctx.channel().isWritable()) {
            next(ctx);
        } else {
            whenWritable = () -> {
                next(ctx);
                ctx.flush();
            };
            ctx.flush();
        }
    }

    private void next(ChannelHandlerContext ctx) {
        answering = false;
        if (goingOn) {
            return; // the loop below is at work further up the stack
        }
        goingOn = true;
        while (!answering && !closing && !waiting.isEmpty()) {
            take(ctx, waiting.remove());
        }
        goingOn = false;
        if (!answering && waiting.isEmpty()) {
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    private static HttpResponse whole(HttpRequest head, InspectReply.Whole reply, boolean keepAlive) {
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                reply.status(),
                bodyless(head, reply.status()) ? Unpooled.EMPTY_BUFFER : reply.body(),
                reply.headers(),
                EmptyHttpHeaders.INSTANCE);
        if (without(reply.status())) {
            response.headers().remove(HttpHeaderNames.CONTENT_TYPE);
        } else {
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, reply.body().readableBytes());
        }
        connection(head, response, keepAlive);
        return response;
    }

    private static HttpResponse start(
            HttpRequest head, HttpResponseStatus status, HttpHeaders headers, boolean keepAlive) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status, headers);
        connection(head, response, keepAlive);
        return response;
    }

    private static void connection(HttpRequest head, HttpResponse response, boolean keepAlive) {
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }

    private static boolean bodyless(HttpRequest head, HttpResponseStatus status) {
        return head.method().equals(HttpMethod.HEAD) || without(status);
    }

    /** Replies that have neither body nor length (RFC 9110, 6.4.1 and 8.6). */
    private static boolean without(HttpResponseStatus status) {
        return status.code() == 204 || status.code() == 304;
    }
}
