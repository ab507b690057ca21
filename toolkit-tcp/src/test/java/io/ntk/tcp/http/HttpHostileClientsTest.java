package io.ntk.tcp.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.CloseCause;
import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetEvent;
import io.ntk.core.Server;
import io.ntk.core.SocketOptions;
import io.ntk.core.TlsOptions;
import io.ntk.core.Transport;
import io.ntk.tcp.http.files.FilesOptions;
import io.ntk.tcp.http.files.SharedFolder;
import io.ntk.tcp.http.inspect.InspectOptions;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.OpenFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send too much, take nothing, or vanish: over sockets, since it is about what the kernel holds too. */
@ExtendWith(LeakCheck.class)
class HttpHostileClientsTest {
    private static final int MAX_BODY = 1000;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final HttpOptions OPTIONS = HttpOptions.DEFAULTS.withListen(ListenOptions.loopback(0));

    @TempDir
    Path folder;

    static List<Transport> transports() {
        return Stream.of(Transport.NIO, Transport.EPOLL, Transport.IO_URING, Transport.KQUEUE)
                .filter(Transport::isAvailable)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Length: 1000, '', 1000, 200",
        "Content-Length: 1001, '', 0, 413 closed",
        "Transfer-Encoding: chunked, '', 1000, 200",
        "Transfer-Encoding: chunked, '', 1001, 413 closed",
        "Content-Length: 1000, 100-continue, 1000, 100 200",
        "Content-Length: 1001, 100-continue, 0, 413 closed",
        "Transfer-Encoding: chunked, 100-continue, 1000, 100 200",
        "Transfer-Encoding: chunked, 100-continue, 1001, 100 413 closed",
    })
    void takesABodyUpToTheLimitAndNoByteMore(String length, String expect, int bytes, String answers)
            throws IOException {
        HttpOptions options = OPTIONS.withLimits(HttpLimits.DEFAULTS.withBodyBytes(MAX_BODY));
        try (Server server = HttpServer.start(options);
                HttpPeer peer = HttpPeer.of(server)) {
            peer.send("POST / HTTP/1.1\r\nHost: a\r\n" + length + "\r\n"
                    + (expect.isEmpty() ? "" : "Expect: " + expect + "\r\n") + "\r\n");
            StringBuilder seen = new StringBuilder();
            if (answers.startsWith("100 ")) {
                seen.append(peer.reply(0), 9, 13);
            }
            peer.send(length.startsWith("T") ? chunked(bytes) : "x".repeat(bytes));
            if (answers.endsWith("closed")) {
                seen.append(new String(peer.rest(), ISO_8859_1), 9, 12).append(" closed");
            } else {
                seen.append(peer.reply("Hello, World".length()), 9, 12);
                assertThat(peer.send(GET).reply(12)).endsWith("Hello, World");
            }
            assertThat(seen).hasToString(answers);
        }
    }

    /** In two chunks, so that the limit is one of their sum. */
    private static String chunked(int bytes) {
        return "1f4\r\n" + "x".repeat(500) + "\r\n" + Integer.toHexString(bytes - 500) + "\r\n"
                + "x".repeat(bytes - 500) + "\r\n0\r\n\r\n";
    }

    /** 10,000 replies of 8 KiB are 80 MB; of them the server makes what the kernel takes, and some more. */
    @ParameterizedTest
    @MethodSource("transports")
    void doesNotGrowWithAClientThatPipelinesAndReadsNothing(Transport transport) throws IOException {
        int requests = 10_000;
        byte[] body = new byte[7 * 1024];
        FixedReply reply = FixedReply.text("").withBody(FixedReply.Body.of(body));
        ListenOptions listen = ListenOptions.loopback(0)
                .withTransport(transport, 1)
                .withSocket(SocketOptions.DEFAULTS.withBuffers(BUFFER_BYTES, BUFFER_BYTES));
        HttpOptions options = OPTIONS.withListen(listen).withMode(HttpMode.fixed(FixedReplies.of(reply)));
        try (Server server = HttpServer.start(options);
                SocketChannel client = SocketChannel.open()) {
            client.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), HttpPeer.port(server)));
            client.configureBlocking(false);
            ByteBuffer all = ByteBuffer.wrap(GET.repeat(requests).getBytes(ISO_8859_1));
            while (progresses(client, all, server)) {
                assertThat(server.traffic().bytesOut()).isLessThan(1024 * 1024);
            }
            assertThat(server.traffic().bytesIn()).isLessThan(all.limit());
            try (HttpPeer other = HttpPeer.of(server)) {
                assertThat(other.send(GET).reply(body.length)).startsWith("HTTP/1.1 200 ");
            }
            assertThat(countOfReplies(client, all)).isEqualTo(requests);
        }
    }

    /** Whether the client could send anything, or the server read or wrote anything, for a while. */
    private static boolean progresses(SocketChannel client, ByteBuffer all, Server server) {
        long before = server.traffic().bytesIn() + server.traffic().bytesOut();
        return Await.within(Duration.ofMillis(300), () -> {
            try {
                return client.write(all) > 0
                        || server.traffic().bytesIn() + server.traffic().bytesOut() > before;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private static int countOfReplies(SocketChannel client, ByteBuffer unsent) throws IOException {
        client.configureBlocking(true);
        Thread rest = new Thread(() -> {
            try {
                client.write(unsent);
                client.shutdownOutput();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        rest.start();
        ByteBuffer in = ByteBuffer.allocate(256 * 1024);
        int count = 0;
        while (client.read(in.clear()) >= 0) {
            for (int i = 0; i < in.position(); i++) {
                count += in.get(i) == 'H' ? 1 : 0; // of HTTP/1.1; the rest of a reply has none
            }
        }
        return count;
    }

    @Test
    void resetsAClientThatTakesNothing() throws IOException {
        byte[] body = new byte[FixedReply.MAX_BODY_BYTES];
        Limits limits = Limits.DEFAULTS.withWriteStall(Duration.ofMillis(400));
        ListenOptions listen = ListenOptions.loopback(0).withLimits(limits);
        Queue<NetEvent> events = new ConcurrentLinkedQueue<>();
        FixedReply large = FixedReply.text("").withBody(FixedReply.Body.of(body));
        HttpOptions options = OPTIONS.withListen(listen).withMode(HttpMode.fixed(FixedReplies.of(large)));
        try (Server server = HttpServer.start(options, events::add);
                HttpPeer peer = HttpPeer.of(server)) {
            peer.send(GET.repeat(4));
            Await.until("closed: " + events, () -> events.stream()
                    .anyMatch(event -> event instanceof NetEvent.Closed end && end.cause() == CloseCause.STALLED));
        }
    }

    private HttpMode mode(String name) throws IOException {
        return switch (name) {
            case "inspect" -> HttpMode.inspect(InspectOptions.DEFAULTS);
            case "files" -> {
                Files.writeString(folder.resolve("small"), "x".repeat(1000));
                try (var big = new RandomAccessFile(folder.resolve("big").toFile(), "rw")) {
                    big.setLength(64L << 20);
                }
                yield HttpMode.files(SharedFolder.open(FilesOptions.of(folder)));
            }
            default -> HttpMode.fixed(FixedReplies.of(FixedReply.text("x".repeat(20_000))));
        };
    }

    private static final List<String> REQUESTS = List.of(
            "POST /anything HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            "POST /anything HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            GET + "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /big HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9,1000-30000000\r\n\r\nGET /small HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /delay/1 HTTP/1.1\r\nHost: a\r\n\r\n" + GET,
            "GET /drip?numbytes=9&duration=1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /bytes/1000000 HTTP/1.1\r\nHost: a\r\n\r\n");

    /** At each byte of a request, and in the middle of its reply; by an end, and by a reset. */
    @ParameterizedTest
    @ValueSource(strings = {"fixed", "files", "inspect", "fixed tls", "files tls", "inspect tls"})
    void leavesNothingOfClientsThatVanishAtAnyStage(String what) throws IOException {
        boolean tls = what.endsWith(" tls");
        ListenOptions listen = ListenOptions.loopback(0);
        HttpOptions options = OPTIONS.withListen(tls ? listen.withTls(TlsOptions.selfSigned()) : listen)
                .withMode(mode(what.replace(" tls", "")));
        try (Server server = HttpServer.start(options)) {
            vanish(server, tls, GET, GET.length()); // what is opened once and stays
            Await.until("no connection", () -> server.connections() == 0);
            long before = openByUs();
            for (String request : REQUESTS) {
                int step = tls ? 41 : 1;
                for (int sent = request.length() % step; sent <= request.length(); sent += step) {
                    vanish(server, tls, request, sent);
                }
            }
            Await.until("no connection", () -> server.connections() == 0);
            Await.until("no file is open that was not before", () -> openByUs() <= before);
        }
    }

    private static void vanish(Server server, boolean tls, String request, int sent) throws IOException {
        try (HttpPeer peer = tls ? HttpPeer.ofTls(server) : HttpPeer.of(server)) {
            peer.send(request.substring(0, sent));
            if (sent == request.length() && !request.contains("/d")) {
                assertThat(peer.read(9)).asString(ISO_8859_1).isEqualTo("HTTP/1.1 ");
            }
            if (sent % 2 == 0) {
                peer.reset();
            }
        }
    }

    /** Sockets and files of the folder; not what the JVM opens when it needs another class. 0 without a list of them. */
    private long openByUs() {
        return OpenFiles.targets().stream()
                .filter(target -> target.startsWith("socket:") || target.startsWith(folder.toString()))
                .count();
    }
}
