package io.ntk.tcp.http.inspect;

import io.ntk.core.JsonWriter;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** JSON for people: indented; and a check whether a text is JSON (RFC 8259), without building anything of it. */
final class InspectJson {
    /** The word {@code null}. */
    static final Raw NULL = new Raw("null");

    private static final int MAX_DEPTH = 256;

    /** JSON that is copied as it is. */
    record Raw(String text) {}

    private InspectJson() {}

    /** Writes texts, truth values, numbers, lists, maps and raw JSON, with a line end. */
    static String pretty(Object value) {
        StringBuilder out = new StringBuilder(512);
        write(value, "\n", out);
        return out.append('\n').toString();
    }

    /** The same on one line. */
    static String line(Object value) {
        StringBuilder out = new StringBuilder(256);
        write(value, "", out);
        return out.append('\n').toString();
    }

    private static void write(Object value, String indent, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            writeAll(map.entrySet().iterator(), '{', '}', indent, out);
        } else if (value instanceof List<?> list) {
            writeAll(list.iterator(), '[', ']', indent, out);
        } else if (value instanceof Map.Entry<?, ?> entry) {
            quote(entry.getKey().toString(), out);
            out.append(": ");
            write(entry.getValue(), indent, out);
        } else if (value instanceof Raw raw) {
            out.append(raw.text());
        } else if (value instanceof String text) {
            quote(text, out);
        } else {
            out.append(value);
        }
    }

    private static void writeAll(Iterator<?> values, char open, char close, String indent, StringBuilder out) {
        String deeper = indent.isEmpty() ? indent : indent + "  ";
        out.append(open);
        boolean any = values.hasNext();
        while (values.hasNext()) {
            out.append(deeper);
            write(values.next(), deeper, out);
            out.append(values.hasNext() ? indent.isEmpty() ? ", " : "," : "");
        }
        out.append(any ? indent : "").append(close);
    }

    private static void quote(String text, StringBuilder out) {
        String object = new JsonWriter().field("", text).toString(); // {"":"text"}
        out.append(object, 4, object.length() - 1);
    }

    /** Whether a text is one JSON value with nothing behind it. */
    static boolean isValid(String text) {
        Check check = new Check(text);
        check.blanks();
        if (!check.value(0)) {
            return false;
        }
        check.blanks();
        return check.at == text.length();
    }

    /** Goes over the text once; a method is false where the text is not what it should be. */
    private static final class Check {
        private final String text;
        private int at;

        Check(String text) {
            this.text = text;
        }

        void blanks() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        boolean value(int depth) {
            if (at >= text.length() || depth > MAX_DEPTH) {
                return false;
            }
            return switch (text.charAt(at)) {
                case '{' -> members(depth, '}', true);
                case '[' -> members(depth, ']', false);
                case '"' -> string();
                case 't' -> word("true");
                case 'f' -> word("false");
                case 'n' -> word("null");
                default -> number();
            };
        }

        private boolean members(int depth, char close, boolean named) {
            at++;
            blanks();
            if (next(close)) {
                return true;
            }
            do {
                blanks();
                if (named && !(string() && colon())) {
                    return false;
                }
                blanks();
                if (!value(depth + 1)) {
                    return false;
                }
                blanks();
            } while (next(','));
            return next(close);
        }

        private boolean colon() {
            blanks();
            return next(':');
        }

        private boolean next(char c) {
            boolean there = at < text.length() && text.charAt(at) == c;
            at += there ? 1 : 0;
            return there;
        }

        private boolean word(String word) {
            boolean there = text.startsWith(word, at);
            at += there ? word.length() : 0;
            return there;
        }

        private boolean string() {
            if (!next('"')) {
                return false;
            }
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return true;
                }
                if (c < ' ' || (c == '\\' && !escape())) {
                    return false;
                }
            }
            return false;
        }

        private boolean escape() {
            if (at >= text.length()) {
                return false;
            }
            char c = text.charAt(at++);
            if (c != 'u') {
                return "\"\\/bfnrt".indexOf(c) >= 0;
            }
            for (int i = 0; i < 4; i++, at++) {
                if (at >= text.length() || Character.digit(text.charAt(at), 16) < 0 || text.charAt(at) > 'f') {
                    return false;
                }
            }
            return true;
        }

        private boolean number() {
            next('-');
            if (!next('0') && !digits()) {
                return false;
            }
            if (next('.') && !digits()) {
                return false;
            }
            if (next('e') || next('E')) {
                if (!next('+')) {
                    next('-');
                }
                return digits();
            }
            return true;
        }

        private boolean digits() {
            int from = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            return at > from;
        }
    }
}
