package io.ntk.tcp.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import io.ntk.testsupport.LeakCheck;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class PipelineOrderHandlerTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private final Later later = new Later();
    private EmbeddedChannel channel = channel(HttpLimits.DEFAULTS);

    @AfterEach
    void nothingIsLeftBehind() {
        channel.releaseOutbound();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void givesTheNextRequestWhenTheReplyIsComplete() {
        send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(later.requests).containsExactly("/1");
        later.answer(200);
        assertThat(later.requests).containsExactly("/1", "/2");
        later.answer(404);
        assertThat(written()).contains("200 OK").contains("404 Not Found");
    }

    @Test
    void pausesReadingWithTheBoundInFlight() {
        send(GET.repeat(63));
        assertThat(ReadGate.of(channel).isPaused()).isFalse();
        send(GET);
        assertThat(ReadGate.of(channel).isPaused()).isTrue();
        later.answer(200);
        assertThat(ReadGate.of(channel).isPaused()).isFalse();
    }

    @Test
    void holdsNoMoreThanAReadOfRequestsThatNobodyAnswers() {
        for (int i = 0; i < 10; i++) {
            send(GET.repeat(1000));
        }
        int before = later.requests.size();
        assertThat(before).isEqualTo(1);
        assertThat(ReadGate.of(channel).isPaused()).isTrue();
    }

    @Test
    void answersAViolationBehindTheRepliesBeforeIt() {
        send(GET + "GET / HTTP/1.1\r\n\r\n");
        assertThat(channel.isOpen()).isTrue();
        later.answer(200);
        assertThat(written()).contains("200 OK").contains("400 Bad Request");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void closesBehindTheLastRequestOfAConnection() {
        channel.close();
        channel = channel(HttpLimits.DEFAULTS.withRequests(2));
        send(GET + GET + GET);
        later.answer(200);
        assertThat(channel.isOpen()).isTrue();
        later.answer(200);
        assertThat(channel.isOpen()).isFalse();
        assertThat(written().split("connection: close", -1)).hasSize(2);
    }

    @Test
    void endsWhatIsUnderWayAtADrain() {
        send(GET + GET);
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(channel.isOpen()).isTrue();
        later.answer(200);
        assertThat(channel.isOpen()).isFalse();
        assertThat(written()).containsOnlyOnce("200 OK").contains("connection: close");
    }

    @Test
    void closesAtOnceAtADrainWithoutARequest() {
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void givesAReplyWithoutALengthAnEnd() {
        send(GET);
        later.answerInParts();
        assertThat(written()).contains("transfer-encoding: chunked").endsWith("2\r\nhi\r\n0\r\n\r\n");
        assertThat(channel.isOpen()).isTrue();
        send("GET / HTTP/1.0\r\n\r\n");
        later.answerInParts();
        assertThat(written()).contains("connection: close").endsWith("\r\n\r\nhi");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void answersWhatTheStandardCodecCouldNotDecode() {
        channel.close();
        channel = new EmbeddedChannel(new HttpServerCodec(), new PipelineOrderHandler(HttpLimits.DEFAULTS));
        send("GET /" + "x".repeat(5000) + " HTTP/1.1\r\n\r\n");
        assertThat(written()).startsWith("HTTP/1.1 414 ");
        assertThat(channel.isOpen()).isFalse();
    }

    private EmbeddedChannel channel(HttpLimits limits) {
        return new EmbeddedChannel(
                new StrictHttpHandler(limits, Set.of()),
                new HttpCodec(limits, 0, true),
                new PipelineOrderHandler(limits),
                later);
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, ISO_8859_1));
    }

    private String written() {
        return new String(RequestTableTest.written(channel), ISO_8859_1);
    }

    /** Answers when it is told to. */
    @io.netty.channel.ChannelHandler.Sharable
    private static final class Later extends ChannelInboundHandlerAdapter {
        private final Queue<String> requests = new ArrayDeque<>();
        private @Nullable ChannelHandlerContext last;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            last = ctx;
            if (message instanceof HttpRequest request) {
                requests.add(request.uri());
            }
            ReferenceCountUtil.release(message);
        }

        void answer(int status) {
            context()
                    .writeAndFlush(new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.EMPTY_BUFFER));
        }

        private ChannelHandlerContext context() {
            return requireNonNull(last, "no request yet");
        }

        void answerInParts() {
            context().write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
            context().write(new DefaultHttpContent(Unpooled.copiedBuffer("hi", ISO_8859_1)));
            context().writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }
}
