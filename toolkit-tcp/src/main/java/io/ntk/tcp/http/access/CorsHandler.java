package io.ntk.tcp.http.access;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.Closing;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells browsers that pages of other origins may use this server.
 *
 * <p>Placement: behind an HTTP codec, before authentication and what answers. In: {@link HttpRequest}, {@link
 * HttpContent}; preflights are answered here and released, everything else is passed on. Out: replies get the headers
 * that the browser of their request asks for. Limits: what it remembers is one text for each request that is not answered
 * yet. Not sharable.
 *
 * @see <a href="https://fetch.spec.whatwg.org/#http-cors-protocol">Fetch, CORS protocol</a>
 */
public final class CorsHandler extends ChannelDuplexHandler {
    private static final int MAX_AGE_SECONDS = 600;
    private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    private static final Pattern NAMES =
            Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+( *, *[A-Za-z0-9!#$%&'*+.^_`|~-]+)*");
    private static final String NONE = "";

    private final CorsOptions options;
    private final Queue<String> origins = new ArrayDeque<>(2);
    private @Nullable HttpRequest preflight;

    /**
     * Makes a handler for one channel.
     *
     * @param options who may
     */
    public CorsHandler(CorsOptions options) {
        this.options = requireNonNull(options, "options");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            preflight = isPreflight(request) ? request : null;
            if (preflight == null) {
                origins.add(request.headers().get(HttpHeaderNames.ORIGIN, NONE));
            }
        }
        boolean ours = preflight != null && (message instanceof HttpRequest || message instanceof HttpContent);
        if (!ours) {
            ctx.fireChannelRead(message);
            return;
        }
        HttpRequest answered = message instanceof LastHttpContent ? preflight : null;
        ReferenceCountUtil.release(message);
        if (answered != null) {
            preflight = null;
            answer(ctx, answered);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            String origin = origins.poll();
            add(response.headers(), origin == null ? NONE : origin);
        }
        ctx.write(message, promise);
    }

    private static boolean isPreflight(HttpRequest request) {
        return request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains(HttpHeaderNames.ORIGIN)
                && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    }

    private void add(HttpHeaders headers, String origin) {
        if (!options.origins().isEmpty()) {
            headers.add(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
        }
        if (!origin.isEmpty() && options.allows(origin)) {
            headers.set(
                            HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN,
                            options.origins().isEmpty() ? "*" : origin)
                    .set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "*");
        }
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest request) {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN, NONE);
        boolean allowed = options.allows(origin);
        var reply = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                allowed ? HttpResponseStatus.NO_CONTENT : HttpResponseStatus.FORBIDDEN,
                Unpooled.EMPTY_BUFFER);
        HttpHeaders headers = reply.headers();
        if (allowed) {
            headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                    .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
            String names = request.headers().get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS, NONE);
            if (NAMES.matcher(names).matches()) {
                headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, names);
            }
        } else {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, 0);
        }
        add(headers, origin);
        if (HttpUtil.isKeepAlive(request)) {
            ctx.writeAndFlush(reply);
        } else {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            Closing.refuse(ctx, reply);
        }
    }
}
