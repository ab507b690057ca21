package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.ntk.tcp.http.files.Conditions.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110, 13: a representation {@code "abc"} of Sun, 06 Nov 1994 08:49:37 GMT. */
class ConditionsTest {
    private static final long MODIFIED = 784_111_777;
    private static final Conditions STRONG = new Conditions("\"abc\"", MODIFIED, MODIFIED + 100);
    private static final Conditions WEAK = new Conditions("W/\"abc\"", MODIFIED, MODIFIED + 100);

    private static HttpHeaders headers(String lines) {
        HttpHeaders headers = new DefaultHttpHeaders();
        for (String line : lines.split(" & ", -1)) {
            int colon = line.indexOf(": ");
            headers.add(line.substring(0, colon), line.substring(colon + 2));
        }
        return headers;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            If-Match: "abc"                                                | PROCEED
            If-Match: "x", "abc"                                           | PROCEED
            If-Match: *                                                    | PROCEED
            If-Match: "x"                                                  | FAILED
            If-Match: W/"abc"                                              | FAILED
            If-Match: abc                                                  | FAILED
            If-Match: "x" & If-Match: "abc"                                | PROCEED
            If-None-Match: "abc"                                           | NOT_MODIFIED
            If-None-Match: W/"abc"                                         | NOT_MODIFIED
            If-None-Match: *                                               | NOT_MODIFIED
            If-None-Match: "x","abc"                                       | NOT_MODIFIED
            If-None-Match: "x,abc"                                         | PROCEED
            If-None-Match: "x,\\"", "abc"                                  | PROCEED
            If-None-Match: "x" & If-None-Match: "abc"                      | NOT_MODIFIED
            If-None-Match: "x"                                             | PROCEED
            If-None-Match: ""                                              | PROCEED
            If-None-Match: abc                                             | PROCEED
            If-None-Match: "abc                                            | PROCEED
            If-None-Match: W/                                              | PROCEED
            If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT               | NOT_MODIFIED
            If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT              | NOT_MODIFIED
            If-Modified-Since: Sun Nov  6 08:49:37 1994                    | NOT_MODIFIED
            If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT               | NOT_MODIFIED
            If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT               | PROCEED
            If-Modified-Since: Sun, 06 Nov 1994 08:49:37 +0000             | PROCEED
            If-Modified-Since: yesterday                                   | PROCEED
            If-Modified-Since: Sun, 31 Feb 2099 08:49:37 GMT               | PROCEED
            If-Modified-Since: Fri, 06 Nov 2099 08:49:37 GMT & If-Modified-Since: Fri, 06 Nov 2099 08:49:37 GMT | PROCEED
            If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT             | PROCEED
            If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT             | FAILED
            If-Unmodified-Since: yesterday                                 | PROCEED
            If-Match: "abc" & If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT | PROCEED
            If-Match: "x" & If-Unmodified-Since: Fri, 06 Nov 2099 08:49:37 GMT   | FAILED
            If-None-Match: "x" & If-Modified-Since: Fri, 06 Nov 2099 08:49:37 GMT | PROCEED
            If-None-Match: "abc" & If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT | NOT_MODIFIED
            If-Match: "abc" & If-None-Match: "abc"                         | NOT_MODIFIED
            If-Match: "x" & If-None-Match: "abc"                           | FAILED
            If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT & If-None-Match: "abc" | FAILED
            """)
    void haveThePrecedenceOfTheRfc(String lines, Outcome expected) {
        assertThat(STRONG.check(headers(lines), true)).isEqualTo(expected);
    }

    @Test
    void aWeakTagMatchesWeaklyOnly() {
        assertThat(WEAK.check(headers("If-None-Match: \"abc\""), true)).isEqualTo(Outcome.NOT_MODIFIED);
        assertThat(WEAK.check(headers("If-Match: W/\"abc\""), true)).isEqualTo(Outcome.FAILED);
        assertThat(WEAK.rangeApplies(headers("If-Range: W/\"abc\""))).isFalse();
    }

    @Test
    void withoutATimeOfChangeDatesAreIgnored() {
        String date = "Modified-Since: Fri, 06 Nov 2099 08:49:37 GMT";
        assertThat(STRONG.check(headers("If-" + date), false)).isEqualTo(Outcome.PROCEED);
        assertThat(STRONG.check(headers("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT"), false))
                .isEqualTo(Outcome.PROCEED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            X: y                                               | true
            If-Range: "abc"                                    | true
            If-Range: "x"                                      | false
            If-Range: W/"abc"                                  | false
            If-Range: Sun, 06 Nov 1994 08:49:37 GMT            | true
            If-Range: Sun, 06 Nov 1994 08:49:38 GMT            | false
            If-Range: Sun, 06 Nov 1994 08:49:36 GMT            | false
            If-Range: *                                        | false
            If-Range: abc                                      | false
            If-Range: "abc" & If-Range: "abc"                  | false
            """)
    void ranges(String lines, boolean expected) {
        assertThat(STRONG.rangeApplies(headers(lines))).isEqualTo(expected);
    }

    @Test
    void aDateIsNoStrongValidatorInItsOwnSecond() {
        HttpHeaders ifRange = headers("If-Range: Sun, 06 Nov 1994 08:49:37 GMT");
        assertThat(new Conditions("\"abc\"", MODIFIED, MODIFIED + 1).rangeApplies(ifRange))
                .isFalse();
        assertThat(new Conditions("\"abc\"", MODIFIED, MODIFIED + 2).rangeApplies(ifRange))
                .isTrue();
    }
}
