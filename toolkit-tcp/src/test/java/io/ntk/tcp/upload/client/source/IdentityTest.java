package io.ntk.tcp.upload.client.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityTest {
    private static final Instant THEN = Instant.ofEpochSecond(1_600_000_000, 5);

    @TempDir
    private Path folder;

    @Test
    void tellsContentsApartByEachOfItsParts() {
        Identity one = new Identity(7, THEN, "(dev=1,ino=2)");
        assertThat(one).isEqualTo(new Identity(7, THEN, "(dev=1,ino=2)"));
        assertThat(one).hasSameHashCodeAs(new Identity(7, THEN, "(dev=1,ino=2)"));
        assertThat(one).hasToString(new Identity(7, THEN, "(dev=1,ino=2)").toString());
        for (Identity other : List.of(
                new Identity(8, THEN, "(dev=1,ino=2)"),
                new Identity(7, THEN.plusNanos(1), "(dev=1,ino=2)"),
                new Identity(7, THEN.plusSeconds(1), "(dev=1,ino=2)"),
                new Identity(7, THEN, "(dev=1,ino=3)"))) {
            assertThat(one).isNotEqualTo(other);
            assertThat(one.toString()).isNotEqualTo(other.toString());
        }
    }

    @Test
    void changesWithTheFile() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "one");
        Files.setLastModifiedTime(file, FileTime.from(THEN));
        Identity before = Identity.of(file);
        assertThat(Identity.look(file).identity()).isEqualTo(before);
        Files.setLastModifiedTime(file, FileTime.from(THEN.plusSeconds(1)));
        assertThat(Identity.of(file)).isNotEqualTo(before);
        Path replacement = Files.writeString(folder.resolve("g"), "two");
        Files.setLastModifiedTime(replacement, FileTime.from(THEN));
        assertThat(Identity.of(replacement)).isNotEqualTo(before);
    }

    @Test
    void isOfRegularFilesAlone() {
        assertThatThrownBy(() -> Identity.of(folder)).hasMessage("not a regular file");
    }
}
