package io.ntk.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SplitsTest {
    @Test
    void givesWhatADecoderMakesOfTheBytes() {
        List<Object> messages = Splits.sameAtEverySplit(
                new byte[] {1, 2, 3, 4}, () -> new EmbeddedChannel(new FixedLengthFrameDecoder(2)));
        assertEquals(List.of("hex:0102", "hex:0304"), messages);
    }

    @Test
    void findsADecoderThatTakesPiecesForMessages() {
        assertThrows(
                AssertionError.class,
                () -> Splits.sameAtEverySplit(
                        new byte[] {1, 2},
                        () -> new EmbeddedChannel(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object message) {
                                ctx.fireChannelRead(message);
                            }
                        })));
    }
}
