package io.ntk.tcp.line;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
class DiscardHandlerTest {
    private final List<Object> passedOn = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(new DiscardHandler(), new Recorder(passedOn));

    @AfterEach
    void answersNothing() {
        channel.releaseOutbound(); // the empty write that the close stands behind
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void releasesWhatArrives() {
        ByteBuf bytes = Unpooled.buffer().writeLong(1);
        channel.writeInbound(bytes, "no buffer");
        assertThat(bytes.refCnt()).isZero();
        assertThat(passedOn).containsExactly("no buffer");
    }

    @Test
    void closesWhenThePeerEnds() {
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.PEER);
    }

    @Test
    void closesWhenTheServerDrains() {
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.SHUTDOWN);
    }
}
