package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DatagramChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.NetServer;
import io.ntk.core.Reason;
import io.ntk.core.Server;
import io.ntk.core.SocketSettings;
import io.ntk.core.Transport;
import io.ntk.core.UnixSocketFile;
import io.ntk.udp.guard.AnswerRates;
import io.ntk.udp.guard.GuardOptions;
import io.ntk.udp.guard.ReflectionGuardHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running datagram server: it exists only while it is bound. Thread-safe.
 *
 * <p>It listens on all its endpoints or on none, a channel for each, or one for each event loop where {@code reusePort}
 * is set: the kernel then spreads the peers over them. Nothing is read before all of them are bound, announced, and have
 * joined their groups. Nothing that a peer does, and no error of the network, ends it.
 *
 * <p>Failure: {@code start} throws {@link UncheckedIOException} when an endpoint cannot be listened on, or a group not be
 * joined; nothing stays open, and the message says what was wrong.
 */
public final class DatagramServer implements NetServer {
    private static final Logger LOG = LoggerFactory.getLogger(DatagramServer.class);
    private static final Duration CLOSING_GRACE = Duration.ofSeconds(5);

    private final DatagramOptions options;
    private final DatagramResponder responder;
    private final EventLoops loops;
    private final boolean ownsLoops;
    private final DatagramNews news;
    private final @Nullable AnswerRates rates;
    private final @Nullable DatagramQuota quota;
    private final List<Bound> bound = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile KernelDrops drops = KernelDrops.UNKNOWN;

    private record Bound(
            Endpoint endpoint,
            Channel channel,
            Map<String, String> granted,
            @Nullable UnixSocketFile file) {}

    private DatagramServer(
            DatagramOptions options, DatagramResponder responder, @Nullable EventLoops shared, NetListener listener) {
        this.options = options;
        this.responder = requireNonNull(responder, "responder");
        this.news = new DatagramNews(requireNonNull(listener, "listener"));
        GuardOptions guard = options.guard();
        this.rates = guard == null ? null : new AnswerRates(guard);
        this.quota = options.maxDatagrams() == 0
                ? null
                : new DatagramQuota(options.maxDatagrams(), () -> GlobalEventExecutor.INSTANCE.execute(this::close));
        this.ownsLoops = shared == null;
        this.loops = shared == null
                ? EventLoops.start(
                        options.listen().transport(), options.listen().loops())
                : shared;
    }

    /**
     * Starts a server of which nobody is told.
     *
     * @param options what the service is like
     * @param responder what it says
     * @return the server
     */
    public static DatagramServer start(DatagramOptions options, DatagramResponder responder) {
        return start(options, responder, NetListener.NONE);
    }

    /**
     * Starts a server on event loops of its own.
     *
     * @param options what the service is like
     * @param responder what it says
     * @param listener who is told what happens; a {@link DatagramEvent.Listener} also of each datagram
     * @return the server
     * @throws IllegalArgumentException when the transport does not work here, or has no Unix datagram sockets
     */
    public static DatagramServer start(DatagramOptions options, DatagramResponder responder, NetListener listener) {
        return open(new DatagramServer(options, responder, null, listener));
    }

    /**
     * Starts a server on event loops of the caller's.
     *
     * @param options what the service is like; transport and loops in it are not used
     * @param responder what it says
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told what happens; a {@link DatagramEvent.Listener} also of each datagram
     * @return the server
     */
    public static DatagramServer start(
            DatagramOptions options, DatagramResponder responder, EventLoops loops, NetListener listener) {
        return open(new DatagramServer(options, responder, requireNonNull(loops, "loops"), listener));
    }

