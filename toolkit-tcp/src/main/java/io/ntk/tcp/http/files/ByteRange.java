package io.ntk.tcp.http.files;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some bytes of a representation.
 *
 * <p>A request may name at most {@value #MAX_RANGES} ranges; with more, or with what is no range, the whole is sent, as
 * RFC 9110 (14.2) allows. Ranges that overlap, or lie so close that the head of a part would be longer than the gap, are
 * made one: a reply is never much longer than the file, whatever is asked for.
 *
 * @param from the first byte
 * @param to one past the last byte
 */
record ByteRange(long from, long to) {
    static final int MAX_RANGES = 16;
    /** About what the head of a part takes. */
    static final int MIN_GAP_BYTES = 128;

    long length() {
        return to - from;
    }

    /** As in {@code Content-Range}. */
    String contentRange(long size) {
        return "bytes " + from + "-" + (to - 1) + "/" + size;
    }

    /**
     * Reads the value of a {@code Range} field.
     *
     * @param value the value
     * @param size of the representation
     * @return the ranges to send, in the order asked for unless some were joined; empty when none can be satisfied; null
     *     when the field is to be ignored
     */
    static @Nullable List<ByteRange> parse(String value, long size) {
        String text = value.strip();
        if (size == 0 || !text.regionMatches(true, 0, "bytes=", 0, 6)) {
            return null; // an empty representation has no bytes to name
        }
        List<ByteRange> ranges = new ArrayList<>();
        int named = 0;
        for (String part : text.substring(6).split(",", -1)) {
            String one = part.strip();
            if (one.isEmpty()) {
                continue;
            }
            ByteRange range = one(one, size);
            if (range == null || ++named > MAX_RANGES) {
                return null;
            }
            if (range.length() > 0) {
                ranges.add(range);
            }
        }
        return named == 0 ? null : joined(ranges);
    }

    /** An empty range when it is beyond the end; null when it is no range. */
    private static @Nullable ByteRange one(String text, long size) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            return null;
        }
        long first = number(text, 0, dash);
        long last = number(text, dash + 1, text.length());
        if (first == -2 || last == -2 || (first == -1 && last == -1)) {
            return null;
        }
        if (first == -1) {
            return new ByteRange(size - Math.min(last, size), size);
        }
        if (last >= 0 && last < first) {
            return null;
        }
        long to = last < 0 || last >= size ? size : last + 1;
        return new ByteRange(Math.min(first, to), to);
    }

    /** -1 for nothing, -2 for no number, and the largest number for what is larger. */
    private static long number(String text, int from, int to) {
        if (from == to) {
            return -1;
        }
        long number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -2;
            }
            number = number > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : number * 10 + digit;
        }
        return number;
    }

    private static List<ByteRange> joined(List<ByteRange> ranges) {
        List<ByteRange> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingLong(ByteRange::from));
        List<ByteRange> joined = new ArrayList<>();
        for (ByteRange next : sorted) {
            ByteRange last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && next.from - last.to < MIN_GAP_BYTES) {
                joined.set(joined.size() - 1, new ByteRange(last.from, Math.max(last.to, next.to)));
            } else {
                joined.add(next);
            }
        }
        return joined.size() == ranges.size() ? ranges : joined;
    }
}
