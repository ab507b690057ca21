package io.ntk.core;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.testsupport.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Of a server that serves one connection and has it: everybody else is refused. */
@ExtendWith(LeakCheck.class)
class ConnectionLimitHandlerTest {
    private static final RefusalAnswer TWO = RefusalAnswer.byFirstByte((byte) 'x', answer("to x"), answer("to others"));

    private final ConnectionLimits limits = new ConnectionLimits(Limits.DEFAULTS, AccessList.ALL, Protocol.Accept.ONE);
    private final List<NetEvent> events = new ArrayList<>();
    private EmbeddedChannel channel = new EmbeddedChannel();

    private static RefusalAnswer answer(String text) {
        return (allocator, reason) -> ByteBufUtil.writeAscii(allocator, text);
    }

    @BeforeEach
    void theOneIsThere() {
        assertThat(limits.enter(null)).isNull();
    }

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(channel.finish()).isFalse();
    }

    private void refuse(RefusalAnswer answer) {
        channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addLast(new ConnectionLimitHandler("test", limits, answer, events::add));
        channel.pipeline().fireChannelActive();
        assertThat(events).extracting(NetEvent::name).containsExactly("refused");
    }

    private void in(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
    }

    private String out() {
        ByteBuf bytes = channel.readOutbound();
        if (bytes == null) {
            return "";
        }
        try {
            return bytes.toString(US_ASCII);
        } finally {
            bytes.release();
        }
    }

    private void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void anAnswerForEverybodyWaitsForNothing() {
        refuse(answer("no"));
        assertThat(out()).isEqualTo("no");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theFirstByteChoosesTheAnswer() {
        refuse(TWO);
        channel.writeInbound(Unpooled.EMPTY_BUFFER);
        assertThat(out()).isEmpty();
        in("xy");
        assertThat(out()).isEqualTo("to x");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void whoBeginsOtherwiseIsOneOfTheOthers() {
        refuse(TWO);
        in("yx");
        assertThat(out()).isEqualTo("to others");
    }

    @Test
    void whoSaysNothingForASecondIsOneOfTheOthers() {
        refuse(TWO);
        pass(ConnectionLimitHandler.FIRST_BYTE_WAIT.minusMillis(1));
        assertThat(out()).isEmpty();
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(out()).isEqualTo("to others");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void nobodyIsWaitedForWhoHasEndedOrWhenTheServerEnds() {
        for (Object event : new Object[] {ChannelInputShutdownEvent.INSTANCE, ConnectionEvent.DRAIN}) {
            events.clear();
            refuse(TWO);
            channel.pipeline().fireUserEventTriggered(event);
            assertThat(out()).isEqualTo("to others");
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    void aChannelThatIsReadByHandIsReadForTheByte() {
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(new ConnectionLimitHandler("test", limits, TWO, events::add));
        channel.pipeline().fireChannelActive();
        in("x");
        assertThat(out()).isEqualTo("to x");
    }

    @Test
    void whoLeavesBeforeTheAnswerGetsNoneAndFreesItsPlace() {
        for (int n = 0; n <= ConnectionLimits.MAX_ANSWERED_REFUSALS; n++) {
            events.clear();
            refuse(TWO);
            channel.close();
            pass(ConnectionLimitHandler.FIRST_BYTE_WAIT);
            assertThat(out()).isEmpty();
        }
    }

    @Test
    void noMoreThanAreAnsweredAtATimeWaitForTheirByte() {
        List<EmbeddedChannel> waiting = new ArrayList<>();
        for (int n = 0; n < ConnectionLimits.MAX_ANSWERED_REFUSALS; n++) {
            events.clear();
            refuse(TWO);
            assertThat(channel.isOpen()).isTrue();
            waiting.add(channel);
        }
        events.clear();
        refuse(TWO);
        assertThat(channel.isOpen()).isFalse();
        assertThat(out()).isEmpty();
        waiting.forEach(EmbeddedChannel::finishAndReleaseAll);
    }
}
