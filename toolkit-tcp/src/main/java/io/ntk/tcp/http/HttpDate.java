package io.ntk.tcp.http;

import io.netty.util.concurrent.FastThreadLocal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The value of a {@code Date} header, made once a second on each event loop (RFC 9110, 5.6.7). */
final class HttpDate {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);
    private static final FastThreadLocal<HttpDate> CURRENT = new FastThreadLocal<>() {
        @Override
        protected HttpDate initialValue() {
            return new HttpDate();
        }
    };

    private long second = Long.MIN_VALUE;
    private String text = "";

    private HttpDate() {}

    static long second() {
        return System.currentTimeMillis() / 1000;
    }

    static String now() {
        return CURRENT.get().at(second());
    }

    private String at(long now) {
        if (now != second) {
            second = now;
            text = FORMAT.format(ZonedDateTime.ofInstant(Instant.ofEpochSecond(now), ZoneOffset.UTC));
        }
        return text;
    }
}
