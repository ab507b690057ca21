package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.SEGMENT;
import static io.ntk.tcp.upload.store.files.StoreTesting.assertFails;
import static io.ntk.tcp.upload.store.files.StoreTesting.content;
import static io.ntk.tcp.upload.store.files.StoreTesting.crc;
import static io.ntk.tcp.upload.store.files.StoreTesting.get;
import static io.ntk.tcp.upload.store.files.StoreTesting.open;
import static io.ntk.tcp.upload.store.files.StoreTesting.options;
import static io.ntk.tcp.upload.store.files.StoreTesting.put;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static io.ntk.tcp.upload.store.files.StoreTesting.send;
import static io.ntk.tcp.upload.store.files.StoreTesting.sendRest;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.log.Journal;
import io.ntk.tcp.upload.store.log.JournalContent;
import io.ntk.tcp.upload.store.log.JournalHeader;
import io.ntk.tcp.upload.store.log.SmallFileEntry;
import io.ntk.tcp.upload.store.log.SmallFilesLog;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A disk that fails at each step in each way: the sender hears of it, the name is as it was, and the next try ends well. */
class StoreFaultsTest {
    /* Their failure changes nothing for the sender: the file is there, and the next start tidies up. */
    private static final Set<Disk.Step> TOLERATED =
            EnumSet.of(Disk.Step.DELETE_PART, Disk.Step.DELETE_JOURNAL, Disk.Step.JOURNAL_COMPLETE);
    private static final Set<Disk.Step> SYNCS =
            EnumSet.of(Disk.Step.FORCE_PART, Disk.Step.FORCE_STORE, Disk.Step.FORCE_JOURNAL, Disk.Step.FORCE_FOLDER);

    @TempDir
    private Path folder;

    /** Fails at one step as long as it is told to. */
    private static final class Faulty implements Disk {
        private final Step at;
        private final String message;
        private volatile boolean on = true;
        private final AtomicInteger times = new AtomicInteger();

        Faulty(Step at, String message) {
            this.at = at;
            this.message = message;
        }

        @Override
        public void about(Step step, Path path) throws IOException {
            if (on && step == at) {
                times.incrementAndGet();
                throw new IOException(message);
            }
        }
    }

    private static @Nullable UploadError failure(CompletableFuture<Receipt> future) {
        try {
            get(future);
            return null;
        } catch (UploadException e) {
            return e.error();
        }
    }

    private static UploadError expected(Disk.Step step, boolean full) {
        return SYNCS.contains(step) ? UploadError.SYNC_FAILED : full ? UploadError.NO_SPACE : UploadError.IO_ERROR;
    }

    /** Whether a step comes at all: the policy decides between link and move. */
    private static boolean comes(Disk.Step step, OnExists policy) {
        return step != (policy == OnExists.OVERWRITE ? Disk.Step.LINK : Disk.Step.MOVE);
    }

