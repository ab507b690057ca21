package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.CloseCause;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.Ndjson;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.Server;
import io.ntk.core.TlsOptions;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class LineServerTest {
    private static final ListenOptions FREE_PORT = ListenOptions.loopback(0);
    private static final LineOptions OPTIONS = LineOptions.DEFAULTS.withListen(FREE_PORT);

    static List<Transport> transports() {
        return Peer.transports();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void answersUnicodeWhereverItIsCut(Transport transport) throws IOException {
        try (Server server = LineServer.start(on(transport), Responder.upper());
                Peer peer = Peer.of(server)) {
            byte[] bytes = "stra\u00dfe \u01c6 \ud83d\ude80\r\n".getBytes(UTF_8);
            for (int cut = 1; cut < bytes.length; cut++) {
                peer.send(Arrays.copyOf(bytes, cut));
                peer.send(Arrays.copyOfRange(bytes, cut, bytes.length));
                assertThat(peer.line()).isEqualTo("STRASSE \u01c4 \ud83d\ude80");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void answersAHundredLinesOfOneSegmentInOrder(Transport transport) throws IOException {
        try (Server server = LineServer.start(on(transport), Responder.upper());
                Peer peer = Peer.of(server)) {
            peer.send(numbered(100, "line")).end();
            assertThat(peer.restText()).isEqualTo(numbered(100, "LINE"));
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void answersALineThatComesByteByByte(Transport transport) throws IOException {
        try (Server server = LineServer.start(on(transport), Responder.upper());
                Peer peer = Peer.of(server)) {
            for (char c : "slow line\n".toCharArray()) {
                peer.send(String.valueOf(c));
            }
            assertThat(peer.line()).isEqualTo("SLOW LINE");
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void answersWhatCameBeforeTheEndOfTheStream(Transport transport) throws IOException {
        Events events = new Events();
        try (Server server = LineServer.start(on(transport), Responder.upper(), events);
                Peer peer = Peer.of(server)) {
            peer.send("one\ntwo").end();
            assertThat(peer.restText()).isEqualTo("ONE\nTWO\n");
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.PEER);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void greetsAPeerThatEndsAtOnce(Transport transport) throws IOException {
        try (Server server = LineServer.start(on(transport).withGreeting("hello\nthere"), Responder.upper());
                Peer peer = Peer.of(server)) {
            peer.end();
            assertThat(peer.restText()).isEqualTo("hello\nthere\n");
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void outlivesAReset(Transport transport) throws IOException {
        Events events = new Events();
        try (Server server = LineServer.start(on(transport), Responder.upper(), events)) {
            Peer rude = Peer.of(server);
            rude.send("a\nhalf");
            assertThat(rude.line()).isEqualTo("A");
            rude.reset();
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.RESET);
            try (Peer next = Peer.of(server)) {
                assertThat(next.send("b\n").line()).isEqualTo("B");
            }
        }
    }

    @Test
    void takesNulsForTextAndStaysAfterWhatIsNone() throws IOException {
        try (Server server = LineServer.start(OPTIONS, Responder.upper());
                Peer peer = Peer.of(server)) {
            assertThat(peer.send("a\0b\n").line()).isEqualTo("A\0B");
            assertThat(peer.send(new byte[] {(byte) 0xff, '\n'}).line()).isEqualTo("error: not UTF-8");
            assertThat(peer.send("x".repeat(8193) + "\n").line()).isEqualTo("error: line longer than 8192 bytes");
            assertThat(peer.send("x".repeat(8192) + "\n").line()).hasSize(8192);
        }
    }

    @Test
    void answersAnEndlessLineOnce() throws IOException {
        try (Server server = LineServer.start(OPTIONS, Responder.upper());
                Peer peer = Peer.of(server)) {
            byte[] piece = new byte[1 << 20];
            for (int i = 0; i < 32; i++) {
                peer.send(piece);
            }
            peer.send("\nok\n").end();
            assertThat(peer.restText()).isEqualTo("error: line longer than 8192 bytes\nOK\n");
        }
    }

    @Test
    void tellsAPeerThatSpeaksTlsByAnAlert() throws Exception {
        Events events = new Events();
        try (Server server = LineServer.start(OPTIONS, Responder.upper(), events)) {
            try (Peer raw = Peer.of(server)) {
                raw.send(new byte[] {0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5});
                assertThat(raw.rest()).containsExactly(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x0a);
            }
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.TLS);
            try (Peer tls = Peer.ofTls(server)) {
                assertThatThrownBy(() -> tls.send("a\n")).isInstanceOf(SSLException.class);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void speaksTls(Transport transport) throws Exception {
        ListenOptions listen = FREE_PORT.withTransport(transport, 1).withTls(TlsOptions.selfSigned());
        try (Server server = LineServer.start(OPTIONS.withListen(listen).withGreeting("hello"), Responder.upper())) {
            assertThat(server.addresses()).singleElement().asString().startsWith("tls://127.0.0.1:");
            try (Peer peer = Peer.ofTls(server)) {
                assertThat(peer.line()).isEqualTo("hello");
                assertThat(peer.send("caf\u00e9\n").line()).isEqualTo("CAF\u00c9");
                peer.send("last").end();
                assertThat(peer.restText()).isEqualTo("LAST\n");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void stopsReadingFromAPeerThatReadsNothingAndGoesOnWhenItDoes(Transport transport) throws IOException {
        try (Server server = LineServer.start(on(transport), Responder.upper());
                SocketChannel peer = SocketChannel.open(Peer.address(server))) {
            long sent = sendUntilItSticks(peer, "line\n".repeat(10_000).getBytes(UTF_8));
            assertThat(sent).isLessThan(64L << 20);
            assertThat(server.traffic().bytesIn() - server.traffic().bytesOut()).isLessThan(2L << 20);
            peer.shutdownOutput();
            peer.configureBlocking(true);
            byte[] answers = Channels.newInputStream(peer).readAllBytes();
            // The last line may be cut; its answer has a line end all the same.
            assertThat((long) answers.length).isEqualTo(sent % 5 == 0 ? sent : sent + 1);
            int whole = (int) (sent / 5 * 5);
            assertThat(new String(answers, 0, whole, UTF_8)).isEqualTo("LINE\n".repeat(whole / 5));
        }
    }

    @Test
    void serves64PeersOfWhichNoneWaitsForAnother() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        Responder blocking = (line, peer) -> {
            if (line.equals("block")) {
                await(first);
            }
            return Reply.line(line);
        };
        try (Server server = LineServer.start(OPTIONS.withWorkers(2), blocking);
                Peer blocked = Peer.of(server)) {
            blocked.send("block\nbehind\n");
            for (int i = 0; i < 64; i++) {
                try (Peer other = Peer.of(server)) {
                    assertThat(other.send("other " + i + "\n").line()).isEqualTo("other " + i);
                }
            }
            first.countDown();
            assertThat(blocked.line()).isEqualTo("block");
            assertThat(blocked.line()).isEqualTo("behind");
        }
    }

    @Test
    void keepsTheOrderOfRepliesWithWorkers() throws IOException {
        try (Server server = LineServer.start(OPTIONS.withWorkers(4), Responder.upper());
                Peer peer = Peer.of(server)) {
            peer.send(numbered(2000, "line") + "last").end();
            assertThat(peer.restText()).isEqualTo(numbered(2000, "LINE") + "LAST\n");
        }
    }

    @Test
    void callsResponderOnWorkersThatEndWithTheServer() throws IOException {
        Responder whereAmI = (line, peer) -> Reply.line(Thread.currentThread().getName());
        Thread worker;
        try (Server server = LineServer.start(OPTIONS.withWorkers(1), whereAmI);
                Peer peer = Peer.of(server)) {
            String name = peer.send("where\n").line();
            assertThat(name).startsWith("ntk-worker-");
            worker = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals(name))
                    .findAny()
                    .orElseThrow();
        }
        Await.until("the worker ended", () -> !worker.isAlive());
    }

    @Test
    void answersWhatWasReadBeforeItCloses() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        Events events = new Events();
        Responder slow = (line, peer) -> {
            asked.countDown();
            await(answer);
            return Reply.line(line);
        };
        Server server = LineServer.start(OPTIONS.withWorkers(1), slow, events);
        try (Peer peer = Peer.of(server);
                Peer idle = Peer.of(server)) {
            peer.send("a\nb\nhalf");
            await(asked);
            Await.until(
                    "both are there, and all of it",
                    () -> server.connections() == 2 && server.traffic().bytesIn() == 8);
            var closing = CompletableFuture.runAsync(() -> server.close(Duration.ofMinutes(5)));
            assertThat(idle.rest()).isEmpty();
            answer.countDown();
            assertThat(peer.restText()).isEqualTo("a\nb\n");
            closing.get(30, TimeUnit.SECONDS);
        }
        assertThat(events.all(NetEvent.Closed.class))
                .extracting(NetEvent.Closed::cause)
                .containsOnly(CloseCause.SHUTDOWN);
        assertThat(events.all(NetEvent.Cut.class)).isEmpty();
    }

    @Test
    void cutsAResponderThatDoesNotEnd() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        Responder stuck = (line, peer) -> {
            asked.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return Reply.NONE;
        };
        try (Server server = LineServer.start(OPTIONS.withWorkers(1), stuck);
                Peer peer = Peer.of(server)) {
            peer.send("a\n");
            await(asked);
            server.close(Duration.ofMillis(50));
            await(interrupted);
            assertThat(peer.rest()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void answersTheFirstBytesOnceAndEnds(Transport transport) throws Exception {
        LineOptions once = on(transport).withFraming(Framing.CHUNK).withAccept(Protocol.Accept.ONE);
        Server server = LineServer.start(once, Responder.once("hi"));
        try (Peer peer = Peer.of(server)) {
            assertThat(peer.send("no line end").restText()).isEqualTo("hi");
        }
        server.closed().get(30, TimeUnit.SECONDS);
        assertThatThrownBy(() -> Peer.of(server)).isInstanceOf(IOException.class);
    }

    @Test
    void answersFirstBytesThatAreNoTextAndLeaveMuchUnread() throws Exception {
        LineOptions once = OPTIONS.withFraming(Framing.CHUNK).withAccept(Protocol.Accept.ONE);
        try (Server server = LineServer.start(once, Responder.once("hi"));
                Peer peer = Peer.of(server)) {
            byte[] binary = new byte[100_000];
            Arrays.fill(binary, (byte) 0xfe);
            assertThat(peer.send(binary).restText()).isEqualTo("hi\n");
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void takesTheLargestChunkAsOne(Transport transport) throws IOException {
        LineOptions chunks = on(transport).withFraming(Framing.CHUNK);
        try (Server server = LineServer.start(chunks, (line, peer) -> Reply.line(String.valueOf(line.length())));
                Peer peer = Peer.of(server)) {
            peer.send("x".repeat(8192));
            assertThat(new String(peer.bytes(4), UTF_8)).isEqualTo("8192");
            assertThat(peer.send("x".repeat(8193)).line()).isEqualTo("error: chunk longer than 8192 bytes");
            assertThat(peer.send("ok\n").line()).isEqualTo("2");
        }
    }

    @Test
    void closesOnTheQuitWord() throws IOException {
        try (Server server = LineServer.start(OPTIONS.withQuit("bye"), Responder.upper());
                Peer peer = Peer.of(server)) {
            assertThat(peer.send("a\nbye now\n bye\r\nb\n").restText()).isEqualTo("A\nBYE NOW\n");
        }
    }

    @Test
    void talksByTheSampleMenu() throws IOException {
        try (Server server = LineServer.start(OPTIONS, Responder.menu(Menu.SAMPLE));
                Peer peer = Peer.of(server)) {
            for (String line : Menu.SAMPLE.greeting()) {
                assertThat(peer.line()).isEqualTo(line);
            }
            assertThat(peer.send("HOURS\n").line()).startsWith("We are open");
            assertThat(peer.send("what\n").line()).isEqualTo(Menu.SAMPLE.fallback());
            assertThat(peer.send("exit\n").rest()).isEmpty();
        }
    }

    @Test
    void tellsWhenAResponderFailed() throws IOException {
        Events events = new Events();
        Responder failing = (line, peer) -> {
            throw new IllegalStateException("secret");
        };
        try (Server server = LineServer.start(OPTIONS, failing, events);
                Peer peer = Peer.of(server)) {
            assertThat(peer.send("a\n").line()).isEqualTo("error: the service failed");
            assertThat(events.await(NetEvent.Failed.class)).isEqualTo(new NetEvent.Failed("tcp", "a reply", "secret"));
        }
    }

    @Test
    void tellsOfLinesOnlyToThoseWhoWantThem() throws IOException {
        Events connections = new Events();
        Events everything = new Events();
        for (NetListener listener : List.of(connections, LineEvent.Listener.of(everything))) {
            try (Server server = LineServer.start(OPTIONS, Responder.upper(), listener);
                    Peer peer = Peer.of(server)) {
                peer.send(new byte[] {'a', '\n', (byte) 0xff, '\n'}).end();
                peer.rest();
            }
        }
        assertThat(connections.all(LineEvent.class)).isEmpty();
        NetEvent.Opened opened = everything.await(NetEvent.Opened.class);
        assertThat(everything.all(LineEvent.class))
                .containsExactly(
                        new LineEvent.Request("tcp", opened.id(), opened.peer(), "a"),
                        new LineEvent.Rejected("tcp", opened.id(), opened.peer(), "not UTF-8"));
        assertThat(Ndjson.line(everything.all(LineEvent.Request.class).get(0), Instant.EPOCH))
                .isEqualTo("{\"v\":1,\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":\"request\",\"service\":\"tcp\","
                        + "\"id\":\"" + opened.id() + "\",\"peer\":\"" + opened.peer() + "\",\"text\":\"a\"}");
    }

    @Test
    void refusesInALine() throws IOException {
        Events events = new Events();
        ListenOptions listen = FREE_PORT.withLimits(Limits.DEFAULTS.withMaxConnections(1));
        try (Server server = LineServer.start(OPTIONS.withListen(listen), Responder.upper(), events);
                Peer first = Peer.of(server)) {
            assertThat(first.send("a\n").line()).isEqualTo("A");
            try (Peer second = Peer.of(server)) {
                assertThat(second.restText()).isEqualTo("error: too many connections\n");
            }
            assertThat(first.send("b\n").line()).isEqualTo("B");
        }
        assertThat(events.all(NetEvent.Opened.class)).hasSize(1);
        assertThat(events.all(NetEvent.Closed.class)).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void servesUnixSockets(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        ListenOptions listen = ListenOptions.on(new Endpoint.Unix(path)).withTransport(transport, 1);
        try (Server server = LineServer.start(OPTIONS.withListen(listen), Responder.upper());
                SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            assertThat(server.addresses()).containsExactly("unix:" + path);
            peer.connect(UnixDomainSocketAddress.of(path));
            peer.write(ByteBuffer.wrap("a\nb\n".getBytes(UTF_8)));
            // No half-close here: Netty's Unix sockets know it on epoll and kqueue alone.
            assertThat(new String(Channels.newInputStream(peer).readNBytes(4), UTF_8))
                    .isEqualTo("A\nB\n");
        }
    }

    @Test
    void leavesEventLoopsOfTheCallerRunning() throws IOException {
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 1)) {
            for (int i = 0; i < 2; i++) {
                try (Server server = LineServer.start(OPTIONS, Responder.upper(), loops, NetListener.NONE);
                        Peer peer = Peer.of(server)) {
                    assertThat(peer.send("a\n").line()).isEqualTo("A");
                }
            }
        }
    }

    @Test
    void failsToStartWhereAnotherListens() {
        try (Server server = LineServer.start(OPTIONS, Responder.upper())) {
            LineOptions taken = OPTIONS.withListen(ListenOptions.loopback(Peer.port(server)))
                    .withWorkers(1);
            assertThatThrownBy(() -> LineServer.start(taken, Responder.upper()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageStartingWith("cannot listen on 127.0.0.1:");
        }
    }

    private static LineOptions on(Transport transport) {
        return OPTIONS.withListen(FREE_PORT.withTransport(transport, 1));
    }

    private static String numbered(int count, String word) {
        return IntStream.range(0, count).mapToObj(i -> word + " " + i + "\n").collect(Collectors.joining());
    }

    /** Writes until nothing is taken for half a second. */
    static long sendUntilItSticks(SocketChannel peer, byte[] pattern) throws IOException {
        peer.configureBlocking(false);
        List<IOException> failures = new ArrayList<>();
        long[] sent = {0};
        ByteBuffer bytes = ByteBuffer.wrap(pattern);
        while (Await.within(Duration.ofMillis(500), () -> {
            try {
                if (!bytes.hasRemaining()) {
                    bytes.rewind();
                }
                int taken = peer.write(bytes);
                sent[0] += taken;
                return taken > 0;
            } catch (IOException e) {
                failures.add(e);
                return true;
            }
        })) {
            if (!failures.isEmpty()) {
                throw failures.get(0);
            }
            assertThat(sent[0]).isLessThan(1L << 30);
        }
        return sent[0];
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
