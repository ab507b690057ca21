package io.ntk.tcp.http.files;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a GET or HEAD request, in the order of precedence of RFC 9110, 13.2.2.
 *
 * @param etag the entity tag of the selected representation, quotes and weakness included
 * @param modified when it was modified, in seconds
 * @param now the time, in seconds
 */
record Conditions(String etag, long modified, long now) {
    /** What comes of the conditions. */
    enum Outcome {
        PROCEED,
        NOT_MODIFIED,
        FAILED
    }

    /**
     * Evaluates the conditions.
     *
     * @param headers of the request
     * @param dated whether the representation has a time of its last change; without one, dates are ignored
     */
    Outcome check(HttpHeaders headers, boolean dated) {
        if (isFree(headers)) {
            return Outcome.PROCEED;
        }
        if (headers.contains(HttpHeaderNames.IF_MATCH)) {
            if (!matches(headers.getAll(HttpHeaderNames.IF_MATCH), this::isStronglyEqual)) {
                return Outcome.FAILED;
            }
        } else {
            long unmodified = date(headers, HttpHeaderNames.IF_UNMODIFIED_SINCE);
            if (dated && unmodified != HttpDates.NONE && modified > unmodified) {
                return Outcome.FAILED;
            }
        }
        if (headers.contains(HttpHeaderNames.IF_NONE_MATCH)) {
            return matches(headers.getAll(HttpHeaderNames.IF_NONE_MATCH), this::isWeaklyEqual)
                    ? Outcome.NOT_MODIFIED
                    : Outcome.PROCEED;
        }
        long since = date(headers, HttpHeaderNames.IF_MODIFIED_SINCE);
        return dated && since != HttpDates.NONE && modified <= since ? Outcome.NOT_MODIFIED : Outcome.PROCEED;
    }

    private static boolean isFree(HttpHeaders headers) {
        return !headers.contains(HttpHeaderNames.IF_NONE_MATCH)
                && !headers.contains(HttpHeaderNames.IF_MODIFIED_SINCE)
                && !headers.contains(HttpHeaderNames.IF_MATCH)
                && !headers.contains(HttpHeaderNames.IF_UNMODIFIED_SINCE);
    }

    /**
     * Whether a range may be answered: there is no {@code If-Range}, or it names this representation. A date is a strong
     * validator only when it has passed by more than a second, since the file may change twice in one.
     */
    boolean rangeApplies(HttpHeaders headers) {
        List<String> values = headers.getAll(HttpHeaderNames.IF_RANGE);
        if (values.isEmpty()) {
            return true;
        }
        String value = values.get(0).strip();
        if (values.size() > 1) {
            return false;
        }
        if (value.startsWith("\"") || value.startsWith("W/")) {
            return isStronglyEqual(value);
        }
        return HttpDates.parse(value) == modified && now - modified > 1;
    }

    private boolean isStronglyEqual(String other) {
        return etag.equals(other) && !etag.startsWith("W/");
    }

    private boolean isWeaklyEqual(String other) {
        return opaque(etag).equals(opaque(other));
    }

    private static String opaque(String etag) {
        return etag.startsWith("W/") ? etag.substring(2) : etag;
    }

    /** A field that is there twice, or is no date, is ignored. */
    private static long date(HttpHeaders headers, CharSequence name) {
        String value = headers.get(name);
        return value == null || headers.getAll(name).size() > 1 ? HttpDates.NONE : HttpDates.parse(value.strip());
    }

    /** Whether the star, or one of the entity tags in the list, matches. */
    private static boolean matches(List<String> values, Predicate<String> equal) {
        for (String value : values) {
            String list = value.strip();
            if (list.equals("*")) {
                return true;
            }
            int at = 0;
            while (at < list.length()) {
                if (list.charAt(at) == ',' || list.charAt(at) == ' ' || list.charAt(at) == '\t') {
                    at++;
                    continue;
                }
                String tag = tagAt(list, at);
                if (tag == null) {
                    break; // no entity tag: what follows cannot be told apart
                }
                if (equal.test(tag)) {
                    return true;
                }
                at += tag.length();
            }
        }
        return false;
    }

    /** Commas may stand within an entity tag, quotes may not. */
    private static @Nullable String tagAt(String list, int at) {
        int quote = list.startsWith("W/", at) ? at + 2 : at;
        int end = quote < list.length() && list.charAt(quote) == '"' ? list.indexOf('"', quote + 1) : -1;
        return end < 0 ? null : list.substring(at, end + 1);
    }
}
