package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.text.Normalizer;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NickTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "7",
                "ann",
                "Ann-Marie_2.0",
                "-ann-",
                "guest-12",
                "Zoë",
                "Łukasz",
                "Νίκος",
                "Вася",
                "Ёлка",
                "שרה",
                "فاطمة",
                "हिन्दी",
                "ไทย",
                "தமிழ்",
                "김철수",
                "한國人",
                "山田たろう",
                "ユーザー",
                "アン々",
                "王小明",
                "𠮷野家",
                "٣"
            })
    void takesNamesOfOneScript(String name) {
        assertThat(Nick.parse(name).name()).isEqualTo(Normalizer.normalize(name, Normalizer.Form.NFKC));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Аnn", // Cyrillic А
                "annα", "ann山", "annたろう", "한たろう", "한山た", "שרהann", "иν"
            })
    void refusesMixedScripts(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nick.parse(name))
                .withMessageStartingWith("a name is written in one script, not in ");
    }

    @Test
    void namesTheScriptsThatAreMixed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nick.parse("annя"))
                .withMessage("a name is written in one script, not in Latin and Cyrillic");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                " ann",
                "ann!",
                "<ann>",
                "a*",
                "a/b",
                "a,b",
                "a\tb",
                "a\u0000",
                "a\u001b[31m",
                "a\u202eb",
                "a\u200db",
                "a\u200cb",
                "a\u200bb",
                "a\u2060b",
                "a\ufeffb",
                "a\u00adb",
                "a\u034fb",
                "a\ufe0f",
                "\u3164",
                "\u115f\u1160",
                "a\uffa0b",
                "\u17b4",
                "👍",
                "x²y€",
                "Ⅷ€",
                "½",
                "a\ud83d",
                "\udc4da",
                "ʹann",
                "\u0301a",
                "1\u0301",
                "-\u0301a",
                "a\u0316\u0317\u0318\u0319",
                "a\u20dd",
                "ﷺ",
                "…"
            })
    void refusesWhatIsNoLetter(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> Nick.parse(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "-", "_", "..", "-_.", "___"})
    void needsALetterOrADigit(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nick.parse(name))
                .withMessage("a name needs a letter or a digit");
    }

    @Test
    void takes24LettersAndNot25() {
        assertThat(Nick.parse("a".repeat(24)).name()).hasSize(24);
        assertThat(Nick.parse("𠮷".repeat(24)).name()).hasSize(48);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nick.parse("a".repeat(25)))
                .withMessage("a name has at most 24 letters");
        assertThatIllegalArgumentException().isThrownBy(() -> Nick.parse("𠮷".repeat(25)));
        // one letter that becomes three
        assertThat(Nick.parse("ﬃ".repeat(8)).name()).hasSize(24);
        assertThatIllegalArgumentException().isThrownBy(() -> Nick.parse("ﬃ".repeat(9)));
        assertThatIllegalArgumentException().isThrownBy(() -> Nick.parse("a".repeat(1_000_000)));
    }

    @Test
    void aMessageRepeatsNothingThatCouldHarmATerminal() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nick.parse("a\u001b[31m"))
                .withMessage("a name cannot have \\u001b there: 1 to 24 letters, digits, - _ and .");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nick.parse("a\u202eb"))
                .withMessageContaining("\\u202e");
    }

    @ParameterizedTest
    @CsvSource({
        "ann, Ann",
        "ann, ANN",
        "ann, ａｎｎ",
        "ann, 𝐚𝐧𝐧",
        "ann, ᴀɴɴ",
        "zoë, zoe\u0308",
        "zoë, ZOË",
        "straße, STRASSE",
        "Νίκος, ΝΊΚΟΣ",
        "Σίσυφος, σίσυφοσ",
        "file, ﬁle",
        "Bill, BIll",
        "Bill, BiIl",
        "bill, b1ll",
        "ılı, iIi",
        "root, r00t",
        "ann1, ann１",
        "3, ٣",
        "ANNA, ΑΝΝΑ",
        "HATA, НАТА",
        "cop, сор",
        "coco, сосо",
        "BETA, ΒΕΤΑ",
        "XOXO, ХОХО",
        "XOXO, ΧΟΧΟ",
        "peso, ресо",
        "jxs, јхѕ",
        "ÏÖ, ЇӦ",
        "ё, ë",
        "ΟΟ, ОО",
        "アン, ｱﾝ",
        "ガ, ｶﾞ",
        "한, \u1112\u1161\u11ab",
    })
    void givesNamesThatLookAlikeOneKey(String one, String other) {
        boolean special = one.equals("peso"); // р е с о is another word in Latin eyes: p e c o
        assertThat(Nick.parse(one).key().equals(Nick.parse(other).key())).isEqualTo(!special);
    }

    @ParameterizedTest
    @CsvSource({
        "ann, anna",
        "ann, änn",
        "ann, a.nn",
        "a-b, a_b",
        "вася, vasya",
        "иван, ivan",
        "guest-1, guest-2",
        "guest-10, guest-1",
        "ね, れ",
        "山, 川",
        "ば, は"
    })
    void tellsOthersApart(String one, String other) {
        assertThat(Nick.parse(one).key()).isNotEqualTo(Nick.parse(other).key());
    }

    @Test
    void everyNumberOfAGuestIsAKeyOfItsOwn() {
        assertThat(IntStream.range(0, 5000)
                        .mapToObj(n -> Nick.parse("guest-" + n).key())
                        .distinct())
                .hasSize(5000);
    }

    /** Whatever is taken is normalised, short, shows something, and taken again as it is shown. */
    @Test
    void holdsForWhateverIsTyped() {
        Random random = new Random(11);
        int[] pools = {0x80, 0x250, 0x530, 0x700, 0x3100, 0xd7ff, 0x1ffff};
        int taken = 0;
        for (int round = 0; round < 60_000; round++) {
            int[] letters = random.ints(1 + random.nextInt(6), 0x20, pools[round % pools.length])
                    .toArray();
            Nick nick;
            try {
                nick = Nick.parse(new String(letters, 0, letters.length));
            } catch (IllegalArgumentException e) {
                String message = requireNonNull(e.getMessage());
                assertThat(message).isNotEmpty().isEqualTo(ChatText.visible(message));
                continue;
            }
            taken++;
            assertThat(Nick.parse(nick.name())).isEqualTo(nick);
            assertThat(ChatText.visible(nick.name())).isEqualTo(nick.name());
            assertThat(nick.name().codePointCount(0, nick.name().length())).isBetween(1, 24);
            assertThat(nick.name().codePoints()).noneMatch(c -> c == ' ' || c == '<' || c == '>' || c == '*');
            assertThat(nick.key()).isNotEmpty();
        }
        assertThat(taken).isGreaterThan(1000);
    }
}
