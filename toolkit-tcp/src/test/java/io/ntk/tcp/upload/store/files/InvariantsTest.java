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
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.folders.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The seven promises of a store, I1 to I7 of {@code docs/upload-protocol.md}, each by itself. Crashes at every step are in {@link
 * FileStoreTest} and {@link StoreFaultsTest}, SIGKILL at any moment in {@code UploadKilledIT} of the command line.
 */
class InvariantsTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path outside;

    /** Whoever looks at the name at any step sees nothing, or the old file, or the whole new one. */
    @ParameterizedTest
    @EnumSource(
            value = OnExists.class,
            names = {"REJECT", "OVERWRITE", "RENAME"})
    void i1_theNameIsAbsentOldOrWhole(OnExists policy) throws Exception {
        Path name = folder.resolve("f");
        byte[] old = content(1, 1000);
        byte[] bytes = content(2, 2 * SEGMENT);
        List<String> seen = new ArrayList<>();
        Disk looking = (step, path) -> {
            byte[] there = Files.exists(name) ? Files.readAllBytes(name) : new byte[0];
            seen.add(there.length == 0 ? "absent" : java.util.Arrays.equals(there, old) ? "old" : "new");
            assertThat(there.length == 0
                            || java.util.Arrays.equals(there, old)
                            || java.util.Arrays.equals(there, bytes))
                    .isTrue();
        };
        boolean exists = policy != OnExists.REJECT;
        if (exists) {
            Files.write(name, old);
        }
        try (FileStore store = FileStore.open(options(folder).withOnExists(policy), looking)) {
            get(sendRest(open(store, request(1, "f", bytes.length, 1)), bytes));
        }
        assertThat(seen).contains(exists ? "old" : "absent");
        assertThat(seen.contains("new")).isEqualTo(policy != OnExists.RENAME);
    }

    /** In the order that a power cut cannot spoil: content, its folder entry and the record are synced before the name. */
    @Test
    void i2_durableMeansSyncedInOrder() throws Exception {
        List<Disk.Step> steps = new ArrayList<>();
        byte[] bytes = content(3, 10);
        try (FileStore store = FileStore.open(options(folder), (step, path) -> steps.add(step))) {
            Receipt receipt = get(sendRest(open(store, request(1, "d/f", 10, 1)), bytes));
            assertThat(receipt.marks()).containsExactly(Receipt.Mark.DURABLE);
        }
        assertThat(steps)
                .containsSubsequence(
                        Disk.Step.WRITE,
                        Disk.Step.ATTRIBUTES,
                        Disk.Step.FORCE_PART,
                        Disk.Step.FORCE_STORE,
                        Disk.Step.MAKE_FOLDER,
                        Disk.Step.JOURNAL_COMMITTING,
                        Disk.Step.FORCE_JOURNAL,
                        Disk.Step.LINK,
                        Disk.Step.FORCE_FOLDER,
                        Disk.Step.FORCE_FOLDER,
                        Disk.Step.DELETE_PART,
                        Disk.Step.JOURNAL_COMPLETE);
        steps.clear();
        try (FileStore store = FileStore.open(options(folder), (step, path) -> steps.add(step))) {
            UploadRequest request = request(2, "g", 10, 1, OnExists.SERVER, Durability.NONE);
            assertThat(get(sendRest(open(store, request), bytes)).marks()).isEmpty();
        }
        assertThat(steps).doesNotContain(Disk.Step.FORCE_PART, Disk.Step.FORCE_FOLDER, Disk.Step.FORCE_JOURNAL);
    }

    /** A file lasts only when all folders above it do, whoever made them and for what; each is synced once for that. */
    @Test
    void i2_foldersThatOthersMadeLastToo() throws Exception {
        List<Path> synced = new ArrayList<>();
        Disk looking = (step, path) -> {
            if (step == Disk.Step.FORCE_FOLDER) {
                synced.add(folder.relativize(path));
            }
        };
        byte[] bytes = content(4, 10);
        try (FileStore store = FileStore.open(options(folder), looking)) {
            UploadRequest fleeting = request(1, "a/b/x", 10, 1, OnExists.SERVER, Durability.NONE);
            get(sendRest(open(store, fleeting), bytes));
            assertThat(synced).isEmpty();
            get(sendRest(open(store, request(2, "a/b/y", 10, 1)), bytes));
            assertThat(synced).containsExactlyInAnyOrder(Path.of(""), Path.of("a"), Path.of("a/b"));
            synced.clear();
            get(put(store, request(3, "a/b/z", 10, 1), bytes));
            assertThat(synced).containsExactly(Path.of("a/b"));
            synced.clear();
            Files.createDirectory(folder.resolve("c"));
            get(store.makeFolder("c", 0755, Instant.EPOCH));
            assertThat(synced).containsExactlyInAnyOrder(Path.of(""), Path.of("c"));
        }
    }

    @Test
    void i3_whatIsVerifiedStaysVerified() throws Exception {
        byte[] bytes = content(4, 8 * SEGMENT);
        Random random = new Random(20_261_121);
        BitSet verified = new BitSet();
        try (FileStore store = FileStore.open(options(folder))) {
            for (int epoch = 1; epoch <= 10; epoch++) {
                Upload upload = open(store, request(1, "f", bytes.length, epoch));
                assertThat(get(upload.opened()).verified()).isEqualTo(verified);
                int segment = random.nextInt(8);
                Upload.Segment wrong = upload.segment((long) segment * SEGMENT, SEGMENT, 1);
                wrong.write(ByteBuffer.allocate(SEGMENT), () -> {});
                get(wrong.verdict().handle((verdict, failure) -> true));
                segment = random.nextInt(8);
                get(send(upload, bytes, segment));
                verified.set(segment);
            }
            Upload last = open(store, request(1, "f", bytes.length, 11));
            get(sendRest(last, bytes));
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        }
    }

    /** Bytes of an older opening that are still on their way when a newer one comes reach nothing. */
    @Test
    void i4_aByteIsStoredOnlyUnderTheCurrentEpoch() throws Exception {
        byte[] bytes = content(5, 2 * SEGMENT);
        byte[] others = content(6, 2 * SEGMENT);
        try (FileStore store = FileStore.open(options(folder))) {
            Upload old = open(store, request(1, "f", bytes.length, 1));
            get(old.opened());
            Upload.Segment late = old.segment(0, SEGMENT, crc(others, 0, SEGMENT));
            late.write(ByteBuffer.wrap(others, 0, 1000), () -> {});
            Upload now = open(store, request(1, "f", bytes.length, 2));
            late.write(ByteBuffer.wrap(others, 1000, SEGMENT - 1000).slice(), () -> {});
            assertThat(get(late.verdict())).isEqualTo(Upload.Verdict.DROPPED);
            assertThat(get(send(old, others, 1))).isEqualTo(Upload.Verdict.DROPPED);
            assertFails(UploadError.STALE_EPOCH, old.commit(bytes.length, null));
            old.abort(false);
            get(sendRest(now, bytes));
            assertThat(folder.resolve("f")).hasBinaryContent(bytes);
            assertFails(
                    UploadError.STALE_EPOCH,
                    open(store, request(1, "f", bytes.length, 2)).opened());
        }
    }

    /**
     * All that waits for the disk is counted, and asked for before anybody is read. That a connection has no more than its
     * credit and a frame is in {@code UploadServerHandlerTest}.
     */
    @Test
    void i5_whatWaitsForTheDiskIsBounded() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        Disk slow = (step, path) -> {
            if (step == Disk.Step.WRITE) {
                await(stuck);
            }
        };
        StoreOptions options = options(folder)
                .withLimits(new StoreOptions.Limits(10, 10, SEGMENT, 0, StoreOptions.Limits.DEFAULTS.reservation()));
        byte[] bytes = content(7, SEGMENT);
        List<String> room = new ArrayList<>();
        try (FileStore store = FileStore.open(options, slow)) {
            Upload upload = open(store, request(1, "f", SEGMENT, 1));
            get(upload.opened());
            Upload.Segment segment = upload.segment(0, SEGMENT, crc(bytes, 0, SEGMENT));
            segment.write(ByteBuffer.wrap(bytes, 0, SEGMENT - 1), () -> {});
            assertThat(store.isFull()).isFalse();
            segment.write(ByteBuffer.wrap(bytes, SEGMENT - 1, 1).slice(), () -> {});
            assertThat(store.isFull()).isTrue();
            store.whenRoom(() -> room.add("there is"));
            assertThat(room).isEmpty();
            stuck.countDown();
            get(segment.verdict());
            get(upload.commit(SEGMENT, null));
            assertThat(room).hasSize(1);
            assertThat(store.isFull()).isFalse();
            assertThat(store.backlog().bytes()).isZero();
            assertThat(store.space().taken()).isZero();
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Ten thousand names, whole files and folders: nothing appears but below the folder, nor beside it. */
    @Test
    void i6_noNameLeadsOutOfTheFolder() throws Exception {
        Path inside = Files.createDirectory(folder.resolve("inside"));
        Files.createSymbolicLink(inside.resolve("link"), outside);
        Files.writeString(folder.resolve("secret"), "s");
        Random random = new Random(20_261_121);
        String[] pieces = {
            "..", ".", "/", "\\", "a", "~", ":", "\u0000", "%2e", "..;", " ", "\u202e", "nul", ".ntup", "\u00fc",
            "link", "secret"
        };
        List<CompletableFuture<?>> answers = new ArrayList<>();
        try (FileStore store = FileStore.open(options(inside).withHidden(StoreOptions.Hidden.ALLOWED))) {
            for (int i = 0; i < 10_000; i++) {
                StringBuilder name = new StringBuilder();
                for (int n = 1 + random.nextInt(8); n > 0; n--) {
                    name.append(pieces[random.nextInt(pieces.length)]);
                }
                UploadRequest request = request(i, name.toString(), 1, 1, OnExists.SERVER, Durability.NONE);
                answers.add(put(store, request, new byte[1]));
            }
            answers.forEach(answer -> get(answer.handle((receipt, failure) -> true)));
        }
        assertThat(outside).isEmptyDirectory();
        try (var beside = Files.list(folder)) {
            assertThat(beside.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("inside", "secret");
        }
        assertThat(folder.resolve("secret")).hasContent("s");
        try (var all = Files.walk(inside)) {
            assertThat(all.filter(Files::isRegularFile)).hasSizeGreaterThan(100);
        }
    }

    /** A link that is swapped in at the very moment of a change: what was made outside is undone, and the answer is 204. */
    @ParameterizedTest
    @EnumSource(
            value = Disk.Step.class,
            names = {"LINK", "MOVE", "MAKE_FOLDER"})
    void i6_aFolderThatIsSwappedMeanwhileLeadsNowhere(Disk.Step step) throws Exception {
        Path d = Files.createDirectory(folder.resolve("d"));
        boolean[] swapped = {false};
        Disk swapping = (at, path) -> {
            if (at == step && !swapped[0]) {
                swapped[0] = true;
                Files.move(d, folder.resolve("moved"));
                Files.createSymbolicLink(d, outside);
            }
        };
        OnExists policy = step == Disk.Step.MOVE ? OnExists.OVERWRITE : OnExists.REJECT;
        byte[] bytes = content(8, 10);
        try (FileStore store = FileStore.open(options(folder).withOnExists(policy), swapping)) {
            String path = step == Disk.Step.MAKE_FOLDER ? "d/e/f" : "d/f";
            CompletableFuture<Receipt> done = sendRest(open(store, request(1, path, 10, 1)), bytes);
            if (step == Disk.Step.MOVE) {
                get(done); // between open folders: it is where the folder is now
                assertThat(folder.resolve("moved/f")).hasBinaryContent(bytes);
            } else {
                assertFails(UploadError.FORBIDDEN, done);
            }
        }
        assertThat(swapped[0]).isTrue();
        assertThat(outside).isEmptyDirectory();
    }

    /** Cut behind any step and done again from the start, by upload or by small file: the end is the same. */
    @Test
    void i7_repeatingAnythingLeadsToTheSameEnd() throws Exception {
        byte[] bytes = content(9, 2 * SEGMENT + 3);
        TreeMap<String, String> first = null;
        for (int cut = 0; cut <= 6; cut++) {
            Path base = Files.createDirectory(folder.resolve("cut" + cut));
            try (FileStore store = FileStore.open(options(base))) {
                for (int epoch = 1; epoch <= 2; epoch++) {
                    int last = epoch == 1 ? cut : 99;
                    if (last > 0) {
                        get(put(store, request(7, "small", 5, epoch), content(10, 5)));
                    }
                    if (last < 2) {
                        continue;
                    }
                    Upload upload = open(store, request(1, "f", bytes.length, epoch));
                    if (get(upload.opened()).receipt() == null) {
                        for (int s = 0; s < Math.min(3, last - 2); s++) {
                            get(send(upload, bytes, s));
                        }
                        if (last > 5) {
                            get(upload.commit(bytes.length, null));
                        }
                    }
                    upload.abort(true);
                }
            }
            TreeMap<String, String> state = new TreeMap<>();
            try (var files = Files.list(base)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    state.put(
                            String.valueOf(file.getFileName()),
                            Octets.of(Files.readAllBytes(file)).hashCode() + "");
                }
            }
            first = first == null ? state : first;
            assertThat(state).isEqualTo(first).containsOnlyKeys("small", "f");
        }
    }
}
