package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static io.ntk.tcp.upload.store.files.StoreTesting.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import io.ntk.testsupport.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What arrives is synced early, and what fails then is not forgotten. */
class EarlySyncTest {
    private static final int MIB = 1 << 20;
    private static final int EVERY = (int) EarlySync.EVERY_BYTES;

    @TempDir
    private Path folder;

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private int syncs;
    private int failures;
    private boolean broken;

    private final EarlySync early = new EarlySync(
            () -> {
                syncs++;
                if (broken) {
                    throw new IOException("Input/output error");
                }
            },
            tasks::add,
            () -> failures++);

    private void runTask() {
        tasks.remove().run();
    }

    @Test
    void beginsWhenSoMuchHasCome() throws Exception {
        early.wrote(EVERY - 1, EVERY - 1, false);
        assertThat(tasks).isEmpty();
        early.wrote(1, EVERY, false);
        assertThat(tasks).hasSize(1);
        runTask();
        assertThat(syncs).isEqualTo(1);
    }

    @Test
    void whatCameBeforeItsBeginningIsDurableWhenItHasEnded() throws Exception {
        early.wrote(EVERY, EVERY, false);
        early.wrote(EVERY, 2L * EVERY, false);
        assertThat(tasks).as("one at a time").hasSize(1);
        assertThat(early.durable()).isZero();
        runTask();
        early.wrote(1, 2L * EVERY + 1, false);
        assertThat(early.durable()).isEqualTo(EVERY);
        assertThat(tasks).as("the next one").hasSize(1);
        runTask();
        early.settle();
        assertThat(early.durable()).isEqualTo(2L * EVERY + 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void allThatFollowsIsToldOfAFailure(boolean atTheEnd) throws Exception {
        early.wrote(EVERY, EVERY, false);
        broken = true;
        runTask();
        broken = false;
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> {
                        if (atTheEnd) {
                            early.settle();
                        } else {
                            early.wrote(EVERY, 2L * EVERY, false);
                        }
                    })
                    .isInstanceOf(SyncFailedException.class)
                    .hasRootCauseMessage("Input/output error");
        }
        assertThat(early.durable()).isZero();
        assertThat(syncs).as("never tried again").isEqualTo(1);
        assertThat(failures).isEqualTo(1);
    }

    @Test
    void theEndDoesWhatWasNotBegun() throws Exception {
        early.wrote(EVERY, EVERY, false);
        early.settle();
        assertThat(syncs).isEqualTo(1);
        assertThat(early.durable()).isEqualTo(EVERY);
        runTask();
        assertThat(syncs).isEqualTo(1);
    }

    /** As when a part is taken up again that has more than may be behind. */
    @Test
    void beginsAtOnceWhereItIsFarBehind() throws Exception {
        early.wrote(1, EarlySync.MAX_BEHIND_BYTES - 1, true);
        assertThat(tasks).isEmpty();
        early.wrote(1, EarlySync.MAX_BEHIND_BYTES, true);
        assertThat(tasks).hasSize(1);
        runTask();
    }

    @Test
    void doesWithoutThreadsThatHaveEnded() throws Exception {
        var ended = new EarlySync(
                () -> syncs++,
                task -> {
                    throw new RejectedExecutionException();
                },
                () -> failures++);
        ended.wrote(EVERY, EVERY, false);
        ended.settle();
        assertThat(syncs).isZero();
        assertThat(ended.durable()).isZero();
    }

