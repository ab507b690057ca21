package io.ntk.tcp.http.files;

import java.text.ParsePosition;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;

/** The three formats of a date in HTTP (RFC 9110, 5.6.7), in whole seconds since 1970. */
final class HttpDates {
    /** No date: older than all. */
    static final long NONE = Long.MIN_VALUE;

    private static final DateTimeFormatter FIXED = format("EEE, dd MMM uuuu HH:mm:ss 'GMT'");
    private static final DateTimeFormatter ASCTIME = format("EEE MMM ppd HH:mm:ss uuuu");
    private static final int YEARS_AHEAD = 50;

    private HttpDates() {}

    static String text(long seconds) {
        return FIXED.format(Instant.ofEpochSecond(seconds).atOffset(ZoneOffset.UTC));
    }

    /** {@link #NONE} for what is no date. */
    static long parse(String text) {
        for (DateTimeFormatter format : List.of(FIXED, rfc850(), ASCTIME)) {
            ParsePosition at = new ParsePosition(0);
            TemporalAccessor fields = format.parseUnresolved(text, at);
            if (fields != null && at.getErrorIndex() < 0 && at.getIndex() == text.length()) {
                return seconds(text, format);
            }
        }
        return NONE;
    }

    private static long seconds(String text, DateTimeFormatter format) {
        try {
            return LocalDateTime.parse(text, format).toEpochSecond(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return NONE; // as the 31st of February
        }
    }

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US);
    }

    /** A year of two digits is at most 50 years ahead. */
    private static DateTimeFormatter rfc850() {
        LocalDate oldest = LocalDate.now(ZoneOffset.UTC).minusYears(99L - YEARS_AHEAD);
        return new DateTimeFormatterBuilder()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, oldest)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.US);
    }
}
