package io.ntk.tcp.http.access;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.Closing;
import io.ntk.core.ReadGate;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Lets only requests through that carry the password of a user.
 *
 * <p>Placement: behind an HTTP codec, before what answers. In: {@link HttpRequest} and {@link HttpContent}, which go on
 * when the password is good; anything else is passed on at once. Out: 401 when there is no password or it is wrong, 503
 * when too many wait to be checked, each when the whole of the request has come, whose body is dropped. While a password
 * is checked reading stops, and what was already decoded waits here. The name of the user is in the channel's attribute
 * {@link #USER} while the request is answered. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7617">RFC 7617</a>
 */
public final class BasicAuthHandler extends ChannelInboundHandlerAdapter {
    /** Who sent the request that is being answered. */
    public static final AttributeKey<String> USER = AttributeKey.valueOf(BasicAuthHandler.class, "user");

    private static final String SCHEME = "basic ";

    private final BasicAuth auth;
    private final Queue<Object> waiting = new ArrayDeque<>();
    private boolean checking;
    /* The reply to a request that does not go on, until the end of it has come. */
    private @Nullable HttpResponseStatus refused;
    private boolean keepAlive;
    private boolean head;
    private boolean closed;
    private boolean goingOn;

    /**
     * Makes a handler for one channel.
     *
     * @param auth who checks
     */
    public BasicAuthHandler(BasicAuth auth) {
        this.auth = requireNonNull(auth, "auth");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HttpRequest) && !(message instanceof HttpContent)) {
            ctx.fireChannelRead(message);
        } else if (closed) {
            ReferenceCountUtil.release(message);
        } else if (checking) {
            waiting.add(message);
        } else {
            take(ctx, message);
        }
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
        closed = true;
        for (Object message = waiting.poll(); message != null; message = waiting.poll()) {
            ReferenceCountUtil.release(message);
        }
    }

    private void take(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            judge(ctx, request);
        }
        if (checking) {
            waiting.add(message);
        } else if (refused == null) {
            ctx.fireChannelRead(message);
        } else {
            boolean end = message instanceof LastHttpContent;
            ReferenceCountUtil.release(message);
            if (end) {
                refuse(ctx, refused);
            }
        }
    }

    private void judge(ChannelHandlerContext ctx, HttpRequest request) {
        keepAlive = HttpUtil.isKeepAlive(request);
        head = request.method().equals(HttpMethod.HEAD);
        refused = HttpResponseStatus.UNAUTHORIZED;
        ctx.channel().attr(USER).set(null);
        String[] credentials = credentials(request.headers().get(HttpHeaderNames.AUTHORIZATION));
        if (credentials == null) {
            return;
        }
        if (auth.isRemembered(credentials[0], credentials[1])) {
            admit(ctx, credentials[0]);
            return;
        }
        checking = true;
        ReadGate.of(ctx.channel()).pause(this);
        auth.check(credentials[0], credentials[1])
                .whenComplete((good, failure) -> ctx.executor().execute(() -> {
                    if (failure != null) {
                        refused = HttpResponseStatus.SERVICE_UNAVAILABLE;
                    } else if (good) {
                        admit(ctx, credentials[0]);
                    }
                    goOn(ctx);
                }));
    }

    private void admit(ChannelHandlerContext ctx, String user) {
        refused = null;
        ctx.channel().attr(USER).set(user);
    }

    /** The password is checked: what waits goes on, until the next one is to be checked. */
    private void goOn(ChannelHandlerContext ctx) {
        checking = false;
        if (closed || goingOn) {
            return;
        }
        goingOn = true;
        Object begun = waiting.poll(); // the request that was judged
        if (begun != null) {
            onward(ctx, begun);
        }
        while (!checking && !closed && !waiting.isEmpty()) {
            take(ctx, waiting.remove());
        }
        goingOn = false;
        ctx.fireChannelReadComplete();
        ctx.flush();
        if (!checking) {
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    private void onward(ChannelHandlerContext ctx, Object request) {
        HttpResponseStatus status = refused;
        if (status == null) {
            ctx.fireChannelRead(request);
            return;
        }
        boolean end = request instanceof LastHttpContent;
        ReferenceCountUtil.release(request);
        if (end) {
            refuse(ctx, status);
        }
    }

    private void refuse(ChannelHandlerContext ctx, HttpResponseStatus status) {
        String text =
                status.code() == 401 ? "a name and a password are needed\n" : "busy checking passwords; try again\n";
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        var reply = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
        reply.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        if (status.code() == 401) {
            reply.headers()
                    .set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"" + auth.realm() + "\", charset=\"UTF-8\"");
        } else {
            reply.headers().set(HttpHeaderNames.RETRY_AFTER, 1);
        }
        if (keepAlive) {
            ctx.writeAndFlush(reply);
        } else {
            reply.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            Closing.refuse(ctx, reply);
        }
    }

    /** Name and password of a header, or null. */
    private static String @Nullable [] credentials(@Nullable String header) {
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return null;
        }
        try {
            byte[] bytes =
                    Base64.getDecoder().decode(header.substring(SCHEME.length()).strip());
            String both = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            int colon = both.indexOf(':');
            return colon < 0 ? null : new String[] {both.substring(0, colon), both.substring(colon + 1)};
        } catch (CharacterCodingException | IllegalArgumentException e) {
            return null;
        }
    }
}
