package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110, 14.1 and 14.2, on a representation of 10,000 bytes. */
class ByteRangeTest {
    private static final long SIZE = 10_000;

    private static String parse(String value, long size) {
        List<ByteRange> ranges = ByteRange.parse(value, size);
        return ranges == null
                ? "ignored"
                : ranges.isEmpty()
                        ? "unsatisfiable"
                        : ranges.stream()
                                .map(range -> range.from() + "-" + (range.to() - 1))
                                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-499                  | 0-499
            bytes=500-999                | 500-999
            bytes=-500                   | 9500-9999
            bytes=9500-                  | 9500-9999
            bytes=0-0,-1                 | 0-0 9999-9999
            bytes=0-0                    | 0-0
            bytes=9999-9999              | 9999-9999
            bytes=9999-                  | 9999-9999
            bytes=-1                     | 9999-9999
            bytes=-10000                 | 0-9999
            bytes=-10001                 | 0-9999
            bytes=0-                     | 0-9999
            bytes=0-9999                 | 0-9999
            bytes=0-10000                | 0-9999
            bytes=0-99999999999999999999 | 0-9999
            bytes=10000-                 | unsatisfiable
            bytes=10000-10001            | unsatisfiable
            bytes=99999999999999999999-  | unsatisfiable
            bytes=-0                     | unsatisfiable
            bytes=10000-,20000-          | unsatisfiable
            bytes=0-9,10000-             | 0-9
            BYTES=0-9                    | 0-9
            bytes= 0-9 , 1000-1009       | 0-9 1000-1009
            bytes=,0-9,,                 | 0-9
            bytes=1000-1009,0-9          | 1000-1009 0-9
            bytes=0-9,5-14               | 0-14
            bytes=5-14,0-9               | 0-14
            bytes=0-9,10-19              | 0-19
            bytes=0-9,0-9,0-9            | 0-9
            bytes=0-,0-,0-               | 0-9999
            bytes=0-99,200-299           | 0-299
            bytes=0-99,228-299           | 0-99 228-299
            bytes=0-99,227-299           | 0-299
            bytes=9000-,0-99,50-150      | 0-150 9000-9999
            bytes=                       | ignored
            bytes=,                      | ignored
            bytes=-                      | ignored
            bytes=a-b                    | ignored
            bytes=1                      | ignored
            bytes=2-1                    | ignored
            bytes=0-9,2-1                | ignored
            bytes=--1                    | ignored
            bytes=0--1                   | ignored
            bytes=+1-2                   | ignored
            bytes=0x0-9                  | ignored
            bytes=0-9;q=1                | ignored
            bytes 0-9                    | ignored
            bytes                        | ignored
            lines=0-9                    | ignored
            0-9                          | ignored
            bytes=0- 9                   | ignored
            """)
    void isWhatTheRfcSays(String value, String expected) {
        assertThat(parse(value, SIZE)).isEqualTo(expected);
    }

    @Test
    void anEmptyFileHasNoRanges() {
        assertThat(parse("bytes=0-", 0)).isEqualTo("ignored");
        assertThat(parse("bytes=-5", 0)).isEqualTo("ignored");
    }

    @Test
    void namesMoreBytesThanFitInAnInt() {
        assertThat(parse("bytes=-10", 5L << 30)).isEqualTo("5368709110-5368709119");
        assertThat(parse("bytes=4294967296-4294967296", 5L << 30)).isEqualTo("4294967296-4294967296");
    }

    @Test
    void takesSixteenRangesAndNotSeventeen() {
        assertThat(ByteRange.parse(many(16), SIZE)).hasSize(16);
        assertThat(ByteRange.parse(many(17), SIZE)).isNull();
        assertThat(ByteRange.parse("bytes=" + "0-,".repeat(1000), SIZE)).isNull();
    }

    private static String many(int count) {
        return "bytes="
                + IntStream.range(0, count)
                        .mapToObj(i -> i * 500 + "-" + i * 500)
                        .collect(Collectors.joining(","));
    }

    @Test
    void neverNamesMoreThanThereIs() {
        for (String value : List.of("bytes=0-,1-,2-,3-,-9999", "bytes=0-5000,4000-9000,8999-", "bytes=-1,-2,-3,0-")) {
            List<ByteRange> ranges = ByteRange.parse(value, SIZE);
            assertThat(Objects.requireNonNull(ranges).stream()
                            .mapToLong(ByteRange::length)
                            .sum())
                    .isLessThanOrEqualTo(SIZE);
        }
    }
}
