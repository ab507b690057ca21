package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both ways to hold a folder: that of this platform, and that of those without file descriptors for folders. */
class OpenFolderTest {
    @TempDir
    Path root;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.writeString(root.resolve("a"), "aaa");
        Files.createDirectories(root.resolve("sub"));
        Files.writeString(root.resolve("sub/b"), "b");
        Files.createSymbolicLink(root.resolve("link"), Path.of("a"));
        Files.createSymbolicLink(root.resolve("linked"), Path.of("sub"));
    }

    @SuppressWarnings("StreamResourceLeak") // the folder that gets it closes it
    private OpenFolder open(boolean compared) throws IOException {
        Path real = root.toRealPath();
        return compared
                ? new OpenFolder.Compared(real, Files.newDirectoryStream(real))
                : Objects.requireNonNull(OpenFolder.root(real));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void opensFilesAndFolders(boolean compared) throws IOException {
        try (OpenFolder folder = open(compared);
                FileChannel file = folder.open(Path.of("a"));
                OpenFolder sub = folder.enter(Path.of("sub"))) {
            assertThat(Objects.requireNonNull(file).size()).isEqualTo(3);
            assertThat(Objects.requireNonNull(sub).look(Path.of("b"))).isNotNull();
            assertThat(folder.names()).toIterable().hasSize(4);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsNoLink(boolean compared) throws IOException {
        try (OpenFolder folder = open(compared)) {
            assertThat(folder.look(Path.of("link"))).matches(found -> found != null && found.isSymbolicLink());
            assertThat(Stream.of("link", "linked")).noneMatch(name -> opens(folder, name));
            assertThat(folder.enter(Path.of("linked"))).isNull();
            assertThat(folder.enter(Path.of("a"))).isNull();
            assertThat(folder.look(Path.of("none"))).isNull();
            assertThat(folder.open(Path.of("none"))).isNull();
            assertThat(folder.enter(Path.of("none"))).isNull();
        }
    }

    /** A link that was not looked at before is an error of the system, ELOOP. */
    private static boolean opens(OpenFolder folder, String name) {
        try (FileChannel file = folder.open(Path.of(name))) {
            return file != null;
        } catch (IOException refused) {
            return false;
        }
    }
}
