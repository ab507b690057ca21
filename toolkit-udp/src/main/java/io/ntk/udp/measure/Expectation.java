package io.ntk.udp.measure;

import io.ntk.core.Escaped;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a report is expected to be, as {@code loss<1%}.
 *
 * <pre>{@code
 * expectations = expectation *("," expectation)
 * expectation  = figure ("<" / "<=" / ">" / ">=" / "=") number [unit]
 * figure       = count / time
 * count        = "sent" / "missed" / "received" / "loss" / "loss-up" / "loss-down" / "late" / "duplicates"
 *              / "reordered" / "max-extent" / "drops-here" / "drops-there"
 * time         = "min" / "p50" / "p90" / "p99" / "p99.9" / "max" / "mean" / "jitter"
 *              / ("intended-" / "timer-") ("min" / "p50" / "p90" / "p99" / "p99.9" / "max" / "mean")
 * number       = 1*DIGIT ["." 1*DIGIT]
 * unit         = "%" for a count, of what was sent; "ns" / "us" / "ms" / "s" for a time, which must have one
 * }</pre>
 *
 * <p>White space may stand between the parts. A figure that is unknown fulfils nothing.
 *
 * @param text as it was written
 * @param figure which
 * @param relation how it compares
 * @param limit a count, a percentage, or nanoseconds
 * @param unit what the limit is in
 */
public record Expectation(String text, String figure, Relation relation, double limit, Unit unit) {
    /** How a figure compares with its limit. */
    public enum Relation {
        /** Below. */
        BELOW("<"),
        /** Not above. */
        AT_MOST("<="),
        /** Above. */
        ABOVE(">"),
        /** Not below. */
        AT_LEAST(">="),
        /** Equal. */
        EQUAL("=");

        private final String sign;

        Relation(String sign) {
            this.sign = sign;
        }

        boolean holds(double value, double limit) {
            return switch (this) {
                case BELOW -> value < limit;
                case AT_MOST -> value <= limit;
                case ABOVE -> value > limit;
                case AT_LEAST -> value >= limit;
                case EQUAL -> value == limit;
            };
        }

        @Override
        public String toString() {
            return sign;
        }
    }

    /** What a limit is in. */
    public enum Unit {
        /** A number of datagrams. */
        COUNT,
        /** Percent of what was sent. */
        PERCENT,
        /** Nanoseconds. */
        NANOS
    }

    private static final Pattern PARTS = Pattern.compile(
            "\\s*([a-z][a-z0-9.-]*)?\\s*(<=|>=|<|>|=)?\\s*(\\d{1,15}(?:\\.\\d{1,9})?)?\\s*(%|[a-z]+)?\\s*");
    private static final Map<String, Function<MeasureReport, OptionalDouble>> COUNTS = counts();
    private static final Map<String, Function<MeasureReport, OptionalDouble>> TIMES = times();
    private static final Map<String, Integer> NANOS = Map.of("ns", 1, "us", 1000, "ms", 1_000_000, "s", 1_000_000_000);

    /**
     * Reads a list of them.
     *
     * @param text see the description of this type
     * @return at least one
     * @throws IllegalArgumentException when the text is none; the message names the position, counted from 1
     */
    public static List<Expectation> parse(String text) {
        List<Expectation> all = new ArrayList<>();
        int from = 0;
        while (true) {
            int comma = text.indexOf(',', from);
            int to = comma < 0 ? text.length() : comma;
            all.add(parse(text, from, to));
            if (comma < 0) {
                return List.copyOf(all);
            }
            from = comma + 1;
        }
    }

    private static Expectation parse(String text, int from, int to) {
        Matcher parts = PARTS.matcher(text).region(from, to);
        boolean whole = parts.lookingAt() && parts.end() == to;
        String figure = parts.group(1);
        boolean time = TIMES.containsKey(String.valueOf(figure));
        if (figure == null || !(time || COUNTS.containsKey(figure))) {
            int at = figure == null ? firstOf(text, from, to) : parts.start(1);
            throw wrong(
                    text,
                    at,
                    "one of " + String.join(", ", COUNTS.keySet()) + ", " + String.join(", ", TIMES.keySet()));
        }
        if (parts.group(2) == null) {
            throw wrong(text, firstOf(text, parts.end(1), to), "<, <=, >, >= or =");
        }
        if (parts.group(3) == null) {
            throw wrong(text, firstOf(text, parts.end(2), to), "a number");
        }
        String unit = parts.group(4);
        boolean fits = time ? unit != null && NANOS.containsKey(unit) : unit == null || unit.equals("%");
        if (!fits || !whole) {
            int at = !fits && unit != null ? parts.start(4) : !whole ? parts.end() : firstOf(text, parts.end(3), to);
            throw wrong(text, at, time ? "ns, us, ms or s behind a time" : "nothing or % behind a count");
        }
        BigDecimal number = new BigDecimal(parts.group(3));
        String own = text.substring(from, to).strip();
        Relation relation = relation(parts.group(2));
        if (time) {
            BigDecimal nanos = number.multiply(BigDecimal.valueOf(NANOS.getOrDefault(unit, 1)));
            return new Expectation(own, figure, relation, nanos.doubleValue(), Unit.NANOS);
        }
        return new Expectation(own, figure, relation, number.doubleValue(), unit == null ? Unit.COUNT : Unit.PERCENT);
    }

