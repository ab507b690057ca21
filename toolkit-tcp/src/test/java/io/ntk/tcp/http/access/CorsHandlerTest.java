package io.ntk.tcp.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.tcp.http.inspect.InspectHandler;
import io.ntk.tcp.http.inspect.InspectOptions;
import io.ntk.testsupport.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class CorsHandlerTest {
    private static final CorsOptions ONE = new CorsOptions(Set.of("https://app.example"));

    private static String ask(CorsOptions options, String method, String... headers) {
        var channel = new EmbeddedChannel(
                new HttpServerCodec(), new CorsHandler(options), new InspectHandler(InspectOptions.DEFAULTS));
        String request = method + " /status/200 HTTP/1.1\r\nHost: h\r\n" + String.join("\r\n", headers)
                + (headers.length == 0 ? "\r\n" : "\r\n\r\n");
        channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.UTF_8));
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.UTF_8));
            part.release();
        }
        assertThat(channel.finish()).isFalse();
        return all.toString();
    }

    @Test
    void allowsEveryOrigin() {
        assertThat(ask(CorsOptions.ANY, "GET", "Origin: https://a.example"))
                .contains("access-control-allow-origin: *\r\n", "access-control-expose-headers: *\r\n")
                .doesNotContain("vary");
        assertThat(ask(CorsOptions.ANY, "GET")).doesNotContain("access-control");
    }

    @Test
    void allowsNamedOriginsAndTellsCaches() {
        assertThat(ask(ONE, "GET", "Origin: https://app.example"))
                .contains("access-control-allow-origin: https://app.example\r\n", "vary: origin\r\n");
        assertThat(ask(ONE, "GET", "Origin: https://other.example"))
                .startsWith("HTTP/1.1 200 ")
                .contains("vary: origin\r\n")
                .doesNotContain("access-control");
        assertThat(ask(ONE, "GET")).contains("vary: origin\r\n").doesNotContain("access-control");
    }

    @Test
    void answersPreflights() {
        assertThat(ask(
                        ONE,
                        "OPTIONS",
                        "Origin: https://app.example",
                        "Access-Control-Request-Method: PUT",
                        "Access-Control-Request-Headers: x-a, content-type"))
                .startsWith("HTTP/1.1 204 ")
                .contains(
                        "access-control-allow-origin: https://app.example\r\n",
                        "access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n",
                        "access-control-allow-headers: x-a, content-type\r\n",
                        "access-control-max-age: 600\r\n")
                .doesNotContain("content-length");
        assertThat(ask(ONE, "OPTIONS", "Origin: https://other.example", "Access-Control-Request-Method: PUT"))
                .startsWith("HTTP/1.1 403 ")
                .doesNotContain("access-control");
    }

    @Test
    void doesNotRepeatWhatAreNoNamesOfHeaders() {
        assertThat(ask(
                        CorsOptions.ANY,
                        "OPTIONS",
                        "Origin: https://a.example",
                        "Access-Control-Request-Method: PUT",
                        "Access-Control-Request-Headers: x-a; b"))
                .startsWith("HTTP/1.1 204 ")
                .doesNotContain("allow-headers");
    }

    @Test
    void anOptionsRequestThatIsNoPreflightGoesOn() {
        assertThat(ask(CorsOptions.ANY, "OPTIONS", "Origin: https://a.example"))
                .startsWith("HTTP/1.1 200 ")
                .contains("access-control-allow-origin: *");
    }

    @Test
    void aPreflightThatClosesIsTheLast() {
        assertThat(ask(
                        CorsOptions.ANY,
                        "OPTIONS",
                        "Origin: https://a.example",
                        "Connection: close",
                        "Access-Control-Request-Method: PUT"))
                .contains("connection: close");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app.example",
                "https://",
                "https://app.example/",
                "https://App.example",
                "*",
                "https://a b",
                "null"
            })
    void refusesWhatIsNoOrigin(String origin) {
        assertThatThrownBy(() -> new CorsOptions(Set.of(origin)))
                .hasMessageStartingWith("origin: " + origin + " (expected: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://app.example", "http://localhost:3000", "http://[::1]:80", "chrome-extension://abc"})
    void takesOrigins(String origin) {
        assertThat(ask(new CorsOptions(Set.of(origin)), "GET", "Origin: " + origin))
                .contains("access-control-allow-origin: " + origin + "\r\n");
    }
}
