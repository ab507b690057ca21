package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts a connection's bytes and announces its opening and its end.
 *
 * <p>Placement: first behind the {@link ConnectionLimitHandler}, so that it sees the bytes of the wire. In and out:
 * everything is passed on; {@link ByteBuf}s and {@link FileRegion}s are counted, outbound ones when they are handed to
 * the transport. It marks {@link CloseCause#PEER}, {@link CloseCause#LOCAL} for a close from here that nobody explained,
 * and {@link CloseCause#RESET}: an error of the transport, or a close that nobody asked for, which is how the transport
 * takes a write that failed. (On a channel without half-closure that is how the peer's end shows, and {@code PEER}.) Not
 * sharable.
 */
public final class TrafficHandler extends ChannelDuplexHandler {
    private final String service;
    private final NetListener listener;
    private final Traffic traffic;
    private long openedAt;
    private long bytesIn;
    private long bytesOut;
    private boolean open;
    private boolean closedHere;
    private String peer = "";

    /**
     * Makes a handler for one channel.
     *
     * @param service the service that the events name
     * @param listener who is told of {@link NetEvent.Opened} and {@link NetEvent.Closed}
     * @param traffic the totals to add to
     */
    public TrafficHandler(String service, NetListener listener, Traffic traffic) {
        this.service = service;
        this.listener = listener;
        this.traffic = traffic;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        opened(ctx.channel());
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        long size = size(message);
        bytesIn += size;
        traffic.bytesIn.add(size);
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        long size = size(message);
        bytesOut += size;
        traffic.bytesOut.add(size);
        ctx.write(message, promise);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            CloseCause.mark(ctx.channel(), CloseCause.RESET);
        }
        ctx.fireExceptionCaught(cause);
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        closedHere = true; // no mark yet: a TLS handler closes before it says why
        ctx.close(promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        CloseCause.mark(ctx.channel(), closedHere ? CloseCause.LOCAL : unexplained(ctx.channel()));
        if (open) {
            open = false;
            traffic.closed.increment();
            var lasted = Duration.ofNanos(System.nanoTime() - openedAt);
            Channel channel = ctx.channel();
            listener.on(
                    new NetEvent.Closed(service, id(channel), peer, CloseCause.of(channel), bytesIn, bytesOut, lasted));
        }
        ctx.fireChannelInactive();
    }

    /** A close that nobody here asked for; without half-closure the end of the peer's stream is such a one, too. */
    private static CloseCause unexplained(Channel channel) {
        boolean endIsEvent = Boolean.TRUE.equals(channel.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE));
        return endIsEvent ? CloseCause.RESET : CloseCause.PEER;
    }

    private void opened(Channel channel) {
        if (!open) {
            open = true;
            openedAt = System.nanoTime();
            peer = name(channel.remoteAddress());
            traffic.opened.increment();
            listener.on(new NetEvent.Opened(service, id(channel), peer, name(channel.localAddress())));
        }
    }

    static String id(Channel channel) {
        return channel.id().asShortText();
    }

    /**
     * An address as events show it.
     *
     * @param address a peer's or our own
     * @return the text of its endpoint, {@code unix} for an unnamed Unix socket
     */
    public static String name(SocketAddress address) {
        try {
            return Endpoint.of(address).toString();
        } catch (IllegalArgumentException e) {
            return "unix";
        }
    }

    /**
     * The address of a peer without its port, as logs and limits by address have it.
     *
     * @param address a peer's
     * @return the address in numbers; {@code unix} for a Unix socket, and for what has no address
     */
    public static String host(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "unix";
    }

    private static long size(Object message) {
        if (message instanceof ByteBuf bytes) {
            return bytes.readableBytes();
        }
        return message instanceof FileRegion region ? region.count() : 0;
    }
}
