package io.ntk.tcp.chat;

/**
 * Makes what one member wrote fit to be shown to the others: nothing in it can move a cursor, change a colour, set a
 * title, ask a terminal for an answer, or turn the direction of what stands around it.
 *
 * <p>Removed are control characters, whole escape sequences, bidirectional embeddings, overrides and isolates, and
 * characters that show nothing. Everything that people write with stays: letters of every script, combining marks,
 * directional marks, private use, emoji with their joiners and flags.
 *
 * @see <a href="https://ecma-international.org/publications-and-standards/standards/ecma-48/">ECMA-48</a>
 */
public final class ChatText {
    private static final char ESC = 0x1b;
    private static final char BEL = 0x07;
    private static final char CAN = 0x18;
    private static final char SUB = 0x1a;
    private static final int STRING_TERMINATOR = 0x9c;
    private static final int ZERO_WIDTH_NON_JOINER = 0x200c;
    private static final int ZERO_WIDTH_JOINER = 0x200d;
    private static final int BLACK_FLAG = 0x1f3f4;
    private static final int FIRST_TAG = 0xe0020;
    private static final int LAST_TAG = 0xe007f;

    private final String text;
    private final StringBuilder out;
    private int index;

    private ChatText(String text) {
        this.text = text;
        this.out = new StringBuilder(text.length());
    }

