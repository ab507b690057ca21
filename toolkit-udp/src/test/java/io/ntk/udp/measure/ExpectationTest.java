package io.ntk.udp.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ntk.core.Endpoint;
import io.ntk.udp.measure.Expectation.Relation;
import io.ntk.udp.measure.Expectation.Unit;
import io.ntk.udp.measure.MeasureReport.Counts;
import io.ntk.udp.measure.MeasureReport.Jitter;
import io.ntk.udp.measure.MeasureReport.Kernel;
import io.ntk.udp.measure.MeasureReport.Order;
import io.ntk.udp.measure.MeasureReport.Outcome;
import io.ntk.udp.measure.MeasureReport.Times;
import java.util.OptionalLong;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpectationTest {
    @Test
    void readsAList() {
        assertThat(Expectation.parse("loss<1%, p99 <= 5.5ms ,reordered=0"))
                .containsExactly(
                        new Expectation("loss<1%", "loss", Relation.BELOW, 1, Unit.PERCENT),
                        new Expectation("p99 <= 5.5ms", "p99", Relation.AT_MOST, 5_500_000, Unit.NANOS),
                        new Expectation("reordered=0", "reordered", Relation.EQUAL, 0, Unit.COUNT));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | 1 | one of sent",
                "' ' | 2 | one of sent",
                "loss<1%, | 9 | one of sent",
                "loss<1%,,p99<1ms | 9 | one of sent",
                "loss<1%,p9<5ms | 9 | one of sent",
                "LOSS<1% | 1 | one of sent",
                "loss | 5 | <, <=",
                "loss~1 | 5 | <, <=",
                "loss< | 6 | a number",
                "loss<x | 6 | a number",
                "loss<-1 | 6 | a number",
                "loss<1ms | 7 | nothing or %",
                "loss<1% 2 | 9 | nothing or %",
                "loss<1.x | 7 | nothing or %",
                "p99<5 | 6 | ns, us, ms or s",
                "p99<5% | 6 | ns, us, ms or s",
                "p99<5min | 6 | ns, us, ms or s",
                "p99<5ms! | 8 | ns, us, ms or s",
                "p99.99<5ms | 1 | one of sent",
                "loss<1%;p99<5ms | 8 | nothing or %",
            })
    void namesThePositionOfWhatIsWrong(String text, int position, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Expectation.parse(text))
                .withMessageContaining("\" at " + position + " (expected: " + expected);
    }

    @Test
    void escapesWhatItQuotes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Expectation.parse("\u001b[2J"))
                .withMessageContaining("\\u001b[2J");
    }

    @ParameterizedTest
    @CsvSource({
        "loss<10,true",
        "loss<10%,false",
        "loss<=10%,true",
        "loss>9.99%,true",
        "loss>=10%,true",
        "loss=10%,true",
        "loss=5,true",
        "loss-up=2,true",
        "loss-down=3,true",
        "loss-down=6%,true",
        "sent=50,true",
        "received=45,true",
        "late=1,true",
        "duplicates=4,true",
        "reordered=6,true",
        "max-extent=7,true",
        "missed=8,true",
        "drops-here=0,true",
        "drops-there<1000000,false",
        "p50<1ms,false",
        "p50>=1ms,true",
        "p50<1.01ms,true",
        "p99.9<2s,true",
        "max<10us,false",
        "min>999us,true",
        "mean<1001us,true",
        "jitter=3us,true",
        "intended-p99>1.9ms,true",
        "intended-max<1ms,false",
        "timer-max<1ns,false",
        "timer-p50>=0ns,false",
    })
    void comparesEachFigure(String text, boolean holds) {
        assertThat(Expectation.parse(text).get(0).holds(report(50))).isEqualTo(holds);
    }

    @Test
    void isNotFulfilledByWhatIsUnknown() {
        assertThat(Expectation.parse("drops-there>=0").get(0).holds(report(50))).isFalse();
        assertThat(Expectation.parse("loss<100%").get(0).holds(report(0))).isFalse();
        assertThat(Expectation.parse("drops-there>=0").get(0).value(report(50))).isEmpty();
    }

    private static MeasureReport report(long sent) {
        var counts = new Counts(0, sent, 8, sent - 5, OptionalLong.of(2), 1, 4, 0);
        var times = new Times(times(1_000_000), times(2_000_000), new TimeHistogram(TimeHistogram.empty()));
        return new MeasureReport(
                new Endpoint.Inet("127.0.0.1", 9001),
                Outcome.DONE,
                1,
                counts,
                new Order(6, 7, 6.5),
                new Jitter(3000, 0, 0),
                times,
                new Kernel(OptionalLong.of(0), OptionalLong.empty(), 1));
    }

    private static TimeHistogram times(long nanos) {
        Histogram histogram = TimeHistogram.empty();
        histogram.recordValue(nanos);
        return new TimeHistogram(histogram);
    }
}
