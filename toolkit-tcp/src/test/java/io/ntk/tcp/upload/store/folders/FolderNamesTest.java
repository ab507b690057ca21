package io.ntk.tcp.upload.store.folders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.UploadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderNamesTest {
    @TempDir
    private Path root;

    private final List<Folder> open = new ArrayList<>();

    private Folder folder(String name, int files) throws IOException {
        Path path = Files.createDirectory(root.resolve(name));
        for (int i = 0; i < files; i++) {
            Files.createFile(path.resolve("F" + i));
        }
        Folder folder = Folder.open(path);
        open.add(folder);
        return folder;
    }

    @AfterEach
    void closeAll() throws IOException {
        for (Folder each : open) {
            each.close();
        }
    }

    @Test
    void tellsWhatIsThereAndRefusesWhatCollides() throws IOException {
        var names = new FolderNames();
        Folder folder = folder("a", 3);
        assertThat(names.of(folder).look(folder, "F1")).isNotNull();
        assertThat(names.of(folder).look(folder, "g")).isNull();
        assertThatThrownBy(() -> names.of(folder).look(folder, "f1"))
                .isInstanceOf(UploadException.class)
                .hasMessage("f1: there is F1, which some systems take for the same");
    }

    @Test
    void seesWhatOthersMakeAndDelete() throws IOException {
        var names = new FolderNames();
        Folder folder = folder("a", 1);
        assertThat(names.of(folder).look(folder, "g")).isNull();
        Files.createDirectory(folder.path().resolve("g"));
        setTimeAnew(folder);
        assertThat(names.of(folder).look(folder, "g")).isNotNull();
        Files.delete(folder.path().resolve("g"));
        assertThat(names.of(folder).look(folder, "g")).isNull();
        assertThat(names.of(folder).look(folder, "G")).isNull();
    }

    /* Clocks of file systems may stand still for some milliseconds. */
    private static void setTimeAnew(Folder folder) throws IOException {
        Files.setLastModifiedTime(
                folder.path(), FileTime.fromMillis(folder.modified().toMillis() + 1_000));
    }

    @Test
    void readsAFolderWithMoreNamesThanItHoldsEachTime() throws IOException {
        var names = new FolderNames(3);
        Folder folder = folder("a", 4);
        for (int i = 0; i < 3; i++) {
            assertThat(names.of(folder).look(folder, "F3")).isNotNull();
            assertThat(names.of(folder).look(folder, "g")).isNull();
            assertThatThrownBy(() -> names.of(folder).look(folder, "f3")).isInstanceOf(UploadException.class);
            assertThat(names.size()).isZero();
        }
    }

    @Test
    void aNameThatIsMadeDoesNotPassForTheOnlyOneOfALargeFolder() throws IOException {
        var names = new FolderNames(3);
        Folder folder = folder("a", 4);
        assertThat(names.of(folder).look(folder, "g")).isNull();
        Files.createFile(folder.path().resolve("g"));
        names.of(folder).add(folder, "g");
        assertThat(names.of(folder).look(folder, "F1")).isNotNull();
        assertThatThrownBy(() -> names.of(folder).look(folder, "f1")).isInstanceOf(UploadException.class);
        assertThat(names.size()).isZero();
    }

    @Test
    void aFolderThatGrowsLargeByWhatIsMadeInItIsReadEachTime() throws IOException {
        var names = new FolderNames(3);
        Folder folder = folder("a", 3);
        assertThat(names.of(folder).look(folder, "g")).isNull();
        assertThat(names.size()).isEqualTo(3);
        for (String made : List.of("g", "h")) {
            Files.createFile(folder.path().resolve(made));
            names.of(folder).add(folder, made);
            assertThat(names.size()).isZero();
            assertThat(names.of(folder).look(folder, "F1")).isNotNull();
            assertThatThrownBy(() -> names.of(folder).look(folder, "f1")).isInstanceOf(UploadException.class);
        }
    }

    @Test
    void seesWhatOthersMakeBetweenALookAndTheNameThatIsMadeThen() throws IOException {
        var names = new FolderNames();
        Folder folder = folder("a", 1);
        assertThat(names.of(folder).look(folder, "mine")).isNull();
        Files.createFile(folder.path().resolve("Theirs"));
        setTimeAnew(folder);
        names.of(folder).expect(folder);
        Files.createFile(folder.path().resolve("mine"));
        names.of(folder).add(folder, "mine");
        assertThat(names.of(folder).look(folder, "Theirs")).isNotNull();
        assertThatThrownBy(() -> names.of(folder).look(folder, "theirs")).isInstanceOf(UploadException.class);
    }

    @Test
    void isToldOfWhatItCouldNotSee() throws IOException {
        var names = new FolderNames();
        Folder folder = folder("a", 1);
        FileTime before = folder.modified();
        assertThat(names.of(folder).look(folder, "theirs")).isNull();
        Files.createFile(folder.path().resolve("theirs"));
        Files.setLastModifiedTime(folder.path(), before); // as where the clock stands still
        assertThat(names.of(folder).look(folder, "theirs")).isNull();
        names.of(folder).found("theirs");
        assertThat(names.of(folder).look(folder, "theirs")).isNotNull();
        Files.delete(folder.path().resolve("theirs"));
        Files.setLastModifiedTime(folder.path(), before);
        assertThat(names.of(folder).look(folder, "theirs")).isNull();
    }

    @Test
    void holdsAsManyNamesAsItMay() throws IOException {
        var names = new FolderNames(6);
        Folder one = folder("a", 3);
        Folder other = folder("b", 3);
        Folder last = folder("c", 1);
        names.of(one).look(one, "g");
        names.of(other).look(other, "g");
        assertThat(names.size()).isEqualTo(6);
        FolderNames.Names kept = names.of(other);
        names.of(last).look(last, "g");
        assertThat(names.size()).isEqualTo(4);
        assertThat(names.of(other)).isSameAs(kept);
        assertThatThrownBy(() -> names.of(one).look(one, "f2")).isInstanceOf(UploadException.class);
        assertThat(names.size()).isEqualTo(6); // last has made room
    }

    @Test
    void holdsAsManyFoldersAsItMay() throws IOException {
        var names = new FolderNames();
        for (int i = 0; i < 65; i++) {
            Folder each = folder("d" + i, 1);
            names.of(each).look(each, "g");
            assertThat(names.size()).isEqualTo(Math.min(64, i + 1));
        }
    }
}
