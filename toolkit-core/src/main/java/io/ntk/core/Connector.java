package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Connects streams.
 *
 * <p>A name is looked up on a thread of its own. When it has several addresses, they are tried with the families in
 * turn, the next one as soon as one failed or 250 ms have passed; the first that connects (TLS included) wins, and the
 * others are closed (Happy Eyeballs). No attempt reads beyond its handshakes before it has won, so that what a server
 * says first is read once. A proxy gets the name as it is.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8305">RFC 8305</a>
 */
public final class Connector {
    /** Head start of an address over the next one. */
    public static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

    /** Addresses of one name that are tried. */
    public static final int MAX_ADDRESSES = 16;

    private static final Pattern PROXY_PREFIX = Pattern.compile(".* => [^,]*, ");
    private static final Pattern SOCKS_STATUS = Pattern.compile("status: ([A-Z_]+)\\(\\d+\\)");

    private final ConnectOptions options;
    private final EventLoops loops;
    private final Consumer<ChannelPipeline> recipe;
    private final AtomicBoolean won = new AtomicBoolean();
    private final CompletableFuture<Channel> result = new CompletableFuture<>();

    /* Guarded by this. */
    private final Deque<SocketAddress> untried = new ArrayDeque<>();
    private final Set<Channel> attempts = new HashSet<>();
    private int underWay;
    private @Nullable ConnectFailedException firstFailure;

    /* Made by the look-up, before the first attempt. */
    private @Nullable ClientTls tls;
    private @Nullable InetSocketAddress proxy;
    private @Nullable InetSocketAddress source;

    private Connector(ConnectOptions options, EventLoops loops, Consumer<ChannelPipeline> recipe) {
        this.options = options;
        this.loops = loops;
        this.recipe = recipe;
    }

    /**
     * Connects.
     *
     * <p>The recipe's handlers stand behind proxy and TLS; under TLS the end of the stream reaches them as it does
     * without ({@link StreamEndHandler}), and {@link UnhandledHandler} stands last. Cancelling the future ends the
     * attempt. Neither the caller's thread nor an event loop is blocked: names are looked up, and files read, elsewhere.
     *
     * @param options where to and how
     * @param loops the event loops
     * @param recipe adds the caller's handlers to the pipeline; called once, on the channel's event
     *     loop, when the connection can be used
     * @return the channel once it can be used, after the TLS handshake; done on its event loop. Else a
     *     {@link ConnectFailedException}, an {@link IOException} when the TLS files cannot be used, or what the recipe
     *     threw
     */
    public static CompletableFuture<Channel> connect(
            ConnectOptions options, EventLoops loops, Consumer<ChannelPipeline> recipe) {
        return new Connector(options, loops, recipe).start();
    }

    private CompletableFuture<Channel> start() {
        var deadline = GlobalEventExecutor.INSTANCE.schedule(
                () -> fail(ConnectFailedException.Kind.TIMED_OUT, "no answer in " + seconds(options.timeout()), null),
                options.timeout().toNanos(),
                TimeUnit.NANOSECONDS);
        result.whenComplete((channel, failure) -> {
            deadline.cancel(false);
            closeAllBut(channel);
        });
        Thread lookup = new Thread(this::lookUp, "ntk-lookup");
        lookup.setDaemon(true);
        lookup.start();
        return result;
    }

    private void lookUp() {
        try {
            if (loops.group().isShuttingDown()) {
                throw failure(ConnectFailedException.Kind.OTHER, "the event loops have ended", null);
            }
            List<SocketAddress> addresses = prepare();
            synchronized (this) {
                untried.addAll(addresses);
            }
            tryNext();
        } catch (IOException e) {
            result.completeExceptionally(e);
        } catch (RuntimeException e) {
            fail(ConnectFailedException.Kind.OTHER, Reason.of(e), e);
        }
    }

