package io.ntk.core;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/** Applies {@link SocketOptions} to the channels of each transport, and tells what the kernel made of them. */
public final class SocketSettings {
    private static final int KEEPALIVE_IDLE_SECONDS = 60;
    private static final int KEEPALIVE_INTERVAL_SECONDS = 20;
    private static final int KEEPALIVE_PROBES = 3;
    /* Netty stops at 64 KiB; larger reads save bulk transfers a third of their system calls. */
    private static final int MAX_READ_BYTES = 256 * 1024;

    private SocketSettings() {}

    /** What one option is set on: a channel to connect, or the channels that a server accepts. */
    private interface Target {
        <T> void set(ChannelOption<T> option, T value);
    }

    static void listening(ServerBootstrap bootstrap, SocketOptions options, Transport transport, Endpoint endpoint) {
        bootstrap.option(ChannelOption.SO_BACKLOG, options.backlog());
        if (endpoint instanceof Endpoint.Inet) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
            // Before listen: the window scale that is offered to a peer depends on it.
            if (options.receiveBuffer() > 0) {
                bootstrap.option(ChannelOption.SO_RCVBUF, options.receiveBuffer());
            }
            reusePort(bootstrap, options, transport);
        }
        stream(
                new Target() {
                    @Override
                    public <T> void set(ChannelOption<T> option, T value) {
                        bootstrap.childOption(option, value);
                    }
                },
                options,
                transport,
                endpoint);
    }

    static void connecting(Bootstrap bootstrap, SocketOptions options, Transport transport, Endpoint endpoint) {
        if (endpoint instanceof Endpoint.Inet) {
            reusePort(bootstrap, options, transport);
        }
        stream(
                new Target() {
                    @Override
                    public <T> void set(ChannelOption<T> option, T value) {
                        bootstrap.option(option, value);
                    }
                },
                options,
                transport,
                endpoint);
    }

    /**
     * What the kernel granted of the options that can be asked back.
     *
     * @param channel a channel; one that is closed, perhaps meanwhile, has nothing to tell
     * @return option names and values, in a fixed order; those that this channel does not have are left out
     */
    public static Map<String, String> granted(Channel channel) {
        Map<String, String> values = new LinkedHashMap<>();
        ask(channel, ChannelOption.SO_BACKLOG, "backlog", values);
        ask(channel, ChannelOption.SO_RCVBUF, "so-rcvbuf", values);
        ask(channel, ChannelOption.SO_SNDBUF, "so-sndbuf", values);
        ask(channel, ChannelOption.TCP_NODELAY, "nodelay", values);
        ask(channel, ChannelOption.SO_KEEPALIVE, "keepalive", values);
        ask(channel, ChannelOption.SO_LINGER, "linger", values);
        ask(channel, ChannelOption.IP_TOS, "tos", values);
        if (channel.localAddress() instanceof InetSocketAddress) { // Netty's io_uring fails on a Unix socket here
            ask(channel, UnixChannelOption.SO_REUSEPORT, "reuseport", values);
        }
        return values;
    }

    private static void ask(Channel channel, ChannelOption<?> option, String name, Map<String, String> values) {
        try {
            Object value = channel.config().getOption(option);
            if (value != null) {
                values.put(name, value.toString());
            }
        } catch (ChannelException e) {
            if (channel.isOpen()) {
                throw e;
            }
        }
    }

    private static void stream(Target target, SocketOptions options, Transport transport, Endpoint endpoint) {
        if (endpoint instanceof Endpoint.Inet || transport != Transport.NIO) {
            target.set(ChannelOption.ALLOW_HALF_CLOSURE, true);
        }
        target.set(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 4096, MAX_READ_BYTES));
        if (options.receiveBuffer() > 0) {
            target.set(ChannelOption.SO_RCVBUF, options.receiveBuffer());
        }
        if (options.sendBuffer() > 0) {
            target.set(ChannelOption.SO_SNDBUF, options.sendBuffer());
        }
        if (endpoint instanceof Endpoint.Unix) {
            return;
        }
        target.set(ChannelOption.TCP_NODELAY, options.noDelay());
        if (options.linger() >= 0) {
            target.set(ChannelOption.SO_LINGER, options.linger());
        }
        if (options.trafficClass() > 0) {
            target.set(ChannelOption.IP_TOS, options.trafficClass());
        }
        target.set(ChannelOption.SO_KEEPALIVE, options.keepAlive());
        if (options.keepAlive()) {
            keepAlive(target, transport);
        }
    }

    private static void keepAlive(Target target, Transport transport) {
        switch (transport) {
            case EPOLL -> {
                target.set(EpollChannelOption.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
                target.set(EpollChannelOption.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
                target.set(EpollChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
            }
            case IO_URING -> {
                target.set(IoUringChannelOption.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
                target.set(IoUringChannelOption.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
                target.set(IoUringChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
            }
            case NIO -> {
                target.set(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), KEEPALIVE_IDLE_SECONDS);
                target.set(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), KEEPALIVE_INTERVAL_SECONDS);
                target.set(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEPALIVE_PROBES);
            }
            case KQUEUE, AUTO -> {
                // Netty's kqueue channels have no such options: the system's times hold.
            }
        }
    }

    private static void reusePort(AbstractBootstrap<?, ?> bootstrap, SocketOptions options, Transport transport) {
        if (!options.reusePort()) {
            return;
        }
        if (transport == Transport.NIO) {
            bootstrap.option(NioChannelOption.of(java.net.StandardSocketOptions.SO_REUSEPORT), true);
        } else {
            bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
        }
    }
}
