package io.ntk.tcp.http.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.core.ReadGate;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class InspectHandlerTest {
    private static final InspectOptions LIMITS = InspectOptions.DEFAULTS
            .withMaxBodyBytes(1000)
            .withMaxReplyBytes(2000)
            .withMaxDelay(Duration.ofSeconds(3));

    private final EmbeddedChannel channel = new EmbeddedChannel(
            new RecordingRequestDecoder(new HttpDecoderConfig(), 4000),
            new HttpResponseEncoder(),
            new InspectHandler(LIMITS));

    @BeforeEach
    void timeStandsStill() {
        channel.freezeTime();
    }

    @AfterEach
    void nothingIsLeftBehind() {
        channel.releaseOutbound();
        assertThat(channel.finish()).isFalse();
    }

    private byte[] answerBytes() {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes).release();
        return bytes;
    }

    private String answer() {
        return new String(answerBytes(), StandardCharsets.ISO_8859_1);
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    private String get(String target, String... headers) {
        return ask("GET", target, "", headers);
    }

    private String ask(String method, String target, String body, String... headers) {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: example.org\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        if (!body.isEmpty()) {
            head.append("Content-Length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n");
        }
        send(head + "\r\n" + body);
        return answer();
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    @Test
    void showsARequest() {
        assertThat(ask("POST", "/anything/a%20b?x=1&y=2&y=3", "{\"k\": [1]}", "Content-Type: application/json"))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("content-type: application/json\r\n")
                .endsWith("""
                        {
                          "args": {
                            "x": "1",
                            "y": [
                              "2",
                              "3"
                            ]
                          },
                          "data": "{\\"k\\": [1]}",
                          "files": {},
                          "form": {},
                          "headers": {
                            "Host": "example.org",
                            "Content-Type": "application/json",
                            "Content-Length": "10"
                          },
                          "json": {"k": [1]},
                          "method": "POST",
                          "origin": "unix",
                          "url": "http://example.org/anything/a%20b?x=1&y=2&y=3"
                        }
                        """);
    }

    @Test
    void showsAForm() {
        assertThat(ask("POST", "/anything", "a=1&b=x%20y", "Content-Type: application/x-www-form-urlencoded"))
                .contains(
                        "\"form\": {\n    \"a\": \"1\",\n    \"b\": \"x y\"\n  }", "\"data\": \"\"", "\"json\": null");
    }

    @Test
    void showsAFormWithAFile() {
        String form = """
                --B\r
                Content-Disposition: form-data; name="a"\r
                \r
                1\r
                --B\r
                Content-Disposition: form-data; name="f"; filename="../x.txt"\r
                Content-Type: text/plain\r
                \r
                hello\r
                --B--\r
                """;
        assertThat(ask("POST", "/anything", form, "Content-Type: multipart/form-data; boundary=B"))
                .contains(
                        "\"form\": {\n    \"a\": \"1\"\n  }",
                        "\"files\": {\n    \"f\": \"hello\"\n  }",
                        "\"data\": \"\"");
    }

    @Test
    void showsABrokenFormAsItIs() {
        assertThat(ask("POST", "/anything", "no form", "Content-Type: multipart/form-data; boundary=B"))
                .contains("\"data\": \"no form\"", "\"form\": {}");
    }

    @Test
    void showsABodyThatIsNoTextAsADataUrl() {
        send("POST /anything HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {(byte) 0xff, 0}));
        assertThat(answer()).contains("\"data\": \"data:application/octet-stream;base64,/wA=\"");
    }

    @Test
    void showsHeadersAndOrigin() {
        assertThat(body(get("/headers", "X-A: 1", "X-A: 2", "X-B: \u00e9")))
                .contains("\"Host\": \"example.org\"", "\"X-A\": \"1,2\"");
        assertThat(body(get("/ip"))).isEqualTo("{\n  \"origin\": \"unix\"\n}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/headers", "/ip", "/gzip"})
    void whatOnlyShowsTakesOnlyGetAndHead(String path) {
        assertThat(ask("POST", path, "")).startsWith("HTTP/1.1 405 ").contains("allow: GET, HEAD, OPTIONS");
        assertThat(ask("OPTIONS", path, "")).startsWith("HTTP/1.1 200 ").contains("allow: GET, HEAD, OPTIONS");
        assertThat(ask("HEAD", path, ""))
                .startsWith("HTTP/1.1 200 ")
                .doesNotContain("content-length: 0")
                .endsWith("\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "200, 'content-length: 0'",
        "201, 'content-length: 0'",
        "404, 'content-length: 0'",
        "418, 'content-length: 0'",
        "503, 'content-length: 0'",
        "599, 'content-length: 0'",
        "302, 'location: /redirect/1'",
        "401, 'www-authenticate: Basic'",
        "407, 'proxy-authenticate: Basic'",
        "405, 'allow: '",
        "426, 'upgrade: '"
    })
    void answersAStatus(String code, String header) {
        assertThat(ask("PUT", "/status/" + code, "x"))
                .startsWith("HTTP/1.1 " + code + " ")
                .contains(header);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void someStatusesHaveNeitherBodyNorLength(int code) {
        assertThat(get("/status/" + code))
                .startsWith("HTTP/1.1 " + code + " ")
                .doesNotContain("content-length", "content-type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/status/199", "/status/600", "/status/x", "/status/200:101", "/status/200:0", "/status/",
                        "/status/9999999999",
                "/bytes/-1", "/bytes/x", "/stream/1e3", "/delay/x", "/delay/1.", "/redirect/0", "/drip?numbytes=0",
                "/drip?code=99", "/drip?duration=-1", "/etag/a%22b", "/anything/%zz"
            })
    void tellsWhatIsWrongWithAPath(String path) {
        assertThat(get(path)).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void whatIsWrongIsToldWithoutControlCharacters() {
        assertThat(get("/status/%1b%5b2J%0a9")).startsWith("HTTP/1.1 400 ").contains("\\u001b[2J\\n9");
    }

    @Test
    void choosesAmongStatusesByChance() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            seen.add(get("/status/200,500:3").substring(9, 12));
        }
        assertThat(seen).containsExactlyInAnyOrder("200", "500");
        assertThat(get("/status/200:0,404")).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void holdsAReplyBack() {
        assertThat(get("/delay/1.5")).isEmpty();
        channel.advanceTimeBy(1499, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).isEmpty();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).contains("\"url\": \"http://example.org/delay/1.5\"");
    }

    @Test
    void aLongerDelayIsLoweredToTheLimit() {
        assertThat(get("/delay/999999999")).isEmpty();
        channel.advanceTimeBy(3, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void requestsBehindADelayWaitInOrderAndReadingStops() {
        send("GET /delay/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /status/201 HTTP/1.1\r\nHost: h\r\n\r\n");
        send("GET /status/202 HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(answer()).isEmpty();
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).containsSubsequence("HTTP/1.1 200 ", "HTTP/1.1 201 ", "HTTP/1.1 202 ");
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void manyRequestsBehindADelayAreAnsweredWithoutDepth() {
        send("GET /delay/1 HTTP/1.1\r\nHost: h\r\n\r\n");
        send("GET /status/204 HTTP/1.1\r\nHost: h\r\n\r\n".repeat(20_000));
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer().split("HTTP/1.1 204 ", -1)).hasSize(20_001);
    }

    @Test
    void aClientThatLeavesDuringADelayLeavesNothing() {
        send(
                "GET /delay/1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /anything HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        channel.close();
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).isEmpty();
    }

    @Test
    void givesRandomBytesUpToTheLimit() {
        byte[] answer = bytes("/bytes/1999");
        assertThat(answer).hasSize(1999).isNotEqualTo(bytes("/bytes/1999"));
        assertThat(bytes("/bytes/2000")).hasSize(2000);
        assertThat(bytes("/bytes/2001")).hasSize(2000);
        assertThat(bytes("/bytes/100?seed=7")).isEqualTo(bytes("/bytes/100?seed=7"));
    }

    private byte[] bytes(String target) {
        send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        byte[] answer = answerBytes();
        String head = new String(answer, StandardCharsets.ISO_8859_1);
        return Arrays.copyOfRange(answer, head.indexOf("\r\n\r\n") + 4, answer.length);
    }

    @Test
    void streamsLinesInChunks() {
        String answer = get("/stream/3");
        assertThat(answer).contains("transfer-encoding: chunked\r\n", "\"id\": 0", "\"id\": 2");
        assertThat(answer).doesNotContain("\"id\": 3").endsWith("0\r\n\r\n");
        assertThat(get("/stream/0")).endsWith("\r\n\r\n0\r\n\r\n");
    }

    @Test
    void aStreamIsBoundedInLinesAndBytes() {
        String small = get("/stream/1000");
        assertThat(small.length()).isLessThan(3000);
        EmbeddedChannel roomy = new EmbeddedChannel(new HttpServerCodec(), new InspectHandler(InspectOptions.DEFAULTS));
        roomy.writeInbound(
                Unpooled.copiedBuffer("GET /stream/1000 HTTP/1.1\r\nHost: h\r\n\r\n", StandardCharsets.UTF_8));
        String text = "";
        for (ByteBuf part = roomy.readOutbound(); part != null; part = roomy.readOutbound()) {
            text += part.toString(StandardCharsets.UTF_8);
            part.release();
        }
        assertThat(text).contains("\"id\": 99").doesNotContain("\"id\": 100");
        roomy.finish();
    }

    @Test
    void aStreamForHttp10EndsWithTheConnection() {
        send("GET /stream/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assertThat(answer())
                .contains("connection: close")
                .doesNotContain("chunked")
                .endsWith("}\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void dripsBytesOverATime() {
        assertThat(get("/drip?numbytes=3&duration=1.5&delay=1")).isEmpty();
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).contains("content-length: 3\r\n").endsWith("\r\n\r\n*");
        channel.advanceTimeBy(500, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).isEqualTo("*");
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(answer()).isEqualTo("*");
        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(get("/status/201")).startsWith("HTTP/1.1 201 ");
    }

    @Test
    void redirectsCountDown() {
        assertThat(get("/redirect/2")).startsWith("HTTP/1.1 302 ").contains("location: /redirect/1\r\n");
        assertThat(get("/redirect/1")).contains("location: /anything\r\n");
    }

    @Test
    void asksForAPassword() {
        String good = Base64.getEncoder().encodeToString("ann:s:cret".getBytes(StandardCharsets.UTF_8));
        assertThat(get("/basic-auth/ann/s:cret"))
                .startsWith("HTTP/1.1 401 ")
                .contains("www-authenticate: Basic realm=");
        assertThat(get("/basic-auth/ann/s:cret", "Authorization: Basic " + good + "x"))
                .startsWith("HTTP/1.1 401 ");
        assertThat(get("/basic-auth/ann/s:cret", "Authorization: Basic " + good))
                .startsWith("HTTP/1.1 200 ")
                .contains("\"authenticated\": true", "\"user\": \"ann\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | X-None: 1                | 200",
                "GET | If-None-Match: \"abc\"   | 304",
                "GET | If-None-Match: W/\"abc\" | 304",
                "GET | If-None-Match: \"x\", \"abc\" | 304",
                "GET | If-None-Match: *         | 304",
                "GET | If-None-Match: \"x\"     | 200",
                "PUT | If-None-Match: *         | 412",
                "GET | If-Match: \"abc\"        | 200",
                "GET | If-Match: *              | 200",
                "GET | If-Match: W/\"abc\"      | 412",
                "GET | If-Match: \"x\"          | 412",
            })
    void honoursConditions(String method, String header, String code) {
        assertThat(ask(method, "/etag/abc", "", header))
                .startsWith("HTTP/1.1 " + code + " ")
                .contains("etag: \"abc\"\r\n");
    }

    @Test
    void compresses() throws IOException {
        send("GET /gzip HTTP/1.1\r\nHost: h\r\n\r\n");
        byte[] answer = answerBytes();
        String head = new String(answer, StandardCharsets.ISO_8859_1);
        int start = head.indexOf("\r\n\r\n") + 4;
        assertThat(head).contains("content-encoding: gzip\r\n");
        try (var gzip = new GZIPInputStream(new ByteArrayInputStream(answer, start, answer.length - start))) {
            assertThat(new String(gzip.readAllBytes(), StandardCharsets.UTF_8)).contains("\"gzipped\": true");
        }
    }

    @Test
    void echoesARequestByteForByteAtEverySplit() {
        String request = """
                POST /echo?a HTTP/1.1\r
                host:   h\r
                X-Odd:\t a  \r
                Transfer-Encoding: chunked\r
                \r
                3;ext=1\r
                abc\r
                02\r
                de\r
                0\r
                Trailer: x\r
                \r
                """;
        for (int split = 0; split <= request.length(); split++) {
            send(request.substring(0, split));
            send(request.substring(split));
            assertThat(body(answer())).as("split at " + split).isEqualTo(request);
        }
        send("GET /ip HTTP/1.1\r\nHost: h\r\n\r\n" + request + "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(answer()).contains(request).endsWith("\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    @Test
    void aRequestTooLongToKeepIsNotEchoed() {
        String head = "POST /echo HTTP/1.1\r\nHost: h\r\nX: %s\r\nContent-Length: 900\r\n\r\n";
        int rest = 4000 - 900 - head.formatted("").length();
        send(head.formatted("x".repeat(rest)) + "b".repeat(900));
        assertThat(answer()).startsWith("HTTP/1.1 200 ");
        send(head.formatted("x".repeat(rest + 1)) + "b".repeat(900));
        assertThat(answer()).startsWith("HTTP/1.1 501 ");
    }

    @Test
    void withoutTheRecordingDecoderThereIsNoEcho() {
        EmbeddedChannel plain = new EmbeddedChannel(new HttpServerCodec(), new InspectHandler(LIMITS));
        plain.writeInbound(Unpooled.copiedBuffer("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", StandardCharsets.UTF_8));
        ByteBuf answer = plain.readOutbound();
        assertThat(answer.toString(StandardCharsets.UTF_8)).startsWith("HTTP/1.1 501 ");
        answer.release();
        plain.finishAndReleaseAll();
    }

    @Test
    void aBodyAtTheLimitIsTakenAndOneBeyondIsRefused() {
        assertThat(ask("POST", "/status/200", "x".repeat(1000))).startsWith("HTTP/1.1 200 ");
        assertThat(ask("POST", "/status/200", "x".repeat(1001)))
                .startsWith("HTTP/1.1 413 ")
                .contains("connection: close");
        channel.advanceTimeBy(3, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aChunkedBodyBeyondTheLimitIsRefused() {
        send("POST /status/200 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        send("1f4\r\n" + "x".repeat(500) + "\r\n1f4\r\n" + "x".repeat(500) + "\r\n1\r\nx\r\n0\r\n\r\n");
        assertThat(answer()).startsWith("HTTP/1.1 413 ");
    }

    @Test
    void whatCannotBeDecodedIsRefused() {
        send("GET / HTTP/1.1\r\nBad Header: x\r\n\r\n");
        assertThat(answer()).startsWith("HTTP/1.1 400 ").contains("connection: close");
    }

    @Test
    void aConnectionThatIsNotKeptIsClosed() {
        assertThat(get("/ip", "Connection: close")).contains("connection: close");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void unknownPathsGetTheList() {
        assertThat(get("/nowhere")).startsWith("HTTP/1.1 404 ").contains("/basic-auth/USER/PASSWORD");
        assertThat(get("/")).startsWith("HTTP/1.1 200 ").contains("/basic-auth/USER/PASSWORD");
        assertThat(get("http://other/ip")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void foreignMessagesArePassedOn() {
        channel.pipeline().fireChannelRead("foreign");
        assertThat(channel.<String>readInbound()).isEqualTo("foreign");
    }

    @Test
    void removedDuringADelayItReadsAgain() {
        send("GET /delay/1 HTTP/1.1\r\nHost: h\r\n\r\n");
        channel.pipeline().remove(InspectHandler.class);
        ReadGate gate = ReadGate.of(channel);
        assertThat(gate).isNotNull();
        assertThat(channel.config().isAutoRead()).isTrue();
    }
}
