package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.ConnectionEvent;
import io.ntk.testsupport.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class EchoHandlerTest {
    private final SlowPeer peer = new SlowPeer();
    private final List<Object> passedOn = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(peer, new EchoHandler(), new Recorder(passedOn));

    /** Counts flushes, and takes them only while the peer takes bytes. */
    private static final class SlowPeer extends ChannelOutboundHandlerAdapter {
        boolean takes = true;
        int flushes;

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.write(message, promise);
        }

        @Override
        public void flush(ChannelHandlerContext ctx) {
            flushes++;
            if (takes) {
                ctx.flush();
            }
        }
    }

    @AfterEach
    void nothingIsLeftBehind() {
        peer.takes = true;
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void sendsTheVeryBufferBack() {
        ByteBuf buffer = text("abc");
        channel.writeInbound(buffer);
        ByteBuf sent = channel.readOutbound();
        assertThat(sent).isSameAs(buffer);
        buffer.release();
    }

    @Test
    void flushesOncePerRead() {
        channel.writeInbound(text("a"), text("b"), text("c"));
        assertThat(peer.flushes).isEqualTo(1);
        assertThat(sent()).isEqualTo("abc");
    }

    @Test
    void readsNothingWhileThePeerIsSlow() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(100, 200)); // Netty adds 96 to each write
        peer.takes = false;
        channel.writeInbound(text("12345678"));
        assertThat(channel.config().isAutoRead()).isTrue();
        channel.writeInbound(text("9"));
        assertThat(channel.config().isAutoRead()).isFalse();
        peer.takes = true;
        channel.flush();
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(sent()).isEqualTo("123456789");
    }

    @Test
    void closesBehindWhatIsPendingWhenThePeerEnds() {
        peer.takes = false;
        channel.writeInbound(text("abc"));
        peer.takes = true;
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(sent()).isEqualTo("abc");
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.PEER);
    }

    @Test
    void closesBehindWhatIsPendingWhenTheServerDrains() {
        channel.writeInbound(text("abc"));
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(sent()).isEqualTo("abc");
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.SHUTDOWN);
    }

    @Test
    void passesOnWhatItDoesNotUnderstand() {
        channel.writeInbound("no buffer");
        channel.pipeline().fireUserEventTriggered("no event of ours");
        assertThat(passedOn).containsExactly("no buffer", "no event of ours");
    }

    @Test
    void readsAgainWhenItIsTakenOut() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));
        peer.takes = false;
        channel.writeInbound(text("abc"));
        assertThat(channel.config().isAutoRead()).isFalse();
        channel.pipeline().remove(EchoHandler.class);
        assertThat(channel.config().isAutoRead()).isTrue();
        peer.takes = true;
        channel.flush();
        assertThat(sent()).isEqualTo("abc");
    }

    private String sent() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            all.append(bytes.toString(UTF_8));
            bytes.release();
        }
        return all.toString();
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }
}
