package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.NOBODY;
import static io.ntk.tcp.upload.store.files.StoreTesting.SEGMENT;
import static io.ntk.tcp.upload.store.files.StoreTesting.assertFails;
import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static io.ntk.tcp.upload.store.files.StoreTesting.send;
import static io.ntk.tcp.upload.store.files.StoreTesting.sendRest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.folders.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A commit that comes too early or asks for too much, and an opening that comes meanwhile. */
class CommitTest {
    @TempDir
    private Path folder;

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** With a digest the threads of the disk have nothing of the file to do for a while. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anOpeningThatComesMeanwhileWaitsForTheEnd(boolean digest) throws Exception {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        Disk slow = (step, path) -> {
            if (step == Disk.Step.FORCE_STORE) {
                committing.countDown();
                await(stuck);
            }
        };
        byte[] bytes = content(1, 10);
        try (FileStore store = FileStore.open(options(folder), slow)) {
            UploadRequest request = request(1, "f", 10, 1);
            Upload first = store.open(NOBODY, request, UploadStore.Opening.NORMAL, 4 << 20, digest);
            get(first.opened());
            get(send(first, bytes, 0));
            CompletableFuture<Receipt> done = first.commit(10, null);
            await(committing);
            Upload second = open(store, request.withEpoch(2));
            get(store.makeFolder("d", 0755, Instant.EPOCH)); // the disk does other things
            assertThat(second.opened()).isNotDone();
            stuck.countDown();
            assertThat(get(second.opened()).receipt()).isEqualTo(get(done).replayed());
            assertThat(get(done).marks()).doesNotContain(Receipt.Mark.REPLAYED);
            assertThat(first.lost()).isNotDone();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 1025})
    void namesTheFirstOfTheMissingSegments(int segments) throws Exception {
        long size = (long) segments * SEGMENT;
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", size, 1));
            assertThatThrownBy(() -> get(upload.commit(size, null)))
                    .isInstanceOfSatisfying(Upload.Missing.class, missing -> assertThat(missing.segments())
                            .containsExactlyElementsOf(
                                    LongStream.range(0, 1024).boxed().toList()));
        }
    }

    /** The limit lies within a segment, or at its end. */
    @ParameterizedTest
    @ValueSource(ints = {5, SEGMENT})
    void aPipeMayGrowToTheLimitAndNotByAByteMore(int last) throws Exception {
        int most = SEGMENT + last;
        try (FileStore store = FileStore.open(options(folder).withSizes(most, 1 << 30))) {
            byte[] bytes = content(1, most);
            Upload upload = open(store, request(1, "f", UploadRequest.UNKNOWN_SIZE, 1));
            assertThat(get(sendRest(upload, bytes)).size()).isEqualTo(most);
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);

            byte[] more = content(2, most + 1);
            Upload over = open(store, request(2, "g", UploadRequest.UNKNOWN_SIZE, 1));
            get(over.opened());
            int segment = 0;
            while ((segment + 1) * SEGMENT <= most) {
                get(send(over, more, segment++));
            }
            CompletableFuture<Upload.Verdict> tooLarge = send(over, more, segment);
            CompletableFuture<Receipt> done = over.commit(most + 1, null); // without waiting
            assertFails(UploadError.TOO_LARGE, tooLarge);
            assertThatThrownBy(() -> get(done)).isInstanceOf(Upload.Missing.class);
            assertThat(store.space().taken()).isEqualTo((long) segment * SEGMENT);
        }
        assertThat(folder.resolve("g")).doesNotExist();
    }

    /** The size may come with a commit alone, of an upload that has been resumed. */
    @Test
    void aPipeThatWasTooLargeIsNotPublishedByAnotherOpening() throws Exception {
        byte[] bytes = content(1, SEGMENT + 6);
        try (FileStore store = FileStore.open(options(folder).withSizes(SEGMENT + 5, 1 << 30))) {
            Upload first = open(store, request(1, "f", UploadRequest.UNKNOWN_SIZE, 1));
            get(send(first, bytes, 0));
            assertFails(UploadError.TOO_LARGE, send(first, bytes, 1));
            first.abort(true);
            Upload second = open(store, request(1, "f", UploadRequest.UNKNOWN_SIZE, 2));
            assertThat(get(second.opened()).verified().stream()).containsExactly(0);
            assertThatThrownBy(() -> get(second.commit(bytes.length, null))).isInstanceOf(Upload.Missing.class);
        }
        assertThat(folder.resolve("f")).doesNotExist();
    }
}
