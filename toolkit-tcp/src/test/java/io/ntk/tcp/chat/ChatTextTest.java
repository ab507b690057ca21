package io.ntk.tcp.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.tcp.line.Framing;
import io.ntk.tcp.line.LineDecoder;
import io.ntk.tcp.line.LineMessage;
import io.ntk.testsupport.Splits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTextTest {
    private static final String ESC = "\u001b";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hello",
                "  blanks  stay ",
                "a\u00a0b",
                "naïve – “quoted” …",
                "e\u0301 is é",
                "Z\u0335a\u0336l\u0337g\u0338o",
                "שלום עולם",
                "مرحبا بالعالم",
                "می\u200cخواهم", // Persian, with its non-joiner
                "क्\u200dष", // Devanagari, half form
                "හ්\u200dර", // Sinhala
                "日本語と漢字",
                "한국어",
                "ไทย",
                "👍🏽",
                "👩\u200d👩\u200d👧\u200d👦", // a family of four
                "👩🏾\u200d💻",
                "🏳\ufe0f\u200d🌈",
                "❤\ufe0f\u200d🔥",
                "1\ufe0f\u20e3",
                "🇩🇪",
                "🏴\udb40\udc67\udb40\udc62\udb40\udc65\udb40\udc6e\udb40\udc67\udb40\udc7f", // England
                "\u200e\u200f\u061c",
                "\u0600\u0661\u06dd",
                "\ue0b0 private",
                "葛\udb40\udd00", // ideographic variation
                "[31m not a sequence",
                "back\\slash"
            })
    void keepsWhatPeopleWriteWith(String text) {
        assertThat(ChatText.visible(text)).isEqualTo(text);
    }

    @Test
    void returnsCleanTextItself() {
        String text = "the quick brown fox";
        assertThat(ChatText.visible(text)).isSameAs(text);
    }

    @Test
    void removesEveryControlCharacter() {
        for (char c = 0; c < 0xa0; c++) {
            if (c == '\t') {
                assertThat(ChatText.visible("a\tb")).isEqualTo("a b");
            } else if (c < ' ' || c >= 0x7f) {
                String left = ChatText.visible("a" + c + "\u00e9b");
                // those that open a sequence may take some of what follows along
                assertThat(left).as("U+%04X", (int) c).isIn("a\u00e9b", "a\u00e9", "a");
                assertThat(left.codePoints()).noneMatch(Character::isISOControl);
                assertThat(ChatText.visible("" + c).strip()).isEmpty();
            }
        }
        assertThat(ChatText.visible("a\u2028b\u2029c")).isEqualTo("a b c");
        assertThat(ChatText.visible("a\rb\bc\u007fd\u0085e")).isEqualTo("abcde");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[31m",
                "[0m",
                "[m",
                "[2J",
                "[1;1H",
                "[?1049h",
                "[38;2;1;2;3m",
                "[!p",
                "[ q",
                "[>c",
                "[5\u0007;5H", // a control in between
                "]0;title\u0007",
                "]0;title\u001b\\",
                "]0;title\u009c",
                "]8;;http://example.org\u001b\\",
                "]52;c;aGVsbG8=\u0007",
                "P$qm\u001b\\",
                "P1$r\u0007still inside\u009c",
                "Xsos\u001b\\",
                "^pm\u001b\\",
                "_apc\u001b\\",
                "NA",
                "OP",
                "c",
                "7",
                "8",
                "=",
                "M",
                "(B",
                ")0",
                "#8",
                "%G",
                " F",
                "$(B",
                "\\"
            })
    void removesWholeSequences(String sequence) {
        assertThat(ChatText.visible("red" + ESC + sequence + "blue")).isEqualTo("redblue");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u009b31m",
                "\u009d0;t\u0007",
                "\u009d0;t\u009c",
                "\u0090q\u001b\\",
                "\u0098s\u009c",
                "\u009ep\u009c",
                "\u009fa\u009c",
                "\u008eA",
                "\u008fP",
                "\u0085",
                "\u0084"
            })
    void removesSequencesOfTheC1Form(String sequence) {
        assertThat(ChatText.visible("red" + sequence + "blue")).isEqualTo("redblue");
    }

    @Test
    void aSequenceThatIsCutOrBrokenLeavesNothingDangerous() {
        assertThat(ChatText.visible("a" + ESC)).isEqualTo("a");
        assertThat(ChatText.visible("a" + ESC + "[")).isEqualTo("a");
        assertThat(ChatText.visible("a" + ESC + "[31;")).isEqualTo("a");
        assertThat(ChatText.visible("a" + ESC + "(")).isEqualTo("a");
        assertThat(ChatText.visible("a" + ESC + "O")).isEqualTo("a");
        assertThat(ChatText.visible("a" + ESC + "é")).isEqualTo("aé");
        assertThat(ChatText.visible("a" + ESC + "[31é")).isEqualTo("aé");
        assertThat(ChatText.visible("a" + ESC + "[31" + ESC + "[32mb")).isEqualTo("ab");
        assertThat(ChatText.visible("a" + ESC + "[31\u0018mb")).isEqualTo("amb");
        assertThat(ChatText.visible("a" + ESC + ESC + "[31mb")).isEqualTo("ab");
        assertThat(ChatText.visible("a" + ESC + "]0;no end")).isEqualTo("a");
        assertThat(ChatText.visible("a" + ESC + "]0;cut" + ESC + "[31mb")).isEqualTo("ab");
        assertThat(ChatText.visible("a" + ESC + "]0;cut\u0018b")).isEqualTo("ab");
        assertThat(ChatText.visible("a" + ESC + "Pno bell\u0007 here")).isEqualTo("a");
    }

    @Test
    void removingOnePartCannotMakeASequenceOfTheOthers() {
        assertThat(ChatText.visible(ESC + ESC + "[2J[2J")).isEqualTo("[2J");
        assertThat(ChatText.visible(ESC + "\u202e[2J")).isEqualTo("[2J");
        assertThat(ChatText.visible(ESC + "\u200b[2J")).isEqualTo("[2J");
    }

    @Test
    void removesWhatTurnsTheDirection() {
        for (char c : "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069".toCharArray()) {
            assertThat(ChatText.visible("a" + c + "b")).isEqualTo("ab");
        }
    }

    @Test
    void removesWhatShowsNothing() {
        for (char c :
                "\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u206a\u206f\ufeff\ufff9\ufffa\ufffb".toCharArray()) {
            assertThat(ChatText.visible("é" + c + "é")).as("U+%04X", (int) c).isEqualTo("éé");
        }
    }

    @Test
    void joinersGoWhereTheyJoinNothing() {
        assertThat(ChatText.visible("ad\u200dmin")).isEqualTo("admin");
        assertThat(ChatText.visible("ad\u200cmin")).isEqualTo("admin");
        assertThat(ChatText.visible("\u200d👩")).isEqualTo("👩");
        assertThat(ChatText.visible("👩\u200d")).isEqualTo("👩");
        assertThat(ChatText.visible("👩\u200d ")).isEqualTo("👩 ");
        assertThat(ChatText.visible("👩\u200d\u200d👩")).isEqualTo("👩\u200d👩");
        assertThat(ChatText.visible("\u200d".repeat(100))).isEmpty();
    }

    @Test
    void tagsStayInFlagsOnly() {
        String hidden = "\udb40\udc68\udb40\udc69"; // "hi"
        assertThat(ChatText.visible("a" + hidden)).isEqualTo("a");
        assertThat(ChatText.visible("👍" + hidden)).isEqualTo("👍");
        assertThat(ChatText.visible("🏴" + hidden + "\udb40\udc7f" + hidden)).isEqualTo("🏴" + hidden + "\udb40\udc7f");
    }

    @Test
    void removesLoneSurrogates() {
        assertThat(ChatText.visible("a\ud83db\udc4dc")).isEqualTo("abc");
    }

    @Test
    void emojiSurviveBeingSplitAcrossSegments() {
        String text = "👩🏾\u200d💻 می\u200cخواهم 🇩🇪 e\u0301 日本";
        List<Object> lines = Splits.sameAtEverySplit(
                (text + "\n").getBytes(UTF_8), () -> new EmbeddedChannel(new LineDecoder(Framing.LINE, 4096)));
        assertThat(lines).containsExactly(new LineMessage.Text(text, true));
        assertThat(ChatText.visible(text)).isEqualTo(text);
    }

    /** A terminal that obeys what it gets, fed with anything, must only ever move to the right. */
    @Test
    void holdsForAnything() {
        List<String> parts = new ArrayList<>(List.of(
                ESC,
                ESC + "[",
                ESC + "]",
                ESC + "P",
                "\u009b",
                "\u009d",
                "\u0090",
                "\u009c",
                "\u0007",
                "\u0018",
                "\r",
                "\b",
                "\t",
                "\u202e",
                "\u2066",
                "\u200d",
                "\u200c",
                "\u200b",
                "👩",
                "🏴",
                "\udb40\udc67",
                "\udb40\udc7f",
                "\ud83d",
                "\udc4d",
                "a",
                "é",
                "m",
                "[",
                "31;",
                "\\",
                "語",
                "\u0301",
                "\ufe0f",
                " "));
        Random random = new Random(42);
        for (int round = 0; round < 100_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n >= 0; n--) {
                text.append(
                        random.nextInt(10) == 0
                                ? Character.toString(random.nextInt(Character.MAX_CODE_POINT + 1))
                                : parts.get(random.nextInt(parts.size())));
            }
            String shown = ChatText.visible(text.toString());
            assertThat(shown.codePoints().filter(ChatTextTest::harms).toArray())
                    .as(
                            "of %s",
                            text.codePoints().mapToObj(Integer::toHexString).toList())
                    .isEmpty();
            assertThat(ChatText.visible(shown)).isEqualTo(shown);
            assertThat(new String(shown.getBytes(UTF_8), UTF_8)).isEqualTo(shown);
        }
    }

    private static boolean harms(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.SURROGATE
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || (c >= 0x202a && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069);
    }
}