    @ParameterizedTest
    @EnumSource(Disk.Step.class)
    void aFaultAtAnyStepOfAnUploadLeavesTheNameAndCanBeOvercome(Disk.Step step) throws Exception {
        byte[] bytes = content(1, SEGMENT + 9);
        for (OnExists policy : List.of(OnExists.REJECT, OnExists.OVERWRITE, OnExists.RENAME)) {
            for (String message : List.of("Input/output error", "No space left on device")) {
                boolean full = message.startsWith("No space");
                Path base = Files.createDirectory(folder.resolve(policy + "-" + full));
                Faulty disk = new Faulty(step, message);
                try (FileStore store = FileStore.open(options(base).withOnExists(policy), disk)) {
                    UploadError error = null;
                    try {
                        error = failure(sendRest(open(store, request(1, "d/f", bytes.length, 1)), bytes));
                    } catch (UploadException e) {
                        error = e.error();
                    }
                    if (TOLERATED.contains(step) || disk.times.get() == 0) {
                        assertThat(error).isNull();
                        assertThat(base.resolve("d/f")).hasBinaryContent(bytes);
                        continue;
                    }
                    assertThat(comes(step, policy)).isTrue();
                    assertThat(error).as("%s, %s", policy, message).isEqualTo(expected(step, full));
                    boolean replaced = step == Disk.Step.FORCE_FOLDER && policy == OnExists.OVERWRITE;
                    assertThat(Files.exists(base.resolve("d/f"))).isEqualTo(replaced);
                    disk.on = false;
                    int key = error == UploadError.NO_SPACE ? 1 : 2; // as the registry says
                    Receipt receipt = get(sendRest(open(store, request(key, "d/f", bytes.length, 2)), bytes));
                    assertThat(receipt.name()).isEqualTo("d/f");
                    assertThat(receipt.sha256()).isEqualTo(Octets.of(bytes).sha256());
                    assertThat(base.resolve("d/f")).hasBinaryContent(bytes);
                    if (key == 2) {
                        open(store, request(1, "d/f", bytes.length, 9)).abort(false);
                        get(store.makeFolder("z", 0755, Instant.EPOCH));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Disk.Step.class)
    void aFaultAtAnyStepOfASmallFileLeavesTheNameAndCanBeOvercome(Disk.Step step) throws Exception {
        byte[] bytes = content(2, 100);
        for (OnExists policy : List.of(OnExists.REJECT, OnExists.OVERWRITE, OnExists.RENAME)) {
            for (String message : List.of("Input/output error", "No space left on device")) {
                boolean full = message.startsWith("No space");
                Path base = Files.createDirectory(folder.resolve(policy + "-" + full));
                Faulty disk = new Faulty(step, message);
                try (FileStore store = FileStore.open(options(base).withOnExists(policy), disk)) {
                    UploadError error = failure(put(store, request(1, "d/f", 100, 1), bytes));
                    if (TOLERATED.contains(step) || disk.times.get() == 0) {
                        assertThat(error).isNull();
                        assertThat(base.resolve("d/f")).hasBinaryContent(bytes);
                        continue;
                    }
                    assertThat(error).as("%s, %s", policy, message).isEqualTo(expected(step, full));
                    boolean replaced = step == Disk.Step.FORCE_FOLDER && policy == OnExists.OVERWRITE;
                    assertThat(Files.exists(base.resolve("d/f"))).isEqualTo(replaced);
                    disk.on = false;
                    assertThat(get(put(store, request(1, "d/f", 100, 2), bytes)).name())
                            .isEqualTo("d/f");
                    assertThat(base.resolve("d/f")).hasBinaryContent(bytes);
                    assertThat(store.space().taken()).isZero();
                    Await.until("nothing waits", () -> store.backlog().bytes() == 0);
                }
            }
        }
    }

    /** Dies at a step: nothing reaches the disk from there on. */
    @ParameterizedTest
    @EnumSource(Disk.Step.class)
    void aCrashBeforeAnyStepOfSmallFilesLosesNoneThatWasPromised(Disk.Step step) throws Exception {
        boolean[] dead = {false};
        Disk crashing = (at, path) -> {
            dead[0] |= at == step;
            if (dead[0]) {
                throw new IOException("crashed before " + step);
            }
        };
        byte[] bytes = content(3, 100);
        List<Integer> promised = new ArrayList<>();
        try (FileStore store = FileStore.open(options(folder).withOnExists(OnExists.RENAME), crashing)) {
            List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                receipts.add(put(store, request(i, "d/f" + i, 100, 1), bytes));
            }
            for (int i = 0; i < 5; i++) {
                if (failure(receipts.get(i)) == null) {
                    promised.add(i);
                }
            }
        }
        for (int start = 0; start < 2; start++) { // what is found out at one start holds at the next
            try (FileStore store = FileStore.open(options(folder).withOnExists(OnExists.RENAME))) {
                for (int i : promised) {
                    assertThat(folder.resolve("d/f" + i)).hasBinaryContent(bytes);
                    assertThat(get(put(store, request(i, "d/f" + i, 100, 2), bytes))
                                    .marks())
                            .contains(Receipt.Mark.REPLAYED);
                }
                for (int i = 0; i < 5; i++) {
                    assertThat(get(put(store, request(i, "d/f" + i, 100, 2), bytes))
                                    .name())
                            .isEqualTo("d/f" + i);
                    assertThat(folder.resolve("d/f" + i + " (1)")).doesNotExist();
                }
            }
        }
        try (var files = Files.list(folder.resolve(".ntup"))) {
            assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
        }
    }

    /** A name that another file took in time is no receipt for ours, whichever of our files the crash left. */
    @ParameterizedTest
    @EnumSource(
            value = Disk.Step.class,
            names = {"DELETE_JOURNAL", "DELETE_PART"})
    void aCrashWhileARefusedUploadIsForgottenMakesNoReceipt(Disk.Step step) throws Exception {
        byte[] bytes = content(4, 50);
        boolean[] dead = {false};
        Disk disk = (at, path) -> {
            if (at == Disk.Step.LINK && !dead[0]) {
                Files.write(folder.resolve("f"), content(5, 50));
            }
            dead[0] |= at == step;
            if (dead[0]) {
                throw new IOException("crashed");
            }
        };
        try (FileStore store = FileStore.open(options(folder), disk)) {
            assertFails(UploadError.EXISTS, sendRest(open(store, request(1, "f", 50, 1)), bytes));
        }
        try (FileStore store = FileStore.open(options(folder))) {
            assertFails(UploadError.EXISTS, open(store, request(1, "f", 50, 2)).opened());
        }
    }

    @Test
    void readsALogOfSmallFilesThatIsCutAtAnyByte() throws Exception {
        byte[] bytes = content(6, 10);
        try (FileStore store = FileStore.open(options(folder))) {
            get(put(store, request(1, "a", 10, 1), bytes));
            get(put(store, request(2, "b", 10, 1), bytes));
            Path log = folder.resolve(".ntup/puts-1.log");
            byte[] whole = Files.readAllBytes(log);
            int before = 0;
            for (int length = 0; length <= whole.length; length++) {
                Files.write(log, Arrays.copyOf(whole, length));
                List<SmallFileEntry> entries = new ArrayList<>();
                new SmallFilesLog(store.own(), store.disk()).readAll(entries::add);
                assertThat(entries).hasSizeBetween(before, before + 1);
                before = entries.size();
            }
            assertThat(before).isEqualTo(4);
        }
    }

    // ---- a disk that is really full

    private @Nullable Path smallDisk(String size) throws IOException {
        Path mount = Files.createDirectory(folder.resolve("small"));
        try {
            return Programs.run(new byte[0], "mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", mount.toString())
                                    .exit()
                            == 0
                    ? mount
                    : null;
        } catch (RuntimeException e) {
            return null;
        }
    }

    @Test
    void aDiskThatIsReallyFullIsWaitedFor() throws Exception {
        Path mounted = smallDisk("4m");
        Assumptions.assumeTrue(mounted != null, "no small file system can be mounted here");
        Path mount = Objects.requireNonNull(mounted);
        try {
            byte[] bytes = content(7, 8 * SEGMENT);
            try (FileStore store = FileStore.open(options(mount))) {
                Upload upload = open(store, request(1, "f", bytes.length, 1));
                get(upload.opened());
                get(send(upload, bytes, 0));
                Path filler = mount.resolve("filler");
                try (var out = Files.newOutputStream(filler)) {
                    out.write(new byte[16 << 20]);
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("No space");
                }
                assertFails(UploadError.NO_SPACE, send(upload, bytes, 1));
                upload.abort(true);
                assertFails(
                        UploadError.NO_SPACE,
                        open(store, request(2, "g", SEGMENT, 1)).opened());
                Files.delete(filler);
                Upload again = open(store, request(1, "f", bytes.length, 2));
                assertThat(get(again.opened()).verified().get(0)).isTrue();
                get(sendRest(again, bytes));
                assertThat(mount.resolve("f")).hasBinaryContent(bytes);
                assertThat(store.space().taken()).isZero();
            }
        } finally {
            assertThat(Programs.run(new byte[0], "umount", mount.toString()).exit())
                    .isZero();
        }
    }

    // ---- after a reboot

    @Test
    void afterARebootWhatIsRecordedIsReadAgainBeforeTheOpening() throws Exception {
        byte[] bytes = content(8, 3 * SEGMENT);
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            for (int s = 0; s < 3; s++) {
                get(send(upload, bytes, s));
            }
        }
        Path own = folder.resolve(".ntup");
        String id = StoreTesting.key(1).hex();
        reboot(own.resolve(id + ".log"));
        byte[] part = Files.readAllBytes(own.resolve(id + ".part"));
        part[SEGMENT + 1]++; // a block that never reached the disk
        Files.write(own.resolve(id + ".part"), part);
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", bytes.length, 2));
            assertThat(get(upload.opened()).verified().stream()).containsExactly(0, 2);
            get(sendRest(upload, bytes));
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    /** Writes a journal again as one of another boot. */
    private static void reboot(Path log) throws IOException {
        JournalContent content = Objects.requireNonNull(JournalContent.read(log));
        JournalHeader was = content.header();
        Files.delete(log);
        try (Journal journal = Journal.create(
                log,
                new JournalHeader(
                        was.principal(), was.owner(), was.request(), was.segmentBytes(), was.policy(), "another boot"),
                Disk.REAL)) {
            for (JournalContent.Entry entry : content.entries()) {
                if (entry.kind() != Journal.COMMITTING) {
                    journal.append(Disk.Step.JOURNAL, entry.kind(), entry.number(), entry.crc());
                }
            }
            Receipt committing = content.receipt(Journal.COMMITTING);
            if (committing != null) {
                journal.append(Disk.Step.JOURNAL_COMMITTING, Journal.COMMITTING, committing);
            }
        }
    }

    private static Disk deadFrom(Disk.Step step) {
        boolean[] dead = {false};
        return (at, path) -> {
            dead[0] |= at == step;
            if (dead[0]) {
                throw new IOException("crashed before " + step);
            }
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"NONE", "FILE"})
    void afterARebootOnlyWhatWasSyncedIsPublished(Durability durability) throws Exception {
        byte[] bytes = content(9, SEGMENT + 5);
        UploadRequest request = request(1, "f", bytes.length, 1, OnExists.REJECT, durability);
        try (FileStore store = FileStore.open(options(folder), deadFrom(Disk.Step.LINK))) {
            assertThat(failure(sendRest(open(store, request), bytes))).isEqualTo(UploadError.IO_ERROR);
        }
        reboot(folder.resolve(".ntup").resolve(StoreTesting.key(1).hex() + ".log"));
        try (FileStore store = FileStore.open(options(folder))) {
            boolean synced = durability == Durability.FILE;
            assertThat(Files.exists(folder.resolve("f"))).isEqualTo(synced);
            Receipt receipt = get(sendRest(open(store, request.withEpoch(2)), bytes));
            assertThat(receipt.marks().contains(Receipt.Mark.REPLAYED)).isEqualTo(synced);
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    @Test
    void aSmallFileThatAPowerCutSpoiledIsNotPublished() throws Exception {
        byte[] bytes = content(10, 100);
        UploadRequest request = request(1, "f", 100, 1, OnExists.REJECT, Durability.NONE);
        try (FileStore store = FileStore.open(options(folder), deadFrom(Disk.Step.LINK))) {
            assertThat(failure(put(store, request, bytes))).isEqualTo(UploadError.IO_ERROR);
        }
        Path part;
        try (var parts = Files.list(folder.resolve(".ntup"))) {
            part = parts.filter(file -> file.toString().endsWith(".part"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.write(part, new byte[100]); // as large as it was, of blocks that never reached the disk
        try (FileStore store = FileStore.open(options(folder))) {
            assertThat(folder.resolve("f")).doesNotExist();
            get(put(store, request, bytes));
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    // ---- who owns what was there

    @Test
    void countsAnUploadThatWasTakenUpForItsOwner() throws Exception {
        byte[] bytes = content(9, 2 * SEGMENT);
        var alice = new UploadStore.Caller("alice", "alice");
        var bob = new UploadStore.Caller("bob", "bob");
        StoreOptions one = options(folder).withLimits(StoreTesting.limits(10, 1));
        try (FileStore store = FileStore.open(one)) {
            Upload upload = open(store, alice, request(1, "f", bytes.length, 1));
            get(upload.opened());
            get(send(upload, bytes, 0));
            assertFails(
                    UploadError.TOO_MANY_UPLOADS,
                    open(store, alice, request(2, "g", 1, 1)).opened());
        }
        try (FileStore store = FileStore.open(one)) {
            assertFails(
                    UploadError.TOO_MANY_UPLOADS,
                    open(store, alice, request(2, "g", 1, 1)).opened());
            get(open(store, bob, request(3, "h", 1, 1)).opened());
            get(sendRest(open(store, alice, request(1, "f", bytes.length, 2)), bytes));
            get(open(store, alice, request(2, "g", 1, 1)).opened());
        }
    }

    @Test
    void countsUnfinishedUploadsInAllToTheLimit() throws Exception {
        try (FileStore store = FileStore.open(options(folder).withLimits(StoreTesting.limits(3, 3)))) {
            for (int n = 1; n <= 3; n++) {
                get(open(store, request(n, "f" + n, 1, 1)).opened());
            }
            assertFails(
                    UploadError.TOO_MANY_UPLOADS,
                    open(store, request(4, "f4", 1, 1)).opened());
        }
    }

    /** Nobody waits for a digest in vain when the store ends. */
    @Test
    void endsOnlyWhenWhatWasCommittedIsDone() throws Exception {
        byte[] bytes = content(10, 16 * SEGMENT);
        CompletableFuture<Receipt> done;
        try (FileStore store = FileStore.open(options(folder))) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            for (int s = 0; s < 16; s++) {
                send(upload, bytes, s);
            }
            done = upload.commit(bytes.length, null);
        }
        assertThat(done).isDone();
        assertThat(get(done).crc32c()).isEqualTo(crc(bytes, 0, bytes.length));
        assertThat(folder.resolve("f")).hasBinaryContent(bytes);
    }

    @Test
    void keepsAnUploadForItsTimeAndNoLonger() throws Exception {
        byte[] bytes = content(11, 2 * SEGMENT);
        StoreOptions brief = options(folder).withKeep(Duration.ofHours(1));
        try (FileStore store = FileStore.open(brief)) {
            Upload upload = open(store, request(1, "f", bytes.length, 1));
            get(upload.opened());
            get(send(upload, bytes, 0));
        }
        Path log = folder.resolve(".ntup/" + StoreTesting.key(1).hex() + ".log");
        Files.setLastModifiedTime(
                log, java.nio.file.attribute.FileTime.from(Instant.now().minus(Duration.ofMinutes(59))));
        try (FileStore store = FileStore.open(brief)) {
            assertThat(store.isUnfinished(StoreTesting.key(1).hex())).isTrue();
        }
        Files.setLastModifiedTime(
                log, java.nio.file.attribute.FileTime.from(Instant.now().minus(Duration.ofMinutes(61))));
        try (FileStore store = FileStore.open(brief)) {
            assertThat(store.isUnfinished(StoreTesting.key(1).hex())).isFalse();
            assertThat(log).doesNotExist();
        }
    }

    /** A small file that is renamed syncs the log once more: a log that could not be synced is not taken for another batch. */
    @Test
    void aLogThatCouldNotBeSyncedIsLeft() throws Exception {
        AtomicInteger forces = new AtomicInteger();
        Disk disk = (step, path) -> {
            if (step == Disk.Step.FORCE_JOURNAL && forces.incrementAndGet() == 2) {
                throw new IOException("Input/output error");
            }
        };
        Files.writeString(folder.resolve("f"), "there");
        byte[] bytes = content(1, 10);
        try (FileStore store = FileStore.open(options(folder).withOnExists(OnExists.RENAME), disk)) {
            assertFails(UploadError.SYNC_FAILED, put(store, request(1, "f", 10, 1), bytes));
            assertThat(folder.resolve("f (1)")).doesNotExist();
            assertThat(get(put(store, request(2, "f", 10, 1), bytes)).name()).isEqualTo("f (1)");
            assertThat(folder.resolve(".ntup/puts-2.log")).isNotEmptyFile();
        }
        try (FileStore store = FileStore.open(options(folder).withOnExists(OnExists.RENAME))) {
            Receipt again = get(put(store, request(2, "f", 10, 1), bytes));
            assertThat(again.marks()).contains(Receipt.Mark.REPLAYED);
            assertThat(again.name()).isEqualTo("f (1)");
        }
    }

    /** More receipts than are held: the answer to an upload that is done is still in its journal. */
    @ParameterizedTest
    @EnumSource(value = UploadStore.Opening.class)
    void aReceiptThatWasForgottenIsReadAgain(UploadStore.Opening opening) throws Exception {
        byte[] bytes = content(1, SEGMENT + 9);
        try (FileStore store = FileStore.open(options(folder))) {
            Receipt first = get(sendRest(open(store, request(1, "f", bytes.length, 1)), bytes));
            store.receipts().forgetBefore(Instant.now().plusSeconds(60));
            for (int epoch = 2; epoch < 4; epoch++) {
                Upload again =
                        store.open(StoreTesting.NOBODY, request(1, "f", bytes.length, epoch), opening, 4 << 20, true);
                assertThat(get(again.opened()).receipt()).isEqualTo(first.replayed());
            }
            store.receipts().forgetBefore(Instant.now().plusSeconds(60));
            assertFails(
                    UploadError.KEY_CONFLICT,
                    open(store, request(1, "g", bytes.length, 4)).opened());
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    /** Those of small files are in their log, for another PUT and for an OPEN, in this process and the next. */
    @Test
    void aReceiptOfASmallFileThatWasForgottenIsReadAgain() throws Exception {
        byte[] bytes = content(1, 100);
        List<Receipt> first = new ArrayList<>();
        for (int start = 0; start < 2; start++) {
            try (FileStore store = FileStore.open(options(folder))) {
                for (int i = 0; start == 0 && i < 3; i++) {
                    first.add(get(put(store, request(i, "f" + i, 100, 1), bytes)));
                }
                store.receipts().forgetBefore(Instant.now().plusSeconds(60));
                for (int i = 0; i < 3; i++) {
                    assertThat(get(put(store, request(i, "f" + i, 100, 2), bytes)))
                            .isEqualTo(first.get(i).replayed());
                }
                assertFails(UploadError.KEY_CONFLICT, put(store, request(0, "g", 100, 2), bytes));
                Upload opened = open(store, request(1, "f1", 100, 3 + start));
                assertThat(get(opened.opened()).receipt())
                        .isEqualTo(first.get(1).replayed());
                assertFails(UploadError.EXISTS, put(store, request(3, "f0", 100, 1), bytes));
            }
        }
    }

    @Test
    void receiptsOfSmallFilesGoWithTheirLog() throws Exception {
        byte[] bytes = content(1, 100);
        try (FileStore store = FileStore.open(options(folder))) {
            get(put(store, request(1, "f", 100, 1), bytes));
            Path log = folder.resolve(".ntup/puts-1.log");
            store.receipts().forgetBefore(Instant.now().plusSeconds(60));
            store.smallFiles().deleteLogsBefore(Files.getLastModifiedTime(log).toInstant());
            assertThat(log).exists();
            assertThat(get(put(store, request(1, "f", 100, 2), bytes)).marks()).contains(Receipt.Mark.REPLAYED);
            store.smallFiles()
                    .deleteLogsBefore(Files.getLastModifiedTime(log).toInstant().plusNanos(1));
            assertThat(log).doesNotExist();
            assertFails(UploadError.EXISTS, put(store, request(1, "f", 100, 3), bytes));
            assertThat(get(put(store, request(2, "g", 100, 1), bytes)).name()).isEqualTo("g");
            assertThat(folder.resolve(".ntup/puts-2.log")).isNotEmptyFile();
        }
    }
}
