package io.ntk.udp.measure;

import io.ntk.udp.measure.MeasureReport.Jitter;
import io.ntk.udp.measure.MeasureReport.Order;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * What a client makes of the answers that arrive, in memory of a fixed size. Answers are given by one thread; what others
 * read meanwhile is right, but not of one instant.
 */
final class Arrivals {
    /*
     * Reordering, RFC 4737. An answer is reordered when a later one came before it, that is, when its sequence is below
     * the highest. Its extent (4.2.2) is how many arrivals ago the first one came that is later than it. That first one
     * was the highest when it came, so it is enough to remember the arrivals that were (a ring of them, in rising order
     * of both arrival and sequence) and to search there. Duplicates are left out, as in the RFC.
     *
     * Jitter, RFC 3550 6.4.1: J += (|D| - J) / 16, D being by how much the spacing of two answers differs from that of
     * their requests. Each spacing is taken on one host's clock.
     */
    static final int REMEMBERED = 65_536;

    private final SequenceWindow window;
    private final long lateNanos;
    private final SingleWriterRecorder fromSent = new SingleWriterRecorder(1, TimeHistogram.HIGHEST_NANOS, 3);
    private final SingleWriterRecorder fromIntended = new SingleWriterRecorder(1, TimeHistogram.HIGHEST_NANOS, 3);
    final LongAdder received = new LongAdder();
    final LongAdder late = new LongAdder();
    final LongAdder duplicates = new LongAdder();
    final LongAdder ignored = new LongAdder();

    private final long[] highestSequences = new long[REMEMBERED];
    private final long[] highestArrivals = new long[REMEMBERED];
    private long highs;
    private long arrivals;
    private long reordered;
    private long maxExtent;
    private long extents;

    private double jitter;
    private double jitterUp;
    private double jitterDown;
    private long lastSent;
    private long lastReceivedThere;
    private long lastAnsweredThere;
    private long lastReceived;

    /**
     * Starts with nothing received.
     *
     * @param window how many sequences are remembered to know duplicates, a power of two
     * @param lateNanos an answer that takes longer is late
     */
    Arrivals(int window, long lateNanos) {
        this.window = new SequenceWindow(window);
        this.lateNanos = lateNanos;
    }

    /** Takes the answer to a measured datagram that was sent. */
    void answered(MeasureDatagram answer, long now) {
        switch (window.add(answer.sequence())) {
            case DUPLICATE -> duplicates.increment();
            case TOO_OLD -> ignored.increment();
            case FIRST -> first(answer, now);
        }
    }

    private void first(MeasureDatagram answer, long now) {
        long roundTrip = now - answer.sentNanos();
        fromSent.recordValue(TimeHistogram.within(roundTrip));
        fromIntended.recordValue(TimeHistogram.within(now - answer.intendedNanos()));
        order(answer.sequence());
        jitter(answer, now);
        if (roundTrip > lateNanos) {
            late.increment();
        }
        received.increment(); // last: who sees it may read the rest
    }

    private void order(long sequence) {
        long arrival = arrivals++;
        if (highs == 0 || sequence - highestSequences[slot(highs - 1)] > 0) {
            highestSequences[slot(highs)] = sequence;
            highestArrivals[slot(highs)] = arrival;
            highs++;
            return;
        }
        long low = Math.max(0, highs - REMEMBERED);
        long high = highs - 1;
        while (low < high) { // the first that is above the sequence
            long middle = (low + high) >>> 1;
            if (highestSequences[slot(middle)] - sequence > 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        long extent = arrival - highestArrivals[slot(low)];
        extents += extent;
        if (extent > maxExtent) {
            maxExtent = extent;
        }
        reordered++;
    }

    private static int slot(long index) {
        return (int) (index & REMEMBERED - 1);
    }

    private void jitter(MeasureDatagram answer, long now) {
        if (arrivals > 1) {
            long requests = answer.sentNanos() - lastSent;
            long answers = now - lastReceived;
            jitter = smoothed(jitter, answers - requests);
            jitterUp = smoothed(jitterUp, answer.receivedNanos() - lastReceivedThere - requests);
            jitterDown = smoothed(jitterDown, answers - (answer.answeredNanos() - lastAnsweredThere));
        }
        lastSent = answer.sentNanos();
        lastReceivedThere = answer.receivedNanos();
        lastAnsweredThere = answer.answeredNanos();
        lastReceived = now;
    }

    private static double smoothed(double jitter, long difference) {
        return jitter + ((double) Math.abs(difference) - jitter) / 16;
    }

    /** The round trips from the time of sending since the last call; for one thread at a time. */
    Histogram takeFromSent() {
        return fromSent.getIntervalHistogram();
    }

    /** The round trips from the intended time of sending since the last call; for one thread at a time. */
    Histogram takeFromIntended() {
        return fromIntended.getIntervalHistogram();
    }

    /** To be called when no more answers are given. */
    Order order() {
        return new Order(reordered, maxExtent, reordered == 0 ? 0 : (double) extents / reordered);
    }

    /** To be called when no more answers are given; up and down mean nothing without a responder's times. */
    Jitter jitter() {
        return new Jitter(jitter, jitterUp, jitterDown);
    }
}