    /**
     * Removes what must not reach other members.
     *
     * <ul>
     *   <li>Control characters go, except that a tab becomes a space (it parts words), as line and paragraph separators do.
     *   <li>An escape sequence goes as a whole, so that {@code ESC [31m red} leaves {@code red} and no {@code [31m}; in its 7-bit and
     *       in its 8-bit form (C1). A control string (OSC, DCS and their like) that does not end takes the rest of the text along,
     *       as it would on a terminal.
     *   <li>Zero width joiner and non-joiner stay between two characters beyond ASCII, where emoji, Persian and Indic scripts
     *       need them. Anywhere else they join nothing and go: they would only make a word that is not the one it looks like.
     *   <li>Other characters without width (zero width space, word joiner, byte order mark, soft hyphen, invisible operators) go
     *       always; tags stay only in the emoji flags that are made of them.
     *   <li>The directional marks U+200E, U+200F and U+061C stay: they do no more than a letter of their direction does.
     *   <li>Lone surrogates go.
     * </ul>
     *
     * @param text what a member sent, without its line end
     * @return what the others may see, perhaps nothing; applied again it changes nothing
     */
    public static String visible(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xad || c >= 0x180e) {
                return new ChatText(text).filter(i);
            }
        }
        return text;
    }

    private String filter(int clean) {
        out.append(text, 0, clean);
        index = clean;
        while (index < text.length()) {
            int c = text.codePointAt(index);
            index += Character.charCount(c);
            switch (c) {
                case '\t', 0x2028, 0x2029 -> out.append(' ');
                case ESC -> escape();
                case 0x8e, 0x8f -> single(); // SS2, SS3
                case 0x9b -> sequence(); // CSI
                case 0x90, 0x98, 0x9e, 0x9f -> string(false); // DCS, SOS, PM, APC
                case 0x9d -> string(true); // OSC
                default -> character(c);
            }
        }
        return dropJoiners(out).toString();
    }

    /*
     * ECMA-48, with the C1 controls in their two forms:
     *
     *   ESC [   9b   CSI  parameters 30..3f, intermediates 20..2f, final 40..7e
     *   ESC ]   9d   OSC  anything up to BEL or ST
     *   ESC P   90   DCS  anything up to ST; likewise SOS (ESC X, 98), PM (ESC ^, 9e), APC (ESC _, 9f)
     *   ESC N   8e   SS2  one character; likewise SS3 (ESC O, 8f)
     *   ESC 20..2f+ 30..7e, ESC 30..7e    all others
     *   ESC \   9c   ST
     *
     * CAN and SUB end any of them, and ESC begins a new one.
     */
    private void escape() {
        int next = peek();
        if (next < ' ' || next > '~') {
            return; // the text goes on behind a lone ESC
        }
        index++;
        switch (next) {
            case '[' -> sequence();
            case ']' -> string(true);
            case 'P', 'X', '^', '_' -> string(false);
            case 'N', 'O' -> single();
            default -> {
                if (next < '0') {
                    skip(' ', '/');
                    takeIf('0', '~');
                }
            }
        }
    }

    /** Parameters, intermediates and the final character; controls in between do not end it, letters beyond ASCII do. */
    private void sequence() {
        int c = peek();
        while (c >= 0 && c <= 0x7f && c != ESC && c != CAN && c != SUB) {
            index++;
            if (c >= '@' && c <= '~') {
                return;
            }
            c = peek();
        }
    }

    /** A control string; the ESC of an ST is left, and is removed with its backslash as a sequence of its own. */
    private void string(boolean endsInBell) {
        int c = peek();
        while (c >= 0 && c != ESC) {
            index++;
            if (c == STRING_TERMINATOR || c == CAN || c == SUB || (endsInBell && c == BEL)) {
                return;
            }
            c = peek();
        }
    }

    private void single() {
        takeIf(' ', '~');
    }

    private void skip(char from, char to) {
        while (takeIf(from, to)) {}
    }

    private boolean takeIf(char from, char to) {
        int c = peek();
        if (c < from || c > to) {
            return false;
        }
        index++;
        return true;
    }

    /** The next UTF-16 unit, or -1 at the end. */
    private int peek() {
        return index < text.length() ? text.charAt(index) : -1;
    }

    private void character(int c) {
        if (c >= FIRST_TAG && c <= LAST_TAG) {
            if (inFlag()) {
                out.appendCodePoint(c);
            }
        } else if (!removed(c)) {
            out.appendCodePoint(c);
        }
    }

    /** Whether what stands at the end is an emoji flag that tags may go on. */
    private boolean inFlag() {
        int i = out.length();
        while (i > 0) {
            int c = out.codePointBefore(i);
            if (c == BLACK_FLAG) {
                return true;
            }
            if (c < FIRST_TAG || c >= LAST_TAG) { // the last one ends a flag
                return false;
            }
            i -= Character.charCount(c);
        }
        return false;
    }

    private static boolean removed(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.SURROGATE -> true;
            case Character.FORMAT -> !shownFormat(c);
            default -> false;
        };
    }

    /** Format characters that stay: joiners for now, directional marks, and the signs that are put around numbers. */
    private static boolean shownFormat(int c) {
        return switch (c) {
            case ZERO_WIDTH_NON_JOINER, ZERO_WIDTH_JOINER, 0x200e, 0x200f, 0x061c -> true;
            default ->
                (c >= 0x0600 && c <= 0x0605) // Arabic number signs
                        || c == 0x06dd
                        || c == 0x070f
                        || (c >= 0x0890 && c <= 0x08e2)
                        || c == 0x110bd // Kaithi number signs
                        || c == 0x110cd
                        || (c >= 0x13430 && c <= 0x1343f); // how Egyptian hieroglyphs are put together
        };
    }

    /* A joiner stays when both its neighbours are beyond ASCII and no joiners; taken from a copy, left to right. */
    private static CharSequence dropJoiners(StringBuilder from) {
        StringBuilder kept = new StringBuilder(from.length());
        for (int i = 0; i < from.length(); i++) {
            char c = from.charAt(i);
            if (!isJoiner(c) || (joins(kept, kept.length() - 1) && joins(from, i + 1))) {
                kept.append(c);
            }
        }
        return kept;
    }

    private static boolean joins(CharSequence text, int at) {
        return at >= 0 && at < text.length() && text.charAt(at) > 0xa0 && !isJoiner(text.charAt(at));
    }

    private static boolean isJoiner(char c) {
        return c == ZERO_WIDTH_NON_JOINER || c == ZERO_WIDTH_JOINER;
    }
}
