package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients of other people against {@code ntk http serve}; of its files more in {@code FilesIT}. */
class HttpClientsIT {
    private static final byte[] SENT = "0123456789".repeat(30_000).getBytes(UTF_8);

    @TempDir
    Path folder;

    private Path upload;

    @BeforeEach
    void makeUpload() throws IOException {
        upload = Files.write(folder.resolve("upload"), SENT);
    }

    private static Ntk.Running serve(String... options) {
        List<String> all = new ArrayList<>(List.of("http", "serve", "--listen", "127.0.0.1:0"));
        all.addAll(List.of(options));
        return Ntk.start(all.toArray(String[]::new));
    }

    private static String url(Ntk.Running ntk, String path) {
        return "http://127.0.0.1:" + ntk.port() + path;
    }

    private static Programs.Result curl(byte[] input, String... args) {
        List<String> all = new ArrayList<>(List.of("curl", "-s", "-m", "20", "-w", " %{http_code} %{http_version}"));
        all.addAll(List.of(args));
        return Programs.run(input, all.toArray(String[]::new));
    }

    private static String curl(String... args) {
        return curl(new byte[0], args).text();
    }

    @Test
    void curlGetsTheReplyInEveryWay() {
        Programs.require("curl");
        try (var ntk = serve("--body", "pong")) {
            String url = url(ntk, "/a/../b");
            assertThat(curl(url)).isEqualTo("pong 200 1.1");
            assertThat(curl("--http1.0", url)).isEqualTo("pong 200 1.1");
            assertThat(curl("--http1.0", "-H", "Connection: keep-alive", "-v", url))
                    .isEqualTo("pong 200 1.1");
            assertThat(curl("--path-as-is", url)).isEqualTo("pong 200 1.1");
            assertThat(curl("-I", url)).contains("Content-Length: 4");
            assertThat(curl("-X", "OPTIONS", "-i", url)).contains("Allow: GET, HEAD, POST");
            assertThat(curl(url, url, url)).isEqualTo("pong 200 1.1".repeat(3));
        }
    }

    @Test
    void curlUploadsInEveryWay() {
        Programs.require("curl");
        try (var ntk = serve("--inspect")) {
            String url = url(ntk, "/anything");
            String body = "\"data\": \"" + new String(SENT, UTF_8) + "\"";
            assertThat(curl("-T", upload.toString(), url)).contains(body).endsWith(" 200 1.1");
            assertThat(curl(SENT, "-T-", url).text())
                    .contains(body, "\"Transfer-Encoding\": \"chunked\"")
                    .endsWith(" 200 1.1");
            Programs.Result waited = curl(
                    SENT, "-v", "-T-", "-H", "Expect: 100-continue", "--expect100-timeout", "15", "--path-as-is", url);
            assertThat(waited.text()).contains(body).endsWith(" 200 1.1");
            assertThat(waited.err()).contains("HTTP/1.1 100 Continue");
            assertThat(curl("--http1.0", "-T", upload.toString(), url)).contains(body);
            assertThat(curl("-F", "file=@" + upload, "-F", "a=b", url)).contains("\"a\": \"b\"");
        }
    }

    /** Without reading on for the body: the client learns at once that it is too large. */
    @Test
    void curlLearnsThatItsUploadIsTooLarge() {
        Programs.require("curl");
        try (var ntk = serve("--max-body", "299999")) {
            assertThat(curl("-T", upload.toString(), url(ntk, "/"))).isEqualTo("the body is too large\n 413 1.1");
            assertThat(curl(SENT, "-T-", url(ntk, "/")).text()).isEqualTo("the body is too large\n 413 1.1");
        }
    }

    @Test
    void wgetPythonAndAbGetTheReply() {
        Programs.require("wget", "python3", "ab");
        try (var ntk = serve("--body", "pong")) {
            String url = url(ntk, "/");
            assertThat(Programs.run(new byte[0], "wget", "-q", "-O", "-", url).text())
                    .isEqualTo("pong");
            assertThat(Programs.run(new byte[0], "wget", "-q", "-O", "-", "--post-file=" + upload, url)
                            .text())
                    .isEqualTo("pong");
            String script = "import http.client,urllib.request as u\n"
                    + "c=http.client.HTTPConnection('127.0.0.1'," + ntk.port() + ",timeout=10)\n"
                    + "for m in ('GET','POST','PUT','DELETE','PATCH'):\n"
                    + "  c.request(m,'/',body=b'x' if m!='GET' else None)\n"
                    + "  print(m, c.getresponse().read().decode())\n"
                    + "c.request('POST','/',body=iter([b'ab',b'cd']),encode_chunked=True)\n"
                    + "print(c.getresponse().status)\n"
                    + "print(u.urlopen('" + url + "',timeout=10).read().decode())\n"
                    + "try: u.urlopen('" + url + "', data=b'x'*2000000,timeout=10)\n"
                    + "except u.HTTPError as e: print(e.code)\n";
            Programs.Result python = Programs.run(new byte[0], "python3", "-c", script);
            assertThat(python.text())
                    .as(python.err())
                    .isEqualTo("GET pong\nPOST pong\nPUT pong\nDELETE pong\nPATCH pong\n200\npong\n413\n");
            assertThat(Programs.run(new byte[0], "ab", "-q", "-k", "-n", "2000", "-c", "8", url)
                            .text())
                    .contains("Complete requests:      2000")
                    .contains("Failed requests:        0");
        }
    }

    @Test
    void theJdksClientUsesOneServerInManyWays() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (var ntk = serve("--dir", folder.toString());
                var inspect = serve("--inspect")) {
            HttpClient client = HttpClient.newBuilder()
                    .executor(threads)
                    .connectTimeout(Duration.ofSeconds(10))
                    .build();
            HttpRequest file = request(ntk, "/upload").build();
            HttpResponse<byte[]> whole = client.send(file, BodyHandlers.ofByteArray());
            assertThat(whole.body()).isEqualTo(SENT);
            HttpRequest part =
                    request(ntk, "/upload").header("Range", "bytes=10-29").build();
            assertThat(client.send(part, BodyHandlers.ofByteArray()).body())
                    .isEqualTo(Arrays.copyOfRange(SENT, 10, 30));
            String tag = whole.headers().firstValue("ETag").orElseThrow();
            HttpRequest again =
                    request(ntk, "/upload").header("If-None-Match", tag).build();
            assertThat(client.send(again, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(304);
            List<CompletableFuture<HttpResponse<byte[]>>> many = IntStream.range(0, 20)
                    .mapToObj(i -> client.sendAsync(file, BodyHandlers.ofByteArray()))
                    .toList();
            many.forEach(each -> assertThat(each.join().body()).isEqualTo(SENT));
            HttpRequest expecting = request(inspect, "/anything")
                    .expectContinue(true)
                    .POST(BodyPublishers.ofByteArray(SENT))
                    .build();
            assertThat(client.send(expecting, BodyHandlers.ofString()).body()).contains(new String(SENT, UTF_8));
            HttpRequest chunked = request(inspect, "/anything")
                    .POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(SENT)))
                    .build();
            assertThat(client.send(chunked, BodyHandlers.ofString()).body()).contains(new String(SENT, UTF_8));
        } finally {
            threads.shutdownNow();
        }
    }

    private static HttpRequest.Builder request(Ntk.Running ntk, String path) {
        return HttpRequest.newBuilder(URI.create(url(ntk, path))).timeout(Duration.ofSeconds(10));
    }
}
