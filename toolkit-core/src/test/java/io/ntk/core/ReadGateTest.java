package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReadGateTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ReadGate gate = ReadGate.of(channel);

    private boolean reads() {
        return channel.config().isAutoRead();
    }

    @Test
    void isOneForEachChannel() {
        assertThat(ReadGate.of(channel)).isSameAs(gate);
        assertThat(ReadGate.of(new EmbeddedChannel())).isNotSameAs(gate);
    }

    @Test
    void readsExactlyWhileThereIsNoReason() {
        Object first = new Object();
        Object second = new Object();
        gate.pause(first);
        assertThat(reads()).isFalse();
        gate.pause(second);
        gate.resume(first);
        assertThat(reads()).isFalse();
        assertThat(gate.isPaused()).isTrue();
        gate.resume(second);
        assertThat(reads()).isTrue();
        assertThat(gate.isPaused()).isFalse();
    }

    @Test
    void takesAReasonOnceAndByIdentity() {
        String reason = new String("reason");
        gate.pause(reason);
        gate.pause(reason);
        gate.resume(new String("reason"));
        assertThat(reads()).isFalse();
        gate.resume(reason);
        assertThat(reads()).isTrue();
    }

    @Test
    void ignoresAReasonThatNobodyGave() {
        channel.config().setAutoRead(false); // behind the gate's back
        gate.resume(new Object());
        assertThat(reads()).isFalse();
    }

    @Test
    void leavesAHostThatReadsByHandAlone() {
        EmbeddedChannel byHand = new EmbeddedChannel();
        byHand.config().setAutoRead(false);
        ReadGate its = ReadGate.of(byHand);
        its.pause(this);
        its.resume(this);
        assertThat(byHand.config().isAutoRead()).isFalse();
        its.holdOpen();
        assertThat(byHand.config().isAutoRead()).isFalse();
    }

    @Test
    void staysOpenWhenHeldOpen() {
        gate.pause(this);
        gate.holdOpen();
        assertThat(reads()).isTrue();
        gate.pause(new Object());
        assertThat(reads()).isTrue();
        assertThat(gate.isPaused()).isFalse();
        gate.resume(this);
        assertThat(reads()).isTrue();
    }

    @Test
    void runsTheActionsInOrderBeforeItReads() {
        List<String> ran = new ArrayList<>();
        gate.whenResumed(() -> ran.add("first " + reads()));
        gate.whenResumed(() -> ran.add("second " + reads()));
        gate.pause(this);
        gate.resume(new Object());
        assertThat(ran).isEmpty();
        gate.resume(this);
        assertThat(ran).containsExactly("first false", "second false");
        assertThat(reads()).isTrue();
    }

    @Test
    void doesNotReadWhenAnActionGivesAReasonAnew() {
        gate.whenResumed(() -> gate.pause(this));
        gate.pause(this);
        gate.resume(this);
        assertThat(reads()).isFalse();
        assertThat(gate.isPaused()).isTrue();
    }

    @Test
    void doesNotReadAnInputThatHasEnded() {
        HalfOpenChannel halfOpen = new HalfOpenChannel();
        ReadGate its = ReadGate.of(halfOpen);
        its.pause(this);
        int before = halfOpen.reads();
        halfOpen.endInput();
        its.resume(this);
        assertThat(its.isPaused()).isFalse();
        its.pause(this);
        its.holdOpen();
        assertThat(halfOpen.reads()).isEqualTo(before);
        halfOpen.close();
    }

    /** Pauses at the end of the input, and answers a while after it. */
    private static final class Late extends ChannelInboundHandlerAdapter {
        private final BiConsumer<Late, ChannelHandlerContext> answer;

        private Late(BiConsumer<Late, ChannelHandlerContext> answer) {
            this.answer = answer;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ReadGate.of(ctx.channel()).pause(this);
                ctx.executor().schedule(() -> answer.accept(this, ctx), 50, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static ByteBuf words(ChannelHandlerContext ctx) {
        return ByteBufUtil.writeUtf8(ctx.alloc(), "answer");
    }

    /** Has the peer end and read; tells how long the connection took. */
    private static Duration exchange(Transport transport, BiConsumer<Late, ChannelHandlerContext> answer)
            throws Exception {
        RecordedEvents events = new RecordedEvents();
        var options = ListenOptions.loopback(0).withTransport(transport, 1);
        try (Server server = Server.start(Protocols.of(p -> p.addLast(new Late(answer))), options, events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            peer.endOutput();
            assertThat(peer.readToEnd()).isEqualTo("answer");
            return events.await(NetEvent.Closed.class).duration();
        }
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void losesNoAnswerWhenItResumesBehindTheEndOfTheInput(Transport transport) throws Exception {
        exchange(transport, (handler, ctx) -> {
            ReadGate.of(ctx.channel()).resume(handler);
            ctx.write(words(ctx));
            Closing.afterWrites(ctx);
        });
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void refusesAPeerWhoseInputHasEndedAtOnce(Transport transport) throws Exception {
        assertThat(exchange(transport, (handler, ctx) -> Closing.refuse(ctx, words(ctx))))
                .isLessThan(Closing.MAX_WAIT);
    }
}
