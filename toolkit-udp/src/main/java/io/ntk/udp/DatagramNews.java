package io.ntk.udp;

import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Reason;
import io.ntk.core.RefusalReason;
import io.ntk.core.TrafficHandler;
import io.ntk.udp.guard.ReflectionGuardHandler.Muted;
import io.ntk.udp.guard.ReflectionGuardHandler.Refused;
import io.ntk.udp.guard.ReflectionGuardHandler.Rule;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a datagram server tells its listener; what a stranger can cause is told at most once a second. Thread-safe. */
final class DatagramNews {
    static final String SERVICE = "udp";

    private static final Logger LOG = LoggerFactory.getLogger(DatagramNews.class);
    private static final long QUIET_NANOS = Duration.ofSeconds(1).toNanos();

    private final NetListener listener;
    private final DatagramTraffic traffic = new DatagramTraffic();
    private final Set<Rule> told = EnumSet.noneOf(Rule.class);
    private final Occasion truncated = new Occasion();
    private final Occasion denied = new Occasion();
    private final Occasion muted = new Occasion();
    private final Occasion failed = new Occasion();

    DatagramNews(NetListener listener) {
        this.listener = listener;
    }

    DatagramTraffic traffic() {
        return traffic;
    }

    boolean wantsDatagrams() {
        return listener instanceof DatagramEvent.Listener;
    }

    void received(@Nullable SocketAddress sender, ByteBuffer payload, boolean whole) {
        var extent = whole ? DatagramEvent.Extent.WHOLE : DatagramEvent.Extent.TRUNCATED;
        tell(new DatagramEvent.Received(SERVICE, name(sender), payload, extent));
    }

    void truncated(@Nullable SocketAddress sender, int limit) {
        traffic.truncated.increment();
        truncated.tell(count -> new DatagramEvent.Truncated(SERVICE, name(sender), limit, count));
    }

    void denied(@Nullable SocketAddress sender) {
        traffic.denied.increment();
        denied.tell(count -> new NetEvent.Refused(SERVICE, name(sender), RefusalReason.DENIED));
    }

    void refused(Refused refused) {
        traffic.adder(refused.rule()).increment();
        boolean first;
        synchronized (told) {
            first = told.add(refused.rule());
        }
        if (first) {
            String peer = name(refused.recipient());
            tell(new DatagramEvent.Unanswered(SERVICE, peer, refused.rule().toString(), refused.answerBytes()));
        }
    }

    void muted(Muted event) {
        long seconds = event.time().toSeconds();
        muted.tell(count -> new DatagramEvent.Muted(SERVICE, name(event.peer()), seconds, count));
    }

    void failed(Throwable cause) {
        traffic.failed.increment();
        failed.tell(count -> {
            String more = count > 1 ? " (" + count + " times)" : "";
            String what = cause instanceof IOException ? "cannot send or receive a datagram" : "an answer failed";
            return new NetEvent.Failed(SERVICE, what, Reason.of(cause) + more);
        });
    }

    void tell(NetEvent event) {
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed on {}", event.name(), e);
        }
    }

    private static String name(@Nullable SocketAddress address) {
        return address == null ? "unix" : TrafficHandler.name(address);
    }

    /** Something of one kind, told when it first happens and then with its count, a second apart. */
    private final class Occasion {
        private long count;
        private boolean happened;
        private long toldAt;

        void tell(LongFunction<NetEvent> event) {
            long since;
            synchronized (this) {
                count++;
                long now = System.nanoTime();
                if (happened && now - toldAt < QUIET_NANOS) {
                    return;
                }
                happened = true;
                toldAt = now;
                since = count;
                count = 0;
            }
            DatagramNews.this.tell(event.apply(since));
        }
    }
}
