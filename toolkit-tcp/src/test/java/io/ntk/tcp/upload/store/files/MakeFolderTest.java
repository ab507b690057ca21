package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.assertFails;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.folders.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MakeFolderTest {
    private static final Instant TIME = Instant.ofEpochSecond(1_600_000_000);

    @TempDir
    private Path folder;

    private final List<Path> synced = new ArrayList<>();
    private Path broken = Path.of("none");

    private final Disk disk = (step, path) -> {
        if (step == Disk.Step.FORCE_FOLDER) {
            synced.add(folder.relativize(path));
            if (path.equals(folder.resolve(broken))) {
                throw new IOException("Input/output error");
            }
        }
    };

    @Test
    void makesAllOfItAndSyncsIt() throws Exception {
        try (FileStore store = FileStore.open(options(folder), disk)) {
            Receipt receipt = get(store.makeFolder("a/b", 0750, TIME));
            assertThat(receipt.name()).isEqualTo("a/b");
            assertThat(receipt.marks()).containsExactly(Receipt.Mark.DURABLE);
        }
        assertThat(synced).containsExactlyInAnyOrder(Path.of(""), Path.of("a"), Path.of("a/b"));
        assertThat(Files.getLastModifiedTime(folder.resolve("a/b")).toInstant()).isEqualTo(TIME);
        assertThat(Files.getAttribute(folder.resolve("a/b"), "unix:mode")).isEqualTo(040_750);
    }

    /** Nothing above it is taken to last, so the next attempt syncs all of it again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a/b"})
    void isNoSuccessWhereAFolderCannotBeSynced(String which) throws Exception {
        broken = Path.of(which);
        try (FileStore store = FileStore.open(options(folder), disk)) {
            assertFails(UploadError.SYNC_FAILED, store.makeFolder("a/b", 0755, TIME));
            broken = Path.of("none");
            synced.clear();
            assertThat(get(store.makeFolder("a/b", 0755, TIME)).marks()).containsExactly(Receipt.Mark.DURABLE);
        }
        assertThat(synced).containsExactlyInAnyOrder(Path.of(""), Path.of("a"), Path.of("a/b"));
    }

    @Test
    void isNotSyncedWhereNothingIsToLast() throws Exception {
        broken = Path.of("");
        try (FileStore store = FileStore.open(options(folder).withDurability(Durability.NONE), disk)) {
            assertThat(get(store.makeFolder("a", 0755, TIME)).marks()).isEmpty();
        }
        assertThat(synced).isEmpty();
        assertThat(folder.resolve("a")).isDirectory();
    }

    @Test
    void oneThatIsThereIsASuccessAndStaysAsItIs() throws Exception {
        Path there = Files.createDirectory(folder.resolve("a"));
        Files.writeString(there.resolve("f"), "f");
        Object mode = Files.getAttribute(there, "unix:mode");
        FileTime time = Files.getLastModifiedTime(there);
        try (FileStore store = FileStore.open(options(folder))) {
            assertThat(get(store.makeFolder("a", 0700, TIME)).name()).isEqualTo("a");
        }
        assertThat(there.resolve("f")).hasContent("f");
        assertThat(Files.getAttribute(there, "unix:mode")).isEqualTo(mode);
        assertThat(Files.getLastModifiedTime(there)).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "file/a", "link", "link/a"})
    void refusesWhatIsNoFolder(String path, @TempDir Path outside) throws Exception {
        Files.writeString(folder.resolve("file"), "f");
        Files.createSymbolicLink(folder.resolve("link"), outside);
        try (FileStore store = FileStore.open(options(folder))) {
            assertFails(UploadError.TYPE_CONFLICT, store.makeFolder(path, 0755, TIME));
        }
        assertThat(folder.resolve("file")).hasContent("f");
        assertThat(outside).isEmptyDirectory();
    }
}
