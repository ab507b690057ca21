package io.ntk.tcp.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.core.ListenOptions;
import io.ntk.core.Server;
import io.ntk.core.UnhandledHandler;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class RequestTableTest {
    private static final FixedReplies REPLIES = FixedReplies.of(FixedReply.text("Hello, World"));
    /* Longer requests are cut at every 61st byte, and at each of their last 64. */
    private static final int EVERY_BYTE = 1024;

    static List<RequestTable.Row> rows() {
        return RequestTable.ROWS;
    }

    @Test
    void hasManyRows() {
        assertThat(RequestTable.ROWS).hasSizeGreaterThanOrEqualTo(140);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void isAnsweredSoAtEverySplit(RequestTable.Row row) {
        byte[] bytes = row.bytes();
        assertThat(exchange(row, new HttpCodec(HttpLimits.DEFAULTS, 0, true), List.of(bytes)))
                .isEqualTo(row.expected());
        for (int cut = 1; cut < bytes.length; cut++) {
            if (bytes.length > EVERY_BYTE && cut % 61 != 0 && cut < bytes.length - 64) {
                continue;
            }
            List<byte[]> halves =
                    List.of(Arrays.copyOfRange(bytes, 0, cut), Arrays.copyOfRange(bytes, cut, bytes.length));
            assertThat(exchange(row, new HttpCodec(HttpLimits.DEFAULTS, 0, true), halves))
                    .describedAs("cut at %d", cut)
                    .isEqualTo(row.expected());
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void isAnsweredSoByteByByteBehindTheStandardCodec(RequestTable.Row row) {
        byte[] bytes = row.bytes();
        List<byte[]> single = new java.util.ArrayList<>();
        for (int i = 0; i < bytes.length; i++) {
            int to = bytes.length > EVERY_BYTE ? Math.min(bytes.length, i + 61) : i + 1;
            single.add(Arrays.copyOfRange(bytes, i, to));
            i = to - 1;
        }
        var config = new HttpDecoderConfig().setMaxInitialLineLength(8192).setMaxHeaderSize(2 * 16384);
        assertThat(exchange(row, new HttpServerCodec(config), single)).isEqualTo(row.expected());
    }

    @Test
    void isAnsweredSoOverSockets() throws IOException {
        HttpOptions options = HttpOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        try (Server server = HttpServer.start(options)) {
            for (RequestTable.Row row : RequestTable.ROWS) {
                if (row.request().startsWith("\026")) {
                    continue; // a TLS hello gets an alert there
                }
                try (HttpPeer peer = HttpPeer.of(server)) {
                    byte[] reply = peer.send(row.bytes()).end().rest();
                    assertThat(Replies.summary(reply, row.request().startsWith("HEAD")))
                            .describedAs(row.toString())
                            .isEqualTo(row.expected());
                }
            }
        }
    }

    private static String exchange(RequestTable.Row row, ChannelHandler codec, List<byte[]> pieces) {
        HttpLimits limits = HttpLimits.DEFAULTS;
        EmbeddedChannel channel = new EmbeddedChannel(
                new StrictHttpHandler(limits, Set.of()),
                codec,
                new HttpTimeoutsHandler(HttpTimeouts.DEFAULTS),
                new PipelineOrderHandler(limits),
                new FixedResponseHandler(REPLIES),
                new UnhandledHandler());
        for (byte[] piece : pieces) {
            if (channel.isOpen()) {
                channel.writeInbound(Unpooled.copiedBuffer(piece));
            }
        }
        if (channel.isOpen()) {
            channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
        byte[] written = written(channel);
        assertThat(channel.isOpen()).describedAs("open behind the end").isFalse();
        assertThat(channel.finish()).isFalse();
        return Replies.summary(written, row.request().startsWith("HEAD"));
    }

    static byte[] written(EmbeddedChannel channel) {
        var all = new ByteArrayOutputStream();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(ByteBufUtil.getBytes(part));
            part.release();
        }
        return all.toByteArray();
    }
}
