package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Reason;
import io.ntk.core.SocketSettings;
import io.ntk.udp.guard.DatagramAnswer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends datagrams to one target and hears the answers. Thread-safe but for {@link #request}, which is for one thread.
 *
 * <p>For a host its own socket is connected, so that the kernel passes on answers of the target alone, and reports what
 * ICMP says; at a Unix socket it looks at the sender itself; for groups and broadcast, answers of anybody are taken.
 *
 * <p>Failure: {@code open} fails when the name is not known, or the socket cannot be made; the message says why.
 */
public final class DatagramClient implements AutoCloseable {
    /** The most that a datagram carries over IPv4. */
    public static final int MAX_IPV4_BYTES = 65_507;

    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Duration CLOSING_GRACE = Duration.ofSeconds(2);

    private final DatagramClientOptions options;
    private final Channel channel;
    private final SocketAddress target;
    private final boolean connected;
    private final @Nullable Path ownPath;
    private final Inbox inbox;

    private DatagramClient(
            DatagramClientOptions options,
            Channel channel,
            SocketAddress target,
            boolean connected,
            @Nullable Path ownPath,
            Inbox inbox) {
        this.options = options;
        this.channel = channel;
        this.target = target;
        this.connected = connected;
        this.ownPath = ownPath;
        this.inbox = inbox;
    }

    /**
     * Opens a socket. Looks the target's name up; not to be called on an event loop.
     *
     * @param options where to and how
     * @param loops the event loops, which closing the client leaves alone
     * @param receiver who hears
     * @return the client
     * @throws IOException when that fails
     * @throws IllegalArgumentException when the transport cannot do it
     */
    public static DatagramClient open(DatagramClientOptions options, EventLoops loops, DatagramReceiver receiver)
            throws IOException {
        try {
            return new Opening(options, loops, new Inbox(requireNonNull(receiver, "receiver"))).open();
        } catch (IOException e) {
            throw new IOException("cannot send to " + options.target() + ": " + why(e), e);
        }
    }

    /** The steps of opening. */
    private record Opening(DatagramClientOptions options, EventLoops loops, Inbox inbox) {
        DatagramClient open() throws IOException {
            SocketAddress to = address(options.target());
            // Netty loses empty datagrams at a Unix socket that is connected.
            boolean connects = to instanceof InetSocketAddress inet
                    ? !isForMany(inet)
                    : options.answers() == DatagramClientOptions.Answers.NONE;
            Endpoint.Inet source = options.source();
            Path ownPath =
                    to instanceof DomainSocketAddress && options.answers() == DatagramClientOptions.Answers.WANTED
                            ? ownPath()
                            : null;
            SocketAddress from = ownPath != null
                    ? new DomainSocketAddress(ownPath.toFile())
                    : source == null ? null : address(source);
            Bootstrap bootstrap = bootstrap(to);
            ChannelFuture opening;
            if (connects) {
                opening = from == null ? bootstrap.connect(to) : bootstrap.connect(to, from);
            } else {
                inbox.takeOnlyFrom(ownPath == null ? null : to);
                opening = bootstrap.bind(from == null ? anyLike((InetSocketAddress) to) : from);
            }
            Channel channel = awaited(opening);
            return new DatagramClient(options, channel, to, connects, ownPath, inbox);
        }

        private boolean isForMany(InetSocketAddress address) {
            InetAddress to = address.getAddress();
            return options.broadcast()
                    || to.isMulticastAddress()
                    || to.getHostAddress().equals("255.255.255.255");
        }

        private SocketAddress address(Endpoint endpoint) throws UnknownHostException {
            SocketAddress address = loops.transport().address(endpoint);
            if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
                throw new UnknownHostException(inet.getHostString());
            }
            return address instanceof java.net.UnixDomainSocketAddress unix
                    ? new DomainSocketAddress(unix.getPath().toFile())
                    : address;
        }

        private static Path ownPath() {
            String name = "ntk-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet() + ".sock";
            return Path.of(System.getProperty("java.io.tmpdir"), name);
        }

        private static InetSocketAddress anyLike(InetSocketAddress to) throws UnknownHostException {
            return new InetSocketAddress(to.getAddress() instanceof Inet4Address ? "0.0.0.0" : "::", 0);
        }

        private Bootstrap bootstrap(SocketAddress to) {
            Bootstrap bootstrap = new Bootstrap()
                    .group(loops.group())
                    .channelFactory(DatagramSockets.factory(loops.transport(), to))
                    .handler(inbox);
            int most = DatagramOptions.MAX_DATAGRAM_BYTES;
            DatagramSockets.configure(bootstrap, loops.transport(), to, options.socket(), most);
            if (to instanceof InetSocketAddress inet) {
                if (isForMany(inet)) {
                    bootstrap.option(ChannelOption.SO_BROADCAST, options.broadcast());
                }
                if (options.ttl() > 0) {
                    hops(bootstrap, inet.getAddress(), options.ttl());
                }
            }
            return bootstrap;
        }

        private void hops(Bootstrap bootstrap, InetAddress to, int ttl) {
            if (to.isMulticastAddress()) {
                bootstrap.option(ChannelOption.IP_MULTICAST_TTL, ttl);
                return;
            }
            // Numbers of <netinet/in.h>: IP_TTL at IPPROTO_IP, IPV6_UNICAST_HOPS at IPPROTO_IPV6.
            boolean ipv4 = to instanceof Inet4Address;
            bootstrap.option(
                    switch (loops.transport()) {
                        case EPOLL, IO_URING -> new IntegerUnixChannelOption("HOPS", ipv4 ? 0 : 41, ipv4 ? 2 : 16);
                        case KQUEUE -> new IntegerUnixChannelOption("HOPS", ipv4 ? 0 : 41, 4);
                        case NIO, AUTO ->
                            throw new IllegalArgumentException("ttl: " + ttl + " (expected: none on "
                                    + loops.transport() + ", which can set it for groups alone)");
                    },
                    ttl);
        }
    }

    /**
     * Sends a datagram, and waits until the system has taken it.
     *
     * @param payload all that remains is taken
     * @throws IOException when it is too long, or the system does not take it
     */
    public void send(ByteBuffer payload) throws IOException {
        int bytes = payload.remaining();
        if (bytes > limit()) {
            throw new IOException("cannot send " + bytes + " bytes to " + options.target() + ": the limit is " + limit()
                    + " bytes a datagram");
        }
        byte[] copy = new byte[bytes];
        payload.get(copy);
        try {
            try {
                awaited(write(Unpooled.wrappedBuffer(copy)));
            } catch (IOException e) {
                if (!isRefusal(e)) {
                    throw e;
                }
                // That was the fate of an earlier datagram; this one has not been sent.
                inbox.unreachable(why(e));
                awaited(write(Unpooled.wrappedBuffer(copy)));
            }
        } catch (IOException e) {
            throw new IOException("cannot send to " + options.target() + ": " + why(e), e);
        }
    }

    /**
     * Sends a request until it is answered: by any datagram of the target that arrives later. The time doubles with each
     * try.
     *
     * @param payload all that remains is taken
     * @param tries how often to send it, at least 1
     * @param timeout how long to wait for an answer to the first
     * @return whether there was an answer
     * @throws IOException when it cannot be sent
     * @throws InterruptedException when the waiting is interrupted
     */
    public boolean request(ByteBuffer payload, int tries, Duration timeout) throws IOException, InterruptedException {
        long before = inbox.count();
        long wait = timeout.toNanos();
        ByteBuffer request = payload.slice();
        payload.position(payload.limit());
        for (int i = 0; i < tries; i++) {
            send(request.duplicate());
            if (inbox.await(before + 1, wait)) {
                return true;
            }
            wait = Math.min(wait, Long.MAX_VALUE / 4) * 2;
        }
        return false;
    }

    /**
     * Waits for answers.
     *
     * @param count how many since the client was opened
     * @param atMost how long
     * @return whether as many have come
     * @throws InterruptedException when the waiting is interrupted
     */
    public boolean await(long count, Duration atMost) throws InterruptedException {
        return inbox.await(count, atMost.toNanos());
    }

    /**
     * Answers that have come.
     *
     * @return since the client was opened
     */
    public long answers() {
        return inbox.count();
    }

    /**
     * Whether answers of others than the target are taken.
     *
     * @return true for groups and broadcast
     */
    public boolean isForMany() {
        return !connected && target instanceof InetSocketAddress;
    }

    /**
     * The longest datagram that can be sent.
     *
     * @return 65,507 bytes over IPv4, 65,527 over IPv6; a Unix socket's limit is its send buffer, which the kernel knows
     */
    public int limit() {
        if (target instanceof InetSocketAddress inet) {
            return inet.getAddress() instanceof Inet4Address ? MAX_IPV4_BYTES : DatagramOptions.MAX_DATAGRAM_BYTES;
        }
        return Integer.MAX_VALUE;
    }

    /**
     * What the kernel granted of the socket options.
     *
     * @return option names and values
     */
    public Map<String, String> granted() {
        return SocketSettings.granted(channel);
    }

    /** Closes the socket, and removes its file. */
    @Override
    public void close() {
        ChannelFuture closing = channel.close();
        if (!channel.eventLoop().inEventLoop()) {
            closing.awaitUninterruptibly(CLOSING_GRACE.toMillis());
        }
        if (ownPath != null) {
            try {
                Files.deleteIfExists(ownPath);
            } catch (IOException e) {
                return; // an empty file in the folder for temporary ones
            }
        }
    }

    Channel channel() {
        return channel;
    }

    Inbox inbox() {
        return inbox;
    }

    SocketAddress target() {
        return target;
    }

    /** What is written for a payload. */
    Object packet(ByteBuf payload) {
        return connected ? payload : DatagramAnswer.packet(payload, target);
    }

    static boolean isRefusal(Throwable e) {
        return e instanceof PortUnreachableException || Reason.of(e).startsWith("connection refused");
    }

    private ChannelFuture write(ByteBuf payload) {
        if (payload.isReadable()) {
            return channel.writeAndFlush(packet(payload));
        }
        payload.release();
        var promise = channel.newPromise();
        channel.eventLoop().execute(() -> {
            try {
                EmptyDatagram.send(channel, target);
                promise.setSuccess();
            } catch (IOException e) {
                promise.setFailure(e);
            }
        });
        return promise;
    }

    static String why(Throwable e) {
        if (isRefusal(e)) {
            return "port unreachable (nobody listens there)";
        }
        String reason = Reason.of(e);
        if (reason.startsWith("permission denied")) {
            return reason + " (a broadcast address has to be allowed, on the command line by --broadcast)";
        }
        if (reason.startsWith("message too long")) {
            return reason + " (the send buffer, or the MTU, is too small for it)";
        }
        return reason.startsWith("cannot assign requested address")
                ? reason + " (the source address is none of this machine)"
                : reason;
    }

    private static Channel awaited(ChannelFuture future) throws IOException {
        try {
            future.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        if (!future.isSuccess()) {
            Throwable cause = requireNonNull(future.cause());
            throw cause instanceof IOException failure ? failure : new IOException(Reason.of(cause), cause);
        }
        return future.channel();
    }

    /** The pipeline: counts answers and passes them on. */
    static final class Inbox extends ChannelInboundHandlerAdapter {
        private final DatagramReceiver receiver;
        private volatile @Nullable SocketAddress only;
        private long count;

        Inbox(DatagramReceiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                if (message instanceof AddressedEnvelope<?, ?> packet
                        && packet.content() instanceof ByteBuf payload
                        && (only == null || only.equals(packet.sender()))) {
                    receiver.received(payload, sender(ctx, packet));
                    arrived();
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        /** Before the socket is bound: whose answers count, or null where the kernel sees to that, or anybody's do. */
        void takeOnlyFrom(@Nullable SocketAddress sender) {
            only = sender;
        }

        private static SocketAddress sender(ChannelHandlerContext ctx, AddressedEnvelope<?, ?> packet) {
            SocketAddress sender = packet.sender();
            return sender == null ? ctx.channel().remoteAddress() : sender;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            unreachable(why(cause));
        }

        void unreachable(String why) {
            receiver.unreachable(why);
        }

        private synchronized void arrived() {
            count++;
            notifyAll();
        }

        synchronized long count() {
            return count;
        }

        synchronized boolean await(long wanted, long nanos) throws InterruptedException {
            long end = System.nanoTime() + nanos;
            while (count < wanted) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                wait(left);
            }
            return true;
        }
    }
}
