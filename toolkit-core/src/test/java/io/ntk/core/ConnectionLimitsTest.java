package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
    private static final Limits LIMITS =
            Limits.DEFAULTS.withMaxConnections(1_000_000).withAcceptRate(1_000_000);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1); // the clock may wrap

    private ConnectionLimits of(Limits limits) {
        return new ConnectionLimits(limits, AccessList.ALL, Protocol.Accept.MANY, now::get);
    }

    private static SocketAddress peer(String host) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), 1);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void boundsConnectionsInAll() {
        ConnectionLimits limits = of(LIMITS.withMaxConnections(2));
        assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        assertThat(limits.enter(peer("10.0.0.2"))).isNull();
        assertThat(limits.open()).isEqualTo(2);
        assertThat(limits.enter(peer("10.0.0.3"))).isEqualTo(RefusalReason.FULL);
        assertThat(limits.enter(null)).isEqualTo(RefusalReason.FULL);
        limits.leave(peer("10.0.0.1"));
        assertThat(limits.enter(null)).isNull();
        assertThat(limits.open()).isEqualTo(2);
    }

    @Test
    void boundsConnectionsByAddress() {
        ConnectionLimits limits = of(LIMITS.withMaxPerAddress(2, false));
        assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.ADDRESS_FULL);
        assertThat(limits.enter(peer("10.0.0.2"))).isNull();
        limits.leave(peer("10.0.0.1"));
        assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        assertThat(limits.open()).isEqualTo(3);
    }

    @Test
    void countsANetworkOfSixAsOneAddress() {
        ConnectionLimits limits = of(LIMITS.withMaxPerAddress(1, false));
        assertThat(limits.enter(peer("2001:db8:0:1::1"))).isNull();
        assertThat(limits.enter(peer("2001:db8:0:1:ffff::2"))).isEqualTo(RefusalReason.ADDRESS_FULL);
        assertThat(limits.enter(peer("2001:db8:0:2::1"))).isNull();
        assertThat(limits.enter(peer("::ffff:10.0.0.1"))).isNull();
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.ADDRESS_FULL);
        limits.leave(peer("2001:db8:0:1:aaaa::9"));
        assertThat(limits.enter(peer("2001:db8:0:1::3"))).isNull();
    }

    @Test
    void exemptsLoopbackUnlessToldToCountIt() {
        ConnectionLimits exempt = of(LIMITS.withMaxPerAddress(1, false).withAcceptRate(1));
        ConnectionLimits counted = of(LIMITS.withMaxPerAddress(1, true));
        for (String loopback : List.of("127.0.0.1", "127.9.9.9", "::1")) {
            for (int i = 0; i < 5; i++) {
                assertThat(exempt.enter(peer(loopback))).isNull();
            }
            assertThat(counted.enter(peer(loopback))).isNull();
            assertThat(counted.enter(peer(loopback))).isEqualTo(RefusalReason.ADDRESS_FULL);
        }
    }

    @Test
    void countsNoAddressOfUnixPeers() {
        ConnectionLimits limits = of(LIMITS.withMaxPerAddress(1, true).withAcceptRate(1));
        assertThat(limits.enter(null)).isNull();
        assertThat(limits.enter(null)).isNull();
        limits.leave(null);
        assertThat(limits.open()).isEqualTo(1);
    }

    @Test
    void letsASecondsWorthInAtOnceAndRefillsEvenly() {
        ConnectionLimits limits = of(LIMITS.withAcceptRate(4));
        for (int i = 0; i < 4; i++) {
            assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        }
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.TOO_FAST);
        assertThat(limits.enter(peer("10.0.0.2"))).isNull();
        now.addAndGet(Duration.ofMillis(250).toNanos() - 1);
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.TOO_FAST);
        now.addAndGet(1);
        assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.TOO_FAST);
        now.addAndGet(Duration.ofHours(1).toNanos());
        for (int i = 0; i < 4; i++) {
            assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        }
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.TOO_FAST);
    }

    @Test
    void takesNoPlaceForARefusal() {
        ConnectionLimits limits = of(LIMITS.withAcceptRate(1));
        assertThat(limits.enter(peer("10.0.0.1"))).isNull();
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.TOO_FAST);
        assertThat(limits.open()).isEqualTo(1);
    }

    @Test
    void remembersTheRateOfABoundedNumberOfAddresses() {
        ConnectionLimits limits = of(LIMITS.withAcceptRate(1));
        for (int i = 0; i < ConnectionLimits.RATE_TABLE_SIZE; i++) {
            assertThat(limits.enter(numbered(i))).isNull();
        }
        assertThat(limits.rememberedRates()).isEqualTo(ConnectionLimits.RATE_TABLE_SIZE);
        assertThat(limits.enter(numbered(0))).isEqualTo(RefusalReason.TOO_FAST); // now the one seen last
        assertThat(limits.enter(numbered(ConnectionLimits.RATE_TABLE_SIZE))).isNull();
        assertThat(limits.rememberedRates()).isEqualTo(ConnectionLimits.RATE_TABLE_SIZE);
        assertThat(limits.enter(numbered(0))).isEqualTo(RefusalReason.TOO_FAST);
        assertThat(limits.enter(numbered(1))).isNull(); // the one seen least lately is forgotten
    }

    private static SocketAddress numbered(int i) {
        return peer("10.1." + (i >> 8) + "." + (i & 0xff));
    }

    @Test
    void asksTheAccessListFirst() {
        ConnectionLimits limits = new ConnectionLimits(
                LIMITS.withMaxConnections(1),
                new AccessList(List.of(), List.of(Cidr.parse("10.0.0.1"))),
                Protocol.Accept.MANY);
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.DENIED);
        assertThat(limits.enter(peer("10.0.0.2"))).isNull();
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.DENIED);
    }

    @Test
    void letsOneInEver() {
        ConnectionLimits limits = new ConnectionLimits(
                LIMITS.withMaxConnections(5),
                new AccessList(List.of(), List.of(Cidr.parse("10.0.0.1"))),
                Protocol.Accept.ONE);
        assertThat(limits.enter(peer("10.0.0.1"))).isEqualTo(RefusalReason.DENIED);
        assertThat(limits.enter(peer("10.0.0.2"))).isNull();
        assertThat(limits.enter(peer("10.0.0.3"))).isEqualTo(RefusalReason.ONCE);
        limits.leave(peer("10.0.0.2"));
        assertThat(limits.enter(peer("10.0.0.2"))).isEqualTo(RefusalReason.ONCE);
    }

    @Test
    void boundsTheAnswersUnderWay() {
        ConnectionLimits limits = of(LIMITS);
        for (int i = 0; i < ConnectionLimits.MAX_ANSWERED_REFUSALS; i++) {
            assertThat(limits.startAnswer()).isTrue();
        }
        assertThat(limits.startAnswer()).isFalse();
        limits.endAnswer();
        assertThat(limits.startAnswer()).isTrue();
    }

    @Test
    void countsRightFromManyThreads() throws Exception {
        ConnectionLimits limits = of(LIMITS.withMaxConnections(10).withMaxPerAddress(3, false));
        AtomicInteger most = new AtomicInteger();
        Callable<@Nullable Void> comeAndGo = () -> {
            for (int i = 0; i < 20_000; i++) {
                SocketAddress peer = numbered(i % 7);
                if (limits.enter(peer) == null) {
                    most.accumulateAndGet(limits.open(), Math::max);
                    limits.leave(peer);
                }
            }
            return null;
        };
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (var done : threads.invokeAll(
                    IntStream.range(0, 8).mapToObj(i -> comeAndGo).toList())) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(limits.open()).isZero();
        assertThat(limits.addressesWithConnections()).isZero();
        assertThat(most.get()).isBetween(1, 10);
    }
}
