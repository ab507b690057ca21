package io.ntk.core;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.kqueue.KQueueDomainDatagramChannel;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the bytes get from the kernel to Netty.
 *
 * <p>{@link #AUTO} is epoll on Linux and kqueue on macOS where the native library is on the class path and loads, else
 * NIO. io_uring is used only by who names it. All methods but {@link #resolve}, {@link #isAvailable} and
 * {@link #unavailabilityCause} want a concrete transport, not {@code AUTO}.
 */
public enum Transport {
    /** The best that works here. */
    AUTO,
    /**
     * The JDK's selector: everywhere. Netty's Unix sockets on it know no half-closed connection: the end of the peer's
     * stream ends the connection, and what is still to be written is lost.
     */
    NIO,
    /** Linux epoll. */
    EPOLL,
    /**
     * Linux io_uring: opt-in. Keep the connections of its servers below the open-file limit, as the default does: Netty's
     * channel spins while the process has no descriptor left to accept with.
     */
    IO_URING,
    /** The kqueue of macOS and the BSDs. */
    KQUEUE;

    /* Completions that wait at a time: Netty's 4,096 overflow (with a warning each time) when as many connections end. */
    private static final int COMPLETIONS = 32_768;

    /**
     * Turns {@link #AUTO} into the transport that it stands for here.
     *
     * @return a concrete transport; this one unless it is {@code AUTO}
     */
    public Transport resolve() {
        if (this != AUTO) {
            return this;
        }
        if (Epoll.isAvailable()) {
            return EPOLL;
        }
        return KQueue.isAvailable() ? KQUEUE : NIO;
    }

    /**
     * Tells whether this transport works on this machine.
     *
     * @return true for {@code AUTO} and {@code NIO} always
     */
    public boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /**
     * Tells why this transport does not work on this machine.
     *
     * @return the reason, or null when it works
     */
    public @Nullable Throwable unavailabilityCause() {
        return switch (this) {
            case AUTO, NIO -> null;
            case EPOLL -> Epoll.unavailabilityCause();
            case IO_URING -> IoUring.unavailabilityCause();
            case KQUEUE -> KQueue.unavailabilityCause();
        };
    }

    /**
     * Tells which transport an event loop group belongs to.
     *
     * @param group a group of Netty 4.2
     * @return its concrete transport
     * @throws IllegalArgumentException when it is none of those here
     */
    public static Transport of(EventLoopGroup group) {
        if (group instanceof IoEventLoopGroup io) {
            if (io.isIoType(NioIoHandler.class)) {
                return NIO;
            }
            if (io.isIoType(KeepingEpollHandler.class) || io.isIoType(EpollIoHandler.class)) {
                return EPOLL;
            }
            if (io.isIoType(IoUringIoHandler.class)) {
                return IO_URING;
            }
            if (io.isIoType(KQueueIoHandler.class)) {
                return KQUEUE;
            }
        }
        throw new IllegalArgumentException(
                "group: " + group + " (expected: a group of NIO, epoll, io_uring or kqueue)");
    }

    /**
     * The factory for event loops of this transport.
     *
     * @return a new factory
     */
    public IoHandlerFactory handlerFactory() {
        return switch (this) {
            case AUTO -> throw unresolved();
            case NIO -> NioIoHandler.newFactory();
            case EPOLL -> KeepingEpollHandler.newFactory();
            case IO_URING -> IoUringIoHandler.newFactory(new IoUringIoHandlerConfig().setCqSize(COMPLETIONS));
            case KQUEUE -> KQueueIoHandler.newFactory();
        };
    }

    /**
     * The channel that listens on an endpoint.
     *
     * @param endpoint a TCP or Unix endpoint
     * @return the channel's class
     */
    public Class<? extends ServerChannel> serverChannel(Endpoint endpoint) {
        boolean unix = endpoint instanceof Endpoint.Unix;
        return switch (this) {
            case AUTO -> throw unresolved();
            case NIO -> unix ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class;
            case EPOLL -> unix ? EpollServerDomainSocketChannel.class : EpollServerSocketChannel.class;
            case IO_URING -> unix ? IoUringServerDomainSocketChannel.class : IoUringServerSocketChannel.class;
            case KQUEUE -> unix ? KQueueServerDomainSocketChannel.class : KQueueServerSocketChannel.class;
        };
    }

    /**
     * The channel that connects a stream to an endpoint.
     *
     * @param endpoint a TCP or Unix endpoint
     * @return the channel's class
     */
    public Class<? extends Channel> streamChannel(Endpoint endpoint) {
        boolean unix = endpoint instanceof Endpoint.Unix;
        return switch (this) {
            case AUTO -> throw unresolved();
            case NIO -> unix ? NioDomainSocketChannel.class : NioSocketChannel.class;
            case EPOLL -> unix ? EpollDomainSocketChannel.class : EpollSocketChannel.class;
            case IO_URING -> unix ? IoUringDomainSocketChannel.class : IoUringSocketChannel.class;
            case KQUEUE -> unix ? KQueueDomainSocketChannel.class : KQueueSocketChannel.class;
        };
    }

    /**
     * The channel for datagrams at an endpoint.
     *
     * @param endpoint a UDP or Unix endpoint
     * @return the channel's class
     * @throws IllegalArgumentException for a Unix endpoint on NIO or io_uring, which have no such channel
     */
    public Class<? extends Channel> datagramChannel(Endpoint endpoint) {
        if (endpoint instanceof Endpoint.Unix) {
            return switch (this) {
                case EPOLL -> EpollDomainDatagramChannel.class;
                case KQUEUE -> KQueueDomainDatagramChannel.class;
                case AUTO -> throw unresolved();
                case NIO, IO_URING ->
                    throw new IllegalArgumentException("transport: " + this
                            + " (expected: epoll or kqueue, the only ones with Unix datagram sockets)");
            };
        }
        return switch (this) {
            case AUTO -> throw unresolved();
            case NIO -> NioDatagramChannel.class;
            case EPOLL -> EpollDatagramChannel.class;
            case IO_URING -> IoUringDatagramChannel.class;
            case KQUEUE -> KQueueDatagramChannel.class;
        };
    }

    /**
     * Tells whether a file region of any size can be written to a channel: not through TLS, which needs the bytes, and
     * not on io_uring, whose sendfile narrows offsets to 31 bits.
     *
     * @param channel a channel with its pipeline assembled
     * @return true where {@link io.netty.channel.DefaultFileRegion} is safe
     */
    public static boolean sendsFiles(Channel channel) {
        boolean ioUring = channel instanceof IoUringSocketChannel || channel instanceof IoUringDomainSocketChannel;
        return !ioUring && channel.pipeline().get(SslHandler.class) == null;
    }

    /**
     * An endpoint as a socket address of the kind that the channels of this transport take. A host name is looked up,
     * which may take its time: not to be called on an event loop.
     *
     * @param endpoint an endpoint
     * @return the address; unresolved when the name is not known
     */
    public SocketAddress address(Endpoint endpoint) {
        if (endpoint instanceof Endpoint.Unix unix) {
            return this == NIO
                    ? UnixDomainSocketAddress.of(unix.path())
                    : new DomainSocketAddress(unix.path().toFile());
        }
        Endpoint.Inet inet = (Endpoint.Inet) endpoint;
        return new InetSocketAddress(inet.host(), inet.port());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static IllegalStateException unresolved() {
        return new IllegalStateException("AUTO stands for no channel: call resolve() first");
    }
}
