package io.ntk.tcp.upload.store;

import io.ntk.tcp.upload.store.Disk.Step;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that come whole. They have no journal of their own: a batch shares one log, which is forced once, and one sync of each
 * folder.
 *
 * <p>A batch is what came while the one before was at the disk. {@code puts-N.log} is entries {@code length u32, body,
 * crc32c u32}: PREPARED (1) before a part gets its name, COMPLETE (2) afterwards, UNDONE (3) when it got none. The log is
 * the receipt.
 */
final class SmallFiles implements Closeable {
    static final String PREFIX = "puts-";

    private static final Logger LOG = LoggerFactory.getLogger(SmallFiles.class);
    private static final int MAX_BATCH = 1024;
    private static final int MAX_PARALLEL = 6;
    private static final int MAX_ENTRY_BYTES = 64 * 1024;
    private static final long MAX_LOG_BYTES = 16L << 20;
    private static final int PREPARED = 1;
    private static final int COMPLETE = 2;
    private static final int UNDONE = 3;

    private final FileStore store;
    /* Guarded by this. */
    private List<Put> waiting = new ArrayList<>();
    private boolean running;

    /* Of the batch's thread alone. */
    private @Nullable FileChannel log;
    private volatile @Nullable Path logPath;
    private long logBytes;
    private long nextLog = 1;
    private long nextPart = 1;

    SmallFiles(FileStore store) {
        this.store = store;
    }

    /** One file on its way. */
    private static final class Put {
        private final String id;
        private final UploadRequest request;
        private final int crc32c;
        private final Octets data;
        private final CompletableFuture<Receipt> done = new CompletableFuture<>();
        private @Nullable Path part;
        private @Nullable Receipt receipt;
        private boolean prepared;

        Put(String id, UploadRequest request, int crc32c, Octets data) {
            this.id = id;
            this.request = request;
            this.crc32c = crc32c;
            this.data = data;
        }

        boolean durably() {
            return request.durability() != Durability.NONE;
        }

        boolean isUnderWay() {
            return part != null && !done.isDone();
        }
    }

    CompletableFuture<Receipt> put(String id, UploadRequest request, int crc32c, Octets data) {
        Put put = new Put(id, request, crc32c, data);
        store.space().queue(data.size());
        synchronized (this) {
            waiting.add(put);
            if (running) {
                return put.done;
            }
            running = true;
        }
        store.disk(this::turn);
        return put.done;
    }

    private void turn() {
        List<Put> batch;
        synchronized (this) {
            if (waiting.isEmpty()) {
                running = false;
                return;
            }
            batch = new ArrayList<>(waiting.subList(0, Math.min(MAX_BATCH, waiting.size())));
            waiting = new ArrayList<>(waiting.subList(batch.size(), waiting.size()));
        }
        try {
            run(batch);
        } catch (IOException e) {
            UploadException failure = store.failure("cannot write small files", e);
            batch.forEach(put -> fail(put, failure));
        } catch (RuntimeException e) {
            LOG.warn("a batch failed", e);
            batch.forEach(put -> fail(put, new UploadException(UploadError.INTERNAL, "a fault of the server")));
        } finally {
            batch.forEach(put -> store.space().unqueue(put.data.size()));
            store.disk(this::turn);
        }
    }

