package io.ntk.core;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
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

    private final ConnectOptions options;
    private final EventLoops loops;
    private final @Nullable ClientTls tls;
    private final Consumer<ChannelPipeline> recipe;
    private final AtomicBoolean won = new AtomicBoolean();
    private final CompletableFuture<Channel> result = new CompletableFuture<>();

    /* Guarded by this. */
    private final Deque<SocketAddress> untried = new ArrayDeque<>();
    private final Set<Channel> attempts = new HashSet<>();
    private int underWay;
    private @Nullable Throwable firstFailure;

    private Connector(
            ConnectOptions options, EventLoops loops, @Nullable ClientTls tls, Consumer<ChannelPipeline> recipe) {
        this.options = options;
        this.loops = loops;
        this.tls = tls;
        this.recipe = recipe;
    }

    /**
     * Connects.
     *
     * <p>The recipe's handlers stand behind proxy and TLS; under TLS the end of the stream reaches them as it does
     * without ({@link StreamEndHandler}), and {@link UnhandledHandler} stands last. Cancelling the future ends the
     * attempt.
     *
     * @param options where to and how
     * @param loops the event loops
     * @param recipe adds the caller's handlers to the pipeline; called once, on the channel's event
     *     loop, when the connection can be used
     * @return the channel once it can be used, after the TLS handshake; else a {@link ConnectFailedException}, or an
     *     {@link IOException} when the TLS files cannot be used
     */
    public static CompletableFuture<Channel> connect(
            ConnectOptions options, EventLoops loops, Consumer<ChannelPipeline> recipe) {
        ClientTls tls;
        try {
            TlsClientOptions tlsOptions = options.tls();
            tls = tlsOptions == null ? null : ClientTls.load(tlsOptions, options.endpoint());
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        return new Connector(options, loops, tls, recipe).start();
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
            List<SocketAddress> addresses = addresses();
            synchronized (this) {
                untried.addAll(addresses);
            }
            tryNext();
        } catch (UnknownHostException e) {
            fail(ConnectFailedException.Kind.UNRESOLVED, "unknown host", e);
        }
    }

    private List<SocketAddress> addresses() throws UnknownHostException {
        Endpoint endpoint = options.endpoint();
        if (!(endpoint instanceof Endpoint.Inet inet)) {
            return List.of(loops.transport().address(endpoint));
        }
        if (options.proxy() != null) {
            return List.of(InetSocketAddress.createUnresolved(inet.host(), inet.port()));
        }
        return interleaved(InetAddress.getAllByName(inet.host()), inet.port());
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
        ChannelFuture connecting = bootstrap().connect(address, source());
        attempts.add(connecting.channel());
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                failed(done.cause());
            } else {
                connected(connecting.channel());
            }
        });
        if (!untried.isEmpty()) {
            GlobalEventExecutor.INSTANCE.schedule(this::tryNext, ATTEMPT_DELAY.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private Bootstrap bootstrap() {
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
                        assemble(channel.pipeline());
                    }
                });
        SocketSettings.connecting(bootstrap, options.socket(), loops.transport(), endpoint);
        return bootstrap;
    }

    private void assemble(ChannelPipeline pipeline) {
        ProxyOptions proxy = options.proxy();
        if (proxy != null) {
            ProxyHandler handler = proxyHandler(proxy);
            handler.setConnectTimeoutMillis(0);
            pipeline.addLast(handler);
        }
        if (tls != null) {
            pipeline.addLast(tls.newHandler(pipeline.channel().alloc()));
            pipeline.addLast(new StreamEndHandler());
        }
        pipeline.addLast(new Attempt());
    }

    private static ProxyHandler proxyHandler(ProxyOptions proxy) {
        var address =
                new InetSocketAddress(proxy.address().host(), proxy.address().port());
        String user = proxy.user();
        String password = proxy.password() == null ? "" : proxy.password();
        return switch (proxy.kind()) {
            case SOCKS5 ->
                user == null ? new Socks5ProxyHandler(address) : new Socks5ProxyHandler(address, user, password);
            case HTTP -> user == null ? new HttpProxyHandler(address) : new HttpProxyHandler(address, user, password);
        };
    }

    private @Nullable SocketAddress source() {
        Endpoint.Inet source = options.source();
        return source == null ? null : new InetSocketAddress(source.host(), source.port());
    }

    private void connected(Channel channel) {
        SslHandler handler = channel.pipeline().get(SslHandler.class);
        if (handler == null) {
            succeed(channel);
            return;
        }
        handler.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                succeed(channel);
            } else {
                failed(done.cause());
            }
        });
    }

    private void succeed(Channel channel) {
        if (!won.compareAndSet(false, true)) {
            channel.close();
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        ChannelHandler silencer = pipeline.get(Attempt.class);
        ChannelHandlerContext front = pipeline.context(silencer);
        channel.config().setAutoRead(true); // before the recipe: its handlers see a channel that reads by itself
        recipe.accept(pipeline);
        pipeline.addLast(new UnhandledHandler());
        front.fireChannelActive();
        pipeline.remove(silencer);
        if (!result.complete(channel)) {
            channel.close();
        }
    }

    /** Keeps what a connection goes through before it has won from reaching Netty's tail, which would log it. */
    private static final class Attempt extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            // Told to the recipe's handlers when the attempt has won.
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // the connect or handshake future has the cause
        }
    }

    private void failed(Throwable failure) {
        boolean last;
        Throwable reported;
        synchronized (this) {
            if (firstFailure == null) {
                firstFailure = failure;
            }
            reported = firstFailure;
            last = --underWay == 0 && untried.isEmpty();
        }
        if (last) {
            fail(kind(reported), Reason.of(reported) + ClientTls.hint(reported), reported);
        } else {
            tryNext();
        }
    }

    private static ConnectFailedException.Kind kind(Throwable failure) {
        if (failure instanceof ProxyConnectException) {
            return ConnectFailedException.Kind.PROXY;
        }
        if (failure instanceof javax.net.ssl.SSLException) {
            return ConnectFailedException.Kind.TLS;
        }
        String reason = Reason.of(failure);
        if (reason.contains("refused")) {
            return ConnectFailedException.Kind.REFUSED;
        }
        if (reason.contains("timed out")) {
            return ConnectFailedException.Kind.TIMED_OUT;
        }
        boolean unreachable = failure instanceof java.net.NoRouteToHostException
                || reason.contains("unreachable")
                || reason.contains("no route");
        return unreachable ? ConnectFailedException.Kind.UNREACHABLE : ConnectFailedException.Kind.OTHER;
    }

    private void fail(ConnectFailedException.Kind kind, String why, @Nullable Throwable cause) {
        result.completeExceptionally(
                new ConnectFailedException(kind, "cannot connect to " + options.endpoint() + ": " + why, cause));
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
