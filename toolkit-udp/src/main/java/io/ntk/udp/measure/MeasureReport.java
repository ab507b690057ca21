package io.ntk.udp.measure;

import io.ntk.core.Endpoint;
import io.ntk.core.JsonWriter;
import java.util.OptionalLong;

/**
 * What was measured; warm-up is in none of the figures but {@link Counts#warmUp}.
 *
 * @param endpoint who answered
 * @param outcome how the measurement ended
 * @param seconds from the first measured datagram to the last
 * @param counts of datagrams
 * @param order in which answers came
 * @param jitter how evenly they came
 * @param times how long they took
 * @param kernel what the kernels dropped for want of room in receive buffers
 */
public record MeasureReport(
        Endpoint.Inet endpoint,
        Outcome outcome,
        double seconds,
        Counts counts,
        Order order,
        Jitter jitter,
        Times times,
        Kernel kernel) {
    /** How a measurement ended. */
    public enum Outcome {
        /** It ran its time. */
        DONE("done"),
        /** It was stopped before its time. */
        STOPPED("stopped"),
        /** No answer ever came. */
        NO_ANSWER("no-answer"),
        /** The network said that nobody is there (ICMP). */
        UNREACHABLE("unreachable");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }

        /** The word for documents. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Datagrams. What was sent was either received or lost; late answers were received.
     *
     * @param warmUp sent before the measurement
     * @param sent handed to the kernel
     * @param missed not sent, since their time was more than a second ago
     * @param received answered, each counted once
     * @param lostUp lost on the way to the responder; empty when it did not tell its final counts
     * @param late answered after the timeout
     * @param duplicates answers to datagrams that were answered before
     * @param ignored what was no answer to this measurement, or came too late to be told from a duplicate
     */
    public record Counts(
            long warmUp,
            long sent,
            long missed,
            long received,
            OptionalLong lostUp,
            long late,
            long duplicates,
            long ignored) {
        /**
         * Datagrams without an answer.
         *
         * @return up and down together
         */
        public long lost() {
            return sent - received;
        }

        /**
         * Answers that were lost on their way back.
         *
         * @return empty when it is not known where datagrams were lost
         */
        public OptionalLong lostDown() {
            return lostUp.isPresent() ? OptionalLong.of(lost() - lostUp.getAsLong()) : OptionalLong.empty();
        }
    }

    /**
     * The order of the answers, duplicates left out.
     *
     * @param reordered answers that came after one to a later datagram
     * @param maxExtent the greatest extent: over how many arrivals an answer came too late; 65,536 arrivals are
     *     remembered, a greater extent counts from the oldest of them
     * @param meanExtent the mean of the extents
     * @see <a href="https://www.rfc-editor.org/rfc/rfc4737">RFC 4737, 4.2.2</a>
     */
    public record Order(long reordered, long maxExtent, double meanExtent) {}

    /**
     * Smoothed interarrival jitter, in nanoseconds.
     *
     * @param roundTripNanos of both ways together
     * @param upNanos of the way to the responder, each clock compared with itself; of no meaning for a plain echo
     * @param downNanos of the way back, as above
     * @see <a href="https://www.rfc-editor.org/rfc/rfc3550#section-6.4.1">RFC 3550, 6.4.1</a>
     */
    public record Jitter(double roundTripNanos, double upNanos, double downNanos) {}

    /**
     * Times of the client's clock.
     *
     * @param roundTrip from sending to the answer
     * @param fromIntended from when it should have been sent to the answer: what a user waits when the sender is held up
     * @param timerError from when it should have been sent to sending
     */
    public record Times(TimeHistogram roundTrip, TimeHistogram fromIntended, TimeHistogram timerError) {}

    /**
     * What the kernels did.
     *
     * @param dropsHere dropped at the client's socket since the start, warm-up included; empty when it is unknown
     * @param dropsThere dropped at the responder's sockets meanwhile, of any client, warm-up included; empty when
     *     it is unknown
     * @param receiveBuffer what was granted of SO_RCVBUF here, in bytes
     */
    public record Kernel(OptionalLong dropsHere, OptionalLong dropsThere, int receiveBuffer) {}

    /**
     * A part of a measurement that is under way.
     *
     * @param sent datagrams since the part before
     * @param missed likewise
     * @param received likewise
     * @param duplicates likewise
     * @param roundTrip likewise
     */
    public record Interval(long sent, long missed, long received, long duplicates, TimeHistogram roundTrip) {
        /**
         * Adds the fields of the JSON form, times in microseconds.
         *
         * @param json the open object
         */
        public void describe(JsonWriter json) {
            json.field("sent", sent)
                    .field("missed", missed)
                    .field("received", received)
                    .field("duplicates", duplicates);
            MeasureReport.describe(json, "roundTrip", roundTrip);
        }
    }

    /**
     * Adds the fields of the JSON form: times in microseconds, what is unknown as null.
     *
     * @param json the open object
     */
    public void describe(JsonWriter json) {
        json.field("endpoint", endpoint.toString())
                .field("outcome", outcome.toString())
                .field("seconds", seconds)
                .field("warmUp", counts.warmUp())
                .field("sent", counts.sent())
                .field("missed", counts.missed())
                .field("received", counts.received())
                .field("lost", counts.lost());
        describe(json, "lostUp", counts.lostUp());
        describe(json, "lostDown", counts.lostDown());
        json.field("late", counts.late())
                .field("duplicates", counts.duplicates())
                .field("ignored", counts.ignored())
                .field("reordered", order.reordered())
                .field("maxExtent", order.maxExtent())
                .field("meanExtent", order.meanExtent())
                .field("jitter", micros(jitter.roundTripNanos()))
                .field("jitterUp", counts.lostUp().isPresent() ? micros(jitter.upNanos()) : Double.NaN)
                .field("jitterDown", counts.lostUp().isPresent() ? micros(jitter.downNanos()) : Double.NaN);
        describe(json, "roundTrip", times.roundTrip());
        describe(json, "fromIntended", times.fromIntended());
        describe(json, "timerError", times.timerError());
        describe(json, "kernelDropsHere", kernel.dropsHere());
        describe(json, "kernelDropsThere", kernel.dropsThere());
        json.field("receiveBuffer", kernel.receiveBuffer());
    }

    private static void describe(JsonWriter json, String name, OptionalLong value) {
        if (value.isPresent()) {
            json.field(name, value.getAsLong());
        } else {
            json.field(name, Double.NaN); // null
        }
    }

    /** A histogram as fields that begin with its name: roundTripP50, …; null where there are no times. */
    private static void describe(JsonWriter json, String name, TimeHistogram times) {
        boolean none = times.count() == 0;
        json.field(name + "Min", none ? Double.NaN : micros((double) times.min()));
        for (String percent : new String[] {"50", "90", "99", "99.9"}) {
            double value = micros((double) times.percentile(Double.parseDouble(percent)));
            json.field(name + "P" + percent.replace(".", ""), none ? Double.NaN : value);
        }
        json.field(name + "Max", none ? Double.NaN : micros((double) times.max()));
    }

    private static double micros(double nanos) {
        return Math.round(nanos) / 1000.0;
    }
}
