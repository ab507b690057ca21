package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A reply that is always the same but for its date.
 *
 * @param status 200 to 599
 * @param type the media type, or empty for none
 * @param headers further header lines; none of those that the server answers for itself
 * @param body the body, at most {@value #MAX_BODY_BYTES} bytes; of 204 and 304 none is sent
 */
public record FixedReply(int status, String type, Map<String, String> headers, Body body) {
    /** The longest body: it is held in memory. */
    public static final int MAX_BODY_BYTES = 16 * 1024 * 1024;

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final Set<String> OWN = Set.of(
            "connection",
            "content-length",
            "content-type",
            "date",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** Bytes that nobody changes. */
    public static final class Body {
        private final byte[] bytes;

        private Body(byte[] bytes) {
            this.bytes = bytes;
        }

        /**
         * Takes a copy.
         *
         * @param bytes at most {@value FixedReply#MAX_BODY_BYTES}
         * @return the body
         */
        public static Body of(byte[] bytes) {
            if (bytes.length > MAX_BODY_BYTES) {
                throw new IllegalArgumentException(
                        "body: " + bytes.length + " bytes (expected: at most " + MAX_BODY_BYTES + ")");
            }
            return new Body(bytes.clone());
        }

        /**
         * How long it is.
         *
         * @return bytes
         */
        public int length() {
            return bytes.length;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    /** Checks the parts. */
    public FixedReply {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status: " + status + " (expected: 200 to 599)");
        }
        requireValue(type, "type");
        requireNonNull(body, "body");
        headers = Map.copyOf(new LinkedHashMap<>(headers));
        headers.forEach(FixedReply::requireHeader);
    }

    /**
     * Text, with status 200.
     *
     * @param text the body, sent as UTF-8
     * @return the reply
     */
    public static FixedReply text(String text) {
        return new FixedReply(200, TEXT, Map.of(), Body.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * A copy with another status.
     *
     * @param other 200 to 599
     * @return the copy
     */
    public FixedReply withStatus(int other) {
        return new FixedReply(other, type, headers, body);
    }

    /**
     * A copy with another media type.
     *
     * @param other empty for none
     * @return the copy
     */
    public FixedReply withType(String other) {
        return new FixedReply(status, other, headers, body);
    }

    /**
     * A copy with other header lines.
     *
     * @param others names and values
     * @return the copy
     */
    public FixedReply withHeaders(Map<String, String> others) {
        return new FixedReply(status, type, others, body);
    }

    /**
     * A copy with another body.
     *
     * @param other the body
     * @return the copy
     */
    public FixedReply withBody(Body other) {
        return new FixedReply(status, type, headers, other);
    }

    /** RFC 9110, 6.4.1: these have no content, whatever is asked for. */
    boolean bodiless() {
        return status == 204 || status == 205 || status == 304;
    }

    private static void requireHeader(String name, String value) {
        boolean token = !name.isEmpty() && name.chars().allMatch(RequestScanner::isToken);
        if (!token) {
            throw new IllegalArgumentException("header: \"" + name + "\" (expected: a name such as X-Color)");
        }
        if (OWN.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("header: " + name + " (expected: none that the server sets itself)");
        }
        requireValue(value, name);
    }

    private static void requireValue(String value, String name) {
        boolean clean = value.chars().allMatch(c -> (c >= 0x20 && c < 0x7f) || c == '\t');
        if (!clean) {
            throw new IllegalArgumentException(name + ": (expected: visible ASCII, spaces and tabs)");
        }
    }
}
