package io.ntk.tcp.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.core.ReadGate;
import io.ntk.testsupport.LeakCheck;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class HttpTimeoutsHandlerTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

    private EmbeddedChannel channel = channel(new FixedResponseHandler(FixedReplies.of(FixedReply.text("x"))));

    @AfterEach
    void nothingIsLeftBehind() {
        channel.releaseOutbound();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void closesSilentlyWithoutAFirstByte() {
        pass(9_999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
        assertThat(said()).isEmpty();
    }

    @Test
    void closesSilentlyBetweenRequests() {
        send(GET);
        said();
        pass(29_999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
        assertThat(said()).isEmpty();
    }

    @Test
    void aClientThatStillTakesAReplyIsNotIdle() {
        var stuck = new ChannelOutboundHandlerAdapter() {
            @Override
            public void flush(ChannelHandlerContext ctx) {
                // What is written stays in the channel.
            }
        };
        channel.pipeline().addFirst(stuck);
        send(GET);
        for (int i = 0; i < 5; i++) {
            pass(30_000);
            assertThat(channel.isOpen()).isTrue();
        }
        channel.pipeline().remove(stuck);
        channel.flush();
        assertThat(said()).startsWith("200");
        pass(29_999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void eachRequestStartsTheIdleTimeAnew() {
        for (int i = 0; i < 5; i++) {
            send(GET);
            pass(29_999);
        }
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void answersASlowHeadWith408() {
        send("G");
        for (int i = 0; i < 9; i++) {
            pass(1_000);
            send("E");
        }
        pass(999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(said()).isEqualTo("408");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void timesAHeadFromItsFirstByteThoughItCameWithAnotherRequest() {
        send(GET + "G");
        assertThat(said()).startsWith("200");
        pass(9_999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(said()).isEqualTo("408");
    }

    @Test
    void answersASlowBodyWith408() {
        send(POST + "x".repeat(10 * 1024 - 1));
        pass(10_000);
        assertThat(said()).isEqualTo("408");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void bearsABodyThatIsFastEnough() {
        send(POST);
        for (int i = 0; i < 5; i++) {
            send("x".repeat(10 * 1024));
            pass(9_999);
            assertThat(channel.isOpen()).isTrue();
        }
        pass(10);
        assertThat(said()).isEmpty();
        send("x".repeat(10 * 1024));
        pass(9_980);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void answersARequestThatTakesTooLongWith408() {
        send(POST);
        for (int i = 0; i < 59; i++) {
            pass(1_000);
            send("x".repeat(2048));
        }
        pass(999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(said()).isEqualTo("408");
    }

    @Test
    void doesNotRunWhileAReplyIsBeingMade() {
        channel.close();
        channel = channel(new ChannelInboundHandlerAdapter());
        send(GET);
        channel.releaseInbound();
        pass(3_600_000);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void doesNotRunWhileReadingIsPaused() {
        send("G");
        ReadGate.of(channel).pause(this);
        pass(3_600_000);
        ReadGate.of(channel).resume(this);
        pass(9_999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(said()).isEqualTo("408");
    }

    @Test
    void worksAloneBehindTheStandardCodec() {
        channel.close();
        channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addLast(new HttpServerCodec(), new HttpTimeoutsHandler(HttpTimeouts.DEFAULTS));
        send("GET / ");
        pass(9_999);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(said()).isEqualTo("408");
        assertThat(channel.isOpen()).isFalse();
    }

    private static EmbeddedChannel channel(ChannelHandler last) {
        var channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline()
                .addLast(
                        new StrictHttpHandler(HttpLimits.DEFAULTS, Set.of()),
                        new HttpCodec(HttpLimits.DEFAULTS, 0, true),
                        new HttpTimeoutsHandler(HttpTimeouts.DEFAULTS),
                        new PipelineOrderHandler(HttpLimits.DEFAULTS),
                        last);
        return channel;
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, ISO_8859_1));
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private String said() {
        return Replies.summary(RequestTableTest.written(channel), false);
    }
}
