package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
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
 * A running stream server: it exists only while it is bound. Thread-safe.
 *
 * <p>It listens on all its endpoints or on none, counts all of them together, and gives every connection this front, in
 * the order of the way of a byte: connection limits, traffic, write stall, idle, TLS with its deadline; then come the
 * protocol's own handlers, and last what closes on anything that none of them took care of.
 */
public final class Server implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final int MAX_NAMED_PEERS = 100;
    private static final Duration CLOSING_GRACE = Duration.ofSeconds(5);

    private final Protocol protocol;
    private final ListenOptions options;
    private final EventLoops loops;
    private final boolean ownsLoops;
    private final NetListener listener;
    private final Traffic traffic = new Traffic();
    private final ConnectionLimits limits;
    private final @Nullable ServerTls tls;
    private final ChannelGroup listening = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final List<Endpoint> endpoints = new CopyOnWriteArrayList<>();
    private final List<UnixSocketFile> files = new CopyOnWriteArrayList<>();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final StreamEndHandler streamEnd = new StreamEndHandler();
    private final UnhandledHandler unhandled = new UnhandledHandler();

    private Server(Protocol protocol, ListenOptions options, @Nullable EventLoops shared, NetListener listener)
            throws IOException {
        this.protocol = protocol;
        this.options = options;
        this.listener = guarded(listener);
        this.limits = new ConnectionLimits(options.limits(), options.access());
        this.ownsLoops = shared == null;
        this.loops = shared == null ? EventLoops.start(options.transport(), options.loops()) : shared;
        this.tls = options.tls() == null ? null : startTls(options.tls());
    }

    /**
     * Starts to listen on every endpoint, on event loops of the server's own.
     *
     * @param protocol what to serve
     * @param options where and how
     * @param listener who is told what happens
     * @return the server; closing it ends its event loops too
     * @throws UncheckedIOException when an endpoint cannot be listened on, or the TLS files cannot be used; nothing
     *     stays open, and the message says what was wrong
     */
    public static Server start(Protocol protocol, ListenOptions options, NetListener listener) {
        return open(protocol, options, null, listener);
    }

    /**
     * Starts to listen on every endpoint, on event loops of the caller's.
     *
     * @param protocol what to serve
     * @param options where and how; its transport and loops are not used
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told what happens
     * @return the server
     * @throws UncheckedIOException as the other {@code start}
     */
    public static Server start(Protocol protocol, ListenOptions options, EventLoops loops, NetListener listener) {
        return open(protocol, options, requireNonNull(loops, "loops"), listener);
    }

    private static Server open(
            Protocol protocol, ListenOptions options, @Nullable EventLoops shared, NetListener listener) {
        Server server;
        try {
            server = new Server(protocol, options, shared, listener);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        try {
            for (Endpoint endpoint : options.endpoints()) {
                server.bind(endpoint);
            }
        } catch (IOException e) {
            server.close(Duration.ZERO);
            throw new UncheckedIOException(e.getMessage(), e);
        }
        server.addresses().forEach(address -> server.listener.on(new NetEvent.Listening(protocol.service(), address)));
        server.listening.forEach(channel -> channel.config().setAutoRead(true));
        return server;
    }

    /**
     * Where the server listens, as it was bound: a port that was 0 is the one that the system chose.
     *
     * @return in the order of the options, such as {@code tcp://127.0.0.1:9000} or {@code unix:/run/x.sock}
     */
    public List<String> addresses() {
        return endpoints.stream()
                .map(endpoint -> endpoint instanceof Endpoint.Unix
                        ? endpoint.toString()
                        : (tls == null ? protocol.scheme() : protocol.tlsScheme()) + "://" + endpoint)
                .toList();
    }

    /**
     * Where the server listens, as endpoints that a client can connect to.
     *
     * @return in the order of the options
     */
    public List<Endpoint> endpoints() {
        return List.copyOf(endpoints);
    }

    /**
     * What the kernel granted of the socket options, for each listening socket.
     *
     * @return option names and values
     */
    public List<Map<String, String>> granted() {
        return listening.stream().map(SocketSettings::granted).toList();
    }

    /**
     * The totals since the start.
     *
     * @return live, the same at every call
     */
    public Traffic traffic() {
        return traffic;
    }

    /**
     * The connections that are open.
     *
     * @return a number that others may change at any time
     */
    public int connections() {
        return limits.open();
    }

    /**
     * Done when the server is closed, its connections with it.
     *
     * @return the same future at every call; completing it has no effect on the server
     */
    public CompletableFuture<Void> closed() {
        return closed.copy();
    }

    /** Closes with the drain time of the limits. */
    @Override
    public void close() {
        close(options.limits().drain());
    }

    /**
     * Stops accepting, lets connections finish for a time, cuts the rest (announced by {@link NetEvent.Cut}), and waits
     * until all of it is done; called on an event loop it does not wait. A second call with zero cuts at once what the
     * first still waits for.
     *
     * @param drain how long to wait for connections; zero cuts at once
     */
    public void close(Duration drain) {
        if (closing.compareAndSet(false, true)) {
            // Only when nothing can be accepted any more are the connections that there are all of them.
            stopAccepting().addListener(stopped -> drain());
            if (!drain.isZero()) {
                var deadline = GlobalEventExecutor.INSTANCE.schedule(this::cut, drain.toNanos(), TimeUnit.NANOSECONDS);
                closed.whenComplete((done, failure) -> deadline.cancel(false));
            }
        }
        if (drain.isZero()) {
            cut();
        }
        if (!inEventLoop()) {
            await(drain.plus(CLOSING_GRACE));
        }
    }

    private void drain() {
        for (Channel connection : connections) {
            connection.eventLoop().execute(() -> connection.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN));
        }
        connections.newCloseFuture().addListener(done -> finish());
    }

    private void bind(Endpoint endpoint) throws IOException {
        UnixSocketFile file = endpoint instanceof Endpoint.Unix unix ? new UnixSocketFile(unix.path()) : null;
        try {
            if (file != null) {
                file.prepare();
            }
            ChannelFuture binding = bootstrap(endpoint).bind(loops.transport().address(endpoint));
            binding.await();
            if (!binding.isSuccess()) {
                throw new IOException(binding.cause());
            }
            listening.add(binding.channel());
            endpoints.add(
                    endpoint instanceof Endpoint.Unix
                            ? endpoint
                            : Endpoint.of(binding.channel().localAddress()));
            if (file != null) {
                file.bound(options.unixMode());
                files.add(file);
            }
        } catch (IOException e) {
            throw new IOException("cannot listen on " + endpoint + ": " + why(endpoint, e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("cannot listen on " + endpoint + ": interrupted", e);
        } finally {
            if (file != null) {
                file.abandon();
            }
        }
    }

    private static String why(Endpoint endpoint, IOException failure) {
        String reason = Reason.of(failure);
        if (reason.startsWith("address already in use")) {
            return reason + " (is another server running there? port 0 takes a free one)";
        }
        boolean low = endpoint instanceof Endpoint.Inet inet && inet.port() > 0 && inet.port() < 1024;
        return reason.startsWith("permission denied") && low
                ? reason + " (ports below 1024 are for privileged users; choose a higher one)"
                : reason;
    }

    private ServerBootstrap bootstrap(Endpoint endpoint) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.transport().serverChannel(endpoint))
                .handler(new AcceptHandler())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        assemble(channel.pipeline());
                    }
                });
        // Nothing is accepted before every endpoint is bound and announced.
        bootstrap.option(ChannelOption.AUTO_READ, false);
        SocketSettings.listening(bootstrap, options.socket(), loops.transport(), endpoint);
        return bootstrap;
    }

    /** The whole pipeline of a connection, in the order of the way of a byte. */
    private void assemble(ChannelPipeline pipeline) {
        Limits granted = options.limits();
        RefusalAnswer answer = tls == null ? protocol.refusal() : TlsAlert.REFUSED;
        pipeline.addLast(new ConnectionLimitHandler(protocol.service(), limits, answer, listener));
        if (protocol.accept() == Protocol.Accept.ONE) {
            pipeline.addLast(new OnceHandler());
        }
        pipeline.addLast(new TrafficHandler(protocol.service(), listener, traffic));
        if (!granted.writeStall().isZero()) {
            pipeline.addLast(new WriteStallHandler(granted.writeStall()));
        }
        if (!granted.idle().isZero()) {
            pipeline.addLast(new IdleHandler(granted.idle()));
        }
        if (tls != null) {
            pipeline.addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.TLS));
            pipeline.addLast(tls.newHandler(pipeline.channel().alloc()));
            pipeline.addLast(streamEnd);
            if (!granted.handshake().isZero()) {
                pipeline.addLast(new HandshakeDeadlineHandler(granted.handshake()));
            }
        }
        protocol.recipe().accept(pipeline);
        pipeline.addLast(unhandled);
    }

    /** On the listening channel: knows every connection. */
    private final class AcceptHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            connections.add((Channel) message);
            ctx.fireChannelRead(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Out of file descriptors, usually. Netty's acceptor behind this one rests for a second before it tries
            // again, so this neither spins nor floods.
            listener.on(new NetEvent.Failed(protocol.service(), "cannot accept a connection", Reason.of(cause)));
            ctx.fireExceptionCaught(cause);
        }
    }

    /** On the first connection that is let in: it is to be the only one, and the server ends with it. */
    private final class OnceHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (!taken.compareAndSet(false, true)) {
                Closing.reset(ctx.channel());
                return;
            }
            stopAccepting();
            ctx.channel().closeFuture().addListener(ended -> close(Duration.ZERO));
            ctx.fireChannelActive();
            ctx.pipeline().remove(this);
        }
    }

    private ChannelGroupFuture stopAccepting() {
        for (UnixSocketFile file : files) {
            try {
                file.remove();
            } catch (IOException e) {
                LOG.warn("cannot remove a socket: {}", Reason.of(e));
            }
        }
        return listening.close();
    }

    private void cut() {
        if (closed.isDone()) {
            return;
        }
        List<Channel> open = List.copyOf(connections);
        if (!open.isEmpty()) {
            List<String> peers = open.stream()
                    .limit(MAX_NAMED_PEERS)
                    .map(channel -> TrafficHandler.name(channel.remoteAddress()))
                    .toList();
            listener.on(new NetEvent.Cut(protocol.service(), peers, open.size()));
            open.forEach(channel -> CloseCause.mark(channel, CloseCause.SHUTDOWN));
            connections.close();
        }
    }

    private void finish() {
        if (tls != null) {
            tls.close();
        }
        if (ownsLoops) {
            loops.close();
            loops.terminated().addListener(done -> closed.complete(null));
        } else {
            closed.complete(null);
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

    private void await(Duration atMost) {
        try {
            closed.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the server did not end in {}", atMost, e);
        }
    }

    private ServerTls startTls(TlsOptions tlsOptions) throws IOException {
        try {
            return ServerTls.start(tlsOptions, options.endpoints(), protocol.service(), listener);
        } catch (IOException | GeneralSecurityException e) {
            if (ownsLoops) {
                loops.close();
            }
            throw new IOException(e instanceof IOException ? e.getMessage() : "cannot set up TLS: " + Reason.of(e), e);
        }
    }

    private static NetListener guarded(NetListener listener) {
        return event -> {
            try {
                listener.on(event);
            } catch (RuntimeException e) {
                LOG.warn("a listener failed on {}", event.name(), e);
            }
        };
    }
}
