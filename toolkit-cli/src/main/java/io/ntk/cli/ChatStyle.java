package io.ntk.cli;

import io.ntk.core.Escaped;
import java.util.Locale;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * How a chat looks on a terminal. All that came from the wire is escaped here; nothing in it can move the cursor.
 *
 * @param colour whether there is any
 */
record ChatStyle(boolean colour) {
    /* Of the 256 colours those that have a contrast of at least 3.7 to black and to white (WCAG 2), spread by hue. */
    private static final int[] PALETTE = {160, 166, 130, 100, 64, 28, 29, 30, 31, 32, 27, 63, 98, 129, 133, 162};
    private static final int ZERO_WIDTH_NON_JOINER = 0x200c;
    private static final int ZERO_WIDTH_JOINER = 0x200d;

    private static final AttributedStyle FAINT = AttributedStyle.DEFAULT.faint();
    private static final AttributedStyle ERROR =
            AttributedStyle.DEFAULT.foreground(AttributedStyle.RED).bold();

    /** The same colour for the same nick, whatever its case, here and everywhere. */
    static int colourOf(String nick) {
        return PALETTE[Math.floorMod(nick.toLowerCase(Locale.ROOT).hashCode(), PALETTE.length)];
    }

    /**
     * Makes a text fit for a terminal: as {@link Escaped#text}, but people type backslashes, tabs become blanks, and the
     * joiners that scripts and emoji are made with stay.
     */
    static String harmless(String text) {
        StringBuilder out = new StringBuilder(text.length() + 8);
        text.codePoints().forEach(letter -> {
            if (letter == '\t') {
                out.append("    ");
            } else if (letter == '\\' || letter == ZERO_WIDTH_JOINER || letter == ZERO_WIDTH_NON_JOINER) {
                out.appendCodePoint(letter);
            } else {
                out.append(Escaped.text(Character.toString(letter)));
            }
        });
        return out.toString();
    }

    /** A line under construction. */
    final class Line {
        private final AttributedStringBuilder line = new AttributedStringBuilder();

        Line text(String text) {
            return add(text, AttributedStyle.DEFAULT);
        }

        /** What matters less. */
        Line faint(String text) {
            return add(text, FAINT);
        }

        Line error(String text) {
            return add(text, ERROR);
        }

        Line nick(String nick) {
            return add(nick, AttributedStyle.DEFAULT.foreground(colourOf(nick)));
        }

        /** A text in which each mention of a nick is marked. */
        Line mentioning(String text, String nick) {
            int from = 0;
            for (int at = mention(text, nick, 0); at >= 0; at = mention(text, nick, from)) {
                text(text.substring(from, at));
                add(text.substring(at, at + nick.length()), AttributedStyle.DEFAULT.inverse());
                from = at + nick.length();
            }
            return text(text.substring(from));
        }

        AttributedString done() {
            return line.toAttributedString();
        }

        private Line add(String text, AttributedStyle style) {
            line.styled(colour ? style : AttributedStyle.DEFAULT, harmless(text));
            return this;
        }
    }

    Line line() {
        return new Line();
    }

    /** Where a nick is mentioned as a word of its own, whatever its case; -1 for nowhere. */
    static int mention(String text, String nick, int from) {
        if (nick.isEmpty()) {
            return -1;
        }
        for (int at = from; at + nick.length() <= text.length(); at++) {
            if (text.regionMatches(true, at, nick, 0, nick.length())
                    && !isPartOfWord(text, at - 1)
                    && !isPartOfWord(text, at + nick.length())) {
                return at;
            }
        }
        return -1;
    }

    private static boolean isPartOfWord(String text, int index) {
        if (index < 0 || index >= text.length()) {
            return false;
        }
        char c = text.charAt(index);
        return Character.isLetterOrDigit(c) || Character.isSurrogate(c) || c == '_' || c == '-';
    }
}
