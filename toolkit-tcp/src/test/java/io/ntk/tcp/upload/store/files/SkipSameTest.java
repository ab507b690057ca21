package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.MODIFIED;
import static io.ntk.tcp.upload.store.files.StoreTesting.NOBODY;
import static io.ntk.tcp.upload.store.files.StoreTesting.SEGMENT;
import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.key;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which file is the same as the one that is there: with a SHA-256 that decides, without one the time does. */
class SkipSameTest {
    @TempDir
    private Path folder;

    private static UploadRequest request(int key, int size, Instant modified, @Nullable Octets sha256) {
        return new UploadRequest(
                key(key), size, SEGMENT, 0640, OnExists.SKIP_SAME, Durability.FILE, modified, 1, "f", sha256);
    }

    private static String end(CompletableFuture<Receipt> future) {
        try {
            assertThat(get(future).marks()).containsExactly(Receipt.Mark.SKIPPED);
            return "skipped";
        } catch (UploadException e) {
            assertThat(e.error()).isEqualTo(UploadError.EXISTS);
            return "exists";
        }
    }

    @ParameterizedTest
    @CsvSource({
        "same, same, same size, 0, skipped",
        "same, same, same size, 5000, skipped",
        "other, other, same size, 0, exists",
        "same, same, other size, 0, exists",
        "same, none, same size, 0, skipped",
        "other, none, same size, 0, skipped",
        "same, none, same size, 499, skipped",
        "same, none, same size, 500, exists",
        "same, none, same size, -501, exists",
        "same, none, other size, 0, exists",
    })
    void sizeAndDigestOrTimeDecide(String bytes, String sha256, String size, long laterMillis, String end)
            throws Exception {
        byte[] old = content(1, 100);
        Path there = Files.write(folder.resolve("f"), old);
        Instant time = MODIFIED.plusMillis(500);
        Files.setLastModifiedTime(there, FileTime.from(time));
        byte[] sent = content(bytes.equals("same") ? 1 : 2, size.equals("same size") ? 100 : 101);
        Octets digest = sha256.equals("none")
                ? null
                : Octets.of(sha256.equals("same") ? old : sent).sha256();
        Instant modified = time.plusMillis(laterMillis);
        try (FileStore store = FileStore.open(options(folder).withOnExists(OnExists.OVERWRITE))) {
            assertThat(end(open(store, request(1, sent.length, modified, digest))
                            .opened()
                            .thenApply(all -> Objects.requireNonNull(all.receipt()))))
                    .isEqualTo(end);
            Octets data = Octets.of(sent);
            assertThat(end(store.put(NOBODY, request(2, sent.length, modified, digest), data.crc32c(), data)))
                    .isEqualTo(end);
        }
        assertThat(there).hasBinaryContent(old);
        assertThat(Files.getLastModifiedTime(there).toInstant()).isEqualTo(time);
    }
}
