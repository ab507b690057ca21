package io.ntk.udp.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.ntk.core.NetEvent;
import io.ntk.testsupport.LeakCheck;
import io.ntk.udp.DatagramHandler;
import io.ntk.udp.KernelDrops;
import io.ntk.udp.guard.AnswerRates;
import io.ntk.udp.guard.GuardOptions;
import io.ntk.udp.guard.ReflectionGuardHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class MeasureResponderTest {
    private static final InetSocketAddress CLIENT = client(1, 50_000);
    private static final int SIZE = 100;
    private static final MeasureDatagram SILENCE = MeasureDatagram.request(0, 0, 0, 0, 0);

    private final List<NetEvent> events = new ArrayList<>();
    private long now = -1_000_000_000L; // a monotonic clock may be anywhere, and pass zero
    private final MeasureResponder responder = new MeasureResponder(events::add, () -> now, Runnable::run);
    private final EmbeddedChannel channel =
            new EmbeddedChannel(new DatagramHandler(responder, () -> KernelDrops.UNKNOWN));

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void answersAHelloWithATokenAndRemembersNothing() {
        MeasureDatagram answer = ask(CLIENT, MeasureDatagram.request(MeasureDatagram.HELLO, 0, 77, 5, 6));
        assertThat(answer.flags()).isEqualTo(MeasureDatagram.HELLO | MeasureDatagram.ANSWER);
        assertThat(answer.token()).isNotZero();
        assertThat(answer.sequence()).isEqualTo(77);
        assertThat(answer.intendedNanos()).isEqualTo(5);
        assertThat(answer.sentNanos()).isEqualTo(6);
        assertThat(answer.kernelDrops()).isEqualTo(MeasureDatagram.UNKNOWN);
        assertThat(responder.sessions()).isZero();
        assertThat(events).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 81, 1472, 65_507})
    void answersInTheLengthOfTheRequest(int size) {
        long token = token(CLIENT);
        send(CLIENT, MeasureDatagram.request(0, token, 0, 0, 0), size);
        AddressedEnvelope<ByteBuf, ?> answer = channel.readOutbound();
        assertThat(answer.content().readableBytes()).isEqualTo(size);
        assertThat(answer.recipient()).isEqualTo(CLIENT);
        answer.release();
    }

    @Test
    void tellsItsTimesAndCounts() {
        long token = token(CLIENT);
        now = 4_000;
        measured(CLIENT, token, 0);
        measured(CLIENT, token, 0);
        MeasureDatagram answer = measured(CLIENT, token, 2);
        assertThat(answer.receivedNanos()).isEqualTo(4_000);
        assertThat(answer.answeredNanos()).isEqualTo(4_000);
        assertThat(answer.distinct()).isEqualTo(2);
        assertThat(answer.bitmap()).isEqualTo(0b101);
        assertThat(events).containsExactly(new MeasureEvent.Started("10.0.0.1:50000"));
    }

    @Test
    void doesNotCountWarmUp() {
        long token = token(CLIENT);
        MeasureDatagram answer = ask(CLIENT, MeasureDatagram.request(MeasureDatagram.WARM_UP, token, 9, 0, 0));
        assertThat(answer.distinct()).isZero();
        assertThat(answer.is(MeasureDatagram.WARM_UP)).isTrue();
        assertThat(measured(CLIENT, token, 0).bitmap()).isEqualTo(1);
    }

    @Test
    void answersEachEndWithTheFinalCounts() {
        long token = token(CLIENT);
        measured(CLIENT, token, 0);
        measured(CLIENT, token, 1);
        for (int i = 0; i < 5; i++) {
            send(CLIENT, MeasureDatagram.request(MeasureDatagram.END, token, 2, 0, 0), SIZE);
            MeasureDatagram answer = decoded(channel.readOutbound());
            assertThat(answer.distinct()).isEqualTo(2);
            assertThat(answer.is(MeasureDatagram.END)).isTrue();
        }
        assertThat(events)
                .containsExactly(
                        new MeasureEvent.Started("10.0.0.1:50000"), new MeasureEvent.Ended("10.0.0.1:50000", 2));
    }

    @Test
    void givesNoAnswerToForgedTokens() {
        long token = token(CLIENT);
        for (long forged : new long[] {0, 1, -1, token + 1, ~token}) {
            assertThat(ask(CLIENT, MeasureDatagram.request(0, forged, 0, 0, 0))).isSameAs(SILENCE);
            assertThat(ask(CLIENT, MeasureDatagram.request(MeasureDatagram.END, forged, 0, 0, 0)))
                    .isSameAs(SILENCE);
        }
        assertThat(responder.sessions()).isZero();
    }

    @Test
    void givesNoAnswerToTokensOfOthers() {
        long token = token(CLIENT);
        assertThat(measured(client(1, 50_001), token, 0)).isSameAs(SILENCE);
        assertThat(measured(client(2, 50_000), token, 0)).isSameAs(SILENCE);
        assertThat(measured(CLIENT, token, 0)).isNotSameAs(SILENCE);
        assertThat(measured(client(1, 50_001), token, 0)).isSameAs(SILENCE);
    }

    @Test
    void takesTokensOfThisPeriodAndTheLast() {
        long first = token(CLIENT);
        pass(Duration.ofSeconds(59));
        assertThat(measured(CLIENT, first, 0)).isNotSameAs(SILENCE); // begun at second 0 of its period
        InetSocketAddress other = client(2, 1);
        now = start();
        long replayed = token(other);
        pass(Duration.ofSeconds(60));
        assertThat(measured(other, replayed, 0)).isSameAs(SILENCE);
    }

    private static long start() {
        return -1_000_000_000L;
    }

    @Test
    void keepsASessionForAMinuteAfterItsLastDatagram() {
        long token = token(CLIENT);
        for (int n = 0; n < 10; n++) { // long after the token could open one
            assertThat(measured(CLIENT, token, n).distinct()).isEqualTo(n + 1);
            pass(MeasureResponder.KEPT);
        }
        pass(Duration.ofNanos(1));
        assertThat(measured(CLIENT, token, 10)).isSameAs(SILENCE);
        assertThat(responder.sessions()).isZero();
    }

    @Test
    void countsAnotherRunFromTheSamePortAnew() {
        long token = token(CLIENT);
        measured(CLIENT, token, 0);
        measured(CLIENT, token, 1);
        send(CLIENT, MeasureDatagram.request(MeasureDatagram.END, token, 2, 0, 0), SIZE);
        assertThat(decoded(channel.readOutbound()).distinct()).isEqualTo(2);
        assertThat(ask(CLIENT, MeasureDatagram.request(MeasureDatagram.HELLO, 0, 1, 0, 0))
                        .distinct())
                .isZero();
        assertThat(measured(CLIENT, token(CLIENT), 0).distinct()).isEqualTo(1);
        assertThat(responder.sessions()).isEqualTo(1);
    }

    @Test
    void isNotDisturbedByAForgedHello() {
        long token = token(CLIENT);
        measured(CLIENT, token, 0);
        ask(CLIENT, MeasureDatagram.request(MeasureDatagram.HELLO, 0, 666, 0, 0));
        assertThat(measured(CLIENT, token, 1).distinct()).isEqualTo(2);
    }

    @Test
    void givesAnAddressItsShareOfSessionsAndNoMore() {
        for (int port = 1; port <= MeasureResponder.MAX_SESSIONS_PER_ADDRESS; port++) {
            assertThat(measured(client(1, port), token(client(1, port)), 0)).isNotSameAs(SILENCE);
        }
        InetSocketAddress more = client(1, 99);
        assertThat(ask(more, MeasureDatagram.request(MeasureDatagram.HELLO, 0, 1, 0, 0)))
                .isSameAs(SILENCE);
        assertThat(token(client(2, 1))).isNotZero();
        assertThat(measured(client(1, 1), token(client(1, 1)), 1).distinct()).isEqualTo(2);
        pass(MeasureResponder.KEPT.plusNanos(1));
        assertThat(measured(more, token(more), 0)).isNotSameAs(SILENCE);
        assertThat(responder.sessions()).isEqualTo(1);
    }

    @Test
    void givesNoSessionBeyondTheShareToAnEarlierToken() {
        List<Long> tokens = new ArrayList<>();
        for (int port = 1; port <= MeasureResponder.MAX_SESSIONS_PER_ADDRESS + 1; port++) {
            tokens.add(token(client(1, port)));
        }
        int answered = 0;
        for (int port = 1; port <= tokens.size(); port++) {
            answered += measured(client(1, port), tokens.get(port - 1), 0).equals(SILENCE) ? 0 : 1;
        }
        assertThat(answered).isEqualTo(MeasureResponder.MAX_SESSIONS_PER_ADDRESS);
    }

    @Test
    void holdsAsManySessionsAsItsTableAndNoMore() {
        for (int n = 0; n < MeasureResponder.MAX_SESSIONS; n++) {
            InetSocketAddress each = client(n / 16, 1 + n % 16);
            assertThat(measured(each, token(each), 0)).as("session %d", n).isNotSameAs(SILENCE);
        }
        assertThat(responder.sessions()).isEqualTo(MeasureResponder.MAX_SESSIONS);
        InetSocketAddress more = client(200, 1);
        assertThat(ask(more, MeasureDatagram.request(MeasureDatagram.HELLO, 0, 1, 0, 0)))
                .isSameAs(SILENCE);
        assertThat(measured(client(0, 1), token(client(0, 1)), 1)).isNotSameAs(SILENCE);
        pass(MeasureResponder.KEPT.plusNanos(1));
        assertThat(measured(more, token(more), 0)).isNotSameAs(SILENCE);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 1L << 40, MeasureResponder.WINDOW})
    void bearsHugeAndBackwardSequences(long jump) {
        long token = token(CLIENT);
        measured(CLIENT, token, 0);
        assertThat(measured(CLIENT, token, jump).distinct()).isEqualTo(2);
        assertThat(measured(CLIENT, token, 0).distinct()).isEqualTo(2); // answered, not counted: too far behind
        assertThat(measured(CLIENT, token, jump + 1).distinct()).isEqualTo(3); // also where that wraps
    }

    @Test
    void givesNoAnswerToWhatIsNoRequest() {
        long token = token(CLIENT);
        measured(CLIENT, token, 0);
        assertThat(ask(CLIENT, MeasureDatagram.request(MeasureDatagram.ANSWER, token, 1, 0, 0)))
                .isSameAs(SILENCE);
        assertThat(ask(CLIENT, MeasureDatagram.request(MeasureDatagram.HELLO, token, 1, 0, 0)))
                .isSameAs(SILENCE);
        for (byte[] garbage : new byte[][] {{}, {1}, new byte[79], new byte[80], new byte[1400]}) {
            channel.writeInbound(new DatagramPacket(Unpooled.copiedBuffer(garbage), client(9, 9), CLIENT));
            assertThat(channel.outboundMessages()).isEmpty();
        }
    }

    @Test
    void leavesAPayloadThatIsReadOnlyAsItIs() {
        ByteBuf hello = encoded(MeasureDatagram.request(MeasureDatagram.HELLO, 0, 1, 2, 3), SIZE);
        ByteBuf copy = hello.copy();
        channel.writeInbound(new DatagramPacket(hello.asReadOnly(), client(9, 9), CLIENT));
        AddressedEnvelope<ByteBuf, ?> answer = channel.readOutbound();
        assertThat(MeasureDatagram.decode(answer.content()).token()).isNotZero();
        answer.release();
        copy.release();
    }

    @Test
    void isExemptFromTheRateWithAProvenAddressOnly() {
        var options = GuardOptions.DEFAULTS.withRate(1, 3);
        var guarded = new EmbeddedChannel(
                new ReflectionGuardHandler(options, new AnswerRates(options)),
                new DatagramHandler(responder, () -> KernelDrops.UNKNOWN));
        long token = token(CLIENT);
        int proven = 0;
        for (int n = 0; n < 100; n++) {
            proven += exchange(guarded, CLIENT, MeasureDatagram.request(0, token, n, 0, 0), SIZE)
                            .equals(SILENCE)
                    ? 0
                    : 1;
        }
        int hellos = 0;
        long start = System.nanoTime();
        for (int n = 0; n < 100; n++) {
            var hello = MeasureDatagram.request(MeasureDatagram.HELLO, 0, n, 0, 0);
            hellos += exchange(guarded, CLIENT, hello, SIZE).equals(SILENCE) ? 0 : 1;
        }
        assertThat(proven).isEqualTo(100);
        long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
        assertThat(hellos).isBetween(3, 4 + (int) seconds);
        assertThat(guarded.finish()).isFalse();
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private long token(InetSocketAddress client) {
        MeasureDatagram answer = ask(client, MeasureDatagram.request(MeasureDatagram.HELLO, 0, 1, 0, 0));
        return answer.token();
    }

    private MeasureDatagram measured(InetSocketAddress client, long token, long sequence) {
        return ask(client, MeasureDatagram.request(0, token, sequence, 0, 0));
    }

    private MeasureDatagram ask(InetSocketAddress client, MeasureDatagram request) {
        return exchange(channel, client, request, SIZE);
    }

    private void send(InetSocketAddress client, MeasureDatagram request, int size) {
        channel.writeInbound(new DatagramPacket(encoded(request, size), new InetSocketAddress(9001), client));
    }

    private static MeasureDatagram exchange(
            EmbeddedChannel channel, InetSocketAddress client, MeasureDatagram request, int size) {
        channel.writeInbound(new DatagramPacket(encoded(request, size), new InetSocketAddress(9001), client));
        return decoded(channel.readOutbound());
    }

    private static MeasureDatagram decoded(@Nullable AddressedEnvelope<ByteBuf, ?> packet) {
        if (packet == null) {
            return SILENCE;
        }
        try {
            return MeasureDatagram.decode(packet.content());
        } finally {
            packet.release();
        }
    }

    private static ByteBuf encoded(MeasureDatagram datagram, int size) {
        ByteBuf out = Unpooled.buffer(size);
        datagram.encode(out);
        return out.writeZero(size - MeasureDatagram.HEADER_BYTES);
    }

    private static InetSocketAddress client(int host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host}), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
