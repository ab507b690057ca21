package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class CloseCauseTest {
    @Test
    void isLocalUnlessMarked() {
        assertThat(CloseCause.of(new EmbeddedChannel())).isEqualTo(CloseCause.LOCAL);
    }

    @Test
    void keepsTheFirstMark() {
        EmbeddedChannel channel = new EmbeddedChannel();
        CloseCause.mark(channel, CloseCause.IDLE);
        CloseCause.mark(channel, CloseCause.ERROR);
        channel.close();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.IDLE);
    }

    @Test
    void isWrittenInLowerCase() {
        assertThat(CloseCause.HANDSHAKE_TIMEOUT).hasToString("handshake-timeout");
        assertThat(CloseCause.PEER).hasToString("peer");
    }
}
