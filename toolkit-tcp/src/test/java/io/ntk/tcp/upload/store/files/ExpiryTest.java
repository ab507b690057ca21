package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.NOBODY;
import static io.ntk.tcp.upload.store.files.StoreTesting.SEGMENT;
import static io.ntk.tcp.upload.store.files.StoreTesting.assertFails;
import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.crc;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.key;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static io.ntk.tcp.upload.store.files.StoreTesting.put;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static io.ntk.tcp.upload.store.files.StoreTesting.send;
import static io.ntk.tcp.upload.store.files.StoreTesting.sendRest;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.testsupport.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a running store ends with time: uploads that nobody came back for, space kept for them, and receipts. */
class ExpiryTest {
    private static final long KEEP = Duration.ofHours(24).toNanos();
    private static final long RESERVATION = Duration.ofMinutes(10).toNanos();
    private static final String ID = key(1).hex();

    @TempDir
    private Path folder;

    private final byte[] bytes = content(1, 4 * SEGMENT);

    private List<String> own() throws IOException {
        try (var files = Files.list(folder.resolve(".ntup"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void reviewAt(FileStore store, long nanos) {
        store.review(nanos, Instant.now().plusNanos(nanos - System.nanoTime()));
    }

    /** Waits for the tasks of an upload that is bound; it makes no progress by that. */
    private static void settle(Upload upload) {
        assertFails(UploadError.OFFSET, upload.segment(1, 1, 0).verdict());
    }

    @Test
    void anUploadThatNobodyCameBackForIsGivenUpAfterItsTime() throws Exception {
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            long before = System.nanoTime();
            get(send(upload, bytes, 0));
            long after = System.nanoTime();
            upload.abort(true);
            reviewAt(store, before + KEEP);
            assertFails(UploadError.STALE_EPOCH, upload.commit(bytes.length, null)); // behind the review
            assertThat(own()).containsExactly(ID + ".log", ID + ".part", "lock");
            reviewAt(store, after + KEEP + 1);
            Await.until("it is forgotten", () -> !store.isUnfinished(ID));
            assertThat(own()).containsExactly("lock");
            assertThat(store.space().taken()).isZero();
            assertFails(
                    UploadError.UNKNOWN_OR_EXPIRED,
                    store.open(NOBODY, request(1, "f", bytes.length, 2), UploadStore.Opening.RESUME, 4 << 20, true)
                            .opened());
        }
    }

    @Test
    void anUploadThatSomebodyIsBoundToStays() throws Exception {
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            get(send(upload, bytes, 0));
            reviewAt(store, System.nanoTime() + 3 * KEEP);
            assertThat(get(send(upload, bytes, 1))).isEqualTo(Upload.Verdict.VERIFIED);
            assertThat(own()).containsExactly(ID + ".log", ID + ".part", "lock");
            get(sendRest(upload, bytes));
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    @Test
    void spaceIsKeptUntilTenMinutesBehindTheLastProgress() throws Exception {
        StoreOptions narrow = options(folder).withSizes(bytes.length, bytes.length);
        try (FileStore store = FileStore.open(narrow)) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            long before = System.nanoTime();
            get(send(upload, bytes, 0));
            long after = System.nanoTime();
            reviewAt(store, before + RESERVATION);
            settle(upload);
            assertThat(store.space().taken()).isEqualTo(4 * SEGMENT);
            assertFails(UploadError.QUOTA, open(store, request(2, "g", 1, 1)).opened());
            reviewAt(store, after + RESERVATION + 1);
            settle(upload);
            assertThat(store.space().taken()).as("what is written").isEqualTo(SEGMENT);

            Upload other = open(store, request(2, "g", 3 * SEGMENT, 1));
            get(other.opened());
            assertFails(UploadError.QUOTA, send(upload, bytes, 1));
            other.abort(false);
            Await.until("the other is gone", () -> store.space().taken() == SEGMENT);
            get(send(upload, bytes, 1));
            assertThat(store.space().taken()).as("reserved anew").isEqualTo(2 * SEGMENT);
            get(sendRest(upload, bytes));
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
            assertThat(store.space().taken()).isZero();
        }
    }

    @Test
    void spaceIsKeptForASegmentThatIsComing() throws Exception {
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            Upload.Segment slow = upload.segment(0, SEGMENT, crc(bytes, 0, SEGMENT));
            slow.write(ByteBuffer.wrap(bytes, 0, 1), () -> {});
            reviewAt(store, System.nanoTime() + 2 * RESERVATION);
            slow.write(ByteBuffer.wrap(bytes, 1, SEGMENT - 1).slice(), () -> {});
            assertThat(get(slow.verdict())).isEqualTo(Upload.Verdict.VERIFIED);
            assertThat(store.space().taken()).isEqualTo(4 * SEGMENT);
        }
    }

    /** The clock of files is a coarse one. */
    @Test
    void receiptsAndTheirJournalsAreForgottenAfterTheirTime() throws Exception {
        try (FileStore store = FileStore.open(options(folder))) {
            get(put(store, request(2, "small", 4, 1), content(2, 4)));
        }
        try (FileStore store = FileStore.open(options(folder))) {
            get(sendRest(open(store, request(1, "f", bytes.length, 1)), bytes));
            Await.until("nothing is under way", () -> !store.isUnfinished(ID));
            Instant done = Instant.now();
            store.review(System.nanoTime(), done.plusNanos(KEEP).minusSeconds(20));
            assertThat(own()).containsExactly(ID + ".log", "lock", "puts-1.log");
            for (int n = 1; n <= 2; n++) {
                assertThat(store.receipt(key(n).hex())).isNotNull();
            }
            store.review(System.nanoTime(), done.plusNanos(KEEP).plusSeconds(1));
            assertThat(own()).containsExactly("lock");
            for (int n = 1; n <= 2; n++) {
                assertThat(store.receipt(key(n).hex())).isNull();
            }
            assertFails(
                    UploadError.EXISTS,
                    open(store, request(1, "f", bytes.length, 2)).opened());
            assertFails(UploadError.EXISTS, put(store, request(2, "small", 4, 2), content(2, 4)));
        }
    }

    @Test
    void theLogOfSmallFilesGoesAfterItsTimeAndTheNextOneComes() throws Exception {
        try (FileStore store = FileStore.open(options(folder))) {
            get(put(store, request(1, "a", 4, 1), content(2, 4)));
            Await.until("its batch has ended, and then its time", () -> {
                store.review(System.nanoTime(), Instant.now().plusNanos(2 * KEEP));
                return Files.notExists(folder.resolve(".ntup/puts-1.log"));
            });
            get(put(store, request(2, "b", 4, 1), content(3, 4)));
            assertThat(own()).containsExactly("lock", "puts-2.log");
        }
        try (FileStore store = FileStore.open(options(folder))) {
            assertThat(get(put(store, request(2, "b", 4, 2), content(3, 4))).marks())
                    .contains(Receipt.Mark.REPLAYED);
        }
    }
}
