package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineHistoryTest {
    @TempDir
    private Path folder;

    private LineHistory history() {
        return LineHistory.of(Map.of("XDG_STATE_HOME", folder.toString()));
    }

    private Path file() {
        return folder.resolve("ntk/chat-history");
    }

    @Test
    void keepsLinesForTheirOwnerOnly() throws IOException {
        LineHistory one = history();
        assertThat(one.load()).isEmpty();
        one.add("hällo");
        one.add("/who");
        assertThat(history().load()).containsExactly("hällo", "/who");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file().getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void givesTheLastLinesAndShortensALongFile() throws IOException {
        Files.createDirectories(file().getParent());
        List<String> lines = IntStream.rangeClosed(1, 2 * LineHistory.MAX_LINES + 1)
                .mapToObj(i -> "line " + i)
                .toList();
        Files.write(file(), lines);
        List<String> last = lines.subList(LineHistory.MAX_LINES + 1, lines.size());
        assertThat(history().load()).isEqualTo(last);
        assertThat(Files.readAllLines(file())).isEqualTo(last);
        Files.write(file(), Collections.nCopies(2 * LineHistory.MAX_LINES, "x"));
        assertThat(history().load()).hasSize(LineHistory.MAX_LINES);
        assertThat(Files.readAllLines(file())).hasSize(2 * LineHistory.MAX_LINES);
    }

    @Test
    void leavesOutWhatWasNeverTyped() throws IOException {
        Files.createDirectories(file().getParent());
        Files.write(file(), new byte[] {'a', '\n', 0x1b, '[', '2', 'J', '\n', (byte) 0xff, '\n', 'b', '\n'});
        assertThat(history().load()).containsExactly("a", "\ufffd", "b");
    }

    @Test
    void doesWithoutAFileWhereThereCanBeNone() throws IOException {
        Files.writeString(folder.resolve("ntk"), "a file where the folder should be");
        LineHistory history = history();
        history.add("hello");
        assertThat(history.load()).isEmpty();
        for (Map<String, String> none : List.of(Map.<String, String>of(), Map.of("XDG_STATE_HOME", "relative"))) {
            LineHistory nowhere = LineHistory.of(none);
            nowhere.add("hello");
            assertThat(nowhere.load()).isEmpty();
        }
    }

    @Test
    void livesInTheHomeFolderByDefault() throws IOException {
        LineHistory.of(Map.of("HOME", folder.toString())).add("hello");
        assertThat(Files.readString(folder.resolve(".local/state/ntk/chat-history")))
                .isEqualTo("hello\n");
    }

    @Test
    void takesPasswordsForSecret() {
        assertThat(ChatScreen.isSecret("/pass open sesame")).isTrue();
        assertThat(ChatScreen.isSecret("hello\n  /PASS x")).isTrue();
        assertThat(ChatScreen.isSecret("the word is /pass")).isFalse();
    }
}
