package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
