package io.ntk.cli;

import io.ntk.udp.measure.Expectation;
import io.ntk.udp.measure.MeasureOptions;
import io.ntk.udp.measure.MeasureReport;
import io.ntk.udp.measure.MeasureReport.Counts;
import io.ntk.udp.measure.MeasureReport.Interval;
import io.ntk.udp.measure.TimeHistogram;
import io.ntk.udp.measure.TimeHistogram.Bucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The words for a measurement, as people read them. */
final class MeasureText {
    private static final int BAR = 40;

    private MeasureText() {}

    /** One line for an interval that has just passed. */
    static String progress(Interval part, Duration interval) {
        double seconds = interval.toNanos() / 1e9;
        TimeHistogram times = part.roundTrip();
        String roundTrips = times.count() == 0
                ? "no answers"
                : "p50 " + time(times.percentile(50)) + ", p99 " + time(times.percentile(99)) + ", max "
                        + time(times.max());
        return format("%.0f/s out, %.0f/s back, %s", part.sent() / seconds, part.received() / seconds, roundTrips)
                + (part.missed() == 0 ? "" : ", " + part.missed() + " missed");
    }

    /** The report. */
    static List<String> lines(MeasureOptions options, MeasureReport report) {
        Counts counts = report.counts();
        List<String> lines = new ArrayList<>();
        lines.add(format(
                "sent          %d of %d bytes in %.1f s, %d missed",
                counts.sent(), options.load().sizeBytes(), report.seconds(), counts.missed()));
        if (!options.load().warmUp().isZero()) {
            lines.add(format(
                    "warm-up       %d in %s before that, left out of all figures",
                    counts.warmUp(), EventText.time(options.load().warmUp())));
        }
        lines.add("received      " + counts.received());
        lines.add(format("lost          %d (%s)%s", counts.lost(), share(counts.lost(), counts.sent()), where(counts)));
        lines.add("late          " + counts.late() + " (after " + EventText.time(options.timeout()) + ")");
        lines.add("duplicates    " + counts.duplicates());
        lines.add(format(
                "reordered     %d%s",
                report.order().reordered(),
                report.order().reordered() == 0
                        ? ""
                        : format(
                                ", extent %.1f on average, %d at most",
                                report.order().meanExtent(), report.order().maxExtent())));
        if (counts.ignored() > 0) {
            lines.add("ignored       " + counts.ignored() + " datagrams that were no answers");
        }
        lines.add("kernel drops  " + known(report.kernel().dropsHere()) + " at our socket (receive buffer "
                + EventText.bytes(report.kernel().receiveBuffer()) + "), "
                + known(report.kernel().dropsThere()) + " at the responder's");
        lines.add("round trip    " + times(report.times().roundTrip()));
        lines.add("from intended " + times(report.times().fromIntended()));
        lines.add("timer error   " + times(report.times().timerError()));
        lines.add("jitter        " + time(report.jitter().roundTripNanos())
                + (counts.lostUp().isPresent()
                        ? format(
                                " (up %s, down %s)",
                                time(report.jitter().upNanos()),
                                time(report.jitter().downNanos()))
                        : ""));
        return lines;
    }

    private static String where(Counts counts) {
        return counts.lostUp().isPresent()
                ? format(
                        ": %d on the way up, %d on the way down",
                        counts.lostUp().getAsLong(), counts.lostDown().orElse(0))
                : ", it is not known in which direction";
    }

    /** Rows of times, numbers and bars. */
    static List<String> histogram(TimeHistogram times) {
        List<Bucket> buckets = times.buckets();
        long most = buckets.stream().mapToLong(Bucket::count).max().orElse(1);
        List<String> rows = new ArrayList<>();
        for (Bucket bucket : buckets) {
            int length = (int) Math.ceil((double) bucket.count() * BAR / most);
            rows.add(format(
                            "%9s to %9s %10d %s",
                            time(bucket.fromNanos()), time(bucket.toNanos() + 1), bucket.count(), "#".repeat(length))
                    .stripTrailing());
        }
        return rows;
    }

    /** What a figure of an expectation was. */
    static String value(Expectation expectation, MeasureReport report) {
        OptionalDouble value = expectation.value(report);
        if (value.isEmpty()) {
            return "unknown";
        }
        return switch (expectation.unit()) {
            case COUNT -> format("%.0f", value.getAsDouble());
            case PERCENT -> format("%.4g%%", value.getAsDouble());
            case NANOS -> time(value.getAsDouble());
        };
    }

    private static String times(TimeHistogram times) {
        return times.count() == 0
                ? "unknown"
                : format(
                        "p50 %s, p90 %s, p99 %s, p99.9 %s, max %s",
                        time(times.percentile(50)),
                        time(times.percentile(90)),
                        time(times.percentile(99)),
                        time(times.percentile(99.9)),
                        time(times.max()));
    }

    private static String share(long part, long all) {
        return format("%.3f%%", all == 0 ? 0 : 100.0 * part / all);
    }

    private static String known(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : "unknown";
    }

    /** A time in a unit that leaves one to three digits before the point. */
    private static String time(double nanos) {
        if (nanos < 1000) {
            return format("%.0f ns", nanos);
        }
        if (nanos < 1e6) {
            return format("%.1f us", nanos / 1e3);
        }
        return nanos < 1e9 ? format("%.2f ms", nanos / 1e6) : format("%.2f s", nanos / 1e9);
    }

    private static String time(long nanos) {
        return time((double) nanos);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
