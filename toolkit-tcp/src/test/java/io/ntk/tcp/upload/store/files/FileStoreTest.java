package io.ntk.tcp.upload.store.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.log.JournalContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileStoreTest {
    private static final UploadStore.Caller CALLER = new UploadStore.Caller("", null);
    private static final int SEGMENT = 256 * 1024;
    private static final Octets KEY = Octets.parse("000102030405060708090a0b0c0d0e0f");

    @TempDir
    private Path folder;

    private StoreOptions options() {
        return StoreOptions.of(folder)
                .withLimits(new StoreOptions.Limits(
                        10_000, 1000, 128 << 20, 0, StoreOptions.Limits.DEFAULTS.reservation()));
    }

    private FileStore store() throws IOException {
        return FileStore.open(options());
    }

    private static UploadRequest request(String path, long size, OnExists policy, long epoch) {
        return new UploadRequest(
                KEY,
                size,
                SEGMENT,
                0640,
                policy,
                Durability.FILE,
                Instant.ofEpochSecond(1_700_000_000),
                epoch,
                path,
                null);
    }

    static byte[] content(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static int crc(byte[] bytes, int from, int count) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, count);
        return (int) sum.getValue();
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException why ? why : new CompletionException(e.getCause());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static Upload open(UploadStore store, UploadRequest request) {
        return store.open(CALLER, request, UploadStore.Opening.NORMAL, 4 << 20, true);
    }

    private static CompletableFuture<Upload.Verdict> send(Upload upload, byte[] bytes, int segment) {
        int from = segment * SEGMENT;
        int count = Math.min(SEGMENT, bytes.length - from);
        Upload.Segment into = upload.segment(from, count, crc(bytes, from, count));
        into.write(ByteBuffer.wrap(bytes, from, count / 2).slice(), () -> {});
        into.write(ByteBuffer.wrap(bytes, from + count / 2, count - count / 2).slice(), () -> {});
        return into.verdict();
    }

    private static Receipt sendAll(Upload upload, byte[] bytes) throws Exception {
        get(upload.opened());
        for (int s = 0; s * SEGMENT < bytes.length; s++) {
            send(upload, bytes, s);
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return get(upload.commit(bytes.length, Octets.of(digest)));
    }

    private static void assertFails(UploadError error, CompletableFuture<?> future) {
        assertThatThrownBy(() -> get(future)).isInstanceOfSatisfying(UploadException.class, e -> assertThat(e.error())
                .isEqualTo(error));
    }

    private List<String> own() throws IOException {
        try (var files = Files.list(folder.resolve(".ntup"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT + 7})
    void receivesAFile(int size) throws Exception {
        byte[] bytes = content(size);
        try (FileStore store = store()) {
            Receipt receipt = sendAll(open(store, request("a/b.bin", size, OnExists.SERVER, 1)), bytes);
            assertThat(receipt.name()).isEqualTo("a/b.bin");
            assertThat(receipt.crc32c()).isEqualTo(crc(bytes, 0, size));
            assertThat(receipt.marks()).containsExactly(Receipt.Mark.DURABLE);
            Path file = folder.resolve("a/b.bin");
            assertThat(file).hasBinaryContent(bytes);
            assertThat(Files.getLastModifiedTime(file).toInstant()).isEqualTo(Instant.ofEpochSecond(1_700_000_000));
            assertThat(own()).containsExactly(KEY.hex() + ".log", "lock");
            Upload.Snapshot again = get(
                    open(store, request("a/b.bin", size, OnExists.SERVER, 2)).opened());
            assertThat(again.receipt()).isEqualTo(receipt.replayed());
        }
        try (FileStore store = store()) {
            assertThat(get(open(store, request("a/b.bin", size, OnExists.SERVER, 3))
                                    .opened())
                            .receipt())
                    .isNotNull();
        }
    }

    @Test
    void resumesAfterARestartWithWhatWasVerified() throws Exception {
        byte[] bytes = content(3 * SEGMENT);
        try (FileStore store = store()) {
            Upload upload = open(store, request("f", bytes.length, OnExists.SERVER, 1));
            get(upload.opened());
            assertThat(get(send(upload, bytes, 2))).isEqualTo(Upload.Verdict.VERIFIED);
        }
        try (FileStore store = store()) {
            assertFails(
                    UploadError.STALE_EPOCH,
                    open(store, request("f", bytes.length, OnExists.SERVER, 1)).opened());
            assertFails(
                    UploadError.KEY_CONFLICT,
                    open(store, request("g", bytes.length, OnExists.SERVER, 2)).opened());
            Upload upload = open(store, request("f", bytes.length, OnExists.SERVER, 2));
            Upload.Snapshot snapshot = get(upload.opened());
            assertThat(snapshot.verified().stream()).containsExactly(2);
            assertThat(snapshot.crcs().get(2)).isEqualTo(crc(bytes, 2 * SEGMENT, SEGMENT));
            assertThat(get(send(upload, bytes, 2))).isEqualTo(Upload.Verdict.DROPPED);
            assertThatThrownBy(() -> get(upload.commit(bytes.length, null)))
                    .isInstanceOfSatisfying(
                            Upload.Missing.class, e -> assertThat(e.segments()).containsExactly(0L, 1L));
            sendAll(upload, bytes);
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    @Test
    void refusesWrongBytesFourTimesAndThenTheFile() throws Exception {
        byte[] bytes = content(SEGMENT);
        try (FileStore store = store()) {
            Upload upload = open(store, request("f", bytes.length, OnExists.SERVER, 1));
            for (int i = 0; i < 4; i++) {
                Upload.Segment segment = upload.segment(0, SEGMENT, 1);
                segment.write(ByteBuffer.wrap(bytes), () -> {});
                if (i < 3) {
                    assertThat(get(segment.verdict())).isEqualTo(Upload.Verdict.CORRUPT);
                } else {
                    assertFails(UploadError.SEGMENT_CRC, segment.verdict());
                }
            }
        }
        assertThat(folder.resolve("f")).doesNotExist();
    }

    @Test
    void anOldOpeningWritesNothingAfterATakeover() throws Exception {
        byte[] bytes = content(2 * SEGMENT);
        try (FileStore store = store()) {
            Upload first = open(store, request("f", bytes.length, OnExists.SERVER, 1));
            get(send(first, bytes, 0));
            Upload second = open(store, request("f", bytes.length, OnExists.SERVER, 2));
            assertThat(get(second.opened()).verified().cardinality()).isOne();
            assertThat(get(first.lost())).isEqualTo(2);
            assertThat(get(send(first, content(2 * SEGMENT), 1))).isEqualTo(Upload.Verdict.DROPPED);
            assertFails(UploadError.STALE_EPOCH, first.commit(bytes.length, null));
            sendAll(second, bytes);
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    @Test
    void endsAPipeWithAShortSegment() throws Exception {
        byte[] bytes = content(SEGMENT + 5);
        try (FileStore store = store()) {
            Upload upload = open(store, request("pipe", UploadRequest.UNKNOWN_SIZE, OnExists.SERVER, 1));
            get(upload.opened());
            assertThat(get(send(upload, bytes, 0))).isEqualTo(Upload.Verdict.VERIFIED);
            assertThat(get(send(upload, bytes, 1))).isEqualTo(Upload.Verdict.VERIFIED);
            assertFails(UploadError.SIZE_MISMATCH, upload.commit(bytes.length + 1, null));
            assertThat(get(upload.commit(bytes.length, null)).size()).isEqualTo(bytes.length);
            assertThat(folder.resolve("pipe")).hasBinaryContent(bytes);
        }
    }

    @Test
    void keepsToEachPolicy() throws Exception {
        Files.writeString(folder.resolve("f.txt"), "old");
        byte[] bytes = content(10);
        try (FileStore store = FileStore.open(options().withOnExists(OnExists.OVERWRITE))) {
            assertFails(
                    UploadError.EXISTS,
                    open(store, request("f.txt", 10, OnExists.REJECT, 1)).opened());
            assertFails(
                    UploadError.EXISTS,
                    open(store, request("f.txt", 10, OnExists.SKIP_SAME, 1)).opened());
            assertThat(folder.resolve("f.txt")).hasContent("old");
            Receipt renamed = sendAll(open(store, request("f.txt", 10, OnExists.RENAME, 1)), bytes);
            assertThat(renamed.name()).isEqualTo("f (1).txt");
            assertThat(renamed.marks()).contains(Receipt.Mark.RENAMED);
            UploadRequest other = new UploadRequest(
                    Octets.of(new byte[16]),
                    10,
                    SEGMENT,
                    0640,
                    OnExists.OVERWRITE,
                    Durability.FILE,
                    Instant.EPOCH,
                    1,
                    "f.txt",
                    null);
            sendAll(open(store, other), bytes);
            assertThat(folder.resolve("f.txt")).hasBinaryContent(bytes);
        }
        try (FileStore store = store()) {
            UploadRequest lax = new UploadRequest(
                    Octets.of(content(16)),
                    10,
                    SEGMENT,
                    0640,
                    OnExists.OVERWRITE,
                    Durability.FILE,
                    Instant.EPOCH,
                    1,
                    "f.txt",
                    null);
            assertFails(UploadError.FORBIDDEN, open(store, lax).opened());
        }
    }

    @Test
    void refusesNamesThatCollideAndPathsThroughFiles() throws Exception {
        Files.writeString(folder.resolve("Name"), "");
        Files.createSymbolicLink(folder.resolve("link"), folder.getRoot());
        try (FileStore store = store()) {
            assertFails(
                    UploadError.NAME_COLLISION,
                    open(store, request("name", 1, OnExists.SERVER, 1)).opened());
            assertFails(
                    UploadError.NAME_COLLISION,
                    open(store, request("NAME/x", 1, OnExists.SERVER, 1)).opened());
            assertFails(
                    UploadError.TYPE_CONFLICT,
                    open(store, request("Name/x", 1, OnExists.SERVER, 1)).opened());
            assertFails(
                    UploadError.TYPE_CONFLICT,
                    open(store, request("link/x", 1, OnExists.SERVER, 1)).opened());
            assertFails(
                    UploadError.BAD_PATH,
                    open(store, request("../x", 1, OnExists.SERVER, 1)).opened());
        }
    }

    @Test
    void aLinkThatIsSwappedInLaterLeadsNowhere(@TempDir Path outside) throws Exception {
        byte[] bytes = content(10);
        try (FileStore store = store()) {
            Upload upload = open(store, request("d/f", 10, OnExists.SERVER, 1));
            get(upload.opened());
            get(send(upload, bytes, 0));
            Files.createSymbolicLink(folder.resolve("d"), outside);
            assertFails(UploadError.TYPE_CONFLICT, upload.commit(10, null));
        }
        assertThat(outside).isEmptyDirectory();
    }

    @Test
    void takesSmallFilesInABatchAndAnswersAgain() throws Exception {
        byte[] bytes = content(100);
        List<UploadRequest> requests = new ArrayList<>();
        try (FileStore store = store()) {
            List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                byte[] key = Arrays.copyOf(new byte[] {(byte) i, (byte) (i >> 8)}, 16);
                UploadRequest request = new UploadRequest(
                        Octets.of(key),
                        100,
                        0,
                        0xFFFF,
                        OnExists.SERVER,
                        Durability.BATCH,
                        Instant.EPOCH,
                        1,
                        "d/" + i,
                        null);
                requests.add(request);
                receipts.add(store.put(CALLER, request, crc(bytes, 0, 100), Octets.of(bytes)));
            }
            for (int i = 0; i < 300; i++) {
                assertThat(get(receipts.get(i)).marks()).containsExactly(Receipt.Mark.DURABLE);
                assertThat(folder.resolve("d/" + i)).hasBinaryContent(bytes);
            }
            assertFails(
                    UploadError.SEGMENT_CRC,
                    store.put(CALLER, request("x", 100, OnExists.SERVER, 1), 7, Octets.of(bytes)));
        }
        try (FileStore store = store()) {
            Receipt again = get(store.put(CALLER, requests.get(7), crc(bytes, 0, 100), Octets.of(bytes)));
            assertThat(again.marks()).contains(Receipt.Mark.REPLAYED);
        }
        assertThat(own()).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void onlyOneStoreReceivesIntoAFolder() throws Exception {
        try (FileStore store = store()) {
            assertThatThrownBy(this::store).isInstanceOf(IOException.class).hasMessageContaining("another server");
            assertThat(store.isFull()).isFalse();
        }
    }

    @Test
    void keepsToTheQuotaAndToTheUnfinished() throws Exception {
        Files.write(folder.resolve("there"), new byte[100]);
        StoreOptions few = options()
                .withSizes(1000, 200)
                .withLimits(new StoreOptions.Limits(1, 1, 1 << 20, 0, StoreOptions.Limits.DEFAULTS.reservation()));
        try (FileStore store = FileStore.open(few)) {
            assertFails(
                    UploadError.TOO_LARGE,
                    open(store, request("f", 1001, OnExists.SERVER, 1)).opened());
            assertFails(
                    UploadError.QUOTA,
                    open(store, request("f", 101, OnExists.SERVER, 1)).opened());
            get(open(store, request("f", 100, OnExists.SERVER, 1)).opened());
            UploadRequest second = new UploadRequest(
                    Octets.of(new byte[16]),
                    0,
                    SEGMENT,
                    0640,
                    OnExists.SERVER,
                    Durability.NONE,
                    Instant.EPOCH,
                    1,
                    "g",
                    null);
            assertFails(UploadError.TOO_MANY_UPLOADS, open(store, second).opened());
        }
    }

    // ---- faults

    /** Dies at one step: nothing reaches the disk from there on, as after SIGKILL. */
    private static final class Crash implements Disk {
        private final Step at;
        private volatile boolean dead;

        Crash(Step at) {
            this.at = at;
        }

        @Override
        public void about(Step step, Path path) throws IOException {
            dead |= step == at;
            if (dead) {
                throw new IOException("crashed before " + step);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void aCrashBeforeAnyStepLeavesOldOrNewAndCanBeRepeated(Step step) throws Exception {
        for (OnExists policy : new OnExists[] {OnExists.REJECT, OnExists.OVERWRITE, OnExists.RENAME}) {
            Path base = Files.createDirectory(folder.resolve(policy + "-" + step));
            StoreOptions options = StoreOptions.of(base)
                    .withOnExists(policy)
                    .withLimits(options().limits());
            Path target = base.resolve("d/f");
            byte[] old = content(50);
            byte[] bytes = content(SEGMENT + 9);
            if (policy != OnExists.REJECT) {
                Files.createDirectory(base.resolve("d"));
                Files.write(target, old);
            }
            try (FileStore store = FileStore.open(options, new Crash(step))) {
                attempt(store, request("d/f", bytes.length, OnExists.SERVER, 1), bytes);
            }
            if (Files.exists(target)) {
                assertThat(Files.readAllBytes(target)).isIn(old, bytes);
            }
            try (FileStore store = FileStore.open(options)) {
                attempt(store, request("d/f", bytes.length, OnExists.SERVER, 2), bytes);
            }
            Path there = policy == OnExists.RENAME ? base.resolve("d/f (1)") : target;
            assertThat(there).hasBinaryContent(bytes);
            if (policy == OnExists.RENAME) {
                assertThat(target).hasBinaryContent(old);
                assertThat(base.resolve("d/f (2)")).doesNotExist();
            }
            try (var files = Files.list(base.resolve(".ntup"))) {
                assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
            }
        }
    }

    private static void attempt(FileStore store, UploadRequest request, byte[] bytes) throws Exception {
        try {
            Upload upload = open(store, request);
            Upload.Snapshot snapshot = get(upload.opened());
            if (snapshot.receipt() == null) {
                sendAll(upload, bytes);
            }
        } catch (Upload.Missing e) {
            assertThat(e.segments()).isNotEmpty(); // the crash took them
        } catch (UploadException e) {
            assertThat(e.error()).isIn(UploadError.IO_ERROR, UploadError.SYNC_FAILED, UploadError.STALE_EPOCH);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"FORCE_PART", "FORCE_STORE", "FORCE_JOURNAL", "FORCE_FOLDER"})
    void aFailedSyncIsNotTriedAgain(Step step) throws Exception {
        int[] times = new int[1];
        byte[] bytes = content(10);
        Disk failing = (at, path) -> {
            if (at == step) {
                times[0]++;
                throw new IOException("Input/output error");
            }
        };
        try (FileStore store = FileStore.open(options(), failing)) {
            Upload upload = open(store, request("f", 10, OnExists.SERVER, 1));
            get(upload.opened());
            get(send(upload, bytes, 0));
            assertFails(UploadError.SYNC_FAILED, upload.commit(10, null));
            assertThat(times[0]).isOne();
        }
    }

    @Test
    void aFullDiskIsSaidAndTheRestCanBeResumed() throws Exception {
        boolean[] full = {true};
        byte[] bytes = content(SEGMENT * 2);
        Disk failing = (at, path) -> {
            if (at == Step.WRITE && full[0]) {
                throw new IOException("No space left on device");
            }
        };
        try (FileStore store = FileStore.open(options(), failing)) {
            Upload upload = open(store, request("f", bytes.length, OnExists.SERVER, 1));
            get(upload.opened());
            assertFails(UploadError.NO_SPACE, send(upload, bytes, 0));
            full[0] = false;
            sendAll(open(store, request("f", bytes.length, OnExists.SERVER, 2)), bytes);
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    @Test
    void readsAJournalThatIsCutAtAnyByte() throws Exception {
        byte[] bytes = content(3 * SEGMENT);
        try (FileStore store = store()) {
            Upload upload = open(store, request("f", bytes.length, OnExists.SERVER, 1));
            get(upload.opened());
            get(send(upload, bytes, 0));
            get(send(upload, bytes, 1));
        }
        Path log = folder.resolve(".ntup").resolve(KEY.hex() + ".log");
        byte[] whole = Files.readAllBytes(log);
        int before = -1;
        for (int length = 0; length <= whole.length; length++) {
            Files.write(log, Arrays.copyOf(whole, length));
            @Nullable JournalContent content = JournalContent.read(log);
            int entries = content == null ? -1 : content.entries().size();
            assertThat(entries).isBetween(before, before + 1);
            before = entries;
        }
        assertThat(before).isEqualTo(2);
    }

    @Test
    void addsUpCrcs() {
        byte[] bytes = content(1000);
        for (int cut = 0; cut <= 1000; cut += 77) {
            Crc32cSum sum = new Crc32cSum();
            sum.append(crc(bytes, 0, cut), cut);
            sum.append(crc(bytes, cut, 1000 - cut), 1000 - cut);
            assertThat(sum.value()).isEqualTo(crc(bytes, 0, 1000));
        }
        byte[] digits = "123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(crc(digits, 0, 9)).isEqualTo(0xE306_9283);
    }
}