    private void run(List<Put> batch) throws IOException {
        List<Put> admitted = admitted(batch);
        inParallel(admitted);
        List<Put> written = admitted.stream().filter(Put::isUnderWay).toList();
        if (written.isEmpty()) {
            return;
        }
        boolean durably = written.stream().anyMatch(Put::durably);
        for (Put put : written) {
            append(Step.JOURNAL_COMMITTING, PREPARED, put);
            put.prepared = true;
        }
        if (durably) {
            sync(written);
        }
        Set<Path> changed = new LinkedHashSet<>();
        for (Put put : written) {
            publish(put, changed);
        }
        if (durably) {
            try {
                store.publisher().force(changed);
            } catch (IOException e) {
                LOG.warn("a folder cannot be synced: {}", e.toString());
                written.forEach(put ->
                        fail(put, new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync a folder")));
            }
        }
        for (Put put : written) {
            if (!put.done.isDone()) {
                store.delete(Step.DELETE_PART, Objects.requireNonNull(put.part));
                append(Step.JOURNAL_COMPLETE, COMPLETE, put);
                Receipt receipt = Objects.requireNonNull(put.receipt);
                store.remember(put.id, FileStore.Done.of(receipt, put.request));
                store.space().publish(put.data.size());
                put.done.complete(receipt);
            }
        }
    }

    /** The parts' entries in the store's folder, and the log. */
    private void sync(List<Put> written) throws IOException {
        try {
            store.disk().about(Step.FORCE_STORE, store.own());
            Publisher.forceFolder(store.own());
            store.disk().about(Step.FORCE_JOURNAL, store.own());
            Objects.requireNonNull(log).force(false);
        } catch (IOException e) {
            LOG.warn("the log of small files cannot be synced: {}", e.toString());
            written.forEach(
                    put -> fail(put, new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync a log")));
            reopenLog();
        }
    }

    private List<Put> admitted(List<Put> batch) {
        List<Put> admitted = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Put put : batch) {
            try {
                Receipt ready = admit(put);
                if (ready != null) {
                    put.done.complete(ready);
                } else if (!ids.add(put.id)) {
                    put(put); // behind the batch that has the same key
                } else {
                    put.part = store.own().resolve(PREFIX + nextPart++ + ".part");
                    admitted.add(put);
                }
            } catch (UploadException e) {
                fail(put, e);
            } catch (IOException e) {
                fail(put, store.failure("cannot begin", e));
            }
        }
        return admitted;
    }

    private void put(Put again) {
        put(again.id, again.request, again.crc32c, again.data).whenComplete((receipt, failure) -> {
            if (failure == null) {
                again.done.complete(receipt);
            } else {
                again.done.completeExceptionally(failure);
            }
        });
    }

    private @Nullable Receipt admit(Put put) throws IOException {
        UploadRequest request = put.request;
        FileStore.Done done = store.receipt(put.id);
        if (done != null) {
            if (!done.path().equals(request.path()) || done.receipt().size() != request.size()) {
                throw new UploadException(UploadError.KEY_CONFLICT, "this key is of another file");
            }
            return done.receipt().replayed();
        }
        if (store.isUnfinished(put.id)) {
            throw new UploadException(UploadError.KEY_CONFLICT, "this key is of an upload that is under way");
        }
        List<String> components =
                UploadName.components(request.path(), store.options().hidden());
        if (request.size() > store.options().maxFileBytes()) {
            throw new UploadException(
                    UploadError.TOO_LARGE, "a file may have " + store.options().maxFileBytes() + " bytes");
        }
        CRC32C sum = new CRC32C();
        sum.update(put.data.toArray());
        if ((int) sum.getValue() != put.crc32c) {
            throw new UploadException(UploadError.SEGMENT_CRC, "the data is not what its CRC32C promised");
        }
        return store.existing(request, components);
    }

    /** Writes the parts: what must be synced on several threads, since each sync waits for the disk. */
    private void inParallel(List<Put> puts) {
        boolean durably = puts.stream().anyMatch(Put::durably);
        int lanes = durably ? Math.min(MAX_PARALLEL, puts.size()) : 1;
        List<CompletableFuture<Void>> others = new ArrayList<>();
        for (int lane = 1; lane < lanes; lane++) {
            int from = lane;
            CompletableFuture<Void> done = new CompletableFuture<>();
            others.add(done);
            store.disk(() -> {
                try {
                    writeParts(puts, from, lanes);
                } finally {
                    done.complete(null);
                }
            });
        }
        writeParts(puts, 0, lanes);
        others.forEach(CompletableFuture::join);
    }

    private void writeParts(List<Put> puts, int from, int step) {
        for (int i = from; i < puts.size(); i += step) {
            Put put = puts.get(i);
            try {
                writePart(put, Objects.requireNonNull(put.part));
            } catch (UploadException e) {
                fail(put, e);
            } catch (IOException e) {
                fail(put, store.failure("cannot write", e));
            }
        }
    }

    private void writePart(Put put, Path part) throws IOException {
        int size = put.data.size();
        store.space().reserve(size);
        store.space().write(size);
        store.disk().about(Step.CREATE_PART, part);
        try (FileChannel channel = FileChannel.open(
                part,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                store.ownerOnly())) {
            store.disk().about(Step.WRITE, part);
            ByteBuffer bytes = ByteBuffer.wrap(put.data.toArray());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            store.disk().about(Step.ATTRIBUTES, part);
            store.setAttributes(part, put.request);
            if (put.durably()) {
                store.disk().about(Step.FORCE_PART, part);
                try {
                    channel.force(true);
                } catch (IOException e) {
                    LOG.warn("a small file cannot be synced: {}", e.toString());
                    throw new UploadException(UploadError.SYNC_FAILED, "the disk failed to sync");
                }
            }
        }
        put.receipt = new Receipt(put.request.path(), size, put.crc32c, null, Set.of());
    }

    private void publish(Put put, Set<Path> changed) {
        if (put.done.isDone()) {
            return;
        }
        try {
            String name = store.publisher()
                    .publish(
                            Objects.requireNonNull(put.part),
                            put.request.path(),
                            store.policy(put.request),
                            announced -> {
                                if (!announced.equals(put.request.path())) {
                                    put.receipt = named(put, announced);
                                    append(Step.JOURNAL_COMMITTING, PREPARED, put);
                                    if (put.durably()) {
                                        store.disk().about(Step.FORCE_JOURNAL, store.own());
                                        Objects.requireNonNull(log).force(false);
                                    }
                                }
                            },
                            changed);
            put.receipt = named(put, name);
        } catch (UploadException e) {
            fail(put, e);
        } catch (IOException e) {
            fail(put, store.failure("cannot publish", e));
        }
    }

    private static Receipt named(Put put, String name) {
        EnumSet<Receipt.Mark> marks = EnumSet.noneOf(Receipt.Mark.class);
        if (put.durably()) {
            marks.add(Receipt.Mark.DURABLE);
        }
        if (!name.equals(put.request.path())) {
            marks.add(Receipt.Mark.RENAMED);
        }
        return new Receipt(name, put.data.size(), put.crc32c, null, marks);
    }

    private void fail(Put put, UploadException why) {
        if (put.done.isDone()) {
            return;
        }
        Path part = put.part;
        if (part != null) {
            try {
                if (put.prepared) {
                    append(Step.JOURNAL, UNDONE, put);
                }
                store.delete(Step.DELETE_PART, part);
            } catch (IOException e) {
                LOG.debug("cannot note the end of {}", put.id, e);
            }
            store.space().discard(put.receipt == null ? 0 : put.data.size());
        }
        put.done.completeExceptionally(why);
    }

    // ---- the log

    private void append(Step step, int kind, Put put) throws IOException {
        if (log == null || logBytes > MAX_LOG_BYTES) {
            reopenLog();
        }
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        out.writeByte(kind);
        out.writeUTF(put.id);
        out.writeUTF(String.valueOf(Objects.requireNonNull(put.part).getFileName()));
        if (kind != UNDONE) {
            out.writeLong(put.request.epoch());
            text(out, put.request.path());
            out.writeByte(store.policy(put.request).code());
            out.write(Journal.payload(named(put, receiptName(put))));
        }
        CRC32C sum = new CRC32C();
        sum.update(body.toByteArray());
        ByteBuffer entry = ByteBuffer.allocate(8 + body.size());
        entry.putInt(body.size())
                .put(body.toByteArray())
                .putInt((int) sum.getValue())
                .flip();
        store.disk().about(step, store.own());
        logBytes += entry.remaining();
        while (entry.hasRemaining()) {
            Objects.requireNonNull(log).write(entry);
        }
    }

    private static String receiptName(Put put) {
        return put.receipt == null ? put.request.path() : put.receipt.name();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        out.writeShort(utf8.length);
        out.write(utf8);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readUnsignedShort()), java.nio.charset.StandardCharsets.UTF_8);
    }

    private void reopenLog() throws IOException {
        close();
        Path path = store.own().resolve(PREFIX + nextLog++ + ".log");
        store.disk().about(Step.CREATE_JOURNAL, path);
        log = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                store.ownerOnly());
        logPath = path;
        logBytes = 0;
    }

