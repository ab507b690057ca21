package io.ntk.tcp.upload.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UploadNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/a",
                "a/",
                "a//b",
                ".",
                "..",
                "a/../b",
                "~",
                "~root/x",
                "a.",
                "a ",
                "a\u0000",
                "a\nb",
                "a\\b",
                "c:",
                "nul",
                "NUL.txt",
                "com1",
                "Lpt9.x",
                "con .txt",
                ".ntup",
                ".NTUP/x",
                "a/.ntup",
                ".hidden",
                "e\u0301",
                "a\u202eb",
                "a\u200bb",
                "a\u007f",
                "\ud800"
            })
    void refuses(String name) {
        assertThat(UploadName.refusal(name, StoreOptions.Hidden.REFUSED)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ü.txt", "a/b/c", "com", "com10", "nullable", "a b", "-rf", "日本語", "…x", "a..b"})
    void takes(String name) {
        assertThat(UploadName.refusal(name, StoreOptions.Hidden.REFUSED)).isNull();
    }

    @Test
    void takesHiddenNamesWhenTold() {
        assertThat(UploadName.refusal(".bashrc", StoreOptions.Hidden.ALLOWED)).isNull();
        assertThat(UploadName.refusal(".ntup", StoreOptions.Hidden.ALLOWED)).isNotNull();
    }

    @Test
    void keepsToTheLimits() {
        String deep = "a/".repeat(63) + "a";
        assertThat(UploadName.refusal("a".repeat(255), StoreOptions.Hidden.REFUSED))
                .isNull();
        assertThat(UploadName.refusal("a".repeat(256), StoreOptions.Hidden.REFUSED))
                .isNotNull();
        assertThat(UploadName.refusal("ü".repeat(127) + "a", StoreOptions.Hidden.REFUSED))
                .isNull();
        assertThat(UploadName.refusal("ü".repeat(128), StoreOptions.Hidden.REFUSED))
                .isNotNull();
        assertThat(UploadName.refusal(deep, StoreOptions.Hidden.REFUSED)).isNull();
        assertThat(UploadName.refusal(deep + "/a", StoreOptions.Hidden.REFUSED)).isNotNull();
        String longest = ("a".repeat(255) + "/").repeat(16);
        assertThat(UploadName.refusal(longest.substring(0, 4095) + "b", StoreOptions.Hidden.REFUSED))
                .isNotNull();
        assertThat(UploadName.refusal(longest.substring(0, 4095), StoreOptions.Hidden.REFUSED))
                .isNull();
    }

    /** Whatever is taken stays below the folder. */
    @Test
    void tenThousandHostileNamesStayInside() {
        Random random = new Random(20_261_121);
        String[] pieces = {
            "..", ".", "/", "\\", "a", "~", ":", "\u0000", "%2e", "..;", " ", "\u202e", "nul", ".ntup", "ü"
        };
        Path root = Path.of("/root-of-uploads");
        int taken = 0;
        for (int i = 0; i < 10_000; i++) {
            StringBuilder name = new StringBuilder();
            for (int n = 1 + random.nextInt(8); n > 0; n--) {
                name.append(pieces[random.nextInt(pieces.length)]);
            }
            if (UploadName.refusal(name.toString(), StoreOptions.Hidden.ALLOWED) == null) {
                taken++;
                Path path = root.resolve(name.toString());
                assertThat(path.normalize().equals(path) && path.startsWith(root) && !path.equals(root))
                        .isTrue();
            }
        }
        assertThat(taken).isBetween(100, 9000);
    }
}
