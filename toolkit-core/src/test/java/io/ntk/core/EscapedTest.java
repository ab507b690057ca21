package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EscapedTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "abc ~!\"'{}", "\u00e4\u20ac\u4f60\u0645\u0631", "\ud83d\ude00", "e\u0301", "\u00a0"})
    void leavesTextAsItIs(String text) {
        assertThat(Escaped.text(text)).isEqualTo(text);
    }

    @Test
    void escapesEveryControlCharacter() {
        for (char c = 0; c < 0xa0; c++) {
            String escaped = Escaped.text(String.valueOf(c));
            boolean control = c < 0x20 || c >= 0x7f;
            assertThat(escaped.chars().allMatch(each -> each >= 0x20 && each < 0x7f))
                    .isTrue();
            assertThat(escaped.length() > 1).as("%x", (int) c).isEqualTo(control || c == '\\');
        }
        assertThat(Escaped.text("a\nb\tc\rd\u001b[2J\u0000\u007f\u009b"))
                .isEqualTo("a\\nb\\tc\\rd\\u001b[2J\\u0000\\u007f\\u009b");
    }

    @Test
    void doublesTheBackslashSoThatNothingLooksEscapedThatIsNot() {
        assertThat(Escaped.text("\\n")).isEqualTo("\\\\n");
    }

    @Test
    void escapesWhatTurnsOrHidesText() {
        assertThat(Escaped.text("a\u202eb\u2066\u200b\u200e\ufeff\u061c"))
                .isEqualTo("a\\u202eb\\u2066\\u200b\\u200e\\ufeff\\u061c");
        assertThat(Escaped.text("\u2028\u2029\u0085")).isEqualTo("\\u2028\\u2029\\u0085");
        assertThat(Escaped.text("\udb40\udc41")).isEqualTo("\\udb40\\udc41"); // an invisible tag letter
    }

    @Test
    void escapesLoneSurrogates() {
        assertThat(Escaped.text("\ud83d")).isEqualTo("\\ud83d");
        assertThat(Escaped.text("\ude00x")).isEqualTo("\\ude00x");
        assertThat(Escaped.text("\ude00\ud83d")).isEqualTo("\\ude00\\ud83d");
        assertThat(Escaped.text("\ud83d\ud83d\ude00")).isEqualTo("\\ud83d\ud83d\ude00");
    }
}
