package io.ntk.tcp.http.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** With the programs that people use. */
class FilesIT {
    private static final byte[] BIG = new byte[3 << 20];

    static {
        new Random(1).nextBytes(BIG);
    }

    @TempDir
    Path root;

    @TempDir
    Path work;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.write(root.resolve("big.bin"), BIG);
        Files.writeString(root.resolve("text.txt"), "Some text. ".repeat(500));
        Files.createDirectories(root.resolve("folder"));
        Files.writeString(root.resolve("folder/index.html"), "<p>index");
        Files.writeString(root.resolve("page.html"), "plain".repeat(100));
        for (String name : List.of("big.bin", "text.txt", "page.html", "folder/index.html")) {
            Files.setLastModifiedTime(root.resolve(name), FileTime.from(Instant.parse("2024-05-06T07:08:09Z")));
        }
    }

    private static Programs.Result curl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-S", "-m", "120", "-k"));
        command.addAll(List.of(arguments));
        return Programs.run(new byte[0], command.toArray(String[]::new));
    }

    @Test
    void curlResumesADownload() throws IOException {
        try (Site site = Site.of(root)) {
            Path file = Files.write(work.resolve("half"), Arrays.copyOf(BIG, 1_000_000));
            Programs.Result result = curl("-C", "-", "-o", file.toString(), site.url("/big.bin"));
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(Files.readAllBytes(file)).isEqualTo(BIG);
            assertThat(curl("-C", "-", "-o", file.toString(), "-w", "%{http_code}", site.url("/big.bin"))
                            .text())
                    .isEqualTo("416");
        }
    }

    @Test
    void wgetResumesADownload() throws IOException {
        try (Site site = Site.of(root)) {
            Path file = Files.write(work.resolve("big.bin"), Arrays.copyOf(BIG, 1_000_000));
            Programs.Result result =
                    Programs.run(new byte[0], "wget", "-c", "-T", "20", "-O", file.toString(), site.url("/big.bin"));
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(Files.readAllBytes(file)).isEqualTo(BIG);
        }
    }

    @Test
    void curlAsksForRanges() {
        try (Site site = Site.of(root)) {
            assertThat(curl("-r", "5-8", site.url("/text.txt")).text()).isEqualTo("text");
            assertThat(curl("-r", "-7", site.url("/text.txt")).text()).isEqualTo(" text. ");
            assertThat(curl("-r", "0-3,5000-5003", "-D", "-", site.url("/text.txt"))
                            .text())
                    .contains("206 Partial Content", "multipart/byteranges", "bytes 0-3/5500", "bytes 5000-5003/5500");
        }
    }

    @Test
    void curlAsksWhetherSomethingChanged() throws IOException {
        try (Site site = Site.of(root)) {
            Path tag = work.resolve("tag");
            String[] first = {
                "--etag-save", tag.toString(), "-o", "/dev/null", "-w", "%{http_code}", site.url("/text.txt")
            };
            assertThat(curl(first).text()).isEqualTo("200");
            assertThat(Files.readString(tag)).contains("\"");
            first[0] = "--etag-compare";
            assertThat(curl(first).text()).isEqualTo("304");
            String code = "%{http_code}";
            assertThat(curl("-z", "Tue, 07 May 2024 00:00:00 GMT", "-w", code, site.url("/text.txt"))
                            .text())
                    .isEqualTo("304");
            assertThat(curl("-z", "Sun, 05 May 2024 00:00:00 GMT", "-o", "/dev/null", "-w", code, site.url("/text.txt"))
                            .text())
                    .isEqualTo("200");
            assertThat(curl(
                                    "-z",
                                    "-Sun, 05 May 2024 00:00:00 GMT",
                                    "-o",
                                    "/dev/null",
                                    "-w",
                                    code,
                                    site.url("/text.txt"))
                            .text())
                    .isEqualTo("412");
        }
    }

    @Test
    void curlUnpacksWhatWasPacked() {
        try (Site site = Site.of(root)) {
            Programs.Result result = curl("--compressed", "-D", "/dev/stderr", site.url("/text.txt"));
            assertThat(result.text()).isEqualTo("Some text. ".repeat(500));
            assertThat(result.err()).containsIgnoringCase("content-encoding: gzip");
        }
    }

    @Test
    void curlGetsNothingFromOutside() {
        try (Site site = Site.of(root)) {
            for (String path :
                    List.of("/../../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd")) {
                Programs.Result result = curl("--path-as-is", "-w", "%{http_code}", site.url(path));
                assertThat(result.text()).isEqualTo("404 Not Found\n404");
            }
            assertThat(curl("-L", site.url("/folder")).text()).isEqualTo("<p>index");
        }
    }

    static Stream<Arguments> plainAndTls() {
        return Site.transports().stream()
                .flatMap(transport -> Stream.of(Arguments.of(transport, false), Arguments.of(transport, true)));
    }

    /** Sparse, and where there is one on a file system in memory, which reads holes without filling its cache. */
    @ParameterizedTest
    @MethodSource("plainAndTls")
    void sendsFilesOfMoreThan4Gibibytes(Transport transport, boolean tls) throws IOException {
        Path memory = Path.of("/dev/shm");
        Path folder = Files.isWritable(memory) ? Files.createTempDirectory(memory, "ntk") : work;
        Path huge = folder.resolve("huge");
        try {
            sendsFileOfMoreThan4Gibibytes(huge, transport, tls);
        } finally {
            Files.delete(huge);
            if (!folder.equals(work)) {
                Files.delete(folder);
            }
        }
    }

    private static void sendsFileOfMoreThan4Gibibytes(Path huge, Transport transport, boolean tls) throws IOException {
        long size = (4L << 30) + (64 << 20);
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(size);
            file.seek((2L << 30) - 2);
            file.write("over2".getBytes(UTF_8));
            file.seek((4L << 30) - 2);
            file.write("over4".getBytes(UTF_8));
            file.seek(size - 3);
            file.write("end".getBytes(UTF_8));
        }
        FilesOptions options = FilesOptions.of(requireNonNull(huge.getParent(), "folder"));
        try (Site site = tls ? Site.ofTls(options, transport) : Site.of(options, transport)) {
            String url = site.url("/huge");
            assertThat(curl("-r", (2L << 30) - 2 + "-" + ((2L << 30) + 2), url).text())
                    .isEqualTo("over2");
            assertThat(curl("-r", (4L << 30) - 2 + "-" + ((4L << 30) + 2), url).text())
                    .isEqualTo("over4");
            assertThat(curl("-r", "-3", url).text()).isEqualTo("end");
            assertThat(curl("-r", "-100000000", "-o", "/dev/null", "-w", "%{size_download}", url)
                            .text())
                    .isEqualTo("100000000");
            assertThat(curl("-I", url).text()).containsIgnoringCase("content-length: " + size);
            if (transport == Transport.EPOLL && !tls) {
                assertThat(sizeOfReply(site.port(), "/huge"))
                        .isGreaterThan(size)
                        .isLessThan(size + 1000);
            }
        }
    }

    /** Head and content, read with less work than curl has, which needs three times as long. */
    private static long sizeOfReply(int port, String path) throws IOException {
        try (var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            channel.write(UTF_8.encode("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
            ByteBuffer sink = ByteBuffer.allocateDirect(2 << 20);
            long size = 0;
            for (int n = 0; n >= 0; n = channel.read(sink.clear())) {
                size += n;
            }
            return size;
        }
    }

    /**
     * The same requests to nginx. Where it differs on purpose: an entity tag is made otherwise; a bad or a HEAD's range is
     * ignored by us, as RFC 9110 says; overlapping ranges are joined; empty segments are refused; a weak tag or a date in
     * an {@code If-Range} is looked at more strictly. See docs/design-decisions.md.
     */
    @Test
    void answersAsNginxDoes() throws IOException {
        Programs.require("nginx");
        Map<String, List<String>> requests = new LinkedHashMap<>();
        requests.put("a file", List.of("/text.txt"));
        requests.put("a large file", List.of("-r", "100-2000000", "/big.bin"));
        requests.put("HEAD", List.of("-I", "/big.bin"));
        requests.put("nothing", List.of("/none"));
        requests.put("below a file", List.of("/text.txt/x"));
        requests.put("an index", List.of("/folder/"));
        requests.put("an encoded name", List.of("/%74ext.txt"));
        requests.put("with a query", List.of("/text.txt?a=b"));
        requests.put("first bytes", List.of("-r", "0-9", "/text.txt"));
        requests.put("last bytes", List.of("-r", "-9", "/text.txt"));
        requests.put("from", List.of("-r", "5000-", "/text.txt"));
        requests.put("beyond", List.of("-r", "5500-", "/text.txt"));
        requests.put("unknown unit", List.of("-H", "Range: lines=1-2", "/text.txt"));
        requests.put("not modified", List.of("-H", "If-Modified-Since: Mon, 06 May 2024 07:08:09 GMT", "/text.txt"));
        requests.put("modified", List.of("-H", "If-Modified-Since: Mon, 06 May 2024 07:08:08 GMT", "/text.txt"));
        requests.put("unmodified", List.of("-H", "If-Unmodified-Since: Mon, 06 May 2024 07:08:09 GMT", "/text.txt"));
        requests.put(
                "not unmodified", List.of("-H", "If-Unmodified-Since: Mon, 06 May 2024 07:08:08 GMT", "/text.txt"));
        requests.put("no tag matches", List.of("-H", "If-Match: \"x\"", "/text.txt"));
        requests.put("any tag", List.of("-H", "If-None-Match: *", "/text.txt"));
        requests.put(
                "range if date", List.of("-r", "0-3", "-H", "If-Range: Mon, 06 May 2024 07:08:09 GMT", "/text.txt"));
        requests.put(
                "range if other date",
                List.of("-r", "0-3", "-H", "If-Range: Mon, 06 May 2024 07:08:08 GMT", "/text.txt"));
        int port = Ports.free();
        try (Site site = Site.of(root);
                Programs.Running nginx = Programs.start("nginx", "-p", work.toString(), "-c", configuration(port))) {
            Await.until("nginx listens: " + nginx.err(), () -> listens(port));
            requests.forEach((name, arguments) ->
                    assertThat(reply(site.port(), arguments)).as(name).isEqualTo(reply(port, arguments)));
        }
    }

    /** The status, the fields that both must have alike, and the content of what is no error. */
    private static List<String> reply(int port, List<String> arguments) {
        List<String> all = new ArrayList<>(arguments.subList(0, arguments.size() - 1));
        all.addAll(List.of("-D", "/dev/stderr", "http://127.0.0.1:" + port + arguments.get(arguments.size() - 1)));
        Programs.Result result = curl(all.toArray(String[]::new));
        List<String> reply = new ArrayList<>();
        List<String> alike = List.of("last-modified", "content-range", "content-length", "content-type");
        boolean error = result.err().startsWith("HTTP/1.1 4");
        result.err().lines().forEach(line -> {
            String field = line.toLowerCase(Locale.ROOT);
            if (line.startsWith("HTTP/")) {
                reply.add(line);
            } else if (!error && alike.stream().anyMatch(name -> field.startsWith(name + ":"))) {
                reply.add(field);
            }
        });
        reply.sort(null);
        if (!error && !all.contains("-I")) {
            reply.add(Arrays.hashCode(result.out()) + " of " + result.out().length);
        }
        return reply;
    }

    private String configuration(int port) {
        String text = "master_process off; daemon off; pid " + work + "/pid; error_log stderr;\n"
                + (System.getProperty("user.name").equals("root") ? "user root;\n" : "")
                + "events {}\nhttp { access_log off; charset utf-8; charset_types text/html text/plain;\n"
                + "types { text/plain txt; text/html html; } default_type application/octet-stream;\n"
                + "client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;"
                + " scgi_temp_path t5;\nserver { listen 127.0.0.1:" + port + "; root " + root + "; } }\n";
        try {
            return Files.writeString(work.resolve("nginx.conf"), text).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean listens(int port) {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
