package io.ntk.tcp.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MenuTest {
    private final Menu menu =
            new Menu(List.of("hello", "there"), Map.of(" Hours ", "9 to 17"), "what?", Set.of("EXIT"), "bye");

    @Test
    void greetsWithAllLinesAtOnce() {
        assertThat(menu.welcome()).isEqualTo(Reply.line("hello\nthere"));
        assertThat(new Menu(List.of(), Map.of(), "?", Set.of(), null).welcome()).isEqualTo(Reply.NONE);
    }

    @Test
    void knowsInputsWithoutRegardToCaseAndSpace() {
        assertThat(menu.answer("hOURS\t")).isEqualTo(Reply.line("9 to 17"));
    }

    @Test
    void fallsBackForAnythingElse() {
        assertThat(menu.answer("hour s")).isEqualTo(Reply.line("what?"));
        assertThat(menu.answer("")).isEqualTo(Reply.line("what?"));
    }

    @Test
    void endsWithAFarewellIfThereIsOne() {
        assertThat(menu.answer("exit")).isEqualTo(Reply.last("bye"));
        assertThat(Menu.SAMPLE.answer(" Exit")).isEqualTo(Reply.close());
    }

    @Test
    void refusesAnInputThatIsThereTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Menu(List.of(), Map.of("a", "1", "A", "2"), "?", Set.of(), null))
                .withMessageStartingWith("answers: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Menu(List.of(), Map.of("a", "1"), "?", Set.of("A"), null))
                .withMessage("exits: \"A\" (expected: no input that has an answer)");
    }
}