    private static DatagramServer open(DatagramServer server) {
        try {
            for (Endpoint endpoint : server.options.listen().endpoints()) {
                server.bind(endpoint);
            }
            server.join();
        } catch (IOException e) {
            server.abandon();
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (RuntimeException e) {
            server.abandon();
            throw e;
        }
        List<Channel> channels = server.bound.stream().map(Bound::channel).toList();
        server.drops = KernelDrops.of(channels);
        server.addresses().forEach(address -> server.news.tell(new NetEvent.Listening(DatagramNews.SERVICE, address)));
        channels.forEach(channel -> channel.config().setAutoRead(true));
        return server;
    }

    @Override
    public List<String> addresses() {
        return endpoints().stream()
                .map(endpoint -> endpoint instanceof Endpoint.Unix ? endpoint.toString() : "udp://" + endpoint)
                .toList();
    }

    @Override
    public List<Endpoint> endpoints() {
        return bound.stream().map(Bound::endpoint).distinct().toList();
    }

    /**
     * What the kernel granted of the socket options. Of buffers it is the figure that compares with what was asked for:
     * Linux grants twice that, for its own overhead. Known when the sockets are bound: the last datagram that a server takes
     * may come before it is asked.
     */
    @Override
    public List<Map<String, String>> granted() {
        return bound.stream().map(Bound::granted).toList();
    }

    /** Datagrams know no connections: 0. */
    @Override
    public int connections() {
        return 0;
    }

    /**
     * The totals since the start.
     *
     * @return live, the same at every call
     */
    public DatagramTraffic traffic() {
        return news.traffic();
    }

    /**
     * Datagrams that the kernel dropped at the sockets of this server since it started.
     *
     * @return live, the same at every call
     */
    public KernelDrops kernelDrops() {
        return drops;
    }

    @Override
    public CompletableFuture<Void> closed() {
        return closed.copy();
    }

    @Override
    public void close() {
        close(options.listen().limits().drain());
    }

    /**
     * Stops reading, sends what waits to be sent if the system takes it at once, and closes. There is nothing to drain.
     *
     * @param drain not used
     */
    @Override
    public void close(Duration drain) {
        if (closing.compareAndSet(false, true)) {
            GlobalEventExecutor.INSTANCE.execute(() -> {
                var dropped = drops.now(); // while the sockets are in the table
                closeAll().whenComplete((done, failure) -> finish(dropped));
            });
        }
        if (!inEventLoop()) {
            await();
        }
    }

    private void finish(java.util.OptionalLong dropped) {
        DatagramTraffic sums = news.traffic();
        news.tell(new DatagramEvent.Totals(
                DatagramNews.SERVICE,
                sums.received(),
                sums.bytesIn(),
                sums.sent(),
                sums.bytesOut(),
                sums.refused(),
                dropped));
        if (ownsLoops) {
            loops.close();
        }
        closed.complete(null);
    }

    private void abandon() {
        closeAll().whenComplete((done, failure) -> {
            if (ownsLoops) {
                loops.close();
            }
            closed.complete(null);
        });
        await();
    }

    private CompletableFuture<Void> closeAll() {
        return CompletableFuture.allOf(bound.stream().map(DatagramServer::close).toArray(CompletableFuture<?>[]::new));
    }

    private static CompletableFuture<Void> close(Bound one) {
        UnixSocketFile file = one.file();
        if (file != null) {
            onFile(file::closing);
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (one.channel().eventLoop().isShuttingDown()) {
            one.channel().close();
            done.complete(null);
        } else {
            one.channel().eventLoop().execute(() -> {
                one.channel().config().setAutoRead(false);
                one.channel().flush();
                one.channel().close().addListener(closed -> done.complete(null));
            });
        }
        return done.thenRun(() -> {
            if (file != null) {
                onFile(file::closed);
            }
        });
    }

    private interface FileStep {
        void run() throws IOException;
    }

    private static void onFile(FileStep step) {
        try {
            step.run();
        } catch (IOException e) {
            LOG.warn("cannot remove a socket: {}", Reason.of(e));
        }
    }

    private boolean inEventLoop() {
        for (var loop : loops.group()) {
            if (loop.inEventLoop()) {
                return true;
            }
        }
        return GlobalEventExecutor.INSTANCE.inEventLoop();
    }

    private void await() {
        try {
            closed.get(CLOSING_GRACE.toMillis(), TimeUnit.MILLISECONDS);
            if (ownsLoops) {
                loops.terminated().await(CLOSING_GRACE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("closing did not end in time");
        }
    }

    private void bind(Endpoint endpoint) throws IOException {
        UnixSocketFile file =
                endpoint instanceof Endpoint.Unix unix ? new UnixSocketFile(unix.path(), this::isServed) : null;
        try {
            if (file != null) {
                file.prepare();
            }
            SocketAddress address = address(endpoint);
            boolean many = options.listen().socket().reusePort() && address instanceof InetSocketAddress;
            int channels = many ? loopCount() : 1;
            for (int i = 0; i < channels; i++) {
                Channel channel = bindChannel(address);
                boolean unix = endpoint instanceof Endpoint.Unix;
                Endpoint actual = unix ? endpoint : Endpoint.of(channel.localAddress());
                bound.add(new Bound(actual, channel, granted(channel), file));
                address = channel.localAddress(); // the others share the port that the system chose
            }
            if (file != null) {
                file.bound(options.listen().unixMode());
            }
        } catch (IOException e) {
            throw new IOException("cannot listen on " + endpoint + ": " + Server.why(endpoint, Reason.of(e)), e);
        } finally {
            if (file != null) {
                file.unlock();
            }
        }
    }

    private Map<String, String> granted(Channel channel) {
        Map<String, String> values = SocketSettings.granted(channel);
        if (loops.transport() == Transport.EPOLL || loops.transport() == Transport.IO_URING) {
            values.computeIfPresent("so-rcvbuf", (name, value) -> Long.toString(Long.parseLong(value) / 2));
            values.computeIfPresent("so-sndbuf", (name, value) -> Long.toString(Long.parseLong(value) / 2));
        }
        return values;
    }

    private SocketAddress address(Endpoint endpoint) throws IOException {
        SocketAddress address = loops.transport().address(endpoint);
        if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
            throw new java.net.UnknownHostException(inet.getHostString());
        }
        return address;
    }

    private int loopCount() {
        int count = 0;
        for (var loop : loops.group()) {
            count += loop == null ? 0 : 1;
        }
        return count;
    }

    private Channel bindChannel(SocketAddress address) throws IOException {
        Bootstrap bootstrap = new Bootstrap()
                .group(loops.group())
                .channelFactory(DatagramSockets.factory(loops.transport(), address))
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        DatagramSockets.insistOnReceiveBuffer(
                                channel, loops.transport(), options.listen().socket());
                        assemble(channel.pipeline());
                    }
                });
        DatagramSockets.configure(
                bootstrap, loops.transport(), address, options.listen().socket(), options.maxDatagramBytes());
        if (options.broadcast() && address instanceof InetSocketAddress) {
            bootstrap.option(ChannelOption.SO_BROADCAST, true);
        }
        if (!options.groups().isEmpty() && address instanceof InetSocketAddress) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true); // a group is for any number of listeners
        }
        return awaited(bootstrap.bind(address));
    }

    private static Channel awaited(ChannelFuture future) throws IOException {
        try {
            future.await();
        } catch (InterruptedException e) {
            future.channel().close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (!future.isSuccess()) {
            throw new IOException(future.cause());
        }
        return future.channel();
    }

    /** The whole pipeline of a channel, in the order of the way of a datagram. */
    private void assemble(ChannelPipeline pipeline) {
        pipeline.addLast(new DatagramFrontHandler(options, news, quota));
        GuardOptions guard = options.guard();
        if (guard != null && rates != null && responder != DatagramResponder.NONE) {
            pipeline.addLast(new ReflectionGuardHandler(guard, rates));
        }
        if (responder == DatagramResponder.ECHO) {
            pipeline.addLast(new DatagramEchoHandler());
        } else if (responder != DatagramResponder.NONE) {
            pipeline.addLast(new DatagramHandler(responder, () -> drops));
        }
        pipeline.addLast(new EndHandler());
    }

    /** Last: tells what the guard announces, and what failed; takes what nobody answers. */
    private final class EndHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ReflectionGuardHandler.Refused refused) {
                news.refused(refused);
            } else if (event instanceof ReflectionGuardHandler.Muted muted) {
                news.muted(muted);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("{} {}", ctx.channel().id().asShortText(), Reason.of(cause));
            news.failed(cause);
        }
    }

    /** Joins every group on the endpoints of its family. */
    private void join() throws IOException {
        for (MulticastGroup group : options.groups()) {
            int joined = 0;
            for (Bound each : bound) {
                if (each.channel() instanceof DatagramChannel channel
                        && channel.localAddress().getAddress() instanceof Inet4Address == group.isIpv4()) {
                    join(channel, group);
                    joined++;
                }
            }
            if (joined == 0) {
                throw new IOException("cannot join " + group + ": no endpoint is of its family (listen on "
                        + (group.isIpv4() ? "0.0.0.0:PORT" : "[::]:PORT") + " or on the group itself)");
            }
        }
    }

    private static void join(DatagramChannel channel, MulticastGroup group) throws IOException {
        try {
            ChannelFuture joining = channel.joinGroup(group.address(), group.resolve(), null);
            awaited(joining);
        } catch (IOException | UnsupportedOperationException e) {
            throw new IOException("cannot join " + group + ": " + Reason.of(e), e);
        }
    }

    /** Whether somebody has a datagram socket at a path: found out by connecting one of ours. */
    private boolean isServed(Path path) throws IOException {
        SocketAddress address = loops.transport().address(new Endpoint.Unix(path));
        Bootstrap probe = new Bootstrap()
                .group(loops.group())
                .channelFactory(DatagramSockets.factory(loops.transport(), address))
                .handler(new ChannelInboundHandlerAdapter());
        try {
            awaited(probe.connect(address)).close();
            return true;
        } catch (IOException e) {
            if (Reason.of(e).startsWith("connection refused")) {
                return false;
            }
            throw e;
        }
    }
}
