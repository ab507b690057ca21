package io.ntk.tcp.chat.client;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object (RFC 8259) whose texts, whole numbers and truth values matter; fractions are kept as {@code
 * Double}, and null, lists and objects are read and left out. Strict: what is no JSON is refused, and so are more than
 * {@value #MAX_FIELDS} fields and values nested deeper than {@value #MAX_DEPTH}. Of a name that comes twice the last value
 * counts.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259">RFC 8259</a>
 */
final class FlatJson {
    static final int MAX_FIELDS = 64;
    static final int MAX_DEPTH = 16;

    private static final char END = '\0';
    private static final Object LEFT_OUT = new Object();

    /** Not a fault to be told: the caller gets null. */
    private static final class NotJson extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotJson() {
            super("not JSON", null, false, false);
        }
    }

    private final String text;
    private int at;

    private FlatJson(String text) {
        this.text = text;
    }

    /** The fields of an object, null when the line is none. */
    static @Nullable Map<String, Object> parse(String line) {
        if (line.isEmpty() || line.charAt(0) != '{') {
            return null;
        }
        FlatJson json = new FlatJson(line);
        try {
            Map<String, Object> fields = new HashMap<>();
            json.object(fields, 1);
            json.blanks();
            return json.at == line.length() ? fields : null;
        } catch (NotJson e) {
            return null;
        }
    }

    private void object(Map<String, Object> fields, int depth) {
        expect('{');
        if (next() == '}') {
            at++;
            return;
        }
        int count = 0;
        do {
            blanks();
            String name = string();
            expect(':');
            Object value = value(depth);
            if (++count > MAX_FIELDS) {
                throw new NotJson();
            }
            if (value != LEFT_OUT) {
                fields.put(name, value);
            }
        } while (another('}'));
    }

    private void list(int depth) {
        expect('[');
        if (next() == ']') {
            at++;
            return;
        }
        do {
            value(depth);
        } while (another(']'));
    }

    private Object value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new NotJson();
        }
        return switch (next()) {
            case '"' -> string();
            case '{' -> {
                object(new HashMap<>(), depth + 1);
                yield LEFT_OUT;
            }
            case '[' -> {
                list(depth + 1);
                yield LEFT_OUT;
            }
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", LEFT_OUT);
            default -> number();
        };
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw new NotJson();
        }
        at += word.length();
        return value;
    }

    private Object number() {
        int start = at;
        skip('-');
        int whole = at;
        digits();
        if (text.charAt(whole) == '0' && at > whole + 1) {
            throw new NotJson();
        }
        boolean fraction = skip('.');
        if (fraction) {
            digits();
        }
        boolean exponent = skip('e') || skip('E');
        if (exponent) {
            if (!skip('+')) {
                skip('-');
            }
            digits();
        }
        String number = text.substring(start, at);
        boolean fits = !fraction && !exponent && number.length() <= 18;
        return fits ? (Object) Long.valueOf(number) : (Object) Double.valueOf(number);
    }

    private void digits() {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == start) {
            throw new NotJson();
        }
    }

    private String string() {
        if (peek() != '"') {
            throw new NotJson();
        }
        int start = ++at;
        while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\\' && text.charAt(at) >= ' ') {
            at++;
        }
        StringBuilder value = new StringBuilder(text.substring(start, at));
        while (true) {
            if (at == text.length() || text.charAt(at) < ' ') {
                throw new NotJson();
            }
            char c = text.charAt(at++);
            if (c == '"') {
                return value.toString();
            }
            value.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw new NotJson();
        };
    }

    private char unicode() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = hex(peek());
            value = value << 4 | digit;
            at++;
        }
        return (char) value;
    }

    private static int hex(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        char lower = (char) (c | 0x20);
        if (lower >= 'a' && lower <= 'f') {
            return lower - 'a' + 10;
        }
        throw new NotJson();
    }

    /** Behind a value: whether another one follows; else the end, which must be this one. */
    private boolean another(char end) {
        char c = next();
        at++;
        if (c != ',' && c != end) {
            throw new NotJson();
        }
        return c == ',';
    }

    private void expect(char c) {
        if (next() != c) {
            throw new NotJson();
        }
        at++;
    }

    private boolean skip(char c) {
        if (peek() != c || at == text.length()) {
            return false;
        }
        at++;
        return true;
    }

    private char next() {
        blanks();
        return peek();
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : END;
    }
}