    @Test
    void fallsBehindAsFarAsItMayAndNoFarther() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        var slow = new EarlySync(
                () -> {
                    try {
                        disk.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                },
                task -> new Thread(task, "test-sync").start(),
                () -> failures++);
        long most = EarlySync.MAX_BEHIND_BYTES;
        slow.wrote((int) most - 1, most - 1, true); // begins, and does not wait
        FutureTask<Void> late = new FutureTask<>(() -> {
            slow.wrote(1, most, true);
            return null;
        });
        new Thread(late, "test-writer").start();
        assertThatThrownBy(() -> late.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        disk.countDown();
        late.get(10, TimeUnit.SECONDS);
        assertThat(slow.durable()).isEqualTo(most - 1);
    }

    // ---- in a store

    private static UploadRequest large(int key, long size, Durability durability) {
        return request(key, "f", size, 1, OnExists.SERVER, durability);
    }

    @ParameterizedTest
    @EnumSource(Durability.class)
    void syncsWhileMoreArrives(Durability durability) throws Exception {
        AtomicInteger forced = new AtomicInteger();
        Disk counting = (step, path) -> {
            if (step == Disk.Step.FORCE_PART) {
                forced.incrementAndGet();
            }
        };
        byte[] bytes = content(1, 65 * MIB);
        try (FileStore store = FileStore.open(options(folder), counting)) {
            Upload upload = open(store, large(1, bytes.length, durability));
            get(upload.opened());
            for (int s = 0; s * StoreTesting.SEGMENT < bytes.length; s++) {
                assertThat(get(send(upload, bytes, s))).isEqualTo(Upload.Verdict.VERIFIED);
            }
            Receipt receipt = get(upload.commit(bytes.length, null));
            boolean durable = durability != Durability.NONE;
            assertThat(receipt.marks().contains(Receipt.Mark.DURABLE)).isEqualTo(durable);
            assertThat(forced).hasValue(durable ? 2 : 0);
            assertThat(Arrays.equals(Files.readAllBytes(folder.resolve("f")), bytes))
                    .isTrue();
        }
    }

    /** Fails the first sync of a part: that would be told to nobody else, the next one succeeds. */
    private static Disk failingOnce(AtomicInteger forced) {
        return (step, path) -> {
            if (step == Disk.Step.FORCE_PART && forced.getAndIncrement() == 0) {
                throw new IOException("Input/output error");
            }
        };
    }

    private static void sendAll(Upload upload, byte[] bytes) {
        get(upload.opened());
        for (int s = 0; s * StoreTesting.SEGMENT < bytes.length; s++) {
            get(send(upload, bytes, s));
        }
    }

    private void assertNothingIsLeft() throws IOException {
        try (var own = Files.list(folder.resolve(".ntup"))) {
            assertThat(own).noneMatch(file -> file.toString().matches(".*\\.(part|log)"));
        }
    }

    @Test
    void whatFailedToSyncEarlyIsLost() throws Exception {
        AtomicInteger forced = new AtomicInteger();
        byte[] bytes = content(1, 64 * MIB);
        try (FileStore store = FileStore.open(options(folder), failingOnce(forced))) {
            Upload upload = open(store, large(1, bytes.length, Durability.FILE));
            sendAll(upload, bytes);
            StoreTesting.assertFails(UploadError.SYNC_FAILED, upload.commit(bytes.length, null));
            assertThat(forced).as("no other sync").hasValue(1);
            assertThat(folder.resolve("f")).doesNotExist();
            assertNothingIsLeft();
            assertThat(store.space().taken()).isZero();
            Upload again = open(store, large(2, bytes.length, Durability.FILE));
            assertThat(get(StoreTesting.sendRest(again, bytes)).name()).isEqualTo("f");
        }
    }

    /** Whether the sender leaves before or after the failure, and whether the server ends with it or without. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nobodyGoesOnFromWhatFailedToSync(boolean leaves) throws Exception {
        AtomicInteger forced = new AtomicInteger();
        byte[] bytes = content(1, 64 * MIB);
        try (FileStore store = FileStore.open(options(folder), failingOnce(forced))) {
            Upload upload = open(store, large(1, bytes.length + 1, Durability.FILE));
            sendAll(upload, bytes);
            if (leaves) {
                upload.abort(true);
                Await.until(
                        "it is given up",
                        () -> !store.isUnfinished(StoreTesting.key(1).hex()));
                assertNothingIsLeft();
            }
        }
        assertNothingIsLeft();
        try (FileStore store = FileStore.open(options(folder))) {
            UploadRequest next = large(1, bytes.length + 1, Durability.FILE).withEpoch(2);
            StoreTesting.assertFails(
                    UploadError.UNKNOWN_OR_EXPIRED,
                    store.open(StoreTesting.NOBODY, next, UploadStore.Opening.RESUME, 4 << 20, true)
                            .opened());
        }
    }

    @Test
    void aSenderOfUnknownSizeHearsWhatIsDurable() throws Exception {
        byte[] bytes = content(1, 64 * MIB + StoreTesting.SEGMENT);
        CountDownLatch synced = new CountDownLatch(1);
        Disk told = (step, path) -> {
            if (step == Disk.Step.FORCE_PART) {
                synced.countDown();
            }
        };
        try (FileStore store = FileStore.open(options(folder), told)) {
            Upload upload = open(store, large(1, UploadRequest.UNKNOWN_SIZE, Durability.BATCH));
            get(upload.opened());
            int last = bytes.length / StoreTesting.SEGMENT - 1;
            for (int s = 0; s < last; s++) {
                assertThat(upload.durable()).isZero();
                get(send(upload, bytes, s));
            }
            assertThat(synced.await(20, TimeUnit.SECONDS)).isTrue();
            Await.until("the sync has ended", () -> idle("ntk-early-sync"));
            get(send(upload, bytes, last));
            assertThat(upload.durable()).isEqualTo(64 * MIB);
        }
    }

    /** Whether each thread of that name waits for work. */
    private static boolean idle(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(name))
                .allMatch(thread -> thread.getState() == Thread.State.WAITING);
    }
}
