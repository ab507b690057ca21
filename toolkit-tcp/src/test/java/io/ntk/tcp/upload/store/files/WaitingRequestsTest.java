package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.assertFails;
import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static io.ntk.tcp.upload.store.files.StoreTesting.put;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static io.ntk.tcp.upload.store.files.StoreTesting.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.admission.Backlog;
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.testsupport.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that wait for a disk that does nothing for a while: each is counted, and given back however it ends. */
class WaitingRequestsTest {
    private static final int DISK_THREADS = 8;

    @TempDir
    private Path folder;

    private final CountDownLatch stuck = new CountDownLatch(1);
    private final List<CompletableFuture<?>> answers = new ArrayList<>();
    private FileStore store;
    private int nextKey = 1;

    /** Every thread of the disk has a folder to make, and does not come further. */
    @BeforeEach
    void openAndStop() throws IOException {
        Disk slow = (step, path) -> {
            if (step == Disk.Step.MAKE_FOLDER) {
                try {
                    assertThat(stuck.await(30, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        store = FileStore.open(options(folder), slow);
        for (int n = 0; n < DISK_THREADS; n++) {
            answers.add(makeFolder("stuck" + n));
        }
    }

    @AfterEach
    void goOnAndClose() {
        stuck.countDown();
        store.close();
        assertThat(store.backlog().requests()).isZero();
        assertThat(store.backlog().bytes()).isZero();
    }

    private CompletableFuture<Receipt> makeFolder(String path) {
        return store.makeFolder(path, 0755, Instant.EPOCH);
    }

    private Upload begin(String path) {
        return open(store, request(nextKey++, path, 3, 1));
    }

    private CompletableFuture<Receipt> whole(String path) {
        return put(store, request(nextKey++, path, 0, 1), new byte[0]);
    }

    /** Requests of every kind; names that are refused spare the disk the work. */
    private void ask(int times) {
        for (int n = 0; n < times; n++) {
            answers.add(
                    switch (n % 3) {
                        case 0 -> begin("../o").opened();
                        case 1 -> whole("../w");
                        default -> makeFolder("../d");
                    });
        }
    }

    private void assertAnswered(int from) {
        for (CompletableFuture<?> answer : answers.subList(from, answers.size())) {
            assertFails(UploadError.BAD_PATH, answer);
        }
    }

    @Test
    void isFullWhenAsManyWaitOfAnyKindAndHasRoomAgain() {
        AtomicInteger wentOn = new AtomicInteger();
        ask(Backlog.FULL - DISK_THREADS - 1);
        assertThat(store.isFull()).isFalse();
        ask(1);
        assertThat(store.isFull()).isTrue();
        store.whenRoom(wentOn::incrementAndGet);
        assertThat(wentOn).hasValue(0);
        stuck.countDown();
        assertAnswered(DISK_THREADS);
        Await.until("there is room", () -> wentOn.get() == 1);
        assertThat(store.isFull()).isFalse();
    }

    @Test
    void refusesWhatIsBeyondTheMostOfAnyKind() {
        ask(Backlog.MOST - DISK_THREADS);
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        for (int n = 0; n < 2; n++) {
            assertFails(UploadError.TOO_MANY_UPLOADS, whole("f"));
            assertFails(UploadError.TOO_MANY_UPLOADS, makeFolder("d"));
            Upload refused = begin("f");
            assertFails(UploadError.TOO_MANY_UPLOADS, refused.opened());
            AtomicInteger done = new AtomicInteger();
            Upload.Segment segment = refused.segment(0, 3, 0);
            segment.write(ByteBuffer.allocate(3), done::incrementAndGet);
            assertThat(done).hasValue(1);
            assertThat(get(segment.verdict())).isEqualTo(Upload.Verdict.DROPPED);
            assertFails(UploadError.TOO_MANY_UPLOADS, refused.commit(3, null));
            refused.abort(false);
        }
        assertThat(store.backlog().requests()).isEqualTo(Backlog.MOST);

        stuck.countDown();
        assertAnswered(DISK_THREADS);
        Await.until("nothing waits", () -> store.backlog().requests() == 0);
        assertThat(get(makeFolder("d")).name()).isEqualTo("d");
        assertThat(get(whole("f")).name()).isEqualTo("f");
    }

    @Test
    void anOpeningThatIsGivenUpWhileItWaitsIsCountedUntilItIsDealtWith() throws Exception {
        List<Upload> left = new ArrayList<>();
        for (int n = 0; n < 100; n++) {
            Upload upload = begin("f" + n);
            send(upload, content(n, 3), 0);
            upload.abort(false); // as the end of a connection does
            left.add(upload);
        }
        assertThat(store.backlog().requests()).isEqualTo(DISK_THREADS + 100);
        stuck.countDown();
        left.forEach(upload -> get(upload.opened()));
        Await.until("nothing waits", () -> store.backlog().requests() == 0);
        store.close();
        try (var own = Files.list(folder.resolve(".ntup"))) {
            assertThat(own).noneMatch(file -> file.toString().endsWith(".part"));
        }
    }

    @Test
    void whatWaitsWhenTheStoreClosesIsAnsweredFirst() throws Exception {
        ask(300);
        answers.add(whole("whole"));
        CompletableFuture<Void> closed = CompletableFuture.runAsync(store::close);
        assertThat(closed).isNotDone();
        stuck.countDown();
        closed.get(20, TimeUnit.SECONDS);
        assertThat(answers).allMatch(CompletableFuture::isDone);
        assertThat(folder.resolve("whole")).exists();
        assertThat(folder.resolve("stuck7")).isDirectory();
    }

    @Test
    void aRequestThatFailsAtOnceIsGivenBack() {
        Octets two = Octets.of((byte) 1, (byte) 2);
        CompletableFuture<Receipt> wrong = store.put(StoreTesting.NOBODY, request(nextKey++, "f", 2, 1), 7, two);
        assertThat(store.backlog().requests()).isEqualTo(DISK_THREADS + 1);
        stuck.countDown();
        assertFails(UploadError.SEGMENT_CRC, wrong);
        Await.until("nothing waits", () -> store.backlog().requests() == 0);
    }
}
