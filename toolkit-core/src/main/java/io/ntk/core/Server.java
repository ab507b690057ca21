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
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
public final class Server implements NetServer {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final int MAX_NAMED_PEERS = 100;
    private static final Duration CLOSING_GRACE = Duration.ofSeconds(5);
    private static final Duration ACCEPT_REST = Duration.ofSeconds(1);

    private final Protocol protocol;
    private final ListenOptions options;
    private final EventLoops loops;
    private final boolean ownsLoops;
    private final NetListener listener;
    private final Traffic traffic = new Traffic();
    private final ConnectionLimits limits;
    private final @Nullable ServerTls tls;
    private final List<Bound> bound = new CopyOnWriteArrayList<>();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicBoolean closing = new AtomicBoolean();
    /* Connections whose end the listener has not heard of, and one more until all of them are closed. */
    private final AtomicInteger untold = new AtomicInteger(1);
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile @Nullable Runnable last;
    private final StreamEndHandler streamEnd = new StreamEndHandler();
    private final UnhandledHandler unhandled = new UnhandledHandler();

    private record Bound(
            Endpoint endpoint,
            Channel channel,
            Map<String, String> granted,
            @Nullable UnixSocketFile file) {}

    private Server(Protocol protocol, ListenOptions options, @Nullable EventLoops shared, NetListener listener)
            throws IOException {
        this.protocol = protocol;
        this.options = options;
        this.listener = listener;
        this.limits = new ConnectionLimits(options.limits(), options.access(), protocol.accept());
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
     * @throws IllegalArgumentException when the transport does not work here
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
        } catch (RuntimeException e) {
            server.close(Duration.ZERO);
            throw e;
        }
        server.addresses().forEach(address -> server.tell(new NetEvent.Listening(protocol.service(), address)));
        server.bound.forEach(each -> each.channel().config().setAutoRead(true));
        return server;
    }

    /**
     * Where the server listens, as it was bound: a port that was 0 is the one that the system chose.
     *
     * @return in the order of the options, such as {@code tcp://127.0.0.1:9000} or {@code unix:/run/x.sock}
     */
    @Override
    public List<String> addresses() {
        return endpoints().stream()
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
    @Override
    public List<Endpoint> endpoints() {
        return bound.stream().map(Bound::endpoint).toList();
    }

    /**
     * What the kernel granted of the socket options, for each listening socket.
     *
     * @return option names and values, in the order of the options' endpoints; the same when the server is closed
     */
    @Override
    public List<Map<String, String>> granted() {
        return bound.stream().map(Bound::granted).toList();
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
    @Override
    public int connections() {
        return limits.open();
    }

    /**
     * Lets something end with the server: after its last connection, and before {@link #closed} is done, so that closing
     * waits for it as well.
     *
     * @param ending called once, on a thread of its own, and may block; given before the server is closed
     * @return this server
     */
    public Server endingWith(Runnable ending) {
        last = requireNonNull(ending, "ending");
        return this;
    }

    /**
     * Done when the server is closed, its connections with it, and the listener has been told of the last one's end.
     *
     * @return the same future at every call; completing it has no effect on the server
     */
    @Override
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
    @Override
    public void close(Duration drain) {
        if (closing.compareAndSet(false, true)) {
            // Only when nothing can be accepted any more are the connections that there are all of them.
            stopAccepting().thenCompose(stopped -> settled()).thenRun(this::drain);
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

    /** Done when each loop has gone through what it had to do by now: the connections accepted last are registered. */
    private CompletableFuture<Void> settled() {
        List<CompletableFuture<?>> each = new ArrayList<>();
        for (EventExecutor loop : loops.group()) {
            try {
                each.add(CompletableFuture.runAsync(() -> {}, loop));
            } catch (RejectedExecutionException e) {
                LOG.debug("an event loop has ended before its server");
            }
        }
        return CompletableFuture.allOf(each.toArray(CompletableFuture<?>[]::new));
    }

    private void drain() {
        for (Channel connection : connections) {
            try {
                connection
                        .eventLoop()
                        .execute(() -> connection.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN));
            } catch (RejectedExecutionException e) {
                LOG.debug("{} its event loop has ended", connection.id().asShortText());
            }
        }
        connections.newCloseFuture().addListener(done -> {
            if (loops.group().isShuttingDown()) {
                finish(); // by their owner, too early: there may be nobody left to tell of an end
            } else {
                toldOne();
            }
        });
    }

    /** Passes on an event, and counts those that the server itself lives by. */
    private void tell(NetEvent event) {
        if (event instanceof NetEvent.Opened) {
            untold.incrementAndGet();
        } else if (event instanceof NetEvent.Refused) {
            traffic.refused.increment();
        }
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed on {}", event.name(), e);
        }
        if (event instanceof NetEvent.Closed) {
            toldOne();
        }
    }

    private void toldOne() {
        if (untold.decrementAndGet() == 0) {
            finish();
        }
    }

    private void bind(Endpoint endpoint) throws IOException {
        UnixSocketFile file = endpoint instanceof Endpoint.Unix unix ? new UnixSocketFile(unix.path()) : null;
        try {
            if (file != null) {
                file.prepare();
            }
            Channel channel = bindChannel(endpoint);
            bound.add(new Bound(actual(endpoint, channel), channel, SocketSettings.granted(channel), file));
            if (file != null) {
                file.bound(options.unixMode());
            }
        } catch (IOException e) {
            throw new IOException("cannot listen on " + endpoint + ": " + why(endpoint, Reason.of(e)), e);
        } finally {
            if (file != null) {
                file.unlock();
            }
        }
    }

    private Channel bindChannel(Endpoint endpoint) throws IOException {
        ChannelFuture binding = bootstrap(endpoint).bind(loops.transport().address(endpoint));
        try {
            binding.await();
        } catch (InterruptedException e) {
            binding.channel().close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (!binding.isSuccess()) {
            throw new IOException(binding.cause());
        }
        return binding.channel();
    }

    /** The endpoint with the port that the system chose; Unix sockets are named as they were asked for. */
    private static Endpoint actual(Endpoint endpoint, Channel channel) {
        return endpoint instanceof Endpoint.Unix ? endpoint : Endpoint.of(channel.localAddress());
    }

    /**
     * Why an endpoint cannot be listened on, and what to do about it.
     *
     * @param endpoint where
     * @param reason as {@link Reason} gives it
     * @return the reason, with advice where there is some
     */
    public static String why(Endpoint endpoint, String reason) {
        boolean inet = endpoint instanceof Endpoint.Inet;
        if (reason.startsWith("address already in use")) {
            return reason + " (is another server running there?" + (inet ? " port 0 takes a free one)" : ")");
        }
        if (reason.startsWith("cannot assign requested address")) {
            return reason + " (no interface of this machine has it)";
        }
        boolean low = endpoint instanceof Endpoint.Inet it && it.port() > 0 && it.port() < 1024;
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
                        connections.add(channel); // which closes it when the server has cut its connections
                        RefusalAnswer answer = tls == null ? protocol.refusal() : TlsAlert.REFUSED;
                        channel.pipeline()
                                .addLast(
                                        new ConnectionLimitHandler(
                                                protocol.service(), limits, answer, Server.this::tell),
                                        new AdmittedHandler());
                    }
                });
        // Nothing is accepted before every endpoint is bound and announced.
        bootstrap.option(ChannelOption.AUTO_READ, false);
        SocketSettings.listening(bootstrap, options.socket(), loops.transport(), endpoint);
        return bootstrap;
    }

    /** The whole pipeline of a connection that was let in, in the order of the way of a byte. */
    private void assemble(ChannelPipeline pipeline) {
        Limits granted = options.limits();
        pipeline.addLast(new TrafficHandler(protocol.service(), this::tell, traffic));
        if (!granted.writeStall().isZero()) {
            pipeline.addLast(new WriteStallHandler(granted.writeStall()));
        }
        if (!granted.idle().isZero()) {
            pipeline.addLast(new IdleHandler(granted.idle()));
        }
        if (tls != null) {
            pipeline.addLast(TlsMismatchHandler.onTlsPort(protocol.refusal()));
            pipeline.addLast(new TlsFailureHandler());
            pipeline.addLast(tls.newHandler(pipeline.channel().alloc()));
            pipeline.addLast(streamEnd);
            if (!granted.handshake().isZero()) {
                pipeline.addLast(new HandshakeDeadlineHandler(granted.handshake()));
            }
        }
        protocol.recipe().accept(pipeline);
        pipeline.addLast(unhandled);
    }

    /** On the listening channel: outlives a failed accept. */
    private final class AcceptHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Out of file descriptors, usually: a rest, or this would spin. Netty's own acceptor behind this one would
            // rest as well, but log a stack trace each time.
            Channel acceptor = ctx.channel();
            if (!acceptor.config().isAutoRead()) {
                return; // an accept that was under way when the rest began
            }
            acceptor.config().setAutoRead(false);
            tell(new NetEvent.Failed(protocol.service(), "cannot accept a connection", Reason.of(cause)));
            acceptor.eventLoop()
                    .schedule(() -> acceptor.config().setAutoRead(true), ACCEPT_REST.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Behind the limits: a peer that they refuse costs no pipeline, and no handler sees anything of it. */
    private final class AdmittedHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (protocol.accept() == Protocol.Accept.ONE) {
                stopAccepting();
                ctx.channel().closeFuture().addListener(ended -> close());
            }
            assemble(ctx.pipeline());
            ctx.fireChannelActive();
            ctx.pipeline().remove(this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.warn(
                    "{} its pipeline cannot be made, closing",
                    ctx.channel().id().asShortText(),
                    cause);
            CloseCause.mark(ctx.channel(), CloseCause.ERROR);
            ctx.close();
        }
    }

    private CompletableFuture<Void> stopAccepting() {
        if (stopping.compareAndSet(false, true)) {
            CompletableFuture<?>[] each = bound.stream().map(Server::stop).toArray(CompletableFuture<?>[]::new);
            CompletableFuture.allOf(each).whenComplete((done, failure) -> stopped.complete(null));
        }
        return stopped;
    }

    private static CompletableFuture<Void> stop(Bound one) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        UnixSocketFile file = one.file();
        if (file == null) {
            closeChannel(one.channel(), () -> done.complete(null));
        } else {
            GlobalEventExecutor.INSTANCE.execute(() -> {
                onFile(file::closing);
                closeChannel(one.channel(), () -> {
                    onFile(file::closed);
                    done.complete(null);
                });
            });
        }
        return done;
    }

    private static void closeChannel(Channel channel, Runnable then) {
        if (channel.closeFuture().isDone()) {
            then.run(); // its event loop may have ended, and would not tell
        } else {
            channel.close();
            channel.closeFuture().addListener(closed -> then.run());
        }
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
            tell(new NetEvent.Cut(protocol.service(), peers, open.size()));
            open.forEach(channel -> CloseCause.mark(channel, CloseCause.SHUTDOWN));
        }
        connections.close();
    }

    private void finish() {
        if (tls != null) {
            tls.close();
        }
        if (ownsLoops) {
            loops.close();
            loops.terminated().addListener(done -> end());
        } else {
            end();
        }
    }

    /** What ends with the server may take its time, so it has a thread of its own. */
    private void end() {
        Runnable ending = last;
        if (ending == null) {
            closed.complete(null);
            return;
        }
        Thread thread = new Thread(
                () -> {
                    try {
                        ending.run();
                    } catch (RuntimeException e) {
                        LOG.warn("what was to end with the server has failed", e);
                    } finally {
                        closed.complete(null);
                    }
                },
                "ntk-end");
        thread.setDaemon(true);
        thread.start();
    }

    private boolean inEventLoop() {
        for (EventExecutor loop : loops.group()) {
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
            return ServerTls.start(tlsOptions, options.endpoints(), protocol.service(), this::tell);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            if (ownsLoops) {
                loops.close();
            }
            throw new IOException(e instanceof IOException ? e.getMessage() : "cannot set up TLS: " + Reason.of(e), e);
        }
    }
}
