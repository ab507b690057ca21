package io.ntk.udp.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.udp.measure.MeasureReport.Order;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final long MILLI = 1_000_000;

    private final Arrivals arrivals = new Arrivals(1 << 17, 100 * MILLI);

    @Test
    void findsNothingReorderedInOrder() {
        arrive(List.of(0L, 1L, 2L, 5L, 9L));
        assertThat(arrivals.order()).isEqualTo(new Order(0, 0, 0));
    }

    @Test
    void tellsTheExtentOfTheExampleOfTheRfc() {
        // RFC 4737, 4.2.5 (figure 2): 4 comes three arrivals after 5, the first that is later than it.
        arrive(List.of(1L, 2L, 3L, 5L, 6L, 7L, 4L, 8L));
        assertThat(arrivals.order()).isEqualTo(new Order(1, 3, 3));
    }

    @Test
    void leavesDuplicatesOutOfTheOrder() {
        arrive(List.of(0L, 2L, 2L, 2L, 1L, 1L));
        assertThat(arrivals.order()).isEqualTo(new Order(1, 1, 1));
        assertThat(arrivals.duplicates.sum()).isEqualTo(3);
        assertThat(arrivals.received.sum()).isEqualTo(3);
    }

    @Test
    void agreesWithTheDefinitionOnAnyOrder() {
        for (int seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            List<Long> sequences = new ArrayList<>();
            for (long n = 0; n < 400; n++) {
                if (random.nextInt(10) > 0) {
                    sequences.add(n);
                }
            }
            for (int i = 0; i < 60; i++) {
                int from = random.nextInt(sequences.size());
                Collections.swap(sequences, from, Math.min(sequences.size() - 1, from + random.nextInt(30)));
            }
            Arrivals each = new Arrivals(1 << 16, 1);
            sequences.forEach(n -> each.answered(answer(n, 0), MILLI));
            assertThat(each.order()).as("seed %d", seed).isEqualTo(orderByDefinition(sequences));
        }
    }

    /** RFC 4737: reordered when its sequence is below the highest before; extent: arrivals since the first above it. */
    static Order orderByDefinition(List<Long> sequences) {
        long reordered = 0;
        long max = 0;
        long sum = 0;
        for (int i = 0; i < sequences.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (sequences.get(j) > sequences.get(i)) {
                    reordered++;
                    max = Math.max(max, i - j);
                    sum += i - j;
                    break;
                }
            }
        }
        return new Order(reordered, max, reordered == 0 ? 0 : (double) sum / reordered);
    }

    @Test
    void countsAnExtentBeyondItsMemoryFromTheOldestItRemembers() {
        arrivals.answered(answer(1, 0), MILLI);
        for (long n = 2; n < Arrivals.REMEMBERED + 2; n++) {
            arrivals.answered(answer(n, 0), MILLI);
        }
        arrivals.answered(answer(0, 0), MILLI);
        assertThat(arrivals.order().maxExtent()).isEqualTo(Arrivals.REMEMBERED);
    }

    @Test
    void smoothesJitterAsTheRfcSays() {
        // Sent every 10 ms; transit 5, 7, 4 ms: D is 2 and 3 ms. J1 = 2/16 = 0.125; J2 = 0.125 + (3 - 0.125)/16.
        arrivals.answered(answer(0, 0), 5 * MILLI);
        arrivals.answered(answer(1, 10 * MILLI), 17 * MILLI);
        arrivals.answered(answer(2, 20 * MILLI), 24 * MILLI);
        assertThat(arrivals.jitter().roundTripNanos()).isEqualTo((0.125 + 2.875 / 16) * MILLI, Offset.offset(1e-6));
    }

    @Test
    void comparesEachClockWithItselfOnly() {
        long there = 987_654_321_000_000L; // another host's clock, with a spacing of its own
        for (int n = 0; n < 50; n++) {
            long sent = n * 10L * MILLI;
            long up = n % 2 * MILLI; // every other one a millisecond later on the way up
            long received = there + sent + up;
            var answer = new MeasureDatagram(1, 1, n, sent, sent, received, received + 1000, n, 0, 0);
            arrivals.answered(answer, sent + up + 2 * MILLI);
        }
        assertThat(arrivals.jitter().upNanos()).isBetween(0.9 * MILLI, 1.0 * MILLI);
        assertThat(arrivals.jitter().downNanos()).isZero();
    }

    @Test
    void isLateAfterTheTimeoutOnly() {
        arrivals.answered(answer(0, 0), 100 * MILLI);
        assertThat(arrivals.late.sum()).isZero();
        arrivals.answered(answer(1, 0), 100 * MILLI + 1);
        assertThat(arrivals.late.sum()).isEqualTo(1);
        assertThat(arrivals.received.sum()).isEqualTo(2);
    }

    @Test
    void tellsBothRoundTrips() {
        arrivals.answered(MeasureDatagram.request(1, 1, 0, 1000, 5000), 9000);
        assertThat(arrivals.takeFromSent().getMaxValue()).isBetween(3990L, 4010L);
        assertThat(arrivals.takeFromIntended().getMaxValue()).isBetween(7990L, 8010L);
        assertThat(arrivals.takeFromSent().getTotalCount()).isZero();
    }

    private void arrive(List<Long> sequences) {
        sequences.forEach(n -> arrivals.answered(answer(n, 0), MILLI));
    }

    private static MeasureDatagram answer(long sequence, long sent) {
        return MeasureDatagram.request(MeasureDatagram.ANSWER, 1, sequence, sent, sent);
    }
}
