package io.ntk.tcp.upload.store.folders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadName;
import io.ntk.testsupport.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderWalkTest {
    @TempDir
    private Path root;

    private Path own;
    private Publisher publisher;

    @BeforeEach
    void makePublisher() throws IOException {
        root = root.toRealPath();
        own = Files.createDirectory(root.resolve(UploadName.STORE));
        publisher = new Publisher(root, own, Disk.REAL);
    }

    @Test
    void goesToMoreFoldersThanItHolds() throws IOException {
        Set<Path> changed = new LinkedHashSet<>();
        try (FolderWalk walk = publisher.walk()) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 100; i++) {
                    Folder folder = walk.open(List.of("a", "b" + i), changed);
                    assertThat(folder.path()).isEqualTo(root.resolve("a/b" + i));
                    assertThat(folder.modified()).isEqualTo(Files.getLastModifiedTime(folder.path()));
                }
            }
            assertThat(changed).containsExactlyInAnyOrder(root, root.resolve("a"));
            assertThat(OpenFiles.below(root).size()).isLessThanOrEqualTo(2 * 64);
        }
        assertThat(OpenFiles.below(root).size()).isZero();
    }

    @Test
    void goesAsDeepAsNamesMayBe() throws IOException {
        List<String> deep = Collections.nCopies(63, "d");
        try (FolderWalk walk = publisher.walk()) {
            assertThat(walk.find(deep)).isNull();
            Folder made = walk.open(deep, new ArrayList<>());
            assertThat(made.path()).isDirectory();
            assertThat(walk.find(deep)).isSameAs(made);
        }
        assertThat(OpenFiles.below(root).size()).isZero();
    }

    @Test
    void followsNoLink() throws IOException {
        Path outside = Files.createTempDirectory("outside");
        Files.createSymbolicLink(root.resolve("link"), outside);
        try (FolderWalk walk = publisher.walk()) {
            assertThatThrownBy(() -> walk.find(List.of("link", "x")))
                    .isInstanceOfSatisfying(
                            UploadException.class, e -> assertThat(e.error()).isEqualTo(UploadError.TYPE_CONFLICT));
        } finally {
            Files.delete(outside);
        }
        assertThat(OpenFiles.below(root).size()).isZero();
    }

    @Test
    void aFolderThatAnotherTookThePlaceOfGetsNothing() throws IOException {
        Files.createDirectory(root.resolve("a"));
        Path part = Files.writeString(own.resolve("part"), "content");
        try (FolderWalk walk = publisher.walk()) {
            walk.find(List.of("a"));
            Files.move(root.resolve("a"), root.resolve("was-a"));
            Files.createDirectory(root.resolve("a"));
            assertThatThrownBy(() ->
                            publisher.publish(walk, part, "a/f", OnExists.REJECT, name -> {}, new LinkedHashSet<>()))
                    .isInstanceOfSatisfying(
                            UploadException.class, e -> assertThat(e.error()).isEqualTo(UploadError.FORBIDDEN));
        }
        assertThat(root.resolve("a")).isEmptyDirectory();
        assertThat(root.resolve("was-a")).isEmptyDirectory();
        assertThat(part).hasContent("content");
    }

    /** At the last moment the folder becomes a link; what is where that leads is not deleted as if it had been made. */
    @Test
    void leavesWhatIsThereWhereAFolderThatWasSwappedLeads() throws IOException {
        Path outside = Files.createDirectory(root.resolve("outside"));
        Files.writeString(outside.resolve("x"), "somebody's");
        Files.createDirectory(outside.resolve("y"));
        for (String name : List.of("x", "y")) {
            Path swapped = Files.createDirectory(root.resolve("swapped-" + name));
            Disk swaps = (step, path) -> {
                if (step == Disk.Step.MAKE_FOLDER) {
                    Files.move(swapped, root.resolve("was-" + name));
                    Files.createSymbolicLink(swapped, outside);
                }
            };
            try (FolderWalk walk = new Publisher(root, own, swaps).walk()) {
                assertThatThrownBy(() -> walk.open(List.of("swapped-" + name, name), new LinkedHashSet<>()))
                        .isInstanceOfSatisfying(UploadException.class, e -> assertThat(e.error())
                                .isEqualTo(UploadError.FORBIDDEN));
            }
        }
        assertThat(outside.resolve("x")).hasContent("somebody's");
        assertThat(outside.resolve("y")).isDirectory();
    }

    @Test
    void replacesThroughTheFolderThatItHolds() throws IOException {
        Files.createDirectory(root.resolve("a"));
        Files.writeString(root.resolve("a/f"), "old");
        for (int i = 0; i < 3; i++) {
            Files.writeString(own.resolve("part" + i), "new " + i);
        }
        try (FolderWalk walk = publisher.walk()) {
            for (int i = 0; i < 3; i++) {
                publisher.publish(
                        walk, own.resolve("part" + i), "a/f", OnExists.OVERWRITE, name -> {}, new LinkedHashSet<>());
            }
        }
        assertThat(root.resolve("a/f")).hasContent("new 2");
        assertThat(own).isEmptyDirectory();
        assertThat(OpenFiles.below(root).size()).isZero();
    }

    @Test
    void numbersATakenNameBeforeItsEnding() {
        assertThat(Publisher.numbered("a.tar.gz", 2)).isEqualTo("a.tar (2).gz");
        assertThat(Publisher.numbered(".a", 1)).isEqualTo(".a (1)");
        assertThat(Publisher.numbered("ü".repeat(127), 1)).endsWith("ü (1)").hasSize(129);
    }
}
