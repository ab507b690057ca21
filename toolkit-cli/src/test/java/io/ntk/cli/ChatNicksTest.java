package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.Parser;
import org.jline.reader.impl.DefaultParser;
import org.junit.jupiter.api.Test;

class ChatNicksTest {
    private final ChatNicks nicks = new ChatNicks();

    @Test
    void completesCommandsWhereALineBegins() {
        assertThat(completed("/")).contains("/nick", "/quit");
        assertThat(completed("hello /")).doesNotContain("/nick");
    }

    @Test
    void completesNicksAndAddressesThemAtTheStart() {
        nicks.learn("ann");
        nicks.learn("Bob");
        assertThat(completed("a")).containsExactlyInAnyOrder("ann:", "Bob:");
        assertThat(completed("/msg ")).containsExactlyInAnyOrder("ann", "Bob");
        assertThat(completed("what is up, ")).containsExactlyInAnyOrder("ann", "Bob");
    }

    @Test
    void knowsANickOnceAndForgetsWhoLeft() {
        nicks.learn("ann");
        nicks.learn("ANN");
        assertThat(nicks.known()).containsExactly("ANN");
        nicks.forget("ann");
        assertThat(nicks.known()).isEmpty();
    }

    @Test
    void ignoresWhatCanBeNoNick() {
        for (String bad : List.of("", "a b", "a\u001b[2J", "a\nb", "x".repeat(49), "a:b")) {
            nicks.learn(bad);
        }
        assertThat(nicks.known()).isEmpty();
        nicks.learn("x".repeat(48));
        assertThat(nicks.known()).hasSize(1);
    }

    @Test
    void remembersNoMoreThanTheLimit() {
        for (int i = 0; i <= ChatNicks.MAX_NICKS; i++) {
            nicks.learn("guest-" + i);
        }
        assertThat(nicks.known())
                .hasSize(ChatNicks.MAX_NICKS)
                .doesNotContain("guest-0")
                .contains("guest-1");
    }

    private List<String> completed(String line) {
        var parsed = new DefaultParser().parse(line, line.length(), Parser.ParseContext.COMPLETE);
        return nicks.candidates(parsed).stream().map(Candidate::value).toList();
    }
}