    /** Everything that may block. */
    private List<SocketAddress> prepare() throws IOException {
        TlsClientOptions tlsOptions = options.tls();
        tls = tlsOptions == null ? null : ClientTls.load(tlsOptions, options.endpoint());
        Endpoint.Inet from = options.source();
        source = from == null ? null : resolved(from, ConnectFailedException.Kind.OTHER, "source address ");
        ProxyOptions by = options.proxy();
        proxy = by == null ? null : resolved(by.address(), ConnectFailedException.Kind.PROXY, "proxy ");
        if (!(options.endpoint() instanceof Endpoint.Inet inet)) {
            return List.of(loops.transport().address(options.endpoint()));
        }
        return by == null
                ? interleaved(lookedUp(inet.host()), inet.port())
                : List.of(InetSocketAddress.createUnresolved(inet.host(), inet.port()));
    }

    private InetSocketAddress resolved(Endpoint.Inet endpoint, ConnectFailedException.Kind kind, String what)
            throws ConnectFailedException {
        try {
            return new InetSocketAddress(InetAddress.getByName(endpoint.host()), endpoint.port());
        } catch (UnknownHostException e) {
            throw failure(kind, what + endpoint + ": unknown host", e);
        }
    }

    /** The addresses of a name that can be reached from the source address, if one is given. */
    private InetAddress[] lookedUp(String host) throws ConnectFailedException {
        InetAddress[] found;
        try {
            found = InetAddress.getAllByName(host);
        } catch (UnknownHostException e) {
            throw failure(ConnectFailedException.Kind.UNRESOLVED, "unknown host", e);
        }
        InetSocketAddress from = source;
        if (from == null) {
            return found;
        }
        InetAddress[] fitting = Stream.of(found)
                .filter(address -> address.getClass() == from.getAddress().getClass())
                .toArray(InetAddress[]::new);
        if (fitting.length == 0) {
            String why = "it has no address of the family of the source address " + options.source();
            throw failure(ConnectFailedException.Kind.OTHER, why, null);
        }
        return fitting;
    }

    /** The families in turn, starting with that of the first address, which the system thinks best. */
    static List<SocketAddress> interleaved(InetAddress[] found, int port) {
        Deque<InetAddress> first = new ArrayDeque<>();
        Deque<InetAddress> second = new ArrayDeque<>();
        for (InetAddress address : found) {
            (address.getClass() == found[0].getClass() ? first : second).add(address);
        }
        List<SocketAddress> turns = new ArrayList<>();
        while (turns.size() < MAX_ADDRESSES && !(first.isEmpty() && second.isEmpty())) {
            for (Deque<InetAddress> family : List.of(first, second)) {
                if (!family.isEmpty()) {
                    turns.add(new InetSocketAddress(family.remove(), port));
                }
            }
        }
        return turns;
    }

