package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChatStyleTest {
    private final ChatStyle style = new ChatStyle(true);

    @Test
    void givesANickTheSameColourWhateverItsCase() {
        assertThat(ChatStyle.colourOf("ann")).isEqualTo(ChatStyle.colourOf("ANN"));
        assertThat(IntStream.range(0, 200)
                        .map(i -> ChatStyle.colourOf("guest-" + i))
                        .distinct())
                .hasSizeGreaterThan(10);
    }

    @Test
    void letsNothingMoveTheCursor() {
        assertThat(ChatStyle.harmless("a\u001b[2Jb\r\u0008\u009b1m\u202e\u2066c\ud800\u0000\u2028"))
                .isEqualTo("a\\u001b[2Jb\\r\\u0008\\u009b1m\\u202e\\u2066c\\ud800\\u0000\\u2028");
        assertThat(IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                        .mapToObj(letter -> ChatStyle.harmless(Character.toString(letter)))
                        .flatMapToInt(String::codePoints)
                        .filter(letter -> Character.getType(letter) == Character.CONTROL))
                .isEmpty();
    }

    @Test
    void keepsWhatPeopleWrite() {
        String text = "C:\\temp \\n straße 日本語 👩‍💻 می‌خواهم é";
        assertThat(ChatStyle.harmless(text)).isEqualTo(text);
        assertThat(ChatStyle.harmless("a\tb")).isEqualTo("a    b");
    }

    @Test
    void findsANickAsAWordOnly() {
        assertThat(ChatStyle.mention("Hey BOB!", "bob", 0)).isEqualTo(4);
        assertThat(ChatStyle.mention("bob", "bob", 0)).isZero();
        assertThat(ChatStyle.mention("bobby kebob bob_ bob-2 bob2", "bob", 0)).isEqualTo(-1);
        assertThat(ChatStyle.mention("bobby, ask bob.", "bob", 0)).isEqualTo(11);
        assertThat(ChatStyle.mention("anything", "", 0)).isEqualTo(-1);
    }

    @Test
    void marksEachMention() {
        String ansi =
                style.line().mentioning("bob, bob and bobby", "bob").done().toAnsi();
        assertThat(ansi.split("\u001b\\[7m", -1)).hasSize(3);
        assertThat(style.line().mentioning("bob, bob and bobby", "bob").done()).hasToString("bob, bob and bobby");
    }

    @Test
    void hasNoColourUnlessAsked() {
        assertThat(new ChatStyle(false)
                        .line()
                        .nick("ann")
                        .error("x")
                        .faint("y")
                        .done()
                        .toAnsi())
                .isEqualTo("annxy");
        assertThat(style.line().nick("ann").done().toAnsi()).contains("\u001b[38;5;" + ChatStyle.colourOf("ann"));
    }
}
