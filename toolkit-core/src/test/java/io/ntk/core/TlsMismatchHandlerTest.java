package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.core.TlsMismatchHandler.Port;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Splits;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class TlsMismatchHandlerTest {
    private static final byte[] HELLO = {0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00};

    private static HalfOpenChannel channel(Port port) {
        HalfOpenChannel channel = new HalfOpenChannel();
        channel.pipeline().addLast(new TlsMismatchHandler(port));
        return channel;
    }

    private static byte[] answer(HalfOpenChannel channel) {
        ByteBuf answer = channel.readOutbound();
        try {
            return ByteBufUtil.getBytes(answer);
        } finally {
            answer.release();
        }
    }

    @Test
    void sendsATlsClientOfAPlainPortAnAlert() {
        for (int first = 1; first <= HELLO.length; first++) {
            HalfOpenChannel channel = channel(Port.PLAIN);
            channel.writeInbound(Unpooled.copiedBuffer(HELLO, 0, first));
            channel.writeInbound(Unpooled.copiedBuffer(HELLO, first, HELLO.length - first));
            assertThat(answer(channel)).containsExactly(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x0a);
            assertThat(channel.outputWasShutDown()).isTrue();
            assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.TLS);
            assertThat(channel.inboundMessages()).isEmpty();
            assertThat(channel.finish()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"G", "GET / HTTP/1.1\r\n", "\u0000", "\u0015", "\u0017\u0003", "\u0080.\u0001"})
    void sendsAPlainClientOfATlsPortALine(String text) {
        HalfOpenChannel channel = channel(Port.TLS);
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
        assertThat(answer(channel)).asString().isEqualTo("error: this port speaks TLS\n");
        assertThat(channel.outputWasShutDown()).isTrue();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.TLS);
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void letsWhatFitsThroughAndLeaves() {
        for (Port port : Port.values()) {
            byte[] fitting = port == Port.TLS ? HELLO : "\u0015hello".getBytes(StandardCharsets.US_ASCII);
            Splits.sameAtEverySplit(fitting, () -> new EmbeddedChannel(new TlsMismatchHandler(port), new Gathering()));
            HalfOpenChannel channel = channel(port);
            channel.writeInbound(Unpooled.EMPTY_BUFFER, "no bytes");
            assertThat(channel.pipeline().get(TlsMismatchHandler.class)).isNotNull();
            channel.writeInbound(Unpooled.copiedBuffer(fitting));
            assertThat(channel.pipeline().get(TlsMismatchHandler.class)).isNull();
            assertThat(channel.isOpen()).isTrue();
            channel.finishAndReleaseAll();
        }
    }

    /** Makes one message of all bytes. */
    private static final class Gathering extends io.netty.handler.codec.ByteToMessageDecoder {
        @Override
        protected void decode(io.netty.channel.ChannelHandlerContext ctx, ByteBuf in, java.util.List<Object> out) {
            // At the end.
        }

        @Override
        protected void decodeLast(io.netty.channel.ChannelHandlerContext ctx, ByteBuf in, java.util.List<Object> out) {
            if (in.isReadable()) {
                out.add(in.readRetainedSlice(in.readableBytes()));
            }
        }
    }
}
