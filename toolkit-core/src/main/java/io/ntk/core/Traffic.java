package io.ntk.core;

import java.util.concurrent.atomic.LongAdder;

/** Totals of one server since its start. Thread-safe; the sums are not a snapshot of one instant. */
public final class Traffic {
    final LongAdder opened = new LongAdder();
    final LongAdder closed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();

    /** Starts at zero. */
    public Traffic() {}

    /**
     * Connections that were let in.
     *
     * @return since the start
     */
    public long opened() {
        return opened.sum();
    }

    /**
     * Connections that were let in and are over.
     *
     * @return since the start
     */
    public long closed() {
        return closed.sum();
    }

    /**
     * Connections that were not let in.
     *
     * @return since the start
     */
    public long refused() {
        return refused.sum();
    }

    /**
     * Bytes received on the wire, TLS included.
     *
     * @return since the start
     */
    public long bytesIn() {
        return bytesIn.sum();
    }

    /**
     * Bytes handed to the transport, TLS included.
     *
     * @return since the start
     */
    public long bytesOut() {
        return bytesOut.sum();
    }
}
