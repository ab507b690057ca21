package io.ntk.tcp.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordFileTest {
    /** Of the password {@code s:cret}. */
    static final String HASH = "$2y$04$nQl.tcfsfgkmyyLygESyYeG2tvqC3B2Fypdv.wLI/yhiEpgyxKubG";

    @TempDir
    Path folder;

    @Test
    void knowsItsUsers() {
        PasswordFile users = PasswordFile.parse("# ours\n\nann:" + HASH + "\r\nbob:" + HASH.replace("2y", "2b") + "\n");
        assertThat(users.matches("ann", "s:cret")).isTrue();
        assertThat(users.matches("bob", "s:cret")).isTrue();
        assertThat(users.matches("ann", "s:crets")).isFalse();
        assertThat(users.matches("ann", "")).isFalse();
        assertThat(users.matches("ANN", "s:cret")).isFalse();
        assertThat(users.matches("eve", "s:cret")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ann",
                "ann:",
                ":" + HASH,
                "ann:secret",
                "ann:$apr1$abc$def",
                "ann:" + HASH + "x",
                "ann:$2y$03$nQl.tcfsfgkmyyLygESyYeG2tvqC3B2Fypdv.wLI/yhiEpgyxKubG",
                "ann:$2y$15$nQl.tcfsfgkmyyLygESyYeG2tvqC3B2Fypdv.wLI/yhiEpgyxKubG"
            })
    void tellsTheLineThatIsNoneAndWhatToDoButNotTheLine(String line) {
        assertThatThrownBy(() -> PasswordFile.parse("bob:" + HASH + "\n" + line))
                .hasMessageContaining("line 2")
                .hasMessageContaining("htpasswd -nB")
                .hasMessageNotContaining("nQl.");
    }

    @Test
    void refusesAFileWithoutUsersOrWithOneTwice() {
        assertThatThrownBy(() -> PasswordFile.parse("# nobody\n")).hasMessage("it names no user");
        assertThatThrownBy(() -> PasswordFile.parse(("ann:" + HASH + "\n").repeat(2)))
                .hasMessage("line 2 names a user for the second time");
    }

    @Test
    void aFileHasAtMostTenThousandUsers() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < PasswordFile.MAX_USERS; i++) {
            text.append("u").append(i).append(':').append(HASH).append('\n');
        }
        assertThat(PasswordFile.parse(text.toString()).matches("u9999", "s:cret"))
                .isTrue();
        assertThatThrownBy(() -> PasswordFile.parse(text + "one-more:" + HASH)).hasMessageContaining("line 10001");
    }

    @Test
    void aFileIsReadWholeOrRefused() throws IOException {
        Path file = folder.resolve("users");
        assertThatThrownBy(() -> PasswordFile.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot read");
        Files.writeString(file, "ann:" + HASH + "\n#" + "x".repeat((1 << 20) - 4 - HASH.length() - 2));
        assertThat(Files.size(file)).isEqualTo(1 << 20);
        assertThat(PasswordFile.read(file).matches("ann", "s:cret")).isTrue();
        Files.writeString(file, Files.readString(file) + "x");
        assertThatThrownBy(() -> PasswordFile.read(file)).hasMessageContaining("larger than");
        Files.write(file, new byte[] {(byte) 0xff});
        assertThatThrownBy(() -> PasswordFile.read(file)).hasMessageContaining("not UTF-8");
        Files.writeString(file, "ann:secret");
        assertThatThrownBy(() -> PasswordFile.read(file))
                .hasMessageContaining("line 1")
                .hasMessageContaining(file.toString());
    }
}
