package io.ntk.tcp.http.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.ntk.core.NetEvent;
import io.ntk.tcp.http.inspect.InspectHandler;
import io.ntk.tcp.http.inspect.InspectOptions;
import io.ntk.testsupport.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class AccessLogHandlerTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-21T12:00:00.5Z"), ZoneOffset.UTC);

    private final List<NetEvent> events = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(
            new HttpServerCodec(),
            new AccessLogHandler("http", events::add, NOON),
            new InspectHandler(InspectOptions.DEFAULTS));

    @AfterEach
    void nothingIsLeftBehind() {
        channel.releaseOutbound();
        assertThat(channel.finish()).isFalse();
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    private List<String> lines(AccessLogFormat format) {
        return events.stream().map(event -> format.line((AccessEvent) event)).toList();
    }

    @Test
    void tellsOfEachRequestInTheCommonFormat() {
        send("GET /status/404?a=b HTTP/1.1\r\nHost: h\r\n\r\nGET /bytes/7 HTTP/1.0\r\n\r\n");
        assertThat(lines(AccessLogFormat.COMMON))
                .containsExactly(
                        "unix - - [21/Nov/2026:12:00:00 +0000] \"GET /status/404?a=b HTTP/1.1\" 404 -",
                        "unix - - [21/Nov/2026:12:00:00 +0000] \"GET /bytes/7 HTTP/1.0\" 200 7");
    }

    @Test
    void theCombinedFormatHasRefererAndAgentEscaped() {
        send("GET /status/200 HTTP/1.1\r\nHost: h\r\nReferer: http://r/\r\nUser-Agent: a \"b\" \\\u00e9\r\n\r\n");
        assertThat(lines(AccessLogFormat.COMBINED))
                .containsExactly(
                        "unix - - [21/Nov/2026:12:00:00 +0000] \"GET /status/200 HTTP/1.1\" 200 - \"http://r/\""
                                + " \"a \\\"b\\\" \\\\\\xC3\\xA9\"");
        send("GET /status/200 HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(lines(AccessLogFormat.COMBINED).get(1)).endsWith(" \"-\" \"-\"");
    }

    @Test
    void theJsonFormatIsTheEvent() {
        send("GET /bytes/7 HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\n\r\n");
        assertThat(lines(AccessLogFormat.JSON).get(0))
                .startsWith(
                        "{\"v\":1,\"time\":\"2026-11-21T12:00:00.500Z\",\"event\":\"request\",\"service\":\"http\",")
                .contains(
                        "\"method\":\"GET\",\"target\":\"/bytes/7\",\"version\":\"HTTP/1.1\",\"status\":200,\"bytes\":7,")
                .contains("\"complete\":true", "\"agent\":\"x\"")
                .doesNotContain("referer", "user\"");
    }

    @Test
    void countsRepliesInPieces() {
        send("GET /stream/2 HTTP/1.1\r\nHost: h\r\n\r\n");
        long size = ((AccessEvent) events.get(0)).told().bytes();
        assertThat(size).isGreaterThan(100);
    }

    @Test
    void namesTheUser() {
        channel.attr(BasicAuthHandler.USER).set("ann b");
        send("GET /status/200 HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(lines(AccessLogFormat.COMMON).get(0)).startsWith("unix - ann\\x20b [");
    }

    @Test
    void tellsOfRequestsThatTheClientDidNotWaitFor() {
        channel.freezeTime();
        send("GET /delay/5 HTTP/1.1\r\nHost: h\r\n\r\nGET /ip HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(events).isEmpty();
        channel.close();
        channel.advanceTimeBy(5, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(events).hasSize(2).allSatisfy(event -> assertThat(((AccessEvent) event).told())
                .isEqualTo(new AccessEvent.Told(0, 0, false)));
    }

    @Test
    void aReplyThatIsCutOffIsNotComplete() {
        channel.freezeTime();
        send("GET /drip?numbytes=10&duration=5 HTTP/1.1\r\nHost: h\r\n\r\n");
        channel.close();
        assertThat(events).hasSize(1);
        assertThat(((AccessEvent) events.get(0)).told()).isEqualTo(new AccessEvent.Told(200, 1, false));
    }

    @Test
    void tellsOfWhatWasNeverUnderstood() {
        send("\0\0\0 / HTTP/1.1\r\n\r\n");
        assertThat(lines(AccessLogFormat.COMMON)).containsExactly("unix - - [21/Nov/2026:12:00:00 +0000] \"-\" 400 33");
    }

    @Test
    void informationalRepliesAreNotTheReply() {
        ChannelHandler hundred = new io.netty.handler.codec.http.HttpServerExpectContinueHandler();
        channel.pipeline()
                .addBefore(channel.pipeline().context(InspectHandler.class).name(), "expect", hundred);
        send("POST /status/201 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx");
        assertThat(lines(AccessLogFormat.COMMON)).hasSize(1).first().asString().contains("\" 201 -");
    }

    @Test
    void longHeadersAreCut() {
        send("GET /status/200 HTTP/1.1\r\nHost: h\r\nUser-Agent: " + "x".repeat(1025) + "\r\n\r\n");
        assertThat(((AccessEvent) events.get(0)).asked().agent()).hasSize(1024);
    }

    @Test
    void foreignMessagesPass() {
        channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
        assertThat(events).hasSize(1);
        channel.pipeline().fireChannelRead("foreign");
        assertThat(channel.<String>readInbound()).isEqualTo("foreign");
    }
}
