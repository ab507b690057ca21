package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.ntk.core.ConnectFailedException.Kind;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Ports;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class ConnectorTest {
    private static final String TRANSPORTS = "io.ntk.core.Transports#available";
    private static final TlsClientOptions INSECURE =
            TlsClientOptions.DEFAULTS.withVerification(TlsClientOptions.Verification.NONE);

    private final List<EventLoops> open = new ArrayList<>();
    private final Received received = new Received();

    @AfterEach
    void noThreadIsLeftBehind() {
        open.forEach(EventLoops::close);
        Await.until("the threads end", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("ntk-")));
    }

    private EventLoops loops(Transport transport) {
        EventLoops loops = EventLoops.start(transport, 1);
        open.add(loops);
        return loops;
    }

    private CompletableFuture<Channel> connect(Transport transport, ConnectOptions options) {
        return Connector.connect(options, loops(transport), pipeline -> pipeline.addLast(received));
    }

    private static Channel get(CompletableFuture<Channel> connecting)
            throws ExecutionException, InterruptedException, TimeoutException {
        return connecting.get(40, TimeUnit.SECONDS);
    }

    private void assertEchoes(Transport transport, ConnectOptions options) throws Exception {
        Channel channel = get(connect(transport, options));
        channel.writeAndFlush(channel.alloc().buffer().writeByte('x')).sync();
        Await.until("the echo arrives", () -> received.text().endsWith("<x"));
        channel.close().sync();
    }

    private void assertFails(Transport transport, ConnectOptions options, Kind kind, String why) {
        assertThatThrownBy(() -> get(connect(transport, options)))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(ConnectFailedException.class, failure -> assertThat(failure.kind())
                        .isEqualTo(kind))
                .hasMessage("cannot connect to " + options.endpoint() + ": " + why);
        assertThat(received.text()).as("no recipe was used").isEmpty();
    }

    private static Server echo(ListenOptions options) {
        return Server.start(Protocols.echo(), options.withTransport(Transport.NIO, 1), NetListener.NONE);
    }

    private static ConnectOptions to(Server server) {
        return ConnectOptions.to(server.endpoints().get(0));
    }

    private static Endpoint.Inet unused() {
        return new Endpoint.Inet("127.0.0.1", Ports.free());
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void connectsByAddressAndByName(Transport transport) throws Exception {
        try (Server server = echo(ListenOptions.on(Endpoint.parse("127.0.0.1:0"), Endpoint.parse("[::1]:0")))) {
            assertEchoes(transport, to(server));
            assertEchoes(transport, ConnectOptions.to(server.endpoints().get(1)));
            int port = ((Endpoint.Inet) server.endpoints().get(0)).port();
            assertEchoes(transport, ConnectOptions.to(new Endpoint.Inet("localhost", port)));
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void connectsToUnixSockets(Transport transport, @TempDir Path folder) throws Exception {
        Endpoint endpoint = new Endpoint.Unix(folder.resolve("s"));
        try (Server server = echo(ListenOptions.on(endpoint))) {
            assertEchoes(transport, to(server));
        }
        received.clear();
        assertFails(transport, ConnectOptions.to(endpoint), Kind.REFUSED, "no such file or directory");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatNobodyListens(Transport transport, @TempDir Path folder) throws Exception {
        assertFails(transport, ConnectOptions.to(unused()), Kind.REFUSED, "connection refused");
        Endpoint stale = new Endpoint.Unix(folder.resolve("s"));
        try (var crashed = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            crashed.bind(java.net.UnixDomainSocketAddress.of(folder.resolve("s")));
        }
        assertFails(transport, ConnectOptions.to(stale), Kind.REFUSED, "connection refused");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatANameIsUnknown(Transport transport) {
        ConnectOptions options = ConnectOptions.to(Endpoint.parse("nosuch.invalid:1"));
        assertFails(transport, options, Kind.UNRESOLVED, "unknown host");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatThereIsNoWay(Transport transport) {
        // A stream to a group: the kernel knows no way there, with or without a network.
        assertThatThrownBy(() -> get(connect(transport, ConnectOptions.to(Endpoint.parse("224.0.0.1:1")))))
                .cause()
                .isInstanceOfSatisfying(ConnectFailedException.class, failure -> assertThat(failure.kind())
                        .isEqualTo(Kind.UNREACHABLE))
                .message()
                .isIn(
                        "cannot connect to 224.0.0.1:1: network is unreachable",
                        "cannot connect to 224.0.0.1:1: no route to host");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatASourceAddressIsForeign(Transport transport) {
        ConnectOptions options =
                ConnectOptions.to(Endpoint.parse("127.0.0.1:1")).withSource(new Endpoint.Inet("192.0.2.1", 0));
        assertFails(
                transport,
                options,
                Kind.OTHER,
                "cannot assign requested address (the source address 192.0.2.1:0 is none of this machine)");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void givesUpInTime(Transport transport) throws Exception {
        List<Socket> waiting = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // The kernel leaves connection requests unanswered once the backlog of one is full.
            for (int i = 0; i < 3; i++) {
                Socket socket = new Socket();
                waiting.add(socket);
                try {
                    socket.connect(full.getLocalSocketAddress(), 200);
                } catch (IOException isFull) {
                    break;
                }
            }
            Endpoint endpoint = new Endpoint.Inet("127.0.0.1", full.getLocalPort());
            boolean whole = transport == Transport.NIO;
            Duration timeout = whole ? Duration.ofSeconds(1) : Duration.ofMillis(300);
            long start = System.nanoTime();
            assertFails(
                    transport,
                    ConnectOptions.to(endpoint).withTimeout(timeout),
                    Kind.TIMED_OUT,
                    "no answer in " + (whole ? "1 s" : "300 ms"));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(timeout, timeout.plusSeconds(30));
        } finally {
            for (Socket socket : waiting) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void countsTheHandshakeIntoTheTimeout(Transport transport) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            ConnectOptions options = ConnectOptions.to(new Endpoint.Inet("127.0.0.1", silent.getLocalPort()))
                    .withTls(INSECURE)
                    .withTimeout(Duration.ofMillis(300));
            assertFails(transport, options, Kind.TIMED_OUT, "no answer in 300 ms");
            try (Socket accepted = silent.accept()) {
                accepted.setSoTimeout(30_000);
                accepted.getInputStream().readAllBytes(); // up to the end: it was closed
            }
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void endsTheAttemptWhenItIsCancelled(Transport transport) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            ConnectOptions options = ConnectOptions.to(new Endpoint.Inet("127.0.0.1", silent.getLocalPort()))
                    .withTls(INSECURE);
            CompletableFuture<Channel> connecting = connect(transport, options);
            try (Socket accepted = silent.accept()) {
                accepted.setSoTimeout(30_000);
                assertThat(accepted.getInputStream().read())
                        .as("a client hello")
                        .isEqualTo(0x16);
                connecting.cancel(true);
                assertThat(accepted.getInputStream().readAllBytes()).isNotEmpty();
            }
            assertThat(connecting).isCancelled();
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void connectsFromASourceAddress(Transport transport) throws Exception {
        try (Server server = echo(ListenOptions.loopback(0))) {
            Channel channel = get(connect(transport, to(server).withSource(new Endpoint.Inet("127.0.0.9", 0))));
            assertThat(Endpoint.of(channel.localAddress()).toString()).startsWith("127.0.0.9:");
            channel.close().sync();
        }
    }

    @Test
    void saysWhatIsWrongWithASourceAddress() throws Exception {
        ConnectOptions options = ConnectOptions.to(unused());
        assertFails(
                Transport.NIO,
                options.withSource(new Endpoint.Inet("::1", 0)),
                Kind.OTHER,
                "it has no address of the family of the source address [::1]:0");
        assertFails(
                Transport.NIO,
                options.withSource(new Endpoint.Inet("nosuch.invalid", 0)),
                Kind.OTHER,
                "source address nosuch.invalid:0: unknown host");
    }

    @Test
    void triesFamiliesInTurn() throws Exception {
        InetAddress four = Inet4Address.getByAddress(new byte[] {1, 1, 1, 1});
        InetAddress otherFour = Inet4Address.getByAddress(new byte[] {2, 2, 2, 2});
        InetAddress six = InetAddress.getByName("2001:db8::1");
        InetAddress otherSix = InetAddress.getByName("2001:db8::2");
        assertThat(Connector.interleaved(new InetAddress[] {six, otherSix, four, otherFour}, 5))
                .containsExactly(at(six), at(four), at(otherSix), at(otherFour));
        assertThat(Connector.interleaved(new InetAddress[] {four, otherFour, six}, 5))
                .containsExactly(at(four), at(six), at(otherFour));
        assertThat(Connector.interleaved(new InetAddress[] {six}, 5)).containsExactly(at(six));
    }

    private static InetSocketAddress at(InetAddress address) {
        return new InetSocketAddress(address, 5);
    }

    @Test
    void triesABoundedNumberOfAddresses() {
        for (int count : new int[] {Connector.MAX_ADDRESSES, Connector.MAX_ADDRESSES + 1, 100}) {
            InetAddress[] many = Stream.generate(InetAddress::getLoopbackAddress)
                    .limit(count)
                    .toArray(InetAddress[]::new);
            assertThat(Connector.interleaved(many, 1)).hasSize(Connector.MAX_ADDRESSES);
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void losesNothingOfAServerThatGreetsAtOnce(Transport transport, @TempDir Path folder) throws Exception {
        Endpoint unix = new Endpoint.Unix(folder.resolve("s"));
        for (boolean hangsUp : new boolean[] {false, true}) {
            Protocol greeting = Protocols.of(p -> p.addLast(new Protocols.Greeter("hello\n", hangsUp)));
            var options = ListenOptions.on(Endpoint.parse(":0"), unix).withTransport(Transport.NIO, 1);
            EventLoops loops = loops(transport);
            try (Server server = Server.start(greeting, options, NetListener.NONE)) {
                for (int i = 0; i < 200; i++) {
                    Endpoint endpoint = server.endpoints().get(i % 4 == 3 ? 1 : 0);
                    Received one = new Received();
                    Channel channel = get(Connector.connect(ConnectOptions.to(endpoint), loops, p -> p.addLast(one)));
                    Await.until("the greeting arrives", () -> one.text().startsWith("<hello\n"));
                    if (hangsUp) {
                        assertThat(one.toEnd()).startsWith("<hello\n");
                    }
                    channel.close().sync();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void losesNothingOfAServerThatGreetsUnderTls(Transport transport) throws Exception {
        Protocol greeting = Protocols.of(p -> p.addLast(new Protocols.Greeter("hello\n", true)));
        var options = ListenOptions.loopback(0).withTransport(Transport.NIO, 1).withTls(TlsOptions.selfSigned());
        EventLoops loops = loops(transport);
        try (Server server = Server.start(greeting, options, NetListener.NONE)) {
            for (int i = 0; i < 50; i++) {
                Received one = new Received();
                get(Connector.connect(to(server).withTls(INSECURE), loops, p -> p.addLast(one)));
                assertThat(one.toEnd()).isEqualTo("<hello\n>");
            }
        }
    }

    @Test
    void closesWhenNobodyTakesCareOfTheEnd() throws Exception {
        Protocol greeting = Protocols.of(p -> p.addLast(new Protocols.Greeter("x", true)));
        try (Server server = Server.start(greeting, ListenOptions.loopback(0), NetListener.NONE)) {
            Channel channel = get(connect(Transport.NIO, to(server)));
            assertThat(received.toEnd()).isEqualTo("<x>");
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    void failsWithWhatTheRecipeThrows() throws Exception {
        try (Server server = echo(ListenOptions.loopback(0))) {
            CompletableFuture<Channel> connecting = Connector.connect(to(server), loops(Transport.NIO), pipeline -> {
                throw new IllegalStateException("recipe");
            });
            assertThatThrownBy(() -> get(connecting)).hasRootCauseMessage("recipe");
            Await.until("the connection is closed", () -> server.connections() == 0);
        }
    }

    @Test
    void failsOnLoopsThatHaveEnded() throws Exception {
        try (Server server = echo(ListenOptions.loopback(0))) {
            EventLoops ended = loops(Transport.NIO);
            ended.close();
            ended.terminated().sync();
            assertThatThrownBy(() -> get(Connector.connect(to(server), ended, pipeline -> {})))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageEndingWith(": the event loops have ended");
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void verifiesTheServer(Transport transport, @TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("ca");
        Path caFile = ca.write(folder.resolve("ca.crt"));
        var issued = ca.issue(folder, "server", "EC", "DNS:good.example", "IP:127.0.0.1");
        TlsOptions tls = TlsOptions.pem(issued.certificateFile(), issued.keyFile());
        try (Server server = echo(ListenOptions.loopback(0).withTls(tls))) {
            TlsClientOptions trusting = TlsClientOptions.DEFAULTS.withCa(caFile);
            assertEchoes(transport, to(server).withTls(trusting));
            assertEchoes(transport, to(server).withTls(trusting.withServerName("good.example")));
            assertEchoes(transport, to(server).withTls(INSECURE.withServerName("evil.example")));
            received.clear();
            assertFails(
                    transport,
                    to(server).withTls(TlsClientOptions.DEFAULTS),
                    Kind.TLS,
                    "the certificate is not from a trusted authority (name its authority, or do not verify)");
            assertFails(
                    transport,
                    to(server).withTls(trusting.withServerName("evil.example")),
                    Kind.TLS,
                    "no subject alternative DNS name matching evil.example found.");
        }
    }

    @Test
    void showsItsCertificate(@TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("ca");
        TlsOptions tls = TlsOptions.selfSigned().withClientCa(ca.write(folder.resolve("ca.crt")));
        var own = ca.issue(folder, "me", "RSA");
        try (Server server = echo(ListenOptions.loopback(0).withTls(tls))) {
            TlsClientOptions with = INSECURE.withCertificate(own.certificateFile(), own.keyFile());
            assertEchoes(Transport.NIO, to(server).withTls(with));
            received.clear();
            Channel without = get(connect(Transport.NIO, to(server).withTls(INSECURE)));
            assertThat(without.closeFuture().await(30, TimeUnit.SECONDS))
                    .as("a TLS 1.3 server tells behind the client's handshake")
                    .isTrue();
            Await.until("the reason is noted", () -> CloseCause.of(without) == CloseCause.TLS);
        }
    }

    @Test
    void saysWhatIsWrongWithItsFiles(@TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("ca");
        var own = ca.issue(folder, "me", "EC");
        var other = ca.issue(folder, "other", "EC");
        Path missing = folder.resolve("missing");
        ConnectOptions options = ConnectOptions.to(unused());
        assertThatThrownBy(
                        () -> get(connect(Transport.NIO, options.withTls(TlsClientOptions.DEFAULTS.withCa(missing)))))
                .hasRootCauseMessage("cannot read certificate " + missing + ": no such file");
        TlsClientOptions mixed = INSECURE.withCertificate(own.certificateFile(), other.keyFile());
        assertThatThrownBy(() -> get(connect(Transport.NIO, options.withTls(mixed))))
                .hasRootCauseMessage("cannot use key " + other.keyFile() + ": it does not belong to certificate "
                        + own.certificateFile());
        Files.delete(own.keyFile());
        TlsClientOptions gone = INSECURE.withCertificate(own.certificateFile(), own.keyFile());
        assertThatThrownBy(() -> get(connect(Transport.NIO, options.withTls(gone))))
                .hasRootCauseMessage("cannot read key " + own.keyFile() + ": no such file");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void saysThatThePeerSpeaksNoTls(Transport transport) throws Exception {
        try (Server server = Server.start(
                Protocols.of(p -> p.addLast(new Protocols.Greeter("hello, this is plain text\n", false))),
                ListenOptions.loopback(0).withTransport(Transport.NIO, 1),
                NetListener.NONE)) {
            assertFails(transport, to(server).withTls(INSECURE), Kind.NOT_TLS, "the port does not speak TLS");
        }
        Protocol told = Protocols.of(p -> p.addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.PLAIN)));
        try (Server server = Server.start(told, ListenOptions.loopback(0), NetListener.NONE)) {
            assertFails(transport, to(server).withTls(INSECURE), Kind.NOT_TLS, "the port does not speak TLS");
        }
        Protocol rude = Protocols.of(p -> p.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ((ByteBuf) message).release();
                ctx.close();
            }
        }));
        try (Server server = Server.start(rude, ListenOptions.loopback(0), NetListener.NONE)) {
            assertFails(
                    transport,
                    to(server).withTls(INSECURE),
                    Kind.HUNG_UP,
                    "the peer closed the connection during the TLS handshake");
        }
    }

    @Test
    void asksForAServerName(@TempDir Path folder) throws Exception {
        var issued = new Certificates("ca").issue(folder, "server", "EC", "DNS:asked.example");
        try (var listening = TlsName.listen(issued)) {
            CompletableFuture<String> asked = CompletableFuture.supplyAsync(() -> TlsName.askedFor(listening));
            Endpoint endpoint = new Endpoint.Inet("127.0.0.1", listening.getLocalPort());
            ConnectOptions options = ConnectOptions.to(endpoint).withTls(INSECURE.withServerName("asked.example"));
            Channel channel = get(connect(Transport.NIO, options));
            assertThat(asked.get(30, TimeUnit.SECONDS)).isEqualTo("asked.example");
            channel.close().sync();
        }
    }

    /** The JDK's TLS server, which knows the name that it was asked for. */
    private static final class TlsName {
        static javax.net.ssl.SSLServerSocket listen(Certificates.Issued issued) throws Exception {
            var store = java.security.KeyStore.getInstance("PKCS12");
            store.load(null, null);
            var chain = new java.security.cert.X509Certificate[] {issued.certificate()};
            store.setKeyEntry("own", issued.key(), new char[0], chain);
            var keys = javax.net.ssl.KeyManagerFactory.getInstance("PKIX");
            keys.init(store, new char[0]);
            var context = javax.net.ssl.SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return (javax.net.ssl.SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress());
        }

        static String askedFor(javax.net.ssl.SSLServerSocket listening) {
            try (SSLSocket socket = (SSLSocket) listening.accept()) {
                socket.startHandshake();
                var session = (ExtendedSSLSession) socket.getSession();
                return new String(session.getRequestedServerNames().get(0).getEncoded(), StandardCharsets.US_ASCII);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