    boolean isCurrent(Path file) {
        return file.equals(logPath);
    }

    @Override
    public void close() throws IOException {
        if (log != null) {
            log.close();
            log = null;
            logPath = null;
        }
    }

    // ---- after a crash

    /** An entry of a log, without what a file is made of. */
    private record Entry(int kind, String id, String part, long epoch, String path, OnExists policy, Receipt receipt) {}

    void recover() throws IOException {
        List<Path> logs;
        List<Path> parts;
        try (Stream<Path> all = Files.list(store.own())) {
            List<Path> ours = all.filter(
                            file -> String.valueOf(file.getFileName()).startsWith(PREFIX))
                    .toList();
            logs = ours.stream()
                    .filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
            parts = ours.stream()
                    .filter(file -> file.toString().endsWith(".part"))
                    .toList();
        }
        Map<String, Entry> open = new LinkedHashMap<>();
        Map<String, Entry> complete = new HashMap<>();
        for (Path file : logs) {
            nextLog = Math.max(nextLog, number(file) + 1);
            for (Entry entry : read(file)) {
                if (entry.kind() == PREPARED) {
                    open.put(entry.part(), entry);
                } else {
                    open.remove(entry.part());
                    if (entry.kind() == COMPLETE) {
                        complete.put(entry.id(), entry);
                    }
                }
            }
        }
        for (Entry entry : complete.values()) {
            remember(entry, entry.receipt());
        }
        for (Entry entry : open.values()) {
            recover(entry);
        }
        for (Path part : parts) {
            store.delete(Step.DELETE_PART, part);
        }
    }

