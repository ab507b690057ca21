package io.ntk.udp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.ntk.core.AccessList;
import io.ntk.core.Cidr;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.SocketOptions;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.udp.guard.DatagramAnswer;
import io.ntk.udp.guard.ReflectionGuardHandler.Rule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class DatagramServerTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int CAP_NET_ADMIN = 12;

    private final List<NetEvent> events = new CopyOnWriteArrayList<>();
    private final NetListener all = DatagramEvent.Listener.of(events::add);

    @TempDir
    private Path folder;

    static Stream<Transport> transports() {
        return Stream.of(Transport.NIO, Transport.EPOLL, Transport.IO_URING, Transport.KQUEUE)
                .filter(Transport::isAvailable);
    }

    private static DatagramOptions options() {
        ListenOptions base = DatagramOptions.DEFAULTS.listen();
        return DatagramOptions.DEFAULTS.withListen(
                base.withEndpoints(List.of(new Endpoint.Inet("127.0.0.1", 0))).withTransport(Transport.AUTO, 1));
    }

    private static DatagramOptions options(Transport transport) {
        return options().withListen(options().listen().withTransport(transport, 1));
    }

    private static DatagramOptions on(Endpoint... endpoints) {
        return options().withListen(options().listen().withEndpoints(List.of(endpoints)));
    }

    private static int port(DatagramServer server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    private static DatagramSocket peer() throws IOException {
        DatagramSocket socket = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        socket.setSoTimeout((int) Await.DEADLINE.toMillis());
        socket.setReceiveBufferSize(1 << 20);
        return socket;
    }

    private static void send(DatagramSocket socket, int port, byte[] payload) throws IOException {
        socket.send(new DatagramPacket(payload, payload.length, LOOPBACK, port));
    }

    private static byte[] receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[66_000], 66_000);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private static String exchange(DatagramSocket socket, int port, String text) throws IOException {
        send(socket, port, text.getBytes(UTF_8));
        return new String(receive(socket), UTF_8);
    }

    private <T> List<T> events(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void echoesDatagramsOfEveryLengthWhole(Transport transport) throws Exception {
        try (var server = DatagramServer.start(options(transport), DatagramResponder.ECHO);
                var socket = peer()) {
            Random random = new Random(1);
            List<Integer> lengths = new ArrayList<>(
                    List.of(0, 1, 0, 0, 2, 63, 64, 65, 1472, 1473, 2047, 2048, 2049, 9000, 65_506, 65_507, 0));
            random.ints(100, 0, 65_508).forEach(lengths::add);
            for (int length : lengths) {
                byte[] payload = new byte[length];
                random.nextBytes(payload);
                send(socket, port(server), payload);
                assertThat(receive(socket)).isEqualTo(payload);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void echoesABatchWithEmptyDatagramsInItEachOnce(Transport transport) throws Exception {
        try (var server = DatagramServer.start(options(transport).withGuard(null), DatagramResponder.ECHO);
                var socket = peer()) {
            List<String> sent = new ArrayList<>();
            List<String> received = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                sent.add(i % 3 == 0 ? "" : "n" + i);
                send(socket, port(server), sent.get(i).getBytes(UTF_8));
            }
            for (int i = 0; i < 60; i++) {
                received.add(new String(receive(socket), UTF_8));
            }
            assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
            send(socket, port(server), "last".getBytes(UTF_8));
            assertThat(receive(socket)).asString().isEqualTo("last");
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void cutsWhatIsOneByteTooLongAndSaysSo(Transport transport) throws Exception {
        DatagramOptions small = options(transport).withMaxDatagramBytes(100);
        try (var server = DatagramServer.start(small, DatagramResponder.ECHO, all);
                var socket = peer()) {
            for (int length : new int[] {100, 101, 127, 128, 5000, 100}) {
                send(socket, port(server), new byte[length]);
            }
            assertThat(receive(socket)).hasSize(100);
            assertThat(receive(socket)).hasSize(100);
            Await.until(
                    "all datagrams", () -> events(DatagramEvent.Received.class).size() == 6);
            assertThat(events(DatagramEvent.Received.class))
                    .allSatisfy(event -> assertThat(event.payload().remaining()).isEqualTo(100))
                    .filteredOn(event -> event.extent() == DatagramEvent.Extent.TRUNCATED)
                    .hasSize(4);
            assertThat(events(DatagramEvent.Truncated.class)).isNotEmpty();
            assertThat(server.traffic().truncated()).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void tellsOfWhatTheKernelDropped(Transport transport) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/net/udp")), "no table of UDP sockets");
        DatagramOptions tight = options(transport);
        ListenOptions listen = tight.listen().withSocket(SocketOptions.DEFAULTS.withBuffers(4096, 0));
        try (var server = DatagramServer.start(tight.withListen(listen), request -> {}, all);
                var socket = peer()) {
            assertThat(server.kernelDrops().now()).hasValue(0);
            // Faster than any server: more in one go than the buffer holds.
            Await.until("a drop", () -> {
                try {
                    for (int i = 0; i < 100; i++) {
                        send(socket, port(server), new byte[8000]);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return server.kernelDrops().now().orElse(0) > 0;
            });
            Await.until(
                    "it in the cached figure",
                    () -> server.kernelDrops().recent().orElse(0) > 0);
        }
        assertThat(events(DatagramEvent.Totals.class).get(0).kernelDrops().orElse(0))
                .isPositive();
    }

    @Test
    void givesEachPeerItsOwnAnswer() throws Exception {
        try (var server = DatagramServer.start(options(), DatagramResponder.upper(), all);
                var one = peer();
                var other = peer()) {
            send(one, port(server), "one".getBytes(UTF_8));
            send(other, port(server), "other".getBytes(UTF_8));
            assertThat(receive(other)).asString().isEqualTo("OTHER");
            assertThat(receive(one)).asString().isEqualTo("ONE");
            assertThat(exchange(one, port(server), "straße")).isEqualTo("STRASSE");
            send(one, port(server), new byte[] {(byte) 0xff, 'a', (byte) 0xfe});
            assertThat(receive(one)).isEqualTo(new byte[] {(byte) 0xff, 'A', (byte) 0xfe});
        }
        assertThat(events(DatagramEvent.Received.class))
                .extracting(event -> UTF_8.decode(event.payload().duplicate()).toString())
                .contains("one", "other", "straße");
    }

    @Test
    void answersFixedTextToRequestsThatAreLongEnough() throws Exception {
        try (var server = DatagramServer.start(options(), DatagramResponder.fixed("pong"), all);
                var socket = peer()) {
            send(socket, port(server), "no".getBytes(UTF_8));
            for (int i = 0; i < 100; i++) {
                assertThat(exchange(socket, port(server), "ping" + i)).isEqualTo("pong");
            }
            assertThat(server.traffic().refused(Rule.SIZE)).isEqualTo(1);
        }
        assertThat(events(DatagramEvent.Unanswered.class)).hasSize(1);
    }

    @Test
    void answersLaterAndFromAnyThread() throws Exception {
        List<DatagramRequest> kept = new CopyOnWriteArrayList<>();
        DatagramResponder later = kept::add;
        try (var server = DatagramServer.start(options(), later);
                var socket = peer()) {
            send(socket, port(server), "12345".getBytes(UTF_8));
            Await.until("the request", () -> kept.size() == 1);
            var alloc = kept.get(0).channel().alloc();
            kept.get(0).answer(alloc.buffer().writeBytes(new byte[6]), DatagramAnswer.Trust.PROVEN);
            kept.get(0).answer(alloc.buffer().writeBytes("later".getBytes(UTF_8)));
            assertThat(receive(socket)).asString().isEqualTo("later");
            assertThat(server.traffic().refused(Rule.SIZE)).isEqualTo(1);
        }
    }

    @Test
    void outlivesAResponderThatFails() throws Exception {
        DatagramResponder picky = request -> {
            if (request.bytes() == 0) {
                throw new IllegalStateException("nothing to say");
            }
            request.answer(request.payload().retain());
        };
        try (var server = DatagramServer.start(options(), picky, all);
                var socket = peer()) {
            send(socket, port(server), new byte[0]);
            assertThat(exchange(socket, port(server), "x")).isEqualTo("x");
        }
        assertThat(events(NetEvent.Failed.class))
                .extracting(NetEvent.Failed::why)
                .containsExactly("nothing to say");
    }

    @Test
    void twoEchoesPointedAtEachOtherFallSilent() throws Exception {
        List<Channel> channels = new CopyOnWriteArrayList<>();
        DatagramResponder echo = request -> {
            channels.add(request.channel());
            request.answer(request.payload().retain());
        };
        try (var one = DatagramServer.start(options(), DatagramResponder.ECHO, all);
                var other = DatagramServer.start(options(), echo, all);
                var third = peer()) {
            exchange(third, port(other), "x");
            // What a third party does with a forged sender, the front of the pipeline does here: the first datagram.
            var to = new InetSocketAddress(LOOPBACK, port(one));
            var kick = new io.netty.channel.socket.DatagramPacket(Unpooled.copiedBuffer("kick", UTF_8), to);
            channels.get(0).pipeline().firstContext().writeAndFlush(kick);
            Await.until(
                    "the end of it", () -> !events(DatagramEvent.Muted.class).isEmpty());
            assertThat(exchange(third, port(other), "others go on")).isEqualTo("others go on");
            assertThat(one.traffic().sent() + other.traffic().sent()).isLessThan(25);
        }
    }

    @Test
    void anEchoOfOthersPointedAtOursFallsSilent() throws Exception {
        // A socket that answers everything, as a foreign echo does.
        try (var echo = DatagramServer.start(options(), DatagramResponder.ECHO, all);
                var foreign = peer()) {
            byte[] kick = "kick".getBytes(UTF_8);
            send(foreign, port(echo), kick);
            int rounds = 0;
            foreign.setSoTimeout(200);
            for (boolean silent = false; rounds < 1000 && !silent; ) {
                try {
                    send(foreign, port(echo), receive(foreign));
                    rounds++;
                } catch (SocketTimeoutException e) {
                    silent = !events(DatagramEvent.Muted.class).isEmpty(); // and not only slow
                }
            }
            assertThat(rounds).isEqualTo(8);
            assertThat(events(DatagramEvent.Muted.class)).hasSize(1);
        }
    }

    @Test
    void endsAfterAsManyDatagramsAsItWasToTake() throws Exception {
        try (var server = DatagramServer.start(options().withMaxDatagrams(3), DatagramResponder.ECHO, all);
                var socket = peer()) {
            for (int i = 0; i < 10; i++) {
                send(socket, port(server), ("n" + i).getBytes(UTF_8));
            }
            for (int i = 0; i < 3; i++) {
                assertThat(receive(socket)).asString().isEqualTo("n" + i);
            }
            Await.until("the end", () -> server.closed().isDone());
            assertThat(events(DatagramEvent.Received.class)).hasSize(3);
        }
        assertThat(events(DatagramEvent.Totals.class)).hasSize(1);
    }

    @Test
    void takesNothingFromThoseWhoMayNot() throws Exception {
        ListenOptions denying =
                options().listen().withAccess(new AccessList(List.of(), List.of(Cidr.parse("127.0.0.0/8"))));
        try (var server = DatagramServer.start(options().withListen(denying), DatagramResponder.ECHO, all);
                var socket = peer()) {
            send(socket, port(server), new byte[1]);
            Await.until("the refusal", () -> server.traffic().denied() == 1);
        }
        assertThat(events(NetEvent.Refused.class)).hasSize(1);
        assertThat(events(DatagramEvent.Received.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void hasASocketForEachLoopWhereThePortIsShared(Transport transport) throws Exception {
        SocketOptions shared = new SocketOptions(1, 0, 0, true, true, true, -1, 0);
        ListenOptions listen = options().listen().withTransport(transport, 3).withSocket(shared);
        try (var server = DatagramServer.start(options().withListen(listen), DatagramResponder.ECHO)) {
            assertThat(server.addresses()).hasSize(1);
            assertThat(server.granted()).hasSize(3);
            assertThat(server.kernelDrops().now().isPresent()).isEqualTo(Files.exists(Path.of("/proc/net/udp")));
            for (int i = 0; i < 20; i++) {
                try (var socket = peer()) {
                    assertThat(exchange(socket, port(server), "n" + i)).isEqualTo("n" + i);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void tellsWhatWasGrantedWhenItIsClosed(Transport transport) {
        var server = DatagramServer.start(options(transport), DatagramResponder.ECHO);
        List<Map<String, String>> granted = server.granted();
        server.close();
        assertThat(granted).singleElement().satisfies(values -> assertThat(values)
                .containsKey("so-rcvbuf"));
        assertThat(server.granted()).isEqualTo(granted);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void getsTheReceiveBufferThatTheSystemGrants(Transport transport) throws Exception {
        Path status = Path.of("/proc/self/status");
        Path most = Path.of("/proc/sys/net/core/rmem_max");
        assumeTrue(Files.isReadable(status) && Files.isReadable(most), "not Linux");
        long limit = Long.parseLong(Files.readAllLines(most).get(0)); // in one read: there is no second one
        long asked = limit + 65_536;
        assumeTrue(asked < Integer.MAX_VALUE / 2, "the system grants whatever is asked for");
        String capabilities = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("CapEff:"))
                .findFirst()
                .orElseThrow();
        boolean admin = (Long.parseUnsignedLong(capabilities.substring(7).strip(), 16) >> CAP_NET_ADMIN & 1) == 1;
        boolean insists = admin && transport != Transport.NIO;
        SocketOptions socket = SocketOptions.DEFAULTS.withBuffers((int) asked, 0);
        ListenOptions listen = options(transport).listen().withSocket(socket);
        try (var server = DatagramServer.start(options().withListen(listen), DatagramResponder.ECHO)) {
            long granted = insists ? asked : limit;
            assertThat(server.granted()).singleElement().satisfies(values -> assertThat(values)
                    .containsEntry("so-rcvbuf", Long.toString(granted)));
        }
    }

    @Test
    void joinsAGroupOnTheLoopbackInterface() throws Exception {
        var group = MulticastGroup.parse("239.255.77.1%lo");
        assumeTrue(java.net.NetworkInterface.getByName("lo") != null, "no interface lo");
        DatagramOptions listening = on(new Endpoint.Inet("239.255.77.1", 0)).withGroups(List.of(group));
        try (var server = DatagramServer.start(listening, DatagramResponder.NONE, all);
                var socket = peer()) {
            socket.setOption(java.net.StandardSocketOptions.IP_MULTICAST_IF, java.net.NetworkInterface.getByName("lo"));
            byte[] payload = "to all".getBytes(UTF_8);
            socket.send(new DatagramPacket(payload, payload.length, group.address(), port(server)));
            Await.until(
                    "the datagram", () -> events(DatagramEvent.Received.class).size() == 1);
        }
    }

    @Test
    void saysWhatIsWrongWithGroupsEndpointsAndTransports() throws Exception {
        assertThatThrownBy(() -> MulticastGroup.parse("10.0.0.1"))
                .hasMessageContaining("expected: a multicast address");
        assertThatThrownBy(() -> MulticastGroup.parse("nonsense"))
                .hasMessageContaining("expected: a multicast address");
        assertThatThrownBy(() -> DatagramServer.start(
                        on(new Endpoint.Inet("0.0.0.0", 0))
                                .withGroups(List.of(MulticastGroup.parse("239.1.1.1%nosuch0"))),
                        DatagramResponder.NONE))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith("cannot join 239.1.1.1%nosuch0: there is no interface nosuch0 (there are: ");
        assertThatThrownBy(() -> DatagramServer.start(
                        options().withGroups(List.of(MulticastGroup.parse("ff15::1%lo"))), DatagramResponder.NONE))
                .hasMessageContaining("no endpoint is of its family");
        assertThatThrownBy(
                        () -> DatagramServer.start(on(new Endpoint.Inet("no.such.invalid", 1)), DatagramResponder.NONE))
                .hasMessage("cannot listen on no.such.invalid:1: unknown host");
        assertThatThrownBy(() -> DatagramServer.start(on(new Endpoint.Inet("192.0.2.1", 0)), DatagramResponder.NONE))
                .hasMessageContaining("no interface of this machine has it");
        try (var taken = peer()) {
            assertThatThrownBy(() -> DatagramServer.start(
                            on(new Endpoint.Inet("127.0.0.1", 0), new Endpoint.Inet("127.0.0.1", taken.getLocalPort())),
                            DatagramResponder.NONE))
                    .hasMessageContaining("address already in use");
        }
        ListenOptions unixOnNio =
                on(new Endpoint.Unix(folder.resolve("s"))).listen().withTransport(Transport.NIO, 1);
        assertThatThrownBy(() -> DatagramServer.start(options().withListen(unixOnNio), DatagramResponder.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: epoll or kqueue");
    }

    @Test
    void answersUnixPeersThatHaveAName() throws Exception {
        assumeTrue(Transport.AUTO.resolve() != Transport.NIO, "no native transport");
        var endpoint = new Endpoint.Unix(folder.resolve("server"));
        List<String> answers = new CopyOnWriteArrayList<>();
        try (var server = DatagramServer.start(on(endpoint), DatagramResponder.ECHO, all);
                var loops = EventLoops.start(Transport.AUTO, 1)) {
            assertThat(server.addresses()).containsExactly(endpoint.toString());
            assertThat(server.kernelDrops().now()).isEmpty();
            var options = DatagramClientOptions.to(endpoint);
            try (var named =
                    DatagramClient.open(options, loops, (payload, from) -> answers.add(payload.toString(UTF_8)))) {
                for (String text : List.of("one", "", "x".repeat(65_527))) {
                    named.send(ByteBuffer.wrap(text.getBytes(UTF_8)));
                }
                Await.until("the answers", () -> answers.size() == 3);
            }
            try (var unnamed = DatagramClient.open(
                    options.withAnswers(DatagramClientOptions.Answers.NONE), loops, (payload, from) -> {})) {
                unnamed.send(ByteBuffer.wrap(new byte[1]));
                Await.until("that it cannot be answered", () -> !events(NetEvent.Failed.class)
                        .isEmpty());
            }
        }
        assertThat(events(NetEvent.Failed.class).get(0).why()).contains("it has no address");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void takesOverAStaleUnixSocketButNotOneThatIsServed() throws Exception {
        assumeTrue(Transport.AUTO.resolve() != Transport.NIO, "no native transport");
        Path path = folder.resolve("s");
        DatagramOptions options = on(new Endpoint.Unix(path));
        try (var server = DatagramServer.start(options, DatagramResponder.ECHO)) {
            assertThatThrownBy(() -> DatagramServer.start(options, DatagramResponder.ECHO))
                    .hasMessageContaining("address already in use");
            assertThat(server.closed()).isNotDone();
        }
        assertThat(path).doesNotExist();
        Files.writeString(path, "a file");
        assertThatThrownBy(() -> DatagramServer.start(options, DatagramResponder.ECHO))
                .hasMessageContaining("there is a file that is no socket");
        assertThat(path).hasContent("a file");
    }

    @Test
    void replacesTheUnixSocketOfACrashedServer() throws Exception {
        assumeTrue(Transport.AUTO.resolve() != Transport.NIO, "no native transport");
        Path path = folder.resolve("s");
        Path aside = folder.resolve("aside");
        var endpoint = new Endpoint.Unix(path);
        try (var crashing = DatagramServer.start(on(endpoint), DatagramResponder.ECHO)) {
            assertThat(crashing.closed()).isNotDone();
            Files.move(path, aside); // so that closing does not remove it
        }
        Files.move(aside, path);
        try (var server = DatagramServer.start(on(endpoint), DatagramResponder.ECHO);
                var loops = EventLoops.start(Transport.AUTO, 1);
                var client = DatagramClient.open(DatagramClientOptions.to(endpoint), loops, (payload, from) -> {})) {
            assertThat(server.closed()).isNotDone();
            client.send(ByteBuffer.wrap(new byte[1]));
            assertThat(client.await(1, Await.DEADLINE)).isTrue();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void leavesTheUnixSocketOfAStreamServerAlone() throws Exception {
        assumeTrue(Transport.AUTO.resolve() != Transport.NIO, "no native transport");
        Path path = folder.resolve("s");
        try (var stream = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            stream.bind(java.net.UnixDomainSocketAddress.of(path));
            assertThatThrownBy(() -> DatagramServer.start(on(new Endpoint.Unix(path)), DatagramResponder.ECHO))
                    .hasMessageContaining("cannot listen on " + new Endpoint.Unix(path));
            assertThat(path).exists();
        }
    }

    @Test
    void leavesBorrowedLoopsAlone() throws Exception {
        try (var loops = EventLoops.start(Transport.NIO, 1)) {
            try (var server = DatagramServer.start(options(), DatagramResponder.ECHO, loops, NetListener.NONE);
                    var socket = peer()) {
                assertThat(exchange(socket, port(server), "x")).isEqualTo("x");
            }
            assertThat(loops.group().isShuttingDown()).isFalse();
        }
    }
}
