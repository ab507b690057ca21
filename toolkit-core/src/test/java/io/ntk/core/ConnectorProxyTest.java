package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.ntk.core.ConnectFailedException.Kind;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ConnectorProxyTest {
    private static final Endpoint TARGET = Endpoint.parse("only-the-proxy-knows.example:4711");

    private final EventLoops loops = EventLoops.start(Transport.NIO, 1);
    private final Received received = new Received();

    @AfterEach
    void endLoops() {
        loops.close();
        assertThat(loops.terminated().awaitUninterruptibly(10, TimeUnit.SECONDS))
                .isTrue();
    }

    private interface Talk {
        void with(DataInputStream in, OutputStream out) throws IOException;
    }

    /** A proxy for one client, which says what it was asked for. */
    private static final class FakeProxy implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final CompletableFuture<Void> talk;

        FakeProxy(Talk talk) throws IOException {
            this.talk = CompletableFuture.runAsync(() -> {
                try (Socket client = socket.accept()) {
                    talk.with(new DataInputStream(client.getInputStream()), client.getOutputStream());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
        }

        Endpoint.Inet address() {
            return new Endpoint.Inet("127.0.0.1", socket.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            socket.close();
            talk.orTimeout(30, TimeUnit.SECONDS).join();
        }
    }

    private CompletableFuture<Channel> connect(ProxyOptions proxy) {
        ConnectOptions options = ConnectOptions.to(TARGET).withProxy(proxy).withTimeout(Duration.ofSeconds(5));
        return Connector.connect(options, loops, pipeline -> pipeline.addLast(received));
    }

    private void assertTalks(ProxyOptions proxy) throws Exception {
        Channel channel = connect(proxy).get(30, TimeUnit.SECONDS);
        Await.until("the greeting arrives, which came with the proxy's answer", () -> received.text()
                .equals("<hello\n"));
        channel.writeAndFlush(channel.alloc().buffer().writeByte('x')).sync();
        Await.until("the server's answer arrives", () -> received.text().startsWith("<hello\nx"));
        channel.close().sync();
    }

    private void assertFails(ProxyOptions proxy, String why) {
        assertThatThrownBy(() -> connect(proxy).get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(ConnectFailedException.class, failure -> assertThat(failure.kind())
                        .isEqualTo(Kind.PROXY))
                .hasMessage("cannot connect to " + TARGET + ": proxy " + proxy.address() + ": " + why);
    }

    private static String head(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static ProxyOptions http(FakeProxy proxy) {
        return new ProxyOptions(ProxyOptions.Kind.HTTP, proxy.address(), null, null);
    }

    private static ProxyOptions socks(FakeProxy proxy) {
        return new ProxyOptions(ProxyOptions.Kind.SOCKS5, proxy.address(), null, null);
    }

    @Test
    void goesThroughAnHttpProxy() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            assertThat(head(in))
                    .startsWith("CONNECT only-the-proxy-knows.example:4711 HTTP/1.1\r\n")
                    .doesNotContain("Proxy-Authorization", "proxy-authorization");
            say(out, "HTTP/1.1 200 OK\r\n\r\nhello\n");
            out.write(in.readUnsignedByte());
        })) {
            assertTalks(http(proxy));
        }
    }

    @Test
    void tellsAnHttpProxyWhoAsks() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            assertThat(head(in)).containsIgnoringCase("proxy-authorization: Basic bWU6c2VjcmV0\r\n");
            say(out, "HTTP/1.1 200 OK\r\n\r\nhello\n");
            out.write(in.readUnsignedByte());
        })) {
            assertTalks(new ProxyOptions(ProxyOptions.Kind.HTTP, proxy.address(), "me", "secret"));
        }
    }

    @Test
    void saysWhyAnHttpProxyRefuses() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            head(in);
            say(out, "HTTP/1.1 407 Proxy Authentication \u001b[2JRequired\r\ncontent-length: 0\r\n\r\n");
        })) {
            assertThatThrownBy(() -> connect(http(proxy)).get(30, TimeUnit.SECONDS))
                    .cause()
                    .hasMessageMatching("cannot connect to .*: proxy 127.0.0.1:\\d+: status: 407 [^\u001b]*");
        }
    }

    @Test
    void saysThatAProxyHungUp() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> head(in))) {
            assertFails(http(proxy), "disconnected");
        }
    }

    @Test
    void saysThatAProxyTalksNonsense() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            head(in);
            say(out, "nonsense\r\n\r\n");
            in.read();
        })) {
            assertThatThrownBy(() -> connect(http(proxy)).get(30, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(ConnectFailedException.class, failure -> assertThat(failure.kind())
                            .isEqualTo(Kind.PROXY));
        }
    }

    @Test
    void goesThroughASocksProxy() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            assertThat(in.readNBytes(2 + 1)).containsExactly(5, 1, 0);
            out.write(new byte[] {5, 0});
            assertSocksRequest(in);
            say(out, "\u0005\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000hello\n");
            out.write(in.readUnsignedByte());
        })) {
            assertTalks(socks(proxy));
        }
    }

    private static void assertSocksRequest(DataInputStream in) throws IOException {
        assertThat(in.readNBytes(4)).containsExactly(5, 1, 0, 3);
        assertThat(new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.US_ASCII))
                .isEqualTo("only-the-proxy-knows.example");
        assertThat(in.readUnsignedShort()).isEqualTo(4711);
    }

    @Test
    void tellsASocksProxyWhoAsks() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            assertThat(in.readNBytes(2 + 2)).containsExactly(5, 2, 0, 2);
            out.write(new byte[] {5, 2});
            assertThat(new String(in.readNBytes(11), StandardCharsets.ISO_8859_1))
                    .isEqualTo("\u0001\u0002me\u0006secret");
            out.write(new byte[] {1, 0});
            assertSocksRequest(in);
            say(out, "\u0005\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000hello\n");
            out.write(in.readUnsignedByte());
        })) {
            assertTalks(new ProxyOptions(ProxyOptions.Kind.SOCKS5, proxy.address(), "me", "secret"));
        }
    }

    @Test
    void saysWhyASocksProxyRefuses() throws Exception {
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            in.readNBytes(4);
            out.write(new byte[] {5, 2});
            in.readNBytes(11);
            out.write(new byte[] {1, 1});
            in.read();
        })) {
            assertFails(
                    new ProxyOptions(ProxyOptions.Kind.SOCKS5, proxy.address(), "me", "secret"),
                    "user or password not accepted");
        }
        try (FakeProxy proxy = new FakeProxy((in, out) -> {
            in.readNBytes(3);
            out.write(new byte[] {5, 0});
            assertSocksRequest(in);
            out.write(new byte[] {5, 5, 0, 1, 0, 0, 0, 0, 0, 0});
            in.read();
        })) {
            assertFails(socks(proxy), "connection refused");
        }
    }

    @Test
    void saysThatNoProxyIsThere() throws Exception {
        int port;
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = any.getLocalPort();
        }
        for (ProxyOptions.Kind kind : ProxyOptions.Kind.values()) {
            assertFails(new ProxyOptions(kind, new Endpoint.Inet("127.0.0.1", port), null, null), "connection refused");
            assertFails(new ProxyOptions(kind, new Endpoint.Inet("nosuch.invalid", 1), null, null), "unknown host");
        }
    }

    @Test
    void speaksTlsThroughAProxy() throws Exception {
        var listen = ListenOptions.loopback(0).withTransport(Transport.NIO, 1).withTls(TlsOptions.selfSigned());
        Protocol greeting = Protocols.of(p -> p.addLast(new Protocols.Greeter("hello\n", false), new Protocols.Echo()));
        try (Server server = Server.start(greeting, listen, NetListener.NONE);
                FakeProxy proxy = new FakeProxy((in, out) -> relay(server, in, out))) {
            ConnectOptions options = ConnectOptions.to(TARGET)
                    .withProxy(http(proxy))
                    .withTls(TlsClientOptions.DEFAULTS.withVerification(TlsClientOptions.Verification.NONE));
            Channel channel = Connector.connect(options, loops, pipeline -> {}).get(30, TimeUnit.SECONDS);
            assertThat(channel.isActive()).isTrue();
            channel.close().sync();
        }
    }

    private static void relay(Server server, DataInputStream in, OutputStream out) throws IOException {
        head(in);
        say(out, "HTTP/1.1 200 OK\r\n\r\n");
        Endpoint.Inet target = (Endpoint.Inet) server.endpoints().get(0);
        try (Socket onward = new Socket(target.host(), target.port())) {
            CompletableFuture<Void> back = CompletableFuture.runAsync(() -> {
                try {
                    onward.getInputStream().transferTo(out);
                } catch (IOException e) {
                    return; // the client has gone
                }
            });
            in.transferTo(onward.getOutputStream());
            onward.shutdownOutput();
            back.orTimeout(30, TimeUnit.SECONDS).join();
        }
    }
}