    private void remember(Entry entry, Receipt receipt) {
        store.remember(entry.id(), new FileStore.Done(receipt, entry.path(), entry.epoch(), Instant.now()));
    }

    private static long number(Path file) {
        try {
            return Long.parseLong(String.valueOf(file.getFileName()).replaceAll("\\D", ""));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** A part that was about to get its name: it has it, or gets it now, or is forgotten. */
    private void recover(Entry entry) throws IOException {
        Path part = store.own().resolve(entry.part());
        Set<Path> changed = new LinkedHashSet<>();
        String name = entry.receipt().name();
        try {
            BasicFileAttributes target = store.publisher().look(List.of(name.split("/", -1)));
            boolean gone = !Files.exists(part, LinkOption.NOFOLLOW_LINKS);
            if (gone && (target == null || target.size() != entry.receipt().size())) {
                return;
            }
            if (!gone && (target == null || !Objects.equals(target.fileKey(), store.key(part)))) {
                if (Files.size(part) != entry.receipt().size()) {
                    return; // never synced, and cut by a power cut
                }
                name = store.publisher().publish(part, entry.path(), entry.policy(), announced -> {}, changed);
            }
            store.forceFoldersOf(name, changed);
            store.delete(Step.DELETE_PART, part);
            Receipt was = entry.receipt();
            remember(entry, new Receipt(name, was.size(), was.crc32c(), null, was.marks()));
        } catch (UploadException e) {
            LOG.warn("{} cannot be published after a crash: {}", entry.id(), e.getMessage());
        }
    }

    private static List<Entry> read(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
        while (in.remaining() >= 8) {
            int length = in.getInt();
            if (length < 0 || length > MAX_ENTRY_BYTES || length + 4 > in.remaining()) {
                break;
            }
            byte[] body = new byte[length];
            in.get(body);
            CRC32C sum = new CRC32C();
            sum.update(body);
            if (in.getInt() != (int) sum.getValue()) {
                break;
            }
            entries.add(entry(new DataInputStream(new ByteArrayInputStream(body))));
        }
        return entries;
    }

    private static Entry entry(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        String id = in.readUTF();
        String part = in.readUTF();
        if (kind == UNDONE) {
            return new Entry(kind, id, part, 0, "", OnExists.REJECT, new Receipt("", 0, 0, null, Set.of()));
        }
        long epoch = in.readLong();
        String path = text(in);
        OnExists policy = Objects.requireNonNullElse(OnExists.of(in.readUnsignedByte()), OnExists.REJECT);
        return new Entry(kind, id, part, epoch, path, policy, Journal.receipt(in.readAllBytes()));
    }
}