    /**
     * Whether a report fulfils it.
     *
     * @param report what was measured
     * @return false also when the figure is unknown
     */
    public boolean holds(MeasureReport report) {
        OptionalDouble value = value(report);
        return value.isPresent() && relation.holds(value.getAsDouble(), limit);
    }

    /**
     * The figure in the unit of the limit.
     *
     * @param report what was measured
     * @return empty when it is unknown
     */
    public OptionalDouble value(MeasureReport report) {
        if (unit == Unit.NANOS) {
            Function<MeasureReport, OptionalDouble> time = TIMES.get(figure);
            return time == null ? OptionalDouble.empty() : time.apply(report);
        }
        Function<MeasureReport, OptionalDouble> count = COUNTS.get(figure);
        OptionalDouble value = count == null ? OptionalDouble.empty() : count.apply(report);
        if (unit == Unit.COUNT || value.isEmpty()) {
            return value;
        }
        long sent = report.counts().sent();
        return sent == 0 ? OptionalDouble.empty() : OptionalDouble.of(value.getAsDouble() * 100 / sent);
    }

    private static Map<String, Function<MeasureReport, OptionalDouble>> counts() {
        Map<String, Function<MeasureReport, OptionalDouble>> all = new LinkedHashMap<>();
        all.put("sent", report -> of(report.counts().sent()));
        all.put("missed", report -> of(report.counts().missed()));
        all.put("received", report -> of(report.counts().received()));
        all.put("loss", report -> of(report.counts().lost()));
        all.put("loss-up", report -> of(report.counts().lostUp()));
        all.put("loss-down", report -> of(report.counts().lostDown()));
        all.put("late", report -> of(report.counts().late()));
        all.put("duplicates", report -> of(report.counts().duplicates()));
        all.put("reordered", report -> of(report.order().reordered()));
        all.put("max-extent", report -> of(report.order().maxExtent()));
        all.put("drops-here", report -> of(report.kernel().dropsHere()));
        all.put("drops-there", report -> of(report.kernel().dropsThere()));
        return all;
    }

    private static Map<String, Function<MeasureReport, OptionalDouble>> times() {
        Map<String, Function<MeasureReport, OptionalDouble>> all = new LinkedHashMap<>();
        put(all, "", report -> report.times().roundTrip());
        all.put(
                "jitter",
                report -> known(report.times().roundTrip(), report.jitter().roundTripNanos()));
        put(all, "intended-", report -> report.times().fromIntended());
        put(all, "timer-", report -> report.times().timerError());
        return all;
    }

    private static void put(
            Map<String, Function<MeasureReport, OptionalDouble>> all,
            String prefix,
            Function<MeasureReport, TimeHistogram> times) {
        all.put(prefix + "min", of(times, TimeHistogram::min));
        for (String percent : List.of("50", "90", "99", "99.9")) {
            double share = Double.parseDouble(percent);
            all.put(prefix + "p" + percent, of(times, each -> each.percentile(share)));
        }
        all.put(prefix + "max", of(times, TimeHistogram::max));
        all.put(prefix + "mean", of(times, each -> Math.round(each.mean())));
    }

    private static Function<MeasureReport, OptionalDouble> of(
            Function<MeasureReport, TimeHistogram> times, ToLongFunction<TimeHistogram> figure) {
        return report -> known(times.apply(report), (double) figure.applyAsLong(times.apply(report)));
    }

    private static OptionalDouble known(TimeHistogram times, double value) {
        return times.count() == 0 ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static OptionalDouble of(long value) {
        return OptionalDouble.of((double) value);
    }

    private static OptionalDouble of(OptionalLong value) {
        return value.isPresent() ? of(value.getAsLong()) : OptionalDouble.empty();
    }

    private static Relation relation(String sign) {
        for (Relation relation : Relation.values()) {
            if (relation.sign.equals(sign)) {
                return relation;
            }
        }
        throw new IllegalStateException("no such relation: " + sign);
    }

    /** The first character that is not white space; the end when there is none. */
    private static int firstOf(String text, int from, int to) {
        int at = from;
        while (at < to && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static IllegalArgumentException wrong(String text, int at, String expected) {
        return new IllegalArgumentException(
                "expectation: \"" + Escaped.text(text) + "\" at " + (at + 1) + " (expected: " + expected + ")");
    }
}
