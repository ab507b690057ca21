package io.ntk.udp.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.SocketOptions;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Pauses;
import io.ntk.testsupport.Ports;
import io.ntk.udp.DatagramOptions;
import io.ntk.udp.DatagramResponder;
import io.ntk.udp.DatagramServer;
import io.ntk.udp.measure.MeasureOptions.Load;
import io.ntk.udp.measure.MeasureOptions.Mode;
import io.ntk.udp.measure.MeasureReport.Outcome;
import io.ntk.udp.measure.Relay.Fate;
import io.ntk.udp.measure.Relay.Plan;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class MeasureClientTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration STANDSTILL = Duration.ofMillis(150);
    private static final Load SHORT = new Load(1000, 120, Duration.ofMillis(300), Duration.ZERO);
    private static final DatagramOptions SERVER = DatagramOptions.DEFAULTS.withListen(ListenOptions.loopback(0)
            .withTransport(Transport.AUTO, 1)
            .withSocket(SocketOptions.DEFAULTS.withBuffers(4 << 20, 0)));

    @Test
    void losesNothingOnLoopback() throws Exception {
        try (var server = DatagramServer.start(SERVER, new MeasureResponder())) {
            MeasureReport report = run(to(port(server)).withLoad(SHORT));
            assertThat(report.outcome()).isEqualTo(Outcome.DONE);
            assertThat(report.counts().sent() + report.counts().missed()).isEqualTo(300);
            assertThat(report.counts().lost()).isZero();
            assertThat(report.counts().lostUp()).hasValue(0);
            assertThat(report.counts().lostDown()).hasValue(0);
            assertThat(report.counts().ignored()).isZero();
            assertThat(report.counts().duplicates()).isZero();
            assertThat(report.order().reordered()).isZero();
            assertThat(report.times().roundTrip().count())
                    .isEqualTo(report.counts().received());
            assertThat(report.times().fromIntended().max())
                    .isGreaterThanOrEqualTo(report.times().roundTrip().min());
            assertThat(report.times().timerError().count())
                    .isEqualTo(report.counts().sent());
            assertThat(report.seconds()).isGreaterThan(0.25);
        }
    }

    @ParameterizedTest
    @EnumSource
    void leavesWarmUpOut(Mode mode) throws Exception {
        DatagramResponder responder = mode == Mode.PLAIN ? DatagramResponder.ECHO : new MeasureResponder();
        try (var server = DatagramServer.start(SERVER, responder)) {
            Load load = new Load(1000, 80, Duration.ofMillis(100), Duration.ofMillis(200));
            MeasureReport report = run(to(port(server)).withLoad(load).withMode(mode));
            assertThat(report.counts().warmUp()).isBetween(1L, 200L);
            assertThat(report.counts().sent() + report.counts().missed()).isEqualTo(100);
            assertThat(report.counts().lost()).isZero();
            assertThat(report.counts().lostUp().isPresent()).isEqualTo(mode == Mode.RESPONDER);
            assertThat(report.times().roundTrip().count())
                    .isEqualTo(report.counts().sent());
        }
    }

    /** So closely that the sender has no time to sleep, and reads the answers itself. */
    @ParameterizedTest
    @EnumSource
    void countsEachOfMany(Mode mode) throws Exception {
        DatagramResponder responder = mode == Mode.PLAIN ? DatagramResponder.ECHO : new MeasureResponder();
        try (var server = DatagramServer.start(SERVER, responder)) {
            Load load = new Load(20_000, 80, Duration.ofMillis(200), Duration.ofMillis(100));
            MeasureReport report = run(to(port(server)).withLoad(load).withMode(mode));
            assertThat(report.outcome()).isEqualTo(Outcome.DONE);
            assertThat(report.counts().warmUp()).isBetween(1L, 2000L);
            assertThat(report.counts().sent() + report.counts().missed()).isEqualTo(4000);
            // None, unless the server's thread has had no processor for so long that its buffer was full.
            assertThat(report.counts().lost())
                    .isEqualTo(server.kernelDrops().now().orElse(0)
                            + report.kernel().dropsHere().orElse(0));
            assertThat(report.times().roundTrip().count())
                    .isEqualTo(report.counts().received());
            assertThat(report.order().reordered()).isZero();
        }
    }

    @Test
    void tellsAtOnceThatNobodyIsThereToReadMany() throws Exception {
        Load load = new Load(Load.MAX_PER_SECOND, 80, Duration.ofHours(1), Duration.ZERO);
        MeasureReport report = run(to(Ports.free()).withLoad(load));
        assertThat(report.outcome()).isEqualTo(Outcome.UNREACHABLE);
    }

    @Test
    void stopsWhileItSendsMany() throws Exception {
        MeasureReport report = endAmidMany(MeasureClient::stop);
        assertThat(report.counts().lostUp()).isPresent();
    }

    @Test
    void endsAtOnceWhileItSendsMany() throws Exception {
        MeasureReport report = endAmidMany(MeasureClient::close);
        assertThat(report.counts().lostUp()).isEmpty();
    }

    private static MeasureReport endAmidMany(Consumer<MeasureClient> end) throws Exception {
        Load load = new Load(20_000, 80, Duration.ofHours(1), Duration.ZERO);
        try (var server = DatagramServer.start(SERVER, new MeasureResponder());
                MeasureClient client = MeasureClient.start(to(port(server)).withLoad(load))) {
            Await.until("answers", () -> client.takeInterval().received() > 0);
            end.accept(client);
            MeasureReport report = client.report().get(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS);
            assertThat(report.outcome()).isEqualTo(Outcome.STOPPED);
            assertThat(report.counts().received()).isPositive();
            return report;
        }
    }

    /** Loss in both directions, doubles, reordering and late ones: the report is the plan, number by number. */
    @ParameterizedTest
    @ValueSource(longs = {1, 42})
    void reportsExactlyWhatARelayDoes(long seed) throws Exception {
        int count = 2500;
        Random random = new Random(seed);
        Plan up = Plan.random(count, random);
        Plan down = Plan.random(count, random);
        List<Integer> late = List.of(10, 400, 401, 900);
        for (int n : late) { // behind 1,400 at 2,000 a second: a fifth of a second after the timeout
            up.with(n, n % 2 == 0 ? Fate.heldBehind(1400) : Fate.PASS);
            down.with(n, n % 2 == 0 ? Fate.PASS : Fate.heldBehind(1400));
        }
        List<Integer> arrivedUp = new ArrayList<>();
        List<Integer> arrivedDown = new ArrayList<>();
        var downward = new Relay.Stage<Integer>(down, arrivedDown::add);
        var upward = new Relay.Stage<Integer>(up, n -> {
            arrivedUp.add(n);
            downward.take(n, n);
        });
        for (int n = 0; n < count; n++) {
            upward.take(n, n);
        }
        Set<Integer> distinctUp = new HashSet<>(arrivedUp);
        Set<Integer> distinctDown = new LinkedHashSet<>(arrivedDown);
        Load load = new Load(2000, 100, Duration.ofMillis(count / 2), Duration.ZERO);
        judged(up, down, port -> to(port).withLoad(load).withTimeout(Duration.ofMillis(500)), report -> {
            assertThat(report.counts().sent()).isEqualTo(count);
            assertThat(report.counts().received()).isEqualTo(distinctDown.size());
            assertThat(report.counts().lostUp()).hasValue(count - distinctUp.size());
            assertThat(report.counts().lostDown()).hasValue(distinctUp.size() - distinctDown.size());
            assertThat(report.counts().duplicates()).isEqualTo(arrivedDown.size() - distinctDown.size());
            assertThat(report.order())
                    .isEqualTo(ArrivalsTest.orderByDefinition(
                            distinctDown.stream().map(Integer::longValue).toList()));
            assertThat(report.counts().late()).isEqualTo(late.size());
            assertThat(report.counts().ignored()).isZero();
        });
    }

    /** A report of a run in which the machine did not stand still: else datagrams are late, or not even sent. */
    private static void judged(Plan up, Plan down, IntFunction<MeasureOptions> options, Consumer<MeasureReport> judge)
            throws Exception {
        judged(
                () -> {
                    try (var server = DatagramServer.start(SERVER, new MeasureResponder());
                            var relay = new Relay(address(port(server)), up, down)) {
                        return run(options.apply(relay.port()));
                    }
                },
                judge);
    }

    private static <T> void judged(Callable<T> run, Consumer<T> judge) throws Exception {
        Duration pause = Await.shortest(STANDSTILL, () -> {
            try (Pauses pauses = Pauses.watched()) {
                T result = run.call();
                Duration longest = pauses.longest();
                if (longest.compareTo(STANDSTILL) < 0) {
                    judge.accept(result);
                }
                return longest;
            }
        });
        assertThat(pause).isLessThan(STANDSTILL);
    }

    @Test
    void doesNotLetDuplicatesHideLosses() throws Exception {
        Plan up = Plan.allPass(300);
        Plan down = Plan.allPass(300);
        for (int n = 0; n < 100; n++) { // as many doubled as lost, in both directions
            up.with(n, n % 2 == 0 ? Fate.DROP : Fate.DOUBLE);
            down.with(n + 100, n % 2 == 0 ? Fate.DROP : new Fate(3, 0));
        }
        judged(up, down, port -> to(port).withLoad(SHORT).withTimeout(Duration.ofMillis(300)), report -> {
            assertThat(report.counts().sent()).isEqualTo(300);
            assertThat(report.counts().lostUp()).hasValue(50);
            assertThat(report.counts().lostDown()).hasValue(50);
            assertThat(report.counts().duplicates()).isEqualTo(50 + 100);
        });
    }

    @Test
    void doesNotKnowWhereAPlainEchoLost() throws Exception {
        Plan up = Plan.allPass(300).with(3, Fate.DROP).with(4, Fate.DROP);
        Callable<MeasureReport> measure = () -> {
            try (var server = DatagramServer.start(SERVER, DatagramResponder.ECHO);
                    var relay = new Relay(address(port(server)), up, Plan.allPass(300))) {
                return run(to(relay.port()).withLoad(SHORT).withMode(Mode.PLAIN).withTimeout(Duration.ofMillis(200)));
            }
        };
        judged(measure, report -> {
            assertThat(report.counts().lost()).isEqualTo(2);
            assertThat(report.counts().lostUp()).isEmpty();
            assertThat(report.counts().lostDown()).isEmpty();
            assertThat(report.kernel().dropsThere()).isEmpty();
        });
    }

    /** The kernel drops at the responder's socket while its loop is held up: that is told apart from the network's loss. */
    @Test
    void tellsTheResponderHostsDropsFromTheNetworks() throws Exception {
        judged(MeasureClientTest::measureAResponderThatIsHeldUp, report -> {
            assertThat(report.counts().lost()).isGreaterThan(400);
            assertThat(report.counts().lostUp()).hasValue(report.counts().lost());
            assertThat(report.kernel().dropsThere())
                    .hasValue(report.counts().lostUp().getAsLong());
            assertThat(report.kernel().dropsHere()).hasValue(0);
        });
    }

    private static MeasureReport measureAResponderThatIsHeldUp() throws Exception {
        MeasureResponder responder = new MeasureResponder();
        CountDownLatch held = new CountDownLatch(1);
        AtomicInteger measured = new AtomicInteger();
        DatagramResponder slow = request -> {
            if ((request.payload().getByte(request.payload().readerIndex() + 5) & MeasureDatagram.HELLO) == 0
                    && measured.getAndIncrement() == 0) {
                awaitQuietly(held);
            }
            responder.received(request);
        };
        DatagramOptions tiny =
                SERVER.withListen(SERVER.listen().withSocket(SocketOptions.DEFAULTS.withBuffers(4096, 0)));
        try (var server = DatagramServer.start(tiny, slow)) {
            Load load = new Load(5000, 1000, Duration.ofMillis(100), Duration.ZERO);
            MeasureOptions options = to(port(server)).withLoad(load).withTimeout(Duration.ofSeconds(1));
            try (MeasureClient client = MeasureClient.start(options)) {
                AtomicInteger sent = new AtomicInteger();
                Await.until("all sent", () -> {
                    var part = client.takeInterval();
                    return sent.addAndGet((int) (part.sent() + part.missed())) == 500;
                });
                held.countDown();
                return client.report().get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void tellsWhatTheKernelDroppedAtItsOwnSocket() throws Exception {
        byte[] garbage = new byte[1000];
        try (var flood = new Answers(request -> {
            List<byte[]> answers = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                answers.add(garbage);
            }
            return answers;
        })) {
            MeasureReport report = run(to(flood.port())
                    .withLoad(SHORT)
                    .withMode(Mode.PLAIN)
                    .withReceiveBuffer(1)
                    .withTimeout(Duration.ofMillis(200)));
            assertThat(report.kernel().dropsHere().orElseThrow()).isPositive();
            assertThat(report.counts().ignored()).isPositive();
            assertThat(report.outcome()).isEqualTo(Outcome.NO_ANSWER);
        }
    }

    @Test
    void ignoresWhatIsNoAnswerToIt() throws Exception {
        try (var hostile = new Answers(request -> {
            MeasureDatagram d = MeasureDatagram.decode(Unpooled.wrappedBuffer(request));
            List<byte[]> answers = new ArrayList<>();
            answers.add(new byte[0]);
            answers.add(new byte[79]);
            answers.add(new byte[65_000]);
            answers.add(changed(request, 5, 1)); // an answer, but of no responder
            answers.add(changed(request, 0, 0)); // other magic
            answers.add(java.util.Arrays.copyOf(request, request.length - 1));
            answers.add(java.util.Arrays.copyOf(request, request.length + 1));
            answers.add(encoded(d.token() + 1, d.sequence(), d.intendedNanos(), d.sentNanos(), request.length));
            answers.add(encoded(d.token(), d.sequence() + 1000, d.intendedNanos(), d.sentNanos(), request.length));
            answers.add(encoded(d.token(), -1, d.intendedNanos(), d.sentNanos(), request.length));
            answers.add(encoded(d.token(), Long.MIN_VALUE, d.intendedNanos(), d.sentNanos(), request.length));
            answers.add(
                    encoded(d.token(), d.sequence(), d.intendedNanos(), d.sentNanos() + (1L << 50), request.length));
            answers.add(encoded(d.token(), d.sequence(), 0, Long.MIN_VALUE, request.length));
            answers.add(encoded(d.token(), d.sequence(), d.sentNanos() + 1, d.sentNanos(), request.length));
            answers.add(request);
            return answers;
        })) {
            Load load = new Load(100, 100, Duration.ofMillis(200), Duration.ZERO);
            MeasureReport report = run(to(hostile.port()).withLoad(load).withMode(Mode.PLAIN));
            assertThat(report.counts().received()).isEqualTo(report.counts().sent());
            assertThat(report.counts().ignored()).isEqualTo(14 * report.counts().sent());
            assertThat(report.counts().duplicates()).isZero();
            assertThat(report.times().roundTrip().max()).isLessThan(PATIENCE.toNanos());
        }
    }

    @Test
    void hearsNothingFromOtherAddresses() throws Exception {
        try (var stranger = new java.net.DatagramSocket(0, InetAddress.getLoopbackAddress());
                var echo = new Answers((socket, packet) -> {
                    // The same bytes, from another port: a connected socket does not take them.
                    stranger.send(new java.net.DatagramPacket(
                            packet.getData(), packet.getLength(), packet.getSocketAddress()));
                    return List.of();
                })) {
            MeasureReport report =
                    run(to(echo.port()).withLoad(SHORT).withMode(Mode.PLAIN).withTimeout(Duration.ofMillis(100)));
            assertThat(report.counts().received()).isZero();
            assertThat(report.counts().ignored()).isZero();
            assertThat(report.outcome()).isEqualTo(Outcome.NO_ANSWER);
        }
    }

    @Test
    void takesTheAnswerToItsOwnHelloOnly() throws Exception {
        judged(MeasureClientTest::measureAForger, report -> {
            assertThat(report.outcome()).isEqualTo(Outcome.NO_ANSWER);
            assertThat(report.counts().sent()).isZero();
            assertThat(report.counts().ignored()).isEqualTo(2); // hellos, 200 ms apart
        });
    }

    private static MeasureReport measureAForger() throws Exception {
        try (var forger = new Answers(request -> {
            MeasureDatagram d = MeasureDatagram.decode(Unpooled.wrappedBuffer(request));
            byte[] forged = new byte[request.length];
            new MeasureDatagram(3, 666, d.sequence() ^ 1, d.intendedNanos(), d.sentNanos(), 1, 1, 0, 0, 0)
                    .encode(Unpooled.wrappedBuffer(forged).clear());
            return List.of(forged);
        })) {
            return run(to(forger.port()).withLoad(SHORT).withPatience(Duration.ofMillis(400)));
        }
    }

    @Test
    void tellsAtOnceThatNobodyIsThere() throws Exception {
        int free = Ports.free();
        Duration atOnce = Duration.ofSeconds(4);
        Duration shortest = Await.shortest(atOnce, () -> {
            long start = System.nanoTime();
            for (Mode mode : Mode.values()) {
                MeasureReport report = run(to(free).withMode(mode));
                assertThat(report.outcome()).isEqualTo(Outcome.UNREACHABLE);
            }
            return Duration.ofNanos(System.nanoTime() - start);
        });
        assertThat(shortest).isLessThan(atOnce);
    }

    @Test
    void asksForTheEndFiveTimesAndThenDoesNotKnow() throws Exception {
        AtomicInteger ends = new AtomicInteger();
        MeasureResponder responder = new MeasureResponder();
        DatagramResponder deaf = request -> {
            if ((request.payload().getByte(request.payload().readerIndex() + 5) & MeasureDatagram.END) != 0) {
                ends.incrementAndGet();
            } else {
                responder.received(request);
            }
        };
        try (var server = DatagramServer.start(SERVER, deaf)) {
            MeasureReport report = run(to(port(server)).withLoad(SHORT));
            Await.until("five", () -> ends.get() == 5);
            assertThat(report.outcome()).isEqualTo(Outcome.DONE);
            assertThat(report.counts().lostUp()).isEmpty();
            assertThat(report.counts().lost()).isZero();
        }
    }

    @Test
    void reportsWhatCannotBeSentAsMissed() throws Exception {
        try (var server = DatagramServer.start(SERVER, DatagramResponder.NONE)) {
            Load load = new Load(Load.MAX_PER_SECOND, 1400, Duration.ofMillis(1500), Duration.ZERO);
            MeasureReport report =
                    run(to(port(server)).withLoad(load).withMode(Mode.PLAIN).withTimeout(Duration.ofMillis(1)));
            assertThat(report.counts().missed()).isPositive();
            assertThat(report.counts().sent() + report.counts().missed()).isEqualTo(15_000_000);
            assertThat(report.times().timerError().max())
                    .isGreaterThan(Duration.ofMillis(900).toNanos());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 65_507})
    void measuresWithTheShortestAndTheLongest(int size) throws Exception {
        try (var server = DatagramServer.start(SERVER, new MeasureResponder())) {
            Load load = new Load(200, size, Duration.ofMillis(100), Duration.ZERO);
            MeasureReport report = run(to(port(server)).withLoad(load));
            assertThat(report.counts().lost()).isZero();
            assertThat(report.counts().sent()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {79, 65_508})
    void refusesOtherSizes(int size) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Load(1, size, Duration.ofSeconds(1), Duration.ZERO))
                .withMessage("sizeBytes: " + size + " (expected: 80 to 65507)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Load.MAX_PER_SECOND + 1})
    void refusesOtherRates(int rate) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Load(rate, 80, Duration.ofSeconds(1), Duration.ZERO))
                .withMessageStartingWith("perSecond: " + rate);
    }

    @Test
    void fixesTimesWithoutDriftOrOverflow() {
        Load load = new Load(Load.MAX_PER_SECOND - 1, 80, Duration.ofDays(365), Duration.ZERO);
        long last = load.datagrams(load.duration());
        assertThat(last).isEqualTo(365L * 86_400 * (Load.MAX_PER_SECOND - 1));
        assertThat(load.dueNanos(last)).isEqualTo(Duration.ofDays(365).toNanos());
        assertThat(new Load(3, 80, Duration.ofNanos(1), Duration.ZERO).datagrams(Duration.ofNanos(1)))
                .isEqualTo(1);
        assertThat(new Load(3, 80, Duration.ofSeconds(1), Duration.ZERO).dueNanos(2))
                .isEqualTo(666_666_666);
    }

    @Test
    void stopsWithAReportOfWhatWasMeasured() throws Exception {
        try (var server = DatagramServer.start(SERVER, new MeasureResponder())) {
            Load load = new Load(1000, 100, Duration.ofHours(1), Duration.ZERO);
            try (MeasureClient client = MeasureClient.start(to(port(server)).withLoad(load))) {
                Await.until("an answer", () -> client.takeInterval().received() > 0);
                client.stop();
                MeasureReport report = client.report().get(30, TimeUnit.SECONDS);
                assertThat(report.outcome()).isEqualTo(Outcome.STOPPED);
                assertThat(report.counts().sent()).isPositive();
                assertThat(report.counts().lostUp()).hasValue(0);
                assertThat(report.counts().lost()).isZero();
            }
        }
    }

    @Test
    void endsAtOnceWhenItIsClosed() throws Exception {
        try (var server = DatagramServer.start(SERVER, DatagramResponder.NONE)) {
            Load load = new Load(10, 100, Duration.ofHours(1), Duration.ZERO);
            MeasureClient client =
                    MeasureClient.start(to(port(server)).withLoad(load).withMode(Mode.PLAIN));
            Await.until("a datagram", () -> client.takeInterval().sent() > 0);
            client.close();
            assertThat(client.report().get(30, TimeUnit.SECONDS).outcome()).isEqualTo(Outcome.STOPPED);
        }
    }

    @Test
    void measuresOverIpv6() throws Exception {
        var v6 = new Endpoint.Inet("::1", 0);
        var options = SERVER.withListen(SERVER.listen().withEndpoints(List.of(v6)));
        try (var server = DatagramServer.start(options, new MeasureResponder())) {
            var there = new Endpoint.Inet("::1", port(server));
            MeasureReport report = run(MeasureOptions.to(there).withLoad(SHORT).withTimeout(PATIENCE));
            assertThat(report.counts().lost()).isZero();
            assertThat(report.kernel().dropsHere()).hasValue(0);
            assertThat(report.kernel().dropsThere()).hasValue(0);
        }
    }

    @Test
    void servesSeveralClientsAtATime() throws Exception {
        var loops = EventLoops.start(Transport.AUTO, 2);
        try (var server = DatagramServer.start(SERVER, new MeasureResponder(), loops, NetListener.NONE)) {
            List<MeasureClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(MeasureClient.start(to(port(server)).withLoad(SHORT)));
            }
            for (MeasureClient client : clients) {
                assertThat(client.report().get(30, TimeUnit.SECONDS).counts().lost())
                        .isZero();
                client.close();
            }
        } finally {
            loops.close();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static MeasureReport run(MeasureOptions options) throws Exception {
        try (MeasureClient client = MeasureClient.start(options)) {
            return client.report().get(30, TimeUnit.SECONDS);
        }
    }

    /** Nothing is late there, however long the machine stands still. */
    private static MeasureOptions to(int port) {
        return MeasureOptions.to(new Endpoint.Inet("127.0.0.1", port)).withTimeout(PATIENCE);
    }

    private static int port(DatagramServer server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    private static InetSocketAddress address(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static byte[] changed(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static byte[] encoded(long token, long sequence, long intended, long sent, int length) {
        byte[] bytes = new byte[length];
        ByteBuf out = Unpooled.wrappedBuffer(bytes).clear();
        MeasureDatagram.request(0, token, sequence, intended, sent).encode(out);
        return bytes;
    }
}
