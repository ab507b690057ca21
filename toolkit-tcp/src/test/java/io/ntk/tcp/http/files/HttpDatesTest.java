package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Year;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9110, 5.6.7. */
class HttpDatesTest {
    private static final long EXAMPLE = 784_111_777;

    @Test
    void writesTheFixedFormat() {
        assertThat(HttpDates.text(EXAMPLE)).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        assertThat(HttpDates.text(0)).isEqualTo("Thu, 01 Jan 1970 00:00:00 GMT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
            })
    void readsAllThree(String text) {
        assertThat(HttpDates.parse(text)).isEqualTo(EXAMPLE);
    }

    @Test
    void twoDigitsAreAYearAtMostFiftyYearsAhead() {
        int ahead = Year.now(ZoneOffset.UTC).getValue() + 40;
        String text = HttpDates.text(0).replaceAll("Thu, 01 Jan 1970", "01-Jan-" + ahead % 100);
        for (String day : new String[] {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}) {
            long seconds = HttpDates.parse(day + ", " + text);
            if (seconds != HttpDates.NONE) {
                assertThat(HttpDates.text(seconds)).contains("" + ahead);
                return;
            }
        }
        throw new AssertionError(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06 Nov 1994 08:49:37 UTC",
                "06 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:37 GMT ",
                "Sun, 31 Feb 1994 08:49:37 GMT",
                "784111777",
                "1994-11-06T08:49:37Z"
            })
    void nothingElseIsADate(String text) {
        assertThat(HttpDates.parse(text)).isEqualTo(HttpDates.NONE);
    }
}
