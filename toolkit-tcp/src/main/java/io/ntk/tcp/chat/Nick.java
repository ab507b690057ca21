package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

import io.ntk.core.Escaped;
import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The name of a member.
 *
 * <p>1 to {@value #MAX_LETTERS} letters, digits, {@code -}, {@code _} and {@code .}, one letter or digit at least, in one script; Japanese
 * may mix its three, Korean may use Chinese characters. Combining marks count as letters, and may follow letters only.
 *
 * <p>Two members cannot have names with the same key: case, width and other compatibility forms do not count (NFKC and
 * case folding), nor does the difference between {@code 0} and {@code o}, or among {@code 1}, {@code i} and {@code l}, nor between a digit of any
 * script and its value, nor between Greek and Cyrillic letters and the Latin ones that they look like. The table is small
 * and judges by capitals first, which are alike to the pixel; it does not know Cherokee, nor that {@code rn} looks like {@code m}.
 *
 * @param name as it is shown, in NFKC
 * @param key what must be unique
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8266">RFC 8266</a>, whose normalisation this is
 * @see <a href="https://www.unicode.org/reports/tr39/">UTS 39</a> for the idea of the key
 */
public record Nick(String name, String key) {
    /** The longest name, in Unicode characters. */
    public static final int MAX_LETTERS = 24;

    private static final String ALLOWED = "a name has 1 to " + MAX_LETTERS + " letters, digits, - _ and .";

    /* What normalisation can shrink to a name is not much longer than one; nothing longer is normalised at all. */
    private static final int MAX_RAW = 4 * MAX_LETTERS;
    private static final int MAX_MARKS_IN_A_ROW = 3;

    private static final Set<UnicodeScript> JAPANESE =
            EnumSet.of(UnicodeScript.HAN, UnicodeScript.HIRAGANA, UnicodeScript.KATAKANA);
    private static final Set<UnicodeScript> KOREAN = EnumSet.of(UnicodeScript.HAN, UnicodeScript.HANGUL);

    /*
     * Small letters, because it is used behind case folding. By the shape of the capital (В is B), else of the small letter.
     */
    private static final Map<Integer, Character> LOOK_ALIKES = pairs("""
            αa βb εe ζz ηh ιl κk μm νn οo ρp τt υy χx γy ωw ϳj
            аa вb еe ѕs зз іl јj кk мm нh оo рp сc тt уy хx ьb гr пn һh ӏl ԁd ԛq ԝw ѵv үy қk ҝk ҳx ӊh
            ɑa ɡg ȷj ɩl ǀl ᴀa ʙb ᴄc ᴅd ᴇe ʜh ɪl ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz
            il 1l 0o
            """);

    /** Both parts are needed. */
    public Nick {
        requireNonNull(name, "name");
        requireNonNull(key, "key");
    }

    /**
     * Reads a name that somebody asks for.
     *
     * @param text what was typed, without blanks around it
     * @return the name and its key
     * @throws IllegalArgumentException if it is no name; the message is a sentence for whoever typed it, safe to show
     */
    public static Nick parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException(ALLOWED);
        }
        String name = text.length() > MAX_RAW ? text : Normalizer.normalize(text, Form.NFKC);
        if (name.codePointCount(0, name.length()) > MAX_LETTERS) {
            throw new IllegalArgumentException("a name has at most " + MAX_LETTERS + " letters");
        }
        checkLetters(name);
        checkScripts(name);
        return new Nick(name, keyOf(name));
    }

    private static void checkLetters(String name) {
        boolean base = false;
        boolean lettersBefore = false;
        int marks = 0;
        for (int c : name.codePoints().toArray()) {
            boolean mark = isMark(c);
            marks = mark ? marks + 1 : 0;
            if (mark ? !lettersBefore || marks > MAX_MARKS_IN_A_ROW : !isAllowed(c)) {
                String shown = Escaped.text(Character.toString(c));
                throw new IllegalArgumentException("a name cannot have " + (mark ? "such a mark" : shown) + " there: "
                        + ALLOWED.substring("a name has ".length()));
            }
            lettersBefore = mark || Character.isLetter(c);
            base |= Character.isLetterOrDigit(c);
        }
        if (!base) {
            throw new IllegalArgumentException("a name needs a letter or a digit");
        }
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return (type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK) && !isInvisible(c);
    }

    private static boolean isAllowed(int c) {
        if (c == '-' || c == '_' || c == '.' || Character.isDigit(c)) {
            return true;
        }
        boolean modifier = Character.getType(c) == Character.MODIFIER_LETTER;
        boolean ofNoScript = UnicodeScript.of(c) == UnicodeScript.COMMON;
        return Character.isLetter(c) && !isInvisible(c) && (c == 'ー' || !(modifier && ofNoScript));
    }

    /** Letters and marks that show nothing: Hangul and Khmer fillers, variation selectors, the grapheme joiner. */
    private static boolean isInvisible(int c) {
        return c == 0x115f
                || c == 0x1160
                || c == 0x3164
                || c == 0xffa0
                || c == 0x17b4
                || c == 0x17b5
                || c == 0x034f
                || (c >= 0x180b && c <= 0x180f)
                || (c >= 0xfe00 && c <= 0xfe0f)
                || (c >= 0xe0100 && c <= 0xe01ef);
    }

    private static void checkScripts(String name) {
        Set<UnicodeScript> scripts = EnumSet.noneOf(UnicodeScript.class);
        name.codePoints().mapToObj(UnicodeScript::of).forEach(scripts::add);
        scripts.remove(UnicodeScript.COMMON);
        scripts.remove(UnicodeScript.INHERITED);
        if (scripts.size() > 1 && !JAPANESE.containsAll(scripts) && !KOREAN.containsAll(scripts)) {
            throw new IllegalArgumentException("a name is written in one script, not in "
                    + scripts.stream().map(Nick::title).collect(Collectors.joining(" and ")));
        }
    }

    private static String title(UnicodeScript script) {
        String name = script.name().replace('_', ' ');
        return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
    }

    /* Upper case first, so that letters with one capital (ß and ss, ς and σ, dotless i) come out the same. */
    private static String keyOf(String name) {
        String folded = name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replace('ς', 'σ');
        // Decomposed, the table needs no letter with an accent.
        String bare = Normalizer.normalize(folded, Form.NFKD);
        StringBuilder key = new StringBuilder(bare.length());
        bare.codePoints().map(Nick::digit).forEach(c -> {
            Character twin = LOOK_ALIKES.get(c);
            key.appendCodePoint(twin == null ? c : twin);
        });
        return Normalizer.normalize(key, Form.NFC);
    }

    private static int digit(int c) {
        return Character.isDigit(c) ? Character.forDigit(Character.digit(c, 10), 10) : c;
    }

    private static Map<Integer, Character> pairs(String table) {
        return table.strip()
                .lines()
                .flatMap(line -> Arrays.stream(line.split(" ", -1)))
                .collect(Collectors.toUnmodifiableMap(pair -> pair.codePointAt(0), pair -> pair.charAt(1)));
    }
}
