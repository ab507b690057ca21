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
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class BasicAuthHandlerTest {
    private final Queue<Runnable> work = new ArrayDeque<>();
    private final BasicAuth auth = new BasicAuth(PasswordFile.parse("ann:" + PasswordFileTest.HASH), "r", work::add);
    private final EmbeddedChannel channel = new EmbeddedChannel(
            new HttpServerCodec(), new BasicAuthHandler(auth), new InspectHandler(InspectOptions.DEFAULTS));

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(channel.finish()).isFalse();
    }

    private static String get(String path, String password) {
        return "GET " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: Basic "
                + Base64.getEncoder().encodeToString(password.getBytes(StandardCharsets.UTF_8)) + "\r\n\r\n";
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    private void check() {
        work.remove().run();
        channel.runPendingTasks();
    }

    private String answer() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.UTF_8));
            part.release();
        }
        return all.toString();
    }

    @Test
    void letsAUserThroughAndRemembers() {
        send(get("/status/201", "ann:s:cret"));
        assertThat(answer()).isEmpty();
        assertThat(channel.config().isAutoRead()).isFalse();
        check();
        assertThat(answer()).startsWith("HTTP/1.1 201 ");
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(channel.attr(BasicAuthHandler.USER).get()).isEqualTo("ann");
        send(get("/status/202", "ann:s:cret"));
        assertThat(answer()).startsWith("HTTP/1.1 202 ");
        assertThat(work).isEmpty();
    }

    @Test
    void refusesAWrongPasswordEachTimeItComes() {
        for (int i = 0; i < 2; i++) {
            send(get("/ip", "ann:wrong"));
            check();
            assertThat(answer())
                    .startsWith("HTTP/1.1 401 ")
                    .contains("www-authenticate: Basic realm=\"r\", charset=\"UTF-8\"\r\n");
        }
        assertThat(channel.attr(BasicAuthHandler.USER).get()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer x", "Basic", "Basic ", "Basic !", "Basic YW5u", "Basic /w==", "Basicx YTpi"})
    void refusesWhatIsNoNameAndPasswordWithoutACheck(String header) {
        send("GET /ip HTTP/1.1\r\nHost: h\r\n" + (header.isEmpty() ? "" : "Authorization: " + header + "\r\n")
                + "\r\n");
        assertThat(answer()).startsWith("HTTP/1.1 401 ");
        assertThat(work).isEmpty();
    }

    @Test
    void theSchemeMayBeInAnyCase() {
        send(get("/status/201", "ann:s:cret").replace("Basic", "bASIC"));
        check();
        assertThat(answer()).startsWith("HTTP/1.1 201 ");
    }

    @Test
    void pipelinedRequestsKeepTheirOrder() {
        send(get("/status/201", "ann:s:cret") + get("/status/202", "ann:bad") + get("/status/203", "ann:s:cret"));
        check();
        assertThat(answer()).startsWith("HTTP/1.1 201 ").doesNotContain("401");
        check();
        assertThat(answer()).containsSubsequence("HTTP/1.1 401 ", "HTTP/1.1 203 ");
    }

    @Test
    void theBodyOfARefusedRequestIsDropped() {
        send("POST /ip HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
        assertThat(answer()).isEmpty();
        send("cd" + get("/status/201", "ann:s:cret"));
        check();
        assertThat(answer()).containsSubsequence("HTTP/1.1 401 ", "HTTP/1.1 201 ");
    }

    @Test
    void aHeadGetsNoBodyAndACloseIsHonoured() {
        send("HEAD /ip HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assertThat(answer())
                .contains("connection: close")
                .doesNotContain("content-length: 0")
                .endsWith("\r\n\r\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aClientThatLeavesWhileItIsCheckedLeavesNothing() {
        send(get("/ip", "ann:s:cret") + get("/ip", "ann:s:cret"));
        channel.close();
        check();
        assertThat(answer()).isEmpty();
    }

    @Test
    void beyondSixtyFourThatWaitTheAnswerIsBusy() {
        for (int i = 0; i < BasicAuth.MAX_WAITING; i++) {
            assertThat(auth.check("ann", "x" + i)).isNotDone();
        }
        assertThat(auth.check("ann", "x")).isCompletedExceptionally();
        send(get("/ip", "ann:s:cret"));
        channel.runPendingTasks();
        assertThat(answer()).startsWith("HTTP/1.1 503 ").contains("retry-after: 1\r\n");
        work.remove().run();
        send(get("/ip", "ann:s:cret"));
        assertThat(answer()).isEmpty();
        while (!work.isEmpty()) {
            check();
        }
        assertThat(answer()).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void workersThatTakeNothingMoreGiveTheirPlacesBack() {
        BasicAuth tired = new BasicAuth(PasswordFile.parse("ann:" + PasswordFileTest.HASH), "r", task -> {
            throw new RejectedExecutionException();
        });
        for (int i = 0; i <= BasicAuth.MAX_WAITING; i++) {
            assertThat(tired.check("ann", "x")).isCompletedExceptionally();
        }
    }

    @Test
    void aRealmWithQuotesIsRefused() {
        PasswordFile users = PasswordFile.parse("ann:" + PasswordFileTest.HASH);
        assertThatThrownBy(() -> new BasicAuth(users, "a\"b", Runnable::run)).hasMessageStartingWith("realm: ");
    }
}
