package io.ntk.udp;

import io.ntk.udp.guard.ReflectionGuardHandler.Rule;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Totals of one datagram server since its start. Thread-safe; the sums are not a snapshot of one instant. */
public final class DatagramTraffic {
    final LongAdder received = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder sent = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder truncated = new LongAdder();
    final LongAdder denied = new LongAdder();
    final LongAdder failed = new LongAdder();
    private final Map<Rule, LongAdder> refused = new EnumMap<>(Rule.class);

    /** Starts at zero. */
    public DatagramTraffic() {
        for (Rule rule : Rule.values()) {
            refused.put(rule, new LongAdder());
        }
    }

    /**
     * Datagrams that arrived, whatever became of them.
     *
     * @return since the start
     */
    public long received() {
        return received.sum();
    }

    /**
     * Payload that arrived.
     *
     * @return bytes since the start
     */
    public long bytesIn() {
        return bytesIn.sum();
    }

    /**
     * Answers that were handed to the system.
     *
     * @return since the start
     */
    public long sent() {
        return sent.sum();
    }

    /**
     * Payload of the answers.
     *
     * @return bytes since the start
     */
    public long bytesOut() {
        return bytesOut.sum();
    }

    /**
     * Datagrams longer than the limit.
     *
     * @return since the start
     */
    public long truncated() {
        return truncated.sum();
    }

    /**
     * Datagrams of senders that the access list does not let in.
     *
     * @return since the start
     */
    public long denied() {
        return denied.sum();
    }

    /**
     * Answers that the system did not send, and responders that failed.
     *
     * @return since the start
     */
    public long failed() {
        return failed.sum();
    }

    /**
     * Answers that the guard did not send.
     *
     * @param rule the rule that they broke
     * @return since the start
     */
    public long refused(Rule rule) {
        return adder(rule).sum();
    }

    /**
     * Answers that the guard did not send, by any rule.
     *
     * @return since the start
     */
    public long refused() {
        return refused.values().stream().mapToLong(LongAdder::sum).sum();
    }

    LongAdder adder(Rule rule) {
        LongAdder adder = refused.get(rule);
        if (adder == null) {
            throw new IllegalStateException("no such rule: " + rule);
        }
        return adder;
    }
}
