package io.ntk.udp.measure;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How long something took, many times: a histogram of nanoseconds with three significant digits, from 1 ns to an hour;
 * what is longer counts as an hour. Immutable.
 *
 * @see <a href="https://hdrhistogram.github.io/HdrHistogram/">HdrHistogram</a>
 */
public final class TimeHistogram {
    static final long HIGHEST_NANOS = 3_600_000_000_000L;
    static final int DIGITS = 3;
    private static final double NANOS_IN_MICRO = 1000;

    private final Histogram histogram;

    TimeHistogram(Histogram histogram) {
        this.histogram = histogram;
    }

    static Histogram empty() {
        return new Histogram(1, HIGHEST_NANOS, DIGITS);
    }

    /** A value that such a histogram takes. */
    static long within(long nanos) {
        return Math.max(0, Math.min(nanos, HIGHEST_NANOS));
    }

    /**
     * How many there are.
     *
     * @return 0 or more; with 0 every time is 0, and means nothing
     */
    public long count() {
        return histogram.getTotalCount();
    }

    /**
     * The time that a share of all did not exceed.
     *
     * @param percent 0 to 100
     * @return nanoseconds
     */
    public long percentile(double percent) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percent);
    }

    /**
     * The shortest.
     *
     * @return nanoseconds
     */
    public long min() {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getMinValue();
    }

    /**
     * The longest.
     *
     * @return nanoseconds
     */
    public long max() {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getMaxValue();
    }

    /**
     * The mean.
     *
     * @return nanoseconds
     */
    public double mean() {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getMean();
    }

    /**
     * A part of the times.
     *
     * @param fromNanos the first
     * @param toNanos the last
     * @param count how many
     */
    public record Bucket(long fromNanos, long toNanos, long count) {}

    /**
     * The times in buckets, each twice as wide as the one before it.
     *
     * @return from the first bucket that has any to the last; empty when there are no times
     */
    public List<Bucket> buckets() {
        List<Bucket> buckets = new ArrayList<>();
        long from = 0;
        for (long to = 1; from <= max() && count() > 0; to *= 2) {
            long count = histogram.getCountBetweenValues(from, to - 1);
            if (count > 0 || !buckets.isEmpty()) {
                buckets.add(new Bucket(from, to - 1, count));
            }
            from = to;
        }
        while (!buckets.isEmpty() && buckets.get(buckets.size() - 1).count() == 0) {
            buckets.remove(buckets.size() - 1);
        }
        return buckets;
    }

    /**
     * The distribution by percentiles, as files that end in {@code .hgrm} have it, in microseconds.
     *
     * @return lines of text
     */
    public String hgrm() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
            histogram.outputPercentileDistribution(out, 5, NANOS_IN_MICRO, false);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
