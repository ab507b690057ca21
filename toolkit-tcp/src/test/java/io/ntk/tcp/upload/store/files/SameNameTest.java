package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.SEGMENT;
import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static io.ntk.tcp.upload.store.files.StoreTesting.put;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static io.ntk.tcp.upload.store.files.StoreTesting.send;
import static io.ntk.tcp.upload.store.files.StoreTesting.sendRest;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.folders.Disk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two files of one name at once, both admitted while nobody has it: the policy decides when they get it. */
class SameNameTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "REJECT, false, done f, error 201, 1",
        "REJECT, true, done f, error 201, 1",
        "OVERWRITE, false, done f, done f, 1",
        "RENAME, false, done f, done f (1), 2",
        "SKIP_SAME, false, done f, error 201, 1",
        "SKIP_SAME, true, done f, skipped f, 1",
    })
    void uploadsAtOnce(OnExists policy, boolean same, String one, String other, int files) throws Exception {
        byte[][] bytes = {content(1, SEGMENT + 5), content(same ? 1 : 2, SEGMENT + (same ? 5 : 6))};
        List<String> ends = new ArrayList<>();
        try (FileStore store = FileStore.open(options(folder).withOnExists(policy))) {
            Upload[] uploads = new Upload[2];
            for (int i = 0; i < 2; i++) {
                uploads[i] = open(store, request(i, "f", bytes[i].length, 1));
                assertThat(get(uploads[i].opened()).receipt()).isNull();
                get(send(uploads[i], bytes[i], 0));
                get(send(uploads[i], bytes[i], 1));
            }
            List<CompletableFuture<Receipt>> done = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                done.add(uploads[i].commit(bytes[i].length, null));
            }
            done.forEach(future -> ends.add(end(future)));
            assertThat(store.space().taken()).isZero();
        }
        assertThat(ends).containsExactlyInAnyOrder(one, other);
        assertWhole(bytes, files);
    }

    @ParameterizedTest
    @CsvSource({
        "REJECT, false, done f, error 201, 1",
        "OVERWRITE, false, done f, done f, 1",
        "RENAME, false, done f, done f (1), 2",
        "SKIP_SAME, false, done f, error 201, 1",
        "SKIP_SAME, true, done f, skipped f, 1",
    })
    void smallFilesAtOnce(OnExists policy, boolean same, String one, String other, int files) throws Exception {
        byte[][] bytes = {content(1, 100), content(same ? 1 : 2, same ? 100 : 101)};
        List<String> ends = new ArrayList<>();
        try (FileStore store = FileStore.open(options(folder).withOnExists(policy))) {
            put(store, request(9, "first", 0, 1), new byte[0]); // the two are one batch behind it, or two
            List<CompletableFuture<Receipt>> done = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                done.add(put(store, request(i, "f", bytes[i].length, 1), bytes[i]));
            }
            done.forEach(future -> ends.add(end(future)));
            assertThat(store.space().taken()).isZero();
        }
        assertThat(ends).containsExactlyInAnyOrder(one, other);
        Files.delete(folder.resolve("first"));
        assertWhole(bytes, files);
    }

    /**
     * Another program makes a file while the store makes one beside it, so that the folder's time does not tell: whoever asks
     * for that name gets the same answer as if it had been there for long.
     */
    @ParameterizedTest
    @CsvSource({
        "REJECT, false, error 201",
        "REJECT, true, error 201",
        "OVERWRITE, true, done theirs",
        "RENAME, true, done theirs (1)",
        "SKIP_SAME, false, error 201",
        "SKIP_SAME, true, skipped theirs",
    })
    void fileThatAnotherProgramMakesAtTheSameTime(OnExists policy, boolean same, String end) throws Exception {
        byte[] bytes = content(1, 100);
        Disk busy = (step, path) -> {
            if ((step == Disk.Step.LINK || step == Disk.Step.MOVE) && path.endsWith("mine")) {
                Path theirs = Files.write(folder.resolve("theirs"), same ? bytes : content(2, 101));
                Files.setLastModifiedTime(theirs, FileTime.from(StoreTesting.MODIFIED));
            }
        };
        for (boolean small : new boolean[] {true, false}) {
            try (FileStore store = FileStore.open(options(folder).withOnExists(policy), busy)) {
                get(put(store, request(1, "mine", 100, 1), bytes));
                for (int key = 2; key < 4; key++) {
                    String other = policy == OnExists.RENAME ? "done theirs (" + (key - 1) + ")" : end;
                    assertThat(end(
                                    small
                                            ? put(store, request(key, "theirs", 100, 1), bytes)
                                            : large(store, key, bytes)))
                            .isEqualTo(other);
                }
                assertThat(store.space().taken()).isZero();
            }
            empty();
        }
    }

    private static CompletableFuture<Receipt> large(FileStore store, int key, byte[] bytes) {
        try {
            return sendRest(open(store, request(key, "theirs", bytes.length, 1)), bytes);
        } catch (UploadException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void empty() throws Exception {
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                if (!each.equals(folder)) {
                    Files.delete(each);
                }
            }
        }
    }

    private static String end(CompletableFuture<Receipt> future) {
        try {
            Receipt receipt = get(future);
            return (receipt.marks().contains(Receipt.Mark.SKIPPED) ? "skipped " : "done ") + receipt.name();
        } catch (UploadException e) {
            return "error " + e.error().code();
        }
    }

    private void assertWhole(byte[][] bytes, int files) throws Exception {
        try (var list = Files.list(folder)) {
            List<Path> all = list.filter(Files::isRegularFile).toList();
            assertThat(all).hasSize(files);
            for (Path file : all) {
                assertThat(Files.readAllBytes(file)).isIn(bytes[0], bytes[1]);
            }
        }
    }
}
