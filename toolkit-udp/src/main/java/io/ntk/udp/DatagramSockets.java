package io.ntk.udp;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.kqueue.KQueueDomainDatagramChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.util.AttributeKey;
import io.ntk.core.Reason;
import io.ntk.core.SocketOptions;
import io.ntk.core.Transport;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes datagram channels of each transport, and gives them their options. */
final class DatagramSockets {
    /*
     * A batch is read into one buffer, each datagram into a slot of it. A slot has a byte more than the longest datagram
     * that is taken, so that a longer one shows: the kernel cuts it without a word. Slots are odd multiples of a cache line:
     * with even ones the first bytes of all of them would compete for the same places in the cache.
     */
    private static final int MAX_BATCH = 64;
    private static final int MAX_BATCH_BYTES = 1024 * 1024;
    private static final int MAX_ROUND_BYTES = 8 << 20;
    private static final int LINE = 64;
    private static final int MAX_READS = 16;
    /* An answer holds its slot, whatever its length: that is what it counts in the queue of what is to be sent. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(8 << 20, 16 << 20);

    /* What a process with CAP_NET_ADMIN may ask for beyond net.core.rmem_max; the numbers of asm-generic/socket.h, which all
    systems have that Netty's native transports run on. */
    private static final IntegerUnixChannelOption RECEIVE_BUFFER_FORCE =
            new IntegerUnixChannelOption("SO_RCVBUFFORCE", 1, 33);

    /** The JDK's own channel under one of NIO, which Netty does not show. */
    static final AttributeKey<DatagramChannel> NIO_SOCKET = AttributeKey.valueOf(DatagramSockets.class, "nio");

    private static final Logger LOG = LoggerFactory.getLogger(DatagramSockets.class);

    private DatagramSockets() {}

    /** Makes channels for an address: of its own family, since a socket of both is slower, and named otherwise. */
    static ChannelFactory<Channel> factory(Transport transport, SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            return switch (transport) {
                case EPOLL -> EpollDomainDatagramChannel::new;
                case KQUEUE -> KQueueDomainDatagramChannel::new;
                case NIO, IO_URING, AUTO ->
                    throw new IllegalArgumentException("transport: " + transport
                            + " (expected: epoll or kqueue, the only ones with Unix datagram sockets)");
            };
        }
        SocketProtocolFamily family =
                inet.getAddress() instanceof Inet4Address ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6;
        return switch (transport) {
            case NIO -> () -> nio(family);
            case EPOLL -> () -> new EpollDatagramChannel(family);
            case IO_URING -> () -> new IoUringDatagramChannel(family);
            case KQUEUE -> () -> new KQueueDatagramChannel(family);
            case AUTO -> throw new IllegalArgumentException("transport: auto (expected: a concrete one)");
        };
    }

    /** The options that every datagram channel has; {@code maxDatagramBytes} is the longest that arrives whole. */
    static void configure(
            Bootstrap bootstrap,
            Transport transport,
            SocketAddress address,
            SocketOptions options,
            int maxDatagramBytes) {
        boolean inet = address instanceof InetSocketAddress;
        int slot = (maxDatagramBytes + LINE) / LINE * LINE | LINE;
        boolean batches = inet && (transport == Transport.EPOLL || transport == Transport.IO_URING);
        int batch = batches ? Math.max(1, Math.min(MAX_BATCH, MAX_BATCH_BYTES / slot)) : 1;
        var buffers = new FixedRecvByteBufAllocator(slot * batch);
        int round = batches ? MAX_READS * batch : MAX_BATCH;
        buffers.maxMessagesPerRead(Math.min(round, MAX_ROUND_BYTES / slot)); // its answers wait for its end
        bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, buffers);
        bootstrap.option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
        bootstrap.option(ChannelOption.MESSAGE_SIZE_ESTIMATOR, sizeOf(slot));
        if (batch > 1 && transport == Transport.EPOLL) {
            bootstrap.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, slot);
        } else if (batch > 1) {
            bootstrap.option(IoUringChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, slot);
        }
        if (options.sendBuffer() > 0) {
            bootstrap.option(ChannelOption.SO_SNDBUF, options.sendBuffer());
        }
        if (!inet) {
            return;
        }
        if (options.receiveBuffer() > 0) {
            bootstrap.option(ChannelOption.SO_RCVBUF, options.receiveBuffer());
        }
        if (options.trafficClass() > 0) {
            bootstrap.option(ChannelOption.IP_TOS, options.trafficClass());
        }
        if (options.reusePort()) {
            if (transport == Transport.NIO) {
                bootstrap.option(NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT), true);
            } else {
                bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
            }
        }
    }

    /**
     * Asks once more for a receive buffer, of which the kernel has granted as much as its administrator lets everybody
     * have. Fails silently: what was granted is told.
     */
    static void insistOnReceiveBuffer(Channel channel, Transport transport, SocketOptions options) {
        boolean linux = transport == Transport.EPOLL || transport == Transport.IO_URING;
        if (!linux || options.receiveBuffer() == 0 || !(channel instanceof io.netty.channel.socket.DatagramChannel)) {
            return;
        }
        try {
            channel.config().setOption(RECEIVE_BUFFER_FORCE, options.receiveBuffer());
        } catch (ChannelException e) {
            LOG.debug("no larger receive buffer: {}", Reason.of(e));
        }
    }

    private static Channel nio(SocketProtocolFamily family) {
        try {
            var standard = family == SocketProtocolFamily.INET
                    ? java.net.StandardProtocolFamily.INET
                    : java.net.StandardProtocolFamily.INET6;
            DatagramChannel socket = DatagramChannel.open(standard);
            Channel channel = new NioDatagramChannel(socket);
            channel.attr(NIO_SOCKET).set(socket);
            return channel;
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    private static MessageSizeEstimator sizeOf(int slot) {
        return () -> message -> slot;
    }
}
