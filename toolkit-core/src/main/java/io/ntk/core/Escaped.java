package io.ntk.core;

/**
 * Makes what a peer sent fit to be shown: nothing in it can move a cursor, change a colour or turn the direction of the
 * text.
 */
public final class Escaped {
    private Escaped() {}

    /**
     * Escapes a text for a terminal or a log.
     *
     * @param text anything
     * @return the same with control characters, bidirectional and other format characters, line separators and lone
     *     surrogates written as {@code \n}, {@code \t}, {@code \r} or a backslash, {@code u} and four hex digits, and each backslash doubled
     */
    public static String text(String text) {
        StringBuilder out = new StringBuilder(text.length() + 8);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (isUnsafe(text, i)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.toString();
    }

    /** Whether the UTF-16 unit at an index must not reach a terminal as it is. */
    static boolean isUnsafe(String text, int index) {
        char c = text.charAt(index);
        if (c < 0x20) {
            return true;
        }
        if (c < 0x7f) {
            return false;
        }
        if (Character.isHighSurrogate(c)) {
            if (index + 1 >= text.length() || !Character.isLowSurrogate(text.charAt(index + 1))) {
                return true;
            }
            return hidden(Character.getType(text.codePointAt(index)));
        }
        if (Character.isLowSurrogate(c)) {
            if (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1))) {
                return true;
            }
            return hidden(Character.getType(text.codePointAt(index - 1)));
        }
        return hidden(Character.getType(c));
    }

    private static boolean hidden(int type) {
        return type == Character.CONTROL
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }
}
