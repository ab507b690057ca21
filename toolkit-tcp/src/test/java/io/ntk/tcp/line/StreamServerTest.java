package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.CloseCause;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
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
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class StreamServerTest {
    private static final ListenOptions FREE_PORT = ListenOptions.loopback(0);

    static List<Transport> transports() {
        return Peer.transports();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void echoes64MebibytesIntact(Transport transport) throws Exception {
        ListenOptions listen = FREE_PORT.withTransport(transport, 1);
        try (Server server = StreamServer.start(StreamService.ECHO, listen);
                Peer peer = Peer.of(server)) {
            echo(peer, 64);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void echoesThroughTls(Transport transport) throws Exception {
        ListenOptions listen = FREE_PORT.withTransport(transport, 1).withTls(TlsOptions.selfSigned());
        try (Server server = StreamServer.start(StreamService.ECHO, listen);
                Peer peer = Peer.ofTls(server)) {
            echo(peer, 8);
        }
    }

    private static void echo(Peer peer, int mebibytes) throws Exception {
        byte[] bytes = new byte[mebibytes << 20];
        new Random(1).nextBytes(bytes);
        var sending = CompletableFuture.runAsync(() -> {
            try {
                peer.send(bytes).end();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(Arrays.equals(peer.rest(), bytes)).isTrue();
        sending.get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void stopsReadingFromAPeerThatReadsNothingAndGoesOnWhenItDoes(Transport transport) throws IOException {
        ListenOptions listen = FREE_PORT.withTransport(transport, 1);
        try (Server server = StreamServer.start(StreamService.ECHO, listen);
                SocketChannel peer = SocketChannel.open(Peer.address(server))) {
            long sent = LineServerTest.sendUntilItSticks(peer, new byte[1 << 20]);
            assertThat(sent).isLessThan(64L << 20);
            peer.shutdownOutput();
            peer.configureBlocking(true);
            assertThat((long) Channels.newInputStream(peer).readAllBytes().length)
                    .isEqualTo(sent);
        }
    }

    @Test
    void echoesWhatLooksLikeTls() throws IOException {
        try (Server server = StreamServer.start(StreamService.ECHO, FREE_PORT);
                Peer peer = Peer.of(server)) {
            byte[] hello = {0x16, 0x03, 0x01, 0, 1, 0};
            assertThat(peer.send(hello).end().rest()).isEqualTo(hello);
        }
    }

    @Test
    void discardsAndCounts() throws IOException {
        Events events = new Events();
        try (Server server = StreamServer.start(StreamService.DISCARD, FREE_PORT, Protocol.Accept.ONE, events);
                Peer peer = Peer.of(server)) {
            peer.send(new byte[3 << 20]).end();
            assertThat(peer.rest()).isEmpty();
            NetEvent.Closed closed = events.await(NetEvent.Closed.class);
            assertThat(closed.bytesIn()).isEqualTo(3 << 20);
            assertThat(closed.bytesOut()).isZero();
            assertThat(closed.cause()).isEqualTo(CloseCause.PEER);
            Await.until("the server ended", () -> server.closed().isDone());
        }
    }

    @Test
    void noticesAPeerThatIsGoneWhileItSends() throws IOException {
        Events events = new Events();
        try (Server server = StreamServer.start(StreamService.ECHO, FREE_PORT, Protocol.Accept.MANY, events)) {
            SocketChannel peer = SocketChannel.open(Peer.address(server));
            LineServerTest.sendUntilItSticks(peer, new byte[1 << 20]);
            peer.close(); // with unread input: a reset
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.RESET);
        }
    }

    @Test
    void closesConnectionsWhenItIsClosed() throws IOException {
        Events events = new Events();
        Server server = StreamServer.start(StreamService.ECHO, FREE_PORT, Protocol.Accept.MANY, events);
        try (Peer peer = Peer.of(server)) {
            assertThat(peer.send("abc").bytes(3)).isEqualTo("abc".getBytes(UTF_8));
            server.close();
            assertThat(peer.rest()).isEmpty();
        }
        assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.SHUTDOWN);
    }

    @Test
    void tellsOfReadsToThoseWhoWantThem() throws IOException, GeneralSecurityException {
        Events events = new Events();
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 1);
                Server server =
                        StreamServer.start(StreamService.ECHO, FREE_PORT, loops, LineEvent.Listener.of(events));
                Peer peer = Peer.of(server)) {
            peer.send("abc").bytes(3);
            NetEvent.Opened opened = events.await(NetEvent.Opened.class);
            assertThat(events.await(LineEvent.Received.class))
                    .isEqualTo(new LineEvent.Received("tcp", opened.id(), opened.peer(), 3));
        }
        try (Server server = StreamServer.start(StreamService.ECHO, FREE_PORT, Protocol.Accept.MANY, NetListener.NONE);
                Peer peer = Peer.of(server)) {
            assertThat(peer.send("abc").bytes(3)).hasSize(3);
        }
    }
}
