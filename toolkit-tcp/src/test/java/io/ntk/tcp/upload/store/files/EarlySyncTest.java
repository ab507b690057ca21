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
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
    private boolean broken;

    private final EarlySync early = new EarlySync(
            () -> {
                syncs++;
                if (broken) {
                    throw new IOException("Input/output error");
                }
            },
            tasks::add);

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
    }

    @Test
    void fallsBehindAsFarAsItMayAndNoFarther() throws Exception {
        long most = EarlySync.MAX_BEHIND_BYTES;
        early.wrote((int) most - 1, most - 1, true);
        early.wrote(0, most - 1, true); // does not wait
        CompletableFuture<Void> late = CompletableFuture.runAsync(() -> {
            try {
                early.wrote(1, most, true);
            } catch (SyncFailedException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(late.completeOnTimeout(null, 100, TimeUnit.MILLISECONDS)).isNotDone();
        runTask();
        late.get(10, TimeUnit.SECONDS);
        assertThat(early.durable()).isEqualTo(most - 1);
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
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    /** It would be told to nobody else: the sync at the end succeeds. */
    @Test
    void whatFailedToSyncEarlyIsLost() throws Exception {
        AtomicInteger forced = new AtomicInteger();
        Disk once = (step, path) -> {
            if (step == Disk.Step.FORCE_PART && forced.getAndIncrement() == 0) {
                throw new IOException("Input/output error");
            }
        };
        byte[] bytes = content(1, 64 * MIB);
        try (FileStore store = FileStore.open(options(folder), once)) {
            Upload upload = open(store, large(1, bytes.length, Durability.FILE));
            get(upload.opened());
            for (int s = 0; s * StoreTesting.SEGMENT < bytes.length; s++) {
                get(send(upload, bytes, s));
            }
            StoreTesting.assertFails(UploadError.SYNC_FAILED, upload.commit(bytes.length, null));
            assertThat(folder.resolve("f")).doesNotExist();
            try (var own = Files.list(folder.resolve(".ntup"))) {
                assertThat(own).noneMatch(file -> file.toString().endsWith(".part"));
            }
            assertThat(store.space().taken()).isZero();
            Upload again = open(store, large(2, bytes.length, Durability.FILE));
            assertThat(get(StoreTesting.sendRest(again, bytes)).name()).isEqualTo("f");
        }
    }

    @Test
    void aSenderOfUnknownSizeHearsWhatIsDurable() throws Exception {
        byte[] bytes = content(1, 96 * MIB);
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, large(1, UploadRequest.UNKNOWN_SIZE, Durability.BATCH));
            get(upload.opened());
            int next = 0;
            while (next < 64 * MIB / StoreTesting.SEGMENT) {
                assertThat(upload.durable()).isZero();
                get(send(upload, bytes, next++));
            }
            while (upload.durable() == 0 && next < bytes.length / StoreTesting.SEGMENT) {
                Thread.sleep(50); // for the disk
                get(send(upload, bytes, next++));
            }
            assertThat(upload.durable()).isEqualTo(64 * MIB);
        }
    }
}
