package io.ntk.tcp.http.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.OpenFiles;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** On real sockets, the handler alone behind Netty's codec. */
@ExtendWith(LeakCheck.class)
class StaticFilesHandlerTest {
    private static final byte[] LARGE = new byte[5 << 20];

    static {
        new Random(1).nextBytes(LARGE);
    }

    @TempDir
    Path root;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.write(root.resolve("large"), LARGE);
        Files.writeString(root.resolve("a"), "aaa");
        Files.writeString(root.resolve("b"), "bbb");
    }

    static List<Transport> transports() {
        return Site.transports();
    }

    static Stream<Arguments> plainAndTls() {
        return Site.transports().stream()
                .flatMap(transport -> Stream.of(Arguments.of(transport, false), Arguments.of(transport, true)));
    }

    private Site site(Transport transport, boolean tls) {
        FilesOptions options = FilesOptions.of(root);
        return tls ? Site.ofTls(options, transport) : Site.of(options, transport);
    }

    /** Reads one response with a length. */
    private static byte[] response(InputStream in, StringBuilder head) throws IOException {
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the connection ended behind: " + head);
            }
            head.append((char) b);
        }
        String lower = head.toString().toLowerCase(Locale.ROOT);
        int at = lower.indexOf("content-length: ");
        int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf('\r', at)));
        byte[] body = new byte[length];
        new DataInputStream(in).readFully(body);
        return body;
    }

    private static String request(String target, String... fields) {
        return "GET " + target + " HTTP/1.1\r\nHost: x\r\n"
                + String.join("", Stream.of(fields).map(field -> field + "\r\n").toList()) + "\r\n";
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void sendsALargeFileAndPartsOfIt(Transport transport, boolean tls) throws IOException {
        try (Site site = site(transport, tls);
                Socket socket = site.connect()) {
            String requests = request("/large")
                    + request("/a")
                    + request("/large", "Range: bytes=100000-4000000")
                    + request("/large", "Range: bytes=10-19,4000000-4100000")
                    + request("/b");
            socket.getOutputStream().write(requests.getBytes(US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(response(in, new StringBuilder())).isEqualTo(LARGE);
            assertThat(response(in, new StringBuilder())).isEqualTo("aaa".getBytes(US_ASCII));
            assertThat(response(in, new StringBuilder())).isEqualTo(Arrays.copyOfRange(LARGE, 100_000, 4_000_001));
            String parts = new String(response(in, new StringBuilder()), ISO_8859_1);
            assertThat(parts)
                    .contains(new String(LARGE, 10, 10, ISO_8859_1), new String(LARGE, 4_000_000, 100_001, ISO_8859_1));
            assertThat(response(in, new StringBuilder())).isEqualTo("bbb".getBytes(US_ASCII));
        }
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void keepsTheOrderOfPipelinedRequests(Transport transport, boolean tls) throws IOException {
        try (Site site = site(transport, tls);
                Socket socket = site.connect()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 120; i++) {
                requests.append(request(i % 3 == 0 ? "/a" : i % 3 == 1 ? "/none" : "/b"));
            }
            socket.getOutputStream().write(requests.toString().getBytes(US_ASCII));
            for (int i = 0; i < 120; i++) {
                StringBuilder head = new StringBuilder();
                String body = new String(response(socket.getInputStream(), head), US_ASCII);
                assertThat(body).isEqualTo(i % 3 == 0 ? "aaa" : i % 3 == 1 ? "404 Not Found\n" : "bbb");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void compressesALargeTextOnItsWay(Transport transport, boolean tls) throws IOException {
        String text = "A line of text that repeats itself.\n".repeat(50_000);
        Files.writeString(root.resolve("long.txt"), text);
        try (Site site = site(transport, tls)) {
            String response = site.get("/long.txt", "Accept-Encoding: gzip");
            assertThat(response)
                    .containsIgnoringCase("transfer-encoding: chunked")
                    .doesNotContainIgnoringCase("content-length");
            byte[] packed = unchunked(Site.body(response));
            assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes(), US_ASCII))
                    .isEqualTo(text);
            assertThat(Site.body(site.exchange("GET /long.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")))
                    .isEqualTo(text);
        }
    }

    private static byte[] unchunked(String body) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (true) {
            int end = body.indexOf("\r\n", at);
            int length = Integer.parseInt(body.substring(at, end), 16);
            if (length == 0) {
                return out.toString().getBytes(ISO_8859_1);
            }
            out.append(body, end + 2, end + 2 + length);
            at = end + 4 + length;
        }
    }

    @Test
    void answersWhenTheWholeRequestWasRead() throws IOException {
        try (Site site = Site.of(root);
                Socket socket = site.connect()) {
            socket.getOutputStream()
                    .write("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nbody".getBytes(US_ASCII));
            socket.setSoTimeout(100);
            assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("timed out");
            socket.getOutputStream().write('!');
            socket.setSoTimeout(30_000);
            assertThat(response(socket.getInputStream(), new StringBuilder())).isEqualTo("aaa".getBytes(US_ASCII));
        }
    }

    @Test
    void saysWhenTheConnectionEnds() throws IOException {
        try (Site site = Site.of(root)) {
            assertThat(site.get("/a")).containsIgnoringCase("connection: close").endsWith("aaa");
            assertThat(site.exchange("GET /a HTTP/1.0\r\n\r\n")).containsIgnoringCase("connection: close");
            assertThat(site.exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
                    .containsIgnoringCase("connection: keep-alive");
            assertThat(site.exchange(request("/a") + request("/b")))
                    .doesNotContainIgnoringCase("connection:")
                    .endsWith("bbb");
            assertThat(site.exchange("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + request("/b")))
                    .endsWith("aaa");
        }
    }

    @Test
    void refusesWhatTheDecoderRefused() throws IOException {
        try (Site site = Site.of(root)) {
            assertThat(site.exchange("nonsense\r\n\r\n"))
                    .startsWith("HTTP/1.1 400")
                    .containsIgnoringCase("connection: close");
            assertThat(site.exchange("GET /" + "a".repeat(5000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                    .startsWith("HTTP/1.1 414");
            assertThat(site.exchange("GET / HTTP/1.1\r\nHost: " + "a".repeat(9000) + "\r\n\r\n"))
                    .startsWith("HTTP/1.1 431");
            assertThat(site.exchange("GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))
                    .startsWith("HTTP/1.1 400");
        }
    }

    @Test
    void answersHeadOptionsAndTheRest() throws IOException {
        try (Site site = Site.of(root)) {
            String head = site.exchange("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(head)
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("content-length: 3")
                    .endsWith("\r\n\r\n");
            assertThat(site.exchange("HEAD /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .containsIgnoringCase("content-length: " + LARGE.length)
                    .endsWith("\r\n\r\n");
            assertThat(site.exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 204");
            assertThat(site.exchange("POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"))
                    .startsWith("HTTP/1.1 405");
        }
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void aFileThatShrinksWhileItIsSentEndsTheConnection(Transport transport, boolean tls) throws IOException {
        long size = 64L << 20;
        Path file = sparse("shrinking", size);
        try (Site site = site(transport, tls);
                Socket socket = site.connect()) {
            socket.getOutputStream().write(request("/shrinking").getBytes(US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(in.readNBytes(1000)).hasSize(1000); // it is under way
            truncate(file, 4096);
            assertThat(rest(in)).isLessThan(size);
        }
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void aFileThatGrowsIsSentAsLongAsWasPromised(Transport transport, boolean tls) throws IOException {
        Path file = sparse("growing", 16 << 20);
        try (Site site = site(transport, tls);
                Socket socket = site.connect()) {
            socket.getOutputStream().write(request("/growing").getBytes(US_ASCII));
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder().append((char) in.read());
            truncate(file, 32 << 20);
            assertThat(response(in, head)).hasSize(16 << 20);
            socket.getOutputStream().write(request("/a").getBytes(US_ASCII));
            assertThat(response(in, new StringBuilder())).isEqualTo("aaa".getBytes(US_ASCII));
        }
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void aFileThatVanishesWhileItIsSentIsSentToItsEnd(Transport transport, boolean tls) throws IOException {
        Path file = sparse("vanishing", 16 << 20);
        try (Site site = site(transport, tls);
                Socket socket = site.connect()) {
            socket.getOutputStream().write(request("/vanishing").getBytes(US_ASCII));
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder().append((char) in.read());
            Files.delete(file);
            assertThat(response(in, head)).hasSize(16 << 20);
        }
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void clientsThatVanishLeaveNothingOpen(Transport transport, boolean tls) throws IOException {
        sparse("big", 256L << 20);
        try (Site site = site(transport, tls)) {
            site.get("/a");
            for (int i = 0; i < 12; i++) {
                Socket socket = site.connect();
                String range = i % 3 == 0 ? "X: y" : "Range: bytes=0-99999999,110000000-";
                socket.getOutputStream().write((request("/big", range) + request("/big")).getBytes(US_ASCII));
                if (i % 2 == 0) {
                    assertThat(socket.getInputStream().readNBytes(100_000)).isNotEmpty();
                }
                if (!tls) {
                    socket.setSoLinger(true, 0);
                }
                socket.close();
            }
            Await.until("no file is open: " + open("big"), () -> open("big").isEmpty());
            Await.until("no byte waits", () -> site.folder().buffered().get() == 0);
            assertThat(site.get("/a")).endsWith("aaa");
        }
    }

    /** The descriptors of this process that are of files whose names begin so. */
    private List<String> open(String name) {
        return OpenFiles.targets().stream()
                .filter(target -> target.startsWith(root.resolve(name).toString()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("plainAndTls")
    void readsNoFurtherAheadThanItsWindow(Transport transport, boolean tls) throws IOException {
        sparse("big", 256L << 20);
        try (Site site = site(transport, tls)) {
            List<Socket> idle = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                Socket socket = site.connect();
                socket.getOutputStream().write(request("/big").getBytes(US_ASCII));
                assertThat(socket.getInputStream().read()).isEqualTo('H');
                idle.add(socket);
            }
            long most = 5L * FileTransfer.WINDOW * FileTransfer.BUFFER_BYTES;
            assertThat(Await.within(
                            Duration.ofMillis(300),
                            () -> site.folder().buffered().get() > most))
                    .isFalse();
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    @Test
    void closingTheServerLetsAReplyEnd() throws Exception {
        sparse("big", 32L << 20);
        Site site = Site.of(root);
        try (Socket socket = site.connect()) {
            socket.getOutputStream().write(request("/big").getBytes(US_ASCII));
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder().append((char) in.read());
            Thread closing = new Thread(() -> site.server().close(Duration.ofMinutes(5)));
            closing.start();
            assertThat(response(in, head)).hasSize(32 << 20);
            assertThat(in.read()).isEqualTo(-1);
            closing.join(30_000);
        } finally {
            site.close();
        }
    }

    @Test
    void passesOnWhatIsNoneOfItsBusiness() {
        try (SharedFolder folder = SharedFolder.open(FilesOptions.of(root))) {
            EmbeddedChannel channel = new EmbeddedChannel(new StaticFilesHandler(folder));
            channel.writeInbound("text");
            assertThat(channel.<Object>readInbound()).isEqualTo("text");
            DefaultHttpContent stray = new DefaultHttpContent(Unpooled.EMPTY_BUFFER);
            channel.writeInbound(stray);
            assertThat(channel.<Object>readInbound()).isSameAs(stray);
            assertThat(channel.finish()).isFalse();
        }
    }

    private Path sparse(String name, long size) throws IOException {
        Path file = root.resolve(name);
        truncate(file, size);
        return file;
    }

    private static void truncate(Path file, long size) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(size);
        }
    }

    /** How many bytes come before the end or the reset. */
    private static long rest(InputStream in) throws IOException {
        long count = 0;
        byte[] buffer = new byte[65536];
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                count += n;
            }
        } catch (SocketException reset) {
            return count;
        }
        return count;
    }
}
