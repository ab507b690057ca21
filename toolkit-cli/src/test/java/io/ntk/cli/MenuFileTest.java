package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.line.Menu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MenuFileTest {
    private final Path folder;

    MenuFileTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Menu read(String name, String text) throws IOException {
        return MenuFile.read(Files.writeString(folder.resolve(name), text));
    }

    @Test
    void readsYaml() throws Exception {
        Menu menu = read("m.yaml", """
                greeting:
                  - Welcome.
                  - "Type 1, no or exit."
                answers:
                  1: one
                  no: |
                    two
                    lines
                fallback: I do not know that.
                exits: [exit, quit]
                farewell: Goodbye.
                """);
        assertThat(menu)
                .isEqualTo(new Menu(
                        List.of("Welcome.", "Type 1, no or exit."),
                        Map.of("1", "one", "no", "two\nlines"),
                        "I do not know that.",
                        Set.of("exit", "quit"),
                        "Goodbye."));
    }

    @Test
    void readsProperties() throws Exception {
        Menu menu = read("m.properties", """
                greeting=Welcome.\\nType 1.
                answer.1=one
                answer.grüß\\ Gott=Grüß Gott
                fallback=what?
                exits=exit, quit
                """);
        assertThat(menu)
                .isEqualTo(new Menu(
                        List.of("Welcome.", "Type 1."),
                        Map.of("1", "one", "grüß Gott", "Grüß Gott"),
                        "what?",
                        Set.of("exit", "quit"),
                        null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "greeting: a\\nfallbck: b | line 2: key \"fallbck\" (expected: greeting, answers, fallback, exits or farewell)",
                "answers:\\n  a: b\\n  a: c | line 3: key \"a\" is there twice",
                "answers:\\n  a: b\\n  A: c | answers: \"A\" (expected: each input once)",
                "answers: x | line 1: answers (expected: entries of the form KEY: VALUE)",
                "fallback: [a] | line 1: fallback (expected: a text)",
                "- a | line 1: the menu (expected: entries of the form KEY: VALUE)",
                "a: [\\n | line 2: not YAML: expected the node content",
                "`` | line 1: it is empty (expected: ",
            })
    void tellsWhatIsWrongAndWhere(String yaml, String message) {
        assertThatThrownBy(() -> read("m.yaml", yaml.replace("\\n", "\n")))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot use menu " + folder.resolve("m.yaml"))
                .hasMessageContaining(message);
    }

    @Test
    void tellsTheLineInProperties() {
        assertThatThrownBy(() -> read("m.properties", "# menu\nfallback=x\nanswers=y\n"))
                .hasMessageContaining("line 3: key \"answers\" (expected: greeting, answer.INPUT, ");
        assertThatThrownBy(() -> read("m.properties", "fallback=\\uXYZW\n"))
                .hasMessageContaining("line 1: not in the form");
    }

    @Test
    void tellsWhatCannotBeRead() throws Exception {
        assertThatThrownBy(() -> MenuFile.read(folder.resolve("none")))
                .hasMessage("cannot read menu " + folder.resolve("none") + ": no such file");
        assertThatThrownBy(() -> MenuFile.read(folder)).hasMessage("cannot read menu " + folder + ": it is a folder");
        Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', (byte) 0xe4});
        assertThatThrownBy(() -> MenuFile.read(latin)).hasMessageEndingWith("it is not UTF-8");
        Path large = Files.write(folder.resolve("large.yaml"), new byte[1024 * 1024 + 1]);
        assertThatThrownBy(() -> MenuFile.read(large)).hasMessageEndingWith("it has more than 1 MiB");
    }
}
