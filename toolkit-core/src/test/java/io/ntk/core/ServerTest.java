package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class ServerTest {
    private static final String TRANSPORTS = "io.ntk.core.Transports#available";

    private final RecordedEvents events = new RecordedEvents();

    @AfterEach
    void noLoopIsLeftRunning() {
        Await.until("the event loops end", () -> loopThreads().isEmpty());
    }

    private static List<String> loopThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("ntk-"))
                .toList();
    }

    private static ListenOptions loopback(Transport transport) {
        return ListenOptions.loopback(0).withTransport(transport, 2);
    }

    private Server echo(ListenOptions options) {
        return Server.start(Protocols.echo(), options, events);
    }

    private static void assertServes(Endpoint endpoint) throws IOException {
        try (Peer peer = Peer.connect(endpoint)) {
            assertThat(peer.send("hello").read(5)).isEqualTo("hello");
        }
    }

    private static void assertRefuses(Endpoint endpoint, RefusalReason reason) throws IOException {
        try (Peer peer = Peer.connect(endpoint)) {
            assertThat(peer.readToEnd()).isEqualTo("error: " + reason.text() + "\n");
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void servesSeveralEndpointsOfSeveralKinds(Transport transport, @TempDir Path folder) throws Exception {
        ListenOptions options = loopback(transport)
                .withEndpoints(List.of(
                        Endpoint.parse("127.0.0.1:0"),
                        Endpoint.parse("[::1]:0"),
                        new Endpoint.Unix(folder.resolve("s")),
                        Endpoint.parse("127.0.0.2:0")));
        try (Server server = echo(options)) {
            List<Endpoint> endpoints = server.endpoints();
            assertThat(server.addresses())
                    .containsExactly(
                            "tcp://127.0.0.1:" + ((Endpoint.Inet) endpoints.get(0)).port(),
                            "tcp://[::1]:" + ((Endpoint.Inet) endpoints.get(1)).port(),
                            "unix:" + folder.resolve("s"),
                            "tcp://127.0.0.2:" + ((Endpoint.Inet) endpoints.get(3)).port());
            assertThat(events.all(NetEvent.Listening.class))
                    .extracting(NetEvent.Listening::address)
                    .isEqualTo(server.addresses());
            for (Endpoint endpoint : endpoints) {
                assertServes(endpoint);
            }
            assertThat(events.await(NetEvent.Closed.class, closed -> true, 4))
                    .extracting(NetEvent.Closed::bytesIn)
                    .containsOnly(5L);
            assertThat(events.all(NetEvent.Opened.class))
                    .extracting(NetEvent.Opened::local)
                    .containsAll(endpoints.stream().map(Endpoint::toString).toList());
            assertThat(server.granted()).hasSize(4).allSatisfy(values -> assertThat(values)
                    .containsKey("backlog"));
            assertThat(server.traffic().opened()).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void namesUnixPeers(Transport transport, @TempDir Path folder) throws Exception {
        ListenOptions options = loopback(transport).withEndpoints(List.of(new Endpoint.Unix(folder.resolve("s"))));
        try (Server server = echo(options)) {
            assertServes(server.endpoints().get(0));
            NetEvent.Opened opened = events.await(NetEvent.Opened.class);
            assertThat(opened.peer()).isEqualTo("unix");
            assertThat(opened.local()).isEqualTo("unix:" + folder.resolve("s"));
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatAPortIsInUse(Transport transport) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Endpoint endpoint = new Endpoint.Inet("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> echo(loopback(transport).withEndpoints(List.of(endpoint))))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("cannot listen on " + endpoint
                            + ": address already in use (is another server running there? port 0 takes a free one)");
        }
        assertThat(events.all(NetEvent.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatAHostIsUnknown(Transport transport) {
        assertThatThrownBy(() -> echo(loopback(transport).withEndpoints(List.of(Endpoint.parse("nosuch.invalid:0")))))
                .hasMessage("cannot listen on nosuch.invalid:0: unknown host");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatAnAddressIsNotOfThisMachine(Transport transport) {
        for (String foreign : List.of("192.0.2.1:0", "[2001:db8::1]:0")) {
            assertThatThrownBy(() -> echo(loopback(transport).withEndpoints(List.of(Endpoint.parse(foreign)))))
                    .hasMessage("cannot listen on " + foreign
                            + ": cannot assign requested address (no interface of this machine has it)");
        }
    }

    @Test
    void saysWhoMayUseLowPorts() {
        assertThat(Server.why(Endpoint.parse("h:80"), "permission denied"))
                .isEqualTo("permission denied (ports below 1024 are for privileged users; choose a higher one)");
        assertThat(Server.why(Endpoint.parse("h:1024"), "permission denied")).isEqualTo("permission denied");
        assertThat(Server.why(Endpoint.parse("unix:/x"), "address already in use"))
                .isEqualTo("address already in use (is another server running there?)");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void closesTheFirstEndpointWhenTheSecondFails(Transport transport, @TempDir Path folder) throws IOException {
        Endpoint unix = new Endpoint.Unix(folder.resolve("s"));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Endpoint bad = new Endpoint.Inet("127.0.0.1", taken.getLocalPort());
            int free = Ports.free();
            Endpoint good = new Endpoint.Inet("127.0.0.1", free);
            assertThatThrownBy(() -> echo(loopback(transport).withEndpoints(List.of(good, unix, bad))))
                    .hasMessageStartingWith("cannot listen on " + bad);
            try (ServerSocket again = new ServerSocket(free, 1, InetAddress.getLoopbackAddress())) {
                assertThat(again.isBound()).isTrue();
            }
        }
        assertThat(folder).isEmptyDirectory();
        assertThat(events.all(NetEvent.class)).isEmpty();
    }

    @Test
    void leavesBorrowedLoopsRunning() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (EventLoops loops = EventLoops.of(group)) {
            try (Server server = Server.start(Protocols.echo(), ListenOptions.loopback(0), loops, events)) {
                assertServes(server.endpoints().get(0));
            }
            assertThat(events.all(NetEvent.Closed.class))
                    .as("told before close returns")
                    .hasSize(1);
            assertThatThrownBy(() -> Server.start(
                            Protocols.echo(), ListenOptions.on(Endpoint.parse("192.0.2.1:0")), loops, events))
                    .isInstanceOf(UncheckedIOException.class);
            try (Server second = Server.start(Protocols.echo(), ListenOptions.loopback(0), loops, events)) {
                assertServes(second.endpoints().get(0));
            }
        }
        assertThat(group.isShuttingDown()).isFalse();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    @Test
    void closesAlthoughItsOwnerEndedTheLoopsFirst() throws Exception {
        EventLoops loops = EventLoops.start(Transport.NIO, 1);
        Server server = Server.start(Protocols.echo(), ListenOptions.loopback(0), loops, events);
        try (Peer peer = Peer.connect(server.endpoints().get(0))) {
            assertThat(peer.send("x").read(1)).isEqualTo("x");
            loops.close();
            loops.terminated().sync();
            server.close();
            assertThat(server.closed()).isDone();
        }
    }

    @Test
    void failsOnATransportThatDoesNotWorkHere() {
        assertThatThrownBy(() -> echo(loopback(Transport.KQUEUE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("transport: kqueue (expected: one that works here; this does not: ");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void closesOnceFromManyThreads(Transport transport) throws Exception {
        Server server = echo(loopback(transport));
        try (Peer peer = Peer.connect(server.endpoints().get(0))) {
            assertThat(peer.send("x").read(1)).isEqualTo("x");
            List<CompletableFuture<Void>> closing = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                closing.add(CompletableFuture.runAsync(server::close));
            }
            for (CompletableFuture<Void> each : closing) {
                each.get(30, TimeUnit.SECONDS);
            }
            assertThat(server.closed()).isCompleted();
            server.close();
            assertThat(peer.readToEnd()).isEmpty();
        }
        assertThat(events.all(NetEvent.Closed.class)).hasSize(1);
        assertThat(events.all(NetEvent.Cut.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void closesFromAnEventLoop(Transport transport) throws Exception {
        CompletableFuture<Server> itself = new CompletableFuture<>();
        var suicidal = Protocols.of(pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ctx.writeAndFlush(message);
                itself.join().close();
            }
        }));
        try (Server server = Server.start(suicidal, loopback(transport), events)) {
            itself.complete(server);
            try (Peer peer = Peer.connect(server.endpoints().get(0))) {
                peer.send("x");
                assertThat(peer.readToEnd()).isEqualTo("x");
            }
            server.closed().get(30, TimeUnit.SECONDS);
        }
        assertThat(events.all(NetEvent.Closed.class).get(0).cause()).isEqualTo(CloseCause.SHUTDOWN);
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void closesInAStormOfConnections(Transport transport) throws Exception {
        for (Duration drain : List.of(Duration.ZERO, Duration.ofMinutes(5))) {
            Server server = echo(loopback(transport));
            Endpoint endpoint = server.endpoints().get(0);
            AtomicBoolean over = new AtomicBoolean();
            List<CompletableFuture<Void>> storm = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                storm.add(CompletableFuture.runAsync(() -> {
                    List<Peer> peers = new ArrayList<>();
                    while (!over.get() && peers.size() < 2000) {
                        try {
                            peers.add(Peer.connect(endpoint));
                        } catch (IOException closedMeanwhile) {
                            break;
                        }
                    }
                    peers.forEach(ServerTest::closeQuietly);
                }));
            }
            events.await(NetEvent.Opened.class, opened -> true, 100);
            long start = System.nanoTime();
            server.close(drain);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
            assertThat(server.closed()).isDone();
            assertThat(server.connections()).isZero();
            assertThat(server.traffic().closed()).isEqualTo(server.traffic().opened());
            over.set(true);
            for (CompletableFuture<Void> each : storm) {
                each.get(30, TimeUnit.SECONDS);
            }
        }
        assertThat(events.all(NetEvent.Failed.class)).isEmpty();
        assertThat(events.all(NetEvent.Opened.class)).hasSameSizeAs(events.all(NetEvent.Closed.class));
    }

    private static void closeQuietly(Peer peer) {
        try {
            peer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void letsAHandlerFinishAtDrain(Transport transport) throws Exception {
        var polite = Protocols.of(pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                ctx.writeAndFlush(ByteBufUtil.writeUtf8(ctx.alloc(), "hello\n"));
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event == ConnectionEvent.DRAIN) {
                    ctx.executor()
                            .schedule(
                                    () -> {
                                        ctx.write(ByteBufUtil.writeUtf8(ctx.alloc(), "bye\n"));
                                        Closing.afterWrites(ctx);
                                    },
                                    200,
                                    TimeUnit.MILLISECONDS);
                }
            }
        }));
        try (Server server = Server.start(polite, loopback(transport), events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            assertThat(peer.read(6)).isEqualTo("hello\n");
            server.close(Duration.ofMinutes(5));
            assertThat(server.closed()).isDone();
            assertThat(peer.readToEnd()).isEqualTo("bye\n");
        }
        assertThat(events.all(NetEvent.Cut.class)).isEmpty();
    }

    /** Does not leave when it is asked to. */
    private static Protocol stubborn() {
        return Protocols.of(pipeline ->
                pipeline.addLast(new Protocols.Greeter("hello\n", false), new ChannelInboundHandlerAdapter() {
                    @Override
                    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {}
                }));
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void cutsWhoDoesNotFinishAndNamesThem(Transport transport) throws Exception {
        try (Server server = Server.start(stubborn(), loopback(transport), events);
                Peer one = Peer.connect(server.endpoints().get(0));
                Peer two = Peer.connect(server.endpoints().get(0))) {
            one.read(6);
            two.read(6);
            server.close(Duration.ofMillis(200));
            NetEvent.Cut cut = events.all(NetEvent.Cut.class).get(0);
            assertThat(cut.count()).isEqualTo(2);
            assertThat(cut.peers())
                    .containsExactlyInAnyOrder(
                            Endpoint.of(one.socket().getLocalAddress()).toString(),
                            Endpoint.of(two.socket().getLocalAddress()).toString());
            assertThat(events.all(NetEvent.Closed.class)).hasSize(2).allSatisfy(closed -> assertThat(closed.cause())
                    .isEqualTo(CloseCause.SHUTDOWN));
        }
    }

    @Test
    void namesAtMostAHundredOfThoseItCuts() throws Exception {
        try (Server server = Server.start(stubborn(), loopback(Transport.NIO), events)) {
            List<Peer> peers = new ArrayList<>();
            for (int i = 0; i < 101; i++) {
                peers.add(Peer.connect(server.endpoints().get(0)));
            }
            for (Peer peer : peers) {
                peer.read(6);
            }
            server.close(Duration.ZERO);
            peers.forEach(ServerTest::closeQuietly);
        }
        NetEvent.Cut cut = events.all(NetEvent.Cut.class).get(0);
        assertThat(cut.count()).isEqualTo(101);
        assertThat(cut.peers()).hasSize(100);
    }

    @Test
    void cutsAtOnceAtASecondCallWithZero() throws Exception {
        try (Server server = Server.start(stubborn(), loopback(Transport.NIO), events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            peer.read(6);
            CompletableFuture<Void> first = CompletableFuture.runAsync(() -> server.close(Duration.ofMinutes(5)));
            Await.until("it stops to accept", () -> !accepts(server.endpoints().get(0)));
            assertThat(first).isNotDone();
            server.close(Duration.ZERO);
            first.get(30, TimeUnit.SECONDS);
            assertThat(server.closed()).isDone();
        }
    }

    private static boolean accepts(Endpoint endpoint) {
        try (Peer peer = Peer.connect(endpoint)) {
            return peer.socket().isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void servesOneConnectionAndEnds(Transport transport, @TempDir Path folder) throws Exception {
        ListenOptions options = loopback(transport)
                .withEndpoints(List.of(Endpoint.parse(":0"), new Endpoint.Unix(folder.resolve("s"))));
        try (Server server = Server.start(Protocols.once(p -> p.addLast(new Protocols.Echo())), options, events)) {
            Endpoint endpoint = server.endpoints().get(0);
            try (Peer peer = Peer.connect(endpoint)) {
                assertThat(peer.send("x").read(1)).isEqualTo("x");
                Await.until("it stops to accept", () -> !accepts(endpoint));
                Await.until("its socket is removed", () -> folder.toFile().list().length == 0);
                assertThat(server.closed()).isNotDone();
            }
            server.closed().get(30, TimeUnit.SECONDS);
        }
        assertThat(events.all(NetEvent.Opened.class)).hasSize(1);
        assertThat(events.all(NetEvent.Cut.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void servesOneOfManyThatConnectAtOnce(Transport transport) throws Exception {
        // They wait in the backlog: the server's loops are busy until all of them are there.
        try (EventLoops loops = EventLoops.start(transport, 2)) {
            Server server = Server.start(
                    Protocols.once(p -> p.addLast(new Protocols.Echo())), ListenOptions.loopback(0), loops, events);
            CountDownLatch busy = new CountDownLatch(2);
            CountDownLatch connected = new CountDownLatch(1);
            for (var loop : loops.group()) {
                loop.execute(() -> {
                    busy.countDown();
                    awaitQuietly(connected);
                });
            }
            List<Peer> peers = new ArrayList<>();
            try {
                assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
                for (int i = 0; i < 10; i++) {
                    peers.add(Peer.connect(server.endpoints().get(0)));
                }
            } finally {
                connected.countDown();
            }
            events.await(NetEvent.Opened.class);
            int served = 0;
            for (Peer peer : peers) {
                served += serves(peer) ? 1 : 0;
            }
            assertThat(served).isEqualTo(1);
            peers.forEach(ServerTest::closeQuietly);
            server.closed().get(30, TimeUnit.SECONDS);
            assertThat(events.all(NetEvent.Opened.class)).hasSize(1);
            assertThat(events.all(NetEvent.Refused.class))
                    .allSatisfy(refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.ONCE));
        }
    }

    private static boolean serves(Peer peer) {
        try {
            return "x".equals(peer.send("x").read(1));
        } catch (IOException reset) {
            return false;
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void refusesWhomTheAccessListDenies(Transport transport) throws Exception {
        AccessList onlyTwo = new AccessList(List.of(Cidr.parse("127.0.0.2")), List.of());
        ListenOptions options = loopback(transport).withAccess(onlyTwo);
        try (Server server = echo(options)) {
            assertRefuses(server.endpoints().get(0), RefusalReason.DENIED);
            assertThat(events.all(NetEvent.Refused.class).get(0).peer()).startsWith("127.0.0.1:");
        }
        assertThat(events.all(NetEvent.Opened.class)).isEmpty();
        assertThat(events.all(NetEvent.Closed.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void refusesBeyondItsLimitsAndTakesPlacesBack(Transport transport) throws Exception {
        ListenOptions options = loopback(transport).withLimits(Limits.DEFAULTS.withMaxConnections(2));
        try (Server server = Server.start(
                Protocols.of(p -> p.addLast(new Protocols.Greeter("hello\n", false), new Protocols.Echo())),
                options,
                events)) {
            Endpoint endpoint = server.endpoints().get(0);
            Peer one = Peer.connect(endpoint);
            Peer two = Peer.connect(endpoint);
            one.read(6);
            two.read(6);
            assertThat(server.connections()).isEqualTo(2);
            assertRefuses(endpoint, RefusalReason.FULL);
            assertThat(server.connections()).isEqualTo(2);
            assertThat(server.traffic().refused()).isEqualTo(1);
            one.reset();
            Await.until("its place is given back", () -> server.connections() == 1);
            try (Peer three = Peer.connect(endpoint)) {
                assertThat(three.read(6)).isEqualTo("hello\n");
                assertRefuses(endpoint, RefusalReason.FULL);
            }
            two.close();
            Await.until("all places are given back", () -> server.connections() == 0);
        }
        assertThat(events.all(NetEvent.Refused.class)).hasSize(2);
    }

    @Test
    void refusesBeyondTheLimitsByAddress() throws Exception {
        Limits limits = Limits.DEFAULTS.withMaxPerAddress(1, true);
        try (Server server = echo(loopback(Transport.NIO).withLimits(limits))) {
            Endpoint endpoint = server.endpoints().get(0);
            try (Peer one = Peer.connect(endpoint)) {
                assertThat(one.send("x").read(1)).isEqualTo("x");
                assertRefuses(endpoint, RefusalReason.ADDRESS_FULL);
            }
        }
        Limits slow = Limits.DEFAULTS.withMaxPerAddress(100, true).withAcceptRate(1);
        try (Server server = echo(loopback(Transport.NIO).withLimits(slow))) {
            // Two in one second, however long the machine may stand still between two others.
            Await.until(
                    "the second comes too fast",
                    () -> !isServed(server.endpoints().get(0)));
            assertThat(events.all(NetEvent.Refused.class))
                    .last()
                    .extracting(NetEvent.Refused::reason)
                    .isEqualTo(RefusalReason.TOO_FAST);
        }
    }

    /** Whether a new connection gets its echo; else it got the words of a refusal by rate. */
    private static boolean isServed(Endpoint endpoint) {
        try (Peer peer = Peer.connect(endpoint)) {
            String answer = peer.send("x").endOutput().readToEnd();
            assertThat(answer).isIn("x", "error: " + RefusalReason.TOO_FAST.text() + "\n");
            return answer.equals("x");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void givesPlacesBackOnEveryWayOut(Transport transport) throws Exception {
        ListenOptions options = loopback(transport).withLimits(Limits.DEFAULTS.withMaxConnections(500));
        try (Server server = echo(options.withTls(TlsOptions.selfSigned()))) {
            Endpoint endpoint = server.endpoints().get(0);
            for (int i = 0; i < 100; i++) {
                Peer.connect(endpoint).reset();
                Peer.connect(endpoint).close();
                Peer.connect(endpoint).send("no TLS").reset();
                Peer.connect(endpoint).send(new byte[] {0x16, 3, 1, 0, 1, 0}).close();
            }
            try (Peer last = Peer.connect(endpoint).send("no TLS either")) {
                assertThat(last.readToEnd()).isEqualTo("error: this port speaks TLS\n");
            }
            Await.until("all places are given back", () -> server.connections() == 0);
            assertThat(server.traffic().opened()).isPositive();
            Await.until(
                    "all ends are told",
                    () -> server.traffic().closed() == server.traffic().opened());
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void answersABoundedNumberOfRefusalsAtATime(Transport transport) throws Exception {
        ListenOptions options = loopback(transport).withLimits(Limits.DEFAULTS.withMaxConnections(1));
        try (Server server = echo(options)) {
            Endpoint endpoint = server.endpoints().get(0);
            try (Peer first = Peer.connect(endpoint)) {
                first.send("x").read(1);
                // Answers that linger give their places back after a time: none may before the last has come.
                Duration linger = Await.shortest(Closing.MAX_WAIT, () -> {
                    long start = System.nanoTime();
                    int beyond = answeredBeyondTheBound(endpoint);
                    Duration time = Duration.ofNanos(System.nanoTime() - start);
                    assertThat(beyond).isLessThanOrEqualTo(time.compareTo(Closing.MAX_WAIT) < 0 ? 0 : 1);
                    Await.until("refusals are answered again", () -> answersRefusal(endpoint));
                    return time;
                });
                assertThat(linger).isLessThan(Closing.MAX_WAIT);
                assertThat(first.send("y").read(1)).isEqualTo("y");
            }
        }
    }

    /** How many are answered of one more than may be. */
    private static int answeredBeyondTheBound(Endpoint endpoint) throws IOException {
        List<Peer> lingering = new ArrayList<>();
        try {
            for (int i = 0; i < ConnectionLimits.MAX_ANSWERED_REFUSALS; i++) {
                lingering.add(Peer.connect(endpoint));
            }
            for (Peer each : lingering) {
                assertThat(each.readToEnd()).startsWith("error: too many connections");
            }
            try (Peer unanswered = Peer.connect(endpoint)) {
                return unanswered.readToEnd().isEmpty() ? 0 : 1;
            }
        } finally {
            lingering.forEach(ServerTest::closeQuietly);
        }
    }

    private static boolean answersRefusal(Endpoint endpoint) {
        try (Peer peer = Peer.connect(endpoint)) {
            return peer.readToEnd().startsWith("error: ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void refusesInSilenceWhereTheProtocolHasNoWords(Transport transport) throws Exception {
        Protocol silent = new Protocol(
                "test", "tcp", "tls", Protocol.Accept.MANY, RefusalAnswer.SILENT, p -> p.addLast(new Protocols.Echo()));
        AccessList nobody = new AccessList(List.of(), List.of(Cidr.parse("127.0.0.0/8")));
        try (Server server = Server.start(silent, loopback(transport).withAccess(nobody), events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            assertThat(peer.send("x").readToEnd()).isEmpty();
        }
    }

    @Test
    void refusesUnderTlsWithAnAlert() throws Exception {
        AccessList nobody = new AccessList(List.of(), List.of(Cidr.parse("127.0.0.0/8")));
        ListenOptions options = loopback(Transport.NIO).withTls(TlsOptions.selfSigned());
        try (Server server = echo(options.withAccess(nobody));
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            assertThat(peer.readBytesToEnd()).containsExactly(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 49);
        }
        try (Server server = echo(options.withLimits(Limits.DEFAULTS.withMaxConnections(1)))) {
            try (Peer first = Peer.connect(server.endpoints().get(0))) {
                events.await(NetEvent.Opened.class);
                try (Peer second = Peer.connect(server.endpoints().get(0))) {
                    assertThat(second.readBytesToEnd()).containsExactly(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 80);
                }
                assertThat(first.socket().isConnected()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void outlivesAListenerThatThrows(Transport transport) throws Exception {
        NetListener throwing = event -> {
            events.on(event);
            throw new IllegalStateException("listener");
        };
        try (Server server = Server.start(Protocols.echo(), loopback(transport), throwing)) {
            assertServes(server.endpoints().get(0));
            events.await(NetEvent.Closed.class);
            assertServes(server.endpoints().get(0));
        }
        assertThat(events.all(NetEvent.Closed.class)).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void closesAConnectionWhosePipelineCannotBeMade(Transport transport) throws Exception {
        AtomicBoolean fails = new AtomicBoolean(true);
        Protocol failing = Protocols.of(pipeline -> {
            if (fails.getAndSet(false)) {
                throw new IllegalStateException("recipe");
            }
            pipeline.addLast(new Protocols.Echo());
        });
        try (Server server = Server.start(failing, loopback(transport), events)) {
            try (Peer peer = Peer.connect(server.endpoints().get(0))) {
                assertThat(peer.readToEnd()).isEmpty();
            }
            assertServes(server.endpoints().get(0));
            Await.until("all places are given back", () -> server.connections() == 0);
        }
    }

    @Test
    void givesNoHandlerASightOfWhoIsRefused() throws Exception {
        AtomicBoolean seen = new AtomicBoolean();
        Protocol watching = Protocols.of(pipeline -> {
            seen.set(true);
            pipeline.addLast(new ChannelInboundHandlerAdapter());
        });
        AccessList nobody = new AccessList(List.of(), List.of(Cidr.parse("127.0.0.0/8")));
        try (Server server = Server.start(watching, loopback(Transport.NIO).withAccess(nobody), events)) {
            assertRefuses(server.endpoints().get(0), RefusalReason.DENIED);
        }
        assertThat(seen).isFalse();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void tellsWhatWasGrantedWhenItIsClosed(Transport transport) {
        Server server = Server.start(Protocols.echo(), loopback(transport), events);
        List<Map<String, String>> granted = server.granted();
        server.close();
        assertThat(granted).singleElement().satisfies(values -> assertThat(values)
                .containsKey("so-rcvbuf"));
        assertThat(server.granted()).isEqualTo(granted);
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void aClosedChannelHasNothingGranted(Transport transport) throws Exception {
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Protocol protocol = Protocols.of(pipeline -> accepted.complete(pipeline.channel()));
        try (Server server = Server.start(protocol, loopback(transport), events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            Channel channel = accepted.get(10, TimeUnit.SECONDS);
            channel.close().get(10, TimeUnit.SECONDS);
            assertThat(SocketSettings.granted(channel)).doesNotContainKey("so-rcvbuf");
            assertThat(peer.readToEnd()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void appliesSocketOptions(Transport transport) throws Exception {
        SocketOptions socket = new SocketOptions(7, 40_000, 50_000, false, false, true, -1, 16);
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Protocol protocol = Protocols.of(pipeline -> {
            accepted.complete(pipeline.channel());
            pipeline.addLast(new Protocols.Echo());
        });
        try (Server server = Server.start(protocol, loopback(transport).withSocket(socket), events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            peer.send("x").read(1);
            assertThat(SocketSettings.granted(accepted.join()))
                    .containsEntry("nodelay", "false")
                    .containsEntry("keepalive", "false")
                    .containsEntry("tos", "16")
                    .hasEntrySatisfying("so-rcvbuf", size -> assertThat(Integer.parseInt(size))
                            .isBetween(40_000, 80_000))
                    .hasEntrySatisfying("so-sndbuf", size -> assertThat(Integer.parseInt(size))
                            .isBetween(50_000, 100_000));
            try (Server second = Server.start(
                    protocol,
                    ListenOptions.on(server.endpoints().get(0))
                            .withTransport(transport, 1)
                            .withSocket(socket),
                    events)) {
                assertThat(second.endpoints()).isEqualTo(server.endpoints()); // by SO_REUSEPORT
            }
        }
    }
}
