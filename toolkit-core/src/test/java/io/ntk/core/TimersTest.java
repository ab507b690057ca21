package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.ntk.testsupport.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@link HandshakeDeadlineHandler} and {@link IdleHandler}. */
@ExtendWith(LeakCheck.class)
class TimersTest {
    private static final Duration TIME = Duration.ofSeconds(2);

    private static void pass(EmbeddedChannel channel, Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
    }

    private static EmbeddedChannel frozen() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        return channel;
    }

    private static EmbeddedChannel shakingHands() {
        EmbeddedChannel channel = frozen();
        channel.pipeline().addLast(new HandshakeDeadlineHandler(TIME));
        return channel;
    }

    @Test
    void cutsAHandshakeAtItsDeadline() {
        EmbeddedChannel channel = shakingHands();
        channel.pipeline().fireChannelActive(); // which starts no second timer
        channel.writeInbound(Unpooled.buffer().writeZero(1));
        channel.releaseInbound();
        pass(channel, TIME.minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        pass(channel, Duration.ofNanos(1));
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.HANDSHAKE_TIMEOUT);
    }

    @Test
    void leavesAfterAHandshake() {
        EmbeddedChannel channel = shakingHands();
        List<Object> seen = new ArrayList<>();
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                seen.add(event);
            }
        });
        channel.pipeline().fireUserEventTriggered(new SslHandshakeCompletionEvent(new SSLException("no")));
        assertThat(channel.pipeline().get(HandshakeDeadlineHandler.class)).isNotNull();
        channel.pipeline().fireUserEventTriggered(SslHandshakeCompletionEvent.SUCCESS);
        assertThat(channel.pipeline().get(HandshakeDeadlineHandler.class)).isNull();
        assertThat(seen).hasSize(2).contains(SslHandshakeCompletionEvent.SUCCESS);
        assertThat(channel.runScheduledPendingTasks()).as("no timer is left").isEqualTo(-1);
        channel.finish();
    }

    @Test
    void leavesNoTimerBehindAClosedConnection() {
        EmbeddedChannel channel = shakingHands();
        channel.close();
        assertThat(channel.runScheduledPendingTasks()).isEqualTo(-1);
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.LOCAL);
    }

    @Test
    void cutsAnIdleConnection() {
        EmbeddedChannel channel = frozen();
        channel.pipeline().addLast(new IdleHandler(TIME));
        pass(channel, TIME.minusNanos(1));
        channel.writeInbound(Unpooled.buffer().writeZero(1));
        pass(channel, TIME.minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        channel.writeOutbound(Unpooled.buffer().writeZero(1));
        pass(channel, TIME.minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        pass(channel, Duration.ofNanos(1));
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.IDLE);
        channel.releaseInbound();
        channel.releaseOutbound();
        assertThat(channel.runScheduledPendingTasks()).as("no timer is left").isEqualTo(-1);
    }

    @Test
    void wantTimes() {
        assertThatThrownBy(() -> new IdleHandler(Duration.ZERO)).hasMessage("idle: PT0S (expected: > 0)");
        assertThatThrownBy(() -> new HandshakeDeadlineHandler(Duration.ofNanos(-1)))
                .hasMessageStartingWith("deadline:");
    }
}
