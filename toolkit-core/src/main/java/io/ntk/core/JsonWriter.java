package io.ntk.core;

import java.util.List;

/**
 * Writes one JSON object on one line, field by field (RFC 8259). Not thread-safe.
 *
 * <p>The output is ASCII but for letters above U+009F: control characters are escaped, and so are line separators,
 * bidirectional overrides and lone surrogates, so that the line can be shown on a terminal as it is.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259">RFC 8259</a>
 */
public final class JsonWriter {
    private final StringBuilder out = new StringBuilder(160).append('{');

    /** Starts an object. */
    public JsonWriter() {}

    /**
     * Adds a text.
     *
     * @param name the field's name
     * @param value the text
     * @return this writer
     */
    public JsonWriter field(String name, String value) {
        key(name);
        quote(value);
        return this;
    }

    /**
     * Adds a whole number.
     *
     * @param name the field's name
     * @param value the number
     * @return this writer
     */
    public JsonWriter field(String name, long value) {
        key(name);
        out.append(value);
        return this;
    }

    /**
     * Adds a number.
     *
     * @param name the field's name
     * @param value the number; null is written when it is not finite, as JSON has no word for that
     * @return this writer
     */
    public JsonWriter field(String name, double value) {
        key(name);
        if (Double.isFinite(value)) {
            out.append(value);
        } else {
            out.append("null");
        }
        return this;
    }

    /**
     * Adds a truth value.
     *
     * @param name the field's name
     * @param value the value
     * @return this writer
     */
    public JsonWriter field(String name, boolean value) {
        key(name);
        out.append(value);
        return this;
    }

    /**
     * Adds a list of texts.
     *
     * @param name the field's name
     * @param values the texts
     * @return this writer
     */
    public JsonWriter field(String name, List<String> values) {
        key(name);
        out.append('[');
        for (String value : values) {
            separate();
            quote(value);
        }
        out.append(']');
        return this;
    }

    /**
     * Adds a list of objects.
     *
     * @param name the field's name
     * @param values finished or unfinished writers, each an object of the list
     * @return this writer
     */
    public JsonWriter objects(String name, List<JsonWriter> values) {
        key(name);
        out.append('[');
        for (JsonWriter value : values) {
            separate();
            out.append(value);
        }
        out.append(']');
        return this;
    }

    /** The object as it is now, closed, without a line end. */
    @Override
    public String toString() {
        return out + "}";
    }

    private void key(String name) {
        separate();
        quote(name);
        out.append(':');
    }

    private void separate() {
        char last = out.charAt(out.length() - 1);
        if (last != '{' && last != '[') {
            out.append(',');
        }
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (Escaped.isUnsafe(text, i)) {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(Character.forDigit(c >> shift & 0xf, 16));
                }
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
