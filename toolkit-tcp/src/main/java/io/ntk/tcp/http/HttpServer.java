package io.ntk.tcp.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.ntk.core.EventLoops;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.RefusalReason;
import io.ntk.core.Server;
import io.ntk.core.TlsMismatchHandler;
import io.ntk.core.TrafficHandler;
import io.ntk.tcp.http.access.AccessLogHandler;
import io.ntk.tcp.http.access.BasicAuthHandler;
import io.ntk.tcp.http.access.CorsHandler;
import java.util.function.Function;

/**
 * Serves HTTP/1.1 and HTTP/1.0. Closing the server lets each connection end the reply at hand, and closes it.
 *
 * <p>Failure: {@code start} throws {@link java.io.UncheckedIOException} when an endpoint cannot be listened on.
 */
public final class HttpServer {
    private final HttpOptions options;
    private final NetListener listener;

    private HttpServer(HttpOptions options, NetListener listener) {
        this.options = options;
        this.listener = listener;
    }

    /**
     * Starts a server of whose doings nobody is told.
     *
     * @param options what it is like
     * @return the server
     */
    public static Server start(HttpOptions options) {
        return start(options, NetListener.NONE);
    }

    /**
     * Starts a server on event loops of its own.
     *
     * @param options what it is like
     * @param listener who is told what happens
     * @return the server
     */
    public static Server start(HttpOptions options, NetListener listener) {
        return start(options, listener, protocol -> Server.start(protocol, options.listen(), listener));
    }

    /**
     * Starts a server on event loops of the caller's.
     *
     * @param options what it is like; its transport and loops are not used
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told what happens
     * @return the server
     */
    public static Server start(HttpOptions options, EventLoops loops, NetListener listener) {
        return start(options, listener, protocol -> Server.start(protocol, options.listen(), loops, listener));
    }

    private static Server start(HttpOptions options, NetListener listener, Function<Protocol, Server> bind) {
        var http = new HttpServer(options, listener);
        try {
            Server server = bind.apply(http.protocol());
            server.closed().whenComplete((done, failure) -> options.mode().closed());
            return server;
        } catch (RuntimeException e) {
            options.mode().closed();
            throw e;
        }
    }

    private Protocol protocol() {
        return new Protocol(HttpEvent.SERVICE, "http", "https", options.accept(), HttpServer::refusal, this::assemble);
    }

    /** The protocol's part of a connection's pipeline. */
    private void assemble(ChannelPipeline pipeline) {
        if (options.listen().tls() == null) {
            pipeline.addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.PLAIN));
        }
        pipeline.addLast(new StrictHttpHandler(options.limits(), options.lenient()));
        HttpAccess access = options.access();
        pipeline.addLast(new HttpCodec(options.limits(), options.mode().recordedBytes(), access.leavesRepliesAlone()));
        if (access.requests() == HttpAccess.Requests.TOLD) {
            pipeline.addLast(new AccessLogHandler(HttpEvent.SERVICE, listener));
        }
        pipeline.addLast(new HttpTimeoutsHandler(options.timeouts()));
        pipeline.addLast(new PipelineOrderHandler(options.limits()));
        if (listener != NetListener.NONE) {
            pipeline.addLast(new RejectionHandler(listener));
        }
        if (access.cors() != null) {
            pipeline.addLast(new CorsHandler(access.cors()));
        }
        if (access.auth() != null) {
            pipeline.addLast(new BasicAuthHandler(access.auth()));
        }
        pipeline.addLast(options.mode().newHandler());
    }

    /** RFC 9110, 15.6.4: who is too many is told to come again. */
    private static ByteBuf refusal(ByteBufAllocator allocator, RefusalReason reason) {
        int status =
                switch (reason) {
                    case NOT_TLS -> 400;
                    case DENIED -> 403;
                    case FULL, ADDRESS_FULL, TOO_FAST, ONCE -> 503;
                };
        return new HttpViolation(status, reason.text()).encode(allocator);
    }

    /** Tells a listener what was turned down. */
    private static final class RejectionHandler extends ChannelInboundHandlerAdapter {
        private final NetListener listener;

        RejectionHandler(NetListener listener) {
            this.listener = listener;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof HttpViolation violation) {
                listener.on(new HttpEvent.Rejected(
                        HttpEvent.SERVICE,
                        ctx.channel().id().asShortText(),
                        TrafficHandler.name(ctx.channel().remoteAddress()),
                        violation.status(),
                        violation.reason()));
            }
            ctx.fireUserEventTriggered(event);
        }
    }
}
