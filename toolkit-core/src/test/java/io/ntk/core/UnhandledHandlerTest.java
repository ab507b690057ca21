package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class UnhandledHandlerTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new UnhandledHandler());

    private CloseCause closedBy(Throwable cause) {
        channel.pipeline().fireExceptionCaught(cause);
        assertThat(channel.isOpen()).isFalse();
        return CloseCause.of(channel);
    }

    private CloseCause closedBy(Object event) {
        channel.write(Unpooled.buffer().writeZero(1));
        channel.pipeline().fireUserEventTriggered(event);
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.outboundMessages()).as("what was written is sent").isNotEmpty();
        channel.releaseOutbound();
        return CloseCause.of(channel);
    }

    @Test
    void closesBehindThePeersEnd() {
        assertThat(closedBy(ChannelInputShutdownEvent.INSTANCE)).isEqualTo(CloseCause.PEER);
    }

    @Test
    void closesAtDrain() {
        assertThat(closedBy(ConnectionEvent.DRAIN)).isEqualTo(CloseCause.SHUTDOWN);
    }

    @Test
    void takesABrokenProtocolForThePeersFault() {
        assertThat(closedBy(new TooLongFrameException("9"))).isEqualTo(CloseCause.PROTOCOL);
    }

    @Test
    void takesADecodersOwnWordForThePeersFault() {
        assertThat(closedBy(new DecoderException("bad"))).isEqualTo(CloseCause.PROTOCOL);
    }

    @Test
    void takesADecodersMistakeForOurs() {
        assertThat(closedBy(new DecoderException(new IllegalStateException()))).isEqualTo(CloseCause.ERROR);
    }

    @Test
    void tellsTls() {
        assertThat(closedBy(new DecoderException(new SSLHandshakeException("no"))))
                .isEqualTo(CloseCause.TLS);
    }

    @Test
    void tellsAReset() {
        assertThat(closedBy(new IOException("Connection reset"))).isEqualTo(CloseCause.RESET);
    }

    @Test
    void takesAnythingElseForAnErrorHere() {
        assertThat(closedBy(new IllegalStateException("bug"))).isEqualTo(CloseCause.ERROR);
    }

    @Test
    void passesOtherEventsOn() {
        channel.pipeline().fireUserEventTriggered("other");
        assertThat(channel.isOpen()).isTrue();
        assertThat(channel.finish()).isFalse();
    }
}