    private synchronized void tryNext() {
        SocketAddress address = result.isDone() ? null : untried.poll();
        if (address == null) {
            return;
        }
        underWay++;
        Attempt attempt = new Attempt();
        ChannelFuture connecting = bootstrap(attempt).connect(address, source);
        attempts.add(connecting.channel());
        // The success is told by channelActive, in the same step of the event loop: behind a listener, what a server
        // says first could be read before anyone is there for it.
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                attempt.failed(unconnected(done.cause()));
            }
        });
        if (!untried.isEmpty()) {
            GlobalEventExecutor.INSTANCE.schedule(this::tryNext, ATTEMPT_DELAY.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private Bootstrap bootstrap(Attempt attempt) {
        Endpoint endpoint = options.endpoint();
        Bootstrap bootstrap = new Bootstrap()
                .group(loops.group())
                .channel(loops.transport().streamChannel(endpoint))
                .resolver(NoopAddressResolverGroup.INSTANCE)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the one deadline above
                .option(ChannelOption.AUTO_READ, false) // proxy and TLS handlers read by hand until then
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        assemble(channel.pipeline(), attempt);
                    }
                });
        SocketSettings.connecting(bootstrap, options.socket(), loops.transport(), endpoint);
        return bootstrap;
    }

    private void assemble(ChannelPipeline pipeline, Attempt attempt) {
        ProxyOptions by = options.proxy();
        if (by != null) {
            ProxyHandler handler = proxyHandler(by, requireNonNull(proxy));
            handler.setConnectTimeoutMillis(0);
            pipeline.addLast(handler);
        }
        if (tls != null) {
            pipeline.addLast(tls.newHandler(pipeline.channel().alloc()));
            pipeline.addLast(new StreamEndHandler());
        }
        pipeline.addLast(attempt);
    }

    private static ProxyHandler proxyHandler(ProxyOptions proxy, InetSocketAddress address) {
        String user = proxy.user();
        String password = proxy.password() == null ? "" : proxy.password();
        return switch (proxy.kind()) {
            case SOCKS5 ->
                user == null ? new Socks5ProxyHandler(address) : new Socks5ProxyHandler(address, user, password);
            case HTTP -> user == null ? new HttpProxyHandler(address) : new HttpProxyHandler(address, user, password);
        };
    }

    /**
     * One connection that may win: last in its pipeline until then. Used on the channel's event loop.
     *
     * <p>No read is asked for beyond the handshakes, but a proxy's answer may bring the server's first bytes along, and
     * epoll reads at the peer's end without being asked: what comes early is kept for the handlers of the recipe.
     */
    private final class Attempt extends ChannelInboundHandlerAdapter {
        private final Deque<Object> early = new ArrayDeque<>();
        private boolean over;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (metItself(ctx.channel())) {
                failed(unconnected(new ConnectException("connection refused (the socket met itself)")));
                ctx.close();
                return;
            }
            ProxyHandler proxying = ctx.pipeline().get(ProxyHandler.class);
            SslHandler securing = ctx.pipeline().get(SslHandler.class);
            if (proxying != null) {
                after(proxying.connectFuture(), Connector.this::unproxied, securing == null ? ctx : null);
            }
            if (securing != null) {
                after(securing.handshakeFuture(), Connector.this::unsecured, ctx);
            }
            if (proxying == null && securing == null) {
                succeeded(ctx);
            }
        }

        /* On one machine, the port that a socket is given may be the one that it asks for: TCP then connects it. */
        private static boolean metItself(Channel channel) {
            return channel.remoteAddress() instanceof InetSocketAddress remote && remote.equals(channel.localAddress());
        }

        private void after(
                Future<Channel> step,
                Function<Throwable, ConnectFailedException> explain,
                @Nullable ChannelHandlerContext last) {
            step.addListener(done -> {
                if (!done.isSuccess()) {
                    failed(explain.apply(done.cause()));
                } else if (last != null) {
                    succeeded(last);
                }
            });
        }

        private void succeeded(ChannelHandlerContext ctx) {
            if (over || !won.compareAndSet(false, true)) {
                ctx.close();
                return;
            }
            over = true;
            handOver(ctx);
        }

        private void handOver(ChannelHandlerContext ctx) {
            Channel channel = ctx.channel();
            ChannelPipeline pipeline = ctx.pipeline();
            channel.config().setAutoRead(true); // before the recipe: its handlers see a channel that reads by itself
            try {
                recipe.accept(pipeline);
                pipeline.addLast(new UnhandledHandler());
            } catch (RuntimeException e) {
                channel.close();
                result.completeExceptionally(e);
                return;
            }
            ctx.fireChannelActive();
            replay(ctx);
            pipeline.remove(this);
            if (!result.complete(channel)) {
                channel.close();
            }
        }

        private void replay(ChannelHandlerContext ctx) {
            boolean read = false;
            for (Object next = early.poll(); next != null; next = early.poll()) {
                if (next instanceof ChannelInputShutdownEvent) {
                    ctx.fireUserEventTriggered(next);
                } else {
                    ctx.fireChannelRead(next);
                    read = true;
                }
            }
            if (read) {
                ctx.fireChannelReadComplete();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            early.add(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            // Told with what is kept.
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof ChannelInputShutdownEvent)) {
                ctx.fireUserEventTriggered(event);
            } else if (isProxied(ctx)) {
                early.add(event);
            } else {
                ctx.close(); // Netty's proxy handlers wait for an answer all the same
            }
        }

        private static boolean isProxied(ChannelHandlerContext ctx) {
            ProxyHandler proxying = ctx.pipeline().get(ProxyHandler.class);
            return proxying == null || proxying.isConnected();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // the connect or handshake future has the cause
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            early.forEach(ReferenceCountUtil::release);
            early.clear();
        }

        void failed(ConnectFailedException failure) {
            if (!over) {
                over = true;
                Connector.this.failed(failure);
            }
        }
    }

    private void failed(ConnectFailedException failure) {
        boolean last;
        ConnectFailedException reported;
        synchronized (this) {
            if (firstFailure == null) {
                firstFailure = failure;
            }
            reported = firstFailure;
            last = --underWay == 0 && untried.isEmpty();
        }
        if (last) {
            result.completeExceptionally(reported);
        } else {
            tryNext();
        }
    }

    private ConnectFailedException unconnected(Throwable cause) {
        String reason = Reason.of(cause);
        if (proxy != null) {
            return failure(ConnectFailedException.Kind.PROXY, byProxy(reason), cause);
        }
        if (source != null && reason.startsWith("cannot assign requested address")) {
            reason += " (the source address " + options.source() + " is none of this machine)";
        }
        return failure(kind(cause, reason), reason, cause);
    }

    private ConnectFailedException unproxied(Throwable cause) {
        String reason = PROXY_PREFIX.matcher(Reason.of(cause)).replaceFirst("");
        Matcher status = SOCKS_STATUS.matcher(reason);
        if (status.matches()) {
            reason = status.group(1).toLowerCase(Locale.ROOT).replace('_', ' ');
        } else if (reason.startsWith("authStatus")) {
            reason = "user or password not accepted";
        }
        return failure(ConnectFailedException.Kind.PROXY, byProxy(reason), cause);
    }

    private ConnectFailedException unsecured(Throwable cause) {
        ConnectFailedException.Kind kind = ConnectFailedException.Kind.TLS;
        if (ClientTls.isNone(cause)) {
            kind = ConnectFailedException.Kind.NOT_TLS;
        } else if (cause instanceof ClosedChannelException) {
            kind = ConnectFailedException.Kind.HUNG_UP;
        }
        return failure(kind, ClientTls.why(cause), cause);
    }

    private String byProxy(String reason) {
        ProxyOptions by = requireNonNull(options.proxy());
        return "proxy " + by.address() + ": " + reason;
    }

    private static ConnectFailedException.Kind kind(Throwable failure, String reason) {
        // A Unix socket without a file is one that nobody listens on.
        if (reason.startsWith("connection refused") || reason.startsWith("no such file")) {
            return ConnectFailedException.Kind.REFUSED;
        }
        if (reason.contains("timed out")) {
            return ConnectFailedException.Kind.TIMED_OUT;
        }
        boolean unreachable = failure instanceof NoRouteToHostException
                || reason.contains("unreachable")
                || reason.contains("no route");
        return unreachable ? ConnectFailedException.Kind.UNREACHABLE : ConnectFailedException.Kind.OTHER;
    }

    private ConnectFailedException failure(ConnectFailedException.Kind kind, String why, @Nullable Throwable cause) {
        return new ConnectFailedException(kind, "cannot connect to " + options.endpoint() + ": " + why, cause);
    }

    private void fail(ConnectFailedException.Kind kind, String why, @Nullable Throwable cause) {
        result.completeExceptionally(failure(kind, why, cause));
    }

    private void closeAllBut(@Nullable Channel winner) {
        List<Channel> losers;
        synchronized (this) {
            untried.clear();
            losers = attempts.stream().filter(channel -> channel != winner).toList();
        }
        losers.forEach(Channel::close);
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
