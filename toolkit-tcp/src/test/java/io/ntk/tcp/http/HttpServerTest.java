package io.ntk.tcp.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.Server;
import io.ntk.core.TlsOptions;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class HttpServerTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final HttpOptions OPTIONS = HttpOptions.DEFAULTS.withListen(ListenOptions.loopback(0));

    @Test
    void tellsOneClientTooManyToComeAgain() throws IOException {
        Limits one = Limits.DEFAULTS.withMaxConnections(1);
        HttpOptions options = OPTIONS.withListen(ListenOptions.loopback(0).withLimits(one));
        try (Server server = HttpServer.start(options);
                HttpPeer first = HttpPeer.of(server)) {
            assertThat(first.send(GET).reply(12)).endsWith("Hello, World");
            try (HttpPeer second = HttpPeer.of(server)) {
                assertThat(new String(second.rest(), ISO_8859_1)).startsWith("HTTP/1.1 503 ");
            }
        }
    }

    @Test
    void answersRoutesByMethodAndPath() throws IOException {
        var routes = List.of(Route.parse("GET /a=200,text/plain,one, two"), Route.parse("POST /a=202"));
        HttpOptions options = OPTIONS.withMode(HttpMode.fixed(FixedReplies.routes(routes, null)));
        try (Server server = HttpServer.start(options);
                HttpPeer peer = HttpPeer.of(server)) {
            assertThat(peer.send("GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n").reply(8))
                    .endsWith("one, two");
            assertThat(peer.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").reply(0))
                    .contains("Content-Length: 8");
            assertThat(peer.send("POST /a HTTP/1.1\r\nHost: a\r\n\r\n").reply(0))
                    .startsWith("HTTP/1.1 202 ");
            assertThat(peer.send("PUT /a HTTP/1.1\r\nHost: a\r\n\r\n").reply(19))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("Allow: ");
            assertThat(peer.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n").reply(10))
                    .startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void sendsALargeBody() throws IOException {
        byte[] large = new byte[1024 * 1024];
        new Random(1).nextBytes(large);
        FixedReply reply = new FixedReply(200, "", Map.of("X-A", "b"), FixedReply.Body.of(large));
        try (Server server = HttpServer.start(OPTIONS.withMode(HttpMode.fixed(FixedReplies.of(reply))));
                HttpPeer peer = HttpPeer.of(server)) {
            peer.send(GET + "GET / HTTP/1.0\r\n\r\n");
            assertThat(peer.reply(0)).contains("X-A: b").contains("Content-Length: 1048576");
            byte[] rest = peer.rest();
            assertThat(rest).startsWith(large).endsWith(large);
        }
    }

    @Test
    void answersANewClientBesideAThousandSlowOnes() throws IOException {
        List<HttpPeer> slow = new ArrayList<>();
        try (Server server = HttpServer.start(OPTIONS)) {
            for (int i = 0; i < 1000; i++) {
                slow.add(HttpPeer.of(server).send("GET / HT"));
            }
            try (HttpPeer peer = HttpPeer.of(server)) {
                assertThat(peer.send(GET).reply(12)).endsWith("Hello, World");
            }
            for (HttpPeer peer : slow) {
                peer.close();
            }
            Await.until("no connection", () -> server.connections() == 0);
        }
    }

    @Test
    void closesWithATlsPeerOnAPlainPort() throws IOException {
        try (Server server = HttpServer.start(OPTIONS);
                HttpPeer peer = HttpPeer.of(server)) {
            assertThat(peer.send(new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3}).rest())
                    .startsWith(0x15);
        }
    }

    @Test
    void answersAPlainPeerOnATlsPortInPlainHttp() throws IOException {
        ListenOptions listen = ListenOptions.loopback(0).withTls(TlsOptions.selfSigned());
        try (Server server = HttpServer.start(OPTIONS.withListen(listen));
                HttpPeer peer = HttpPeer.of(server)) {
            assertThat(new String(peer.send(GET).rest(), ISO_8859_1))
                    .startsWith("HTTP/1.1 400 Bad Request\r\n")
                    .contains("\r\nConnection: close\r\n")
                    .endsWith("\r\n\r\nthis port speaks TLS\n");
        }
    }

    @Test
    void takesTheTargetsAuthorityWhenLenient() throws IOException {
        HttpOptions options = OPTIONS.withLenient(Set.of(Leniency.AUTHORITY, Leniency.TARGET));
        try (Server server = HttpServer.start(options);
                HttpPeer peer = HttpPeer.of(server)) {
            assertThat(peer.send("GET http://b/\374 HTTP/1.1\r\nHost: a\r\n\r\n")
                            .reply(12))
                    .startsWith("HTTP/1.1 200 ");
        }
    }
}
