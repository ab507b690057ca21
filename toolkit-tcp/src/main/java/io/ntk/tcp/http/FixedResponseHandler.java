package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Answers each request with a fixed reply when all of its body has come, and drops the body.
 *
 * <p>Placement: last, behind a {@link io.netty.handler.codec.http.HttpServerCodec}. In: {@link HttpRequest} and {@link
 * HttpContent}, which are released; anything else is passed on. Out: {@link FullHttpResponse} with {@code Date} and
 * {@code Content-Length}; in an {@link HttpServer}, bytes that are ready. Flushed once per read. Behind a
 * {@link PipelineOrderHandler} that one keeps the connection or closes it; without one this handler does. Not sharable.
 */
public final class FixedResponseHandler extends ChannelInboundHandlerAdapter {
    private final FixedReplies replies;
    private @Nullable HttpRequest request;
    /* The clock is looked at once in a read. */
    private long second = Long.MIN_VALUE;
    /* What the pipeline has is looked at once, at the first request. */
    private boolean looked;
    private boolean ready;
    private boolean ordered;
    private boolean written;

    /**
     * Makes a handler for one channel.
     *
     * @param replies the replies
     */
    public FixedResponseHandler(FixedReplies replies) {
        this.replies = requireNonNull(replies, "replies");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message.getClass() == DefaultHttpRequest.class) {
            request = (DefaultHttpRequest) message;
        } else if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
            answer(ctx);
        } else {
            other(ctx, message);
        }
    }

    private void other(ChannelHandlerContext ctx, Object message) {
        boolean known = false;
        if (message instanceof HttpRequest head) {
            request = head;
            known = true;
        }
        if (message instanceof HttpContent) {
            known = true;
            ReferenceCountUtil.release(message);
        }
        if (message instanceof LastHttpContent) {
            answer(ctx);
        } else if (!known) {
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        second = Long.MIN_VALUE;
        if (written) {
            written = false;
            ctx.flush();
        }
        ctx.fireChannelReadComplete();
    }

    private void answer(ChannelHandlerContext ctx) {
        HttpRequest head = request;
        request = null;
        if (head == null || head.decoderResult().isFailure()) {
            return;
        }
        if (!looked) {
            looked = true;
            ordered = PipelineOrderHandler.isIn(ctx.pipeline());
            HttpCodec codec = ctx.pipeline().get(HttpCodec.class);
            ready = ordered && codec != null && codec.takesPrepared();
        }
        if (second == Long.MIN_VALUE) {
            second = HttpDate.second();
        }
        PreparedReply reply = replies.reply(head.method().name(), head.uri(), second);
        written = true;
        if (ready) {
            boolean forHead = HttpMethod.HEAD.equals(head.method());
            ctx.write(reply.message(forHead, PreparedReply.Connection.UNSAID), ctx.voidPromise());
            return;
        }
        FullHttpResponse response = reply.response();
        if (ordered) {
            ctx.write(response, ctx.voidPromise());
            return;
        }
        boolean keepAlive = HttpUtil.isKeepAlive(head);
        HttpUtil.setKeepAlive(response.headers(), head.protocolVersion(), keepAlive);
        ChannelFuture done = ctx.write(response);
        if (!keepAlive) {
            done.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
