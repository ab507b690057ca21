package io.ntk.tcp.upload.client;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.ntk.core.ConnectFailedException;
import io.ntk.core.EventLoops;
import io.ntk.core.Reason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadError.Retry;
import io.ntk.tcp.upload.store.UploadRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One run: sends items over one connection at a time, on a thread of its own.
 *
 * <p>The thread goes round: it does what others have handed to it (frames, the ends of digests), then the first of these that
 * is possible: commit a file whose segments are out, send the next segment, begin the next item; and if none is, it waits. So
 * a file is begun while those before it are committed, and there is nothing to lock. After a disconnect all that was under
 * way is begun again: what has a key is resumed, small files are sent again under the same key, which the receiver knows.
 */
final class Sending implements Runnable, ClientConnection.Peer {
    private static final int MAX_SMALL_WITHOUT_ANSWER = 4096;
    private static final int MAX_OPEN = 32;
    private static final int MAX_SEGMENTS = 65_536;
    private static final int MAX_RENEWALS = 3;
    private static final int MAX_FAILURES = 12;
    private static final int MAX_STALE_EPOCHS = 5;
    private static final int IN_FLIGHT_BYTES = 8 << 20;
    private static final int MAX_CREDIT = 1 << 30;
    private static final long SEGMENT_SECONDS = 10;
    private static final long PROGRESS_NANOS = 100_000_000;
    /* In the order of the bits. */
    private static final List<PosixFilePermission> PERMISSIONS = List.copyOf(EnumSet.allOf(PosixFilePermission.class));
    private static final Duration BACK_OFF = Duration.ofMillis(250);
    private static final Duration MAX_BACK_OFF = Duration.ofSeconds(30);

    private final SendOptions options;
    private final EventLoops loops;
    private final SendObserver observer;
    private final CompletableFuture<SendReport> report = new CompletableFuture<>();
    private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Digests digests = new Digests();
    private final Deque<Transfer> waiting = new ArrayDeque<>();
    private final Map<Long, Transfer> streams = new LinkedHashMap<>();
    private final List<Transfer> active = new ArrayList<>();
    private final List<SendReport.Receipt> receipts = new ArrayList<>();
    private final List<SendReport.Failure> failures = new ArrayList<>();
    private final int total;
    private final long totalBytes;
    private final SendState run;
    private final long startedAt = System.nanoTime();
    private final Pacer pacer;

    private @Nullable ClientConnection connection;
    private volatile boolean cancelled;
    private long credit;
    private long nextStream;
    private int smallOpen;
    private boolean goingAway;
    private boolean unflushed;
    private int attempts;
    private int connections;
    private long connectNotBefore = startedAt;
    private long troubleSince;
    private long sentBytes;
    private long doneBytes;
    private long toldAt;
    private Waiting waitingFor = Waiting.CONNECTION;

    /**
     * Makes a run that has not begun.
     *
     * @param run remembers the run as a whole, for the keys of small files
     */
    Sending(SendOptions options, EventLoops loops, List<SendItem> items, SendState run, SendObserver observer) {
        this.options = options;
        this.loops = loops;
        this.run = run;
        this.observer = observer;
        this.total = items.size();
        this.pacer = new Pacer(options.pace().bytesPerSecond());
        long bytes = 0;
        for (SendItem item : items) {
            waiting.add(new Transfer(item));
            if (item instanceof SendItem.Pipe) {
                bytes = -1;
            } else if (item instanceof SendItem.File file && bytes >= 0) {
                bytes += file.size();
            }
        }
        this.totalBytes = bytes;
    }

    CompletableFuture<SendReport> report() {
        return report;
    }

    void cancel() {
        cancelled = true;
        wake();
    }

    @Override
    public void run() {
        try {
            if (run.epoch() == 0) {
                run.epoch(1);
            }
            loop();
            if (failures.isEmpty() && !cancelled) {
                run.delete();
            }
            tell(System.nanoTime() + PROGRESS_NANOS);
            end();
            if (cancelled) {
                report.completeExceptionally(new InterruptedIOException("sending was cancelled"));
            } else {
                report.complete(new SendReport(receipts, failures, sentBytes, Math.max(0, connections - 1)));
            }
        } catch (InterruptedException e) {
            end();
            report.completeExceptionally(new InterruptedIOException("interrupted while sending"));
        } catch (IOException | RuntimeException e) {
            end();
            report.completeExceptionally(e);
        }
    }

    private void end() {
        ClientConnection last = connection;
        if (last != null) {
            connection = null;
            last.flush();
            last.close(null);
        }
        List<Transfer> left = new ArrayList<>(streams.values());
        left.addAll(waiting);
        for (Transfer transfer : left) {
            close(transfer);
        }
        digests.close();
        try {
            run.close();
        } catch (IOException e) {
            observer.retrying("cannot remember the run: " + Reason.of(e));
        }
    }

    private void close(Transfer transfer) {
        if (transfer.pipe != null) {
            transfer.pipe.close();
        }
        try {
            transfer.close();
        } catch (IOException e) {
            observer.retrying(transfer.source() + ": cannot close it: " + Reason.of(e));
        }
    }

    private void loop() throws IOException, InterruptedException {
        while (receipts.size() + failures.size() < total && !cancelled) {
            for (Runnable news = inbox.poll(); news != null; news = inbox.poll()) {
                news.run();
            }
            long now = System.nanoTime();
            tell(now);
            if (connection == null) {
                connect(now);
            } else if (!step(now)) {
                flush();
                await(now);
            }
        }
    }

    private void await(long now) throws InterruptedException {
        long until = now + PROGRESS_NANOS;
        for (Transfer transfer : waiting) {
            if (transfer.notBefore != 0) {
                until = Math.min(until, Math.max(now, transfer.notBefore));
            }
        }
        Runnable news = inbox.poll(Math.max(0, until - now), TimeUnit.NANOSECONDS);
        if (news != null) {
            news.run();
        }
    }

    private void wake() {
        if (!woken.getAndSet(true)) {
            inbox.add(() -> woken.set(false));
        }
    }

    private void tell(long now) {
        if (now - toldAt >= PROGRESS_NANOS) {
            toldAt = now;
            long verified = doneBytes;
            for (Transfer transfer : active) {
                verified += transfer.acked;
            }
            observer.progress(new SendObserver.Progress(
                    verified, totalBytes, receipts.size() + failures.size(), total, waitingFor));
        }
    }

    // ---- the connection

    private void connect(long now) throws IOException, InterruptedException {
        waitingFor = Waiting.CONNECTION;
        if (now < connectNotBefore) {
            Runnable news = inbox.poll(Math.min(connectNotBefore - now, PROGRESS_NANOS), TimeUnit.NANOSECONDS);
            if (news != null) {
                news.run();
            }
            return;
        }
        CompletableFuture<ClientConnection> connecting = ClientConnection.connect(options, loops, this);
        try {
            ClientConnection made = connecting.get();
            connection = made;
            connections++;
            credit = Math.min(made.terms().credit(), MAX_CREDIT);
            nextStream = 1;
            goingAway = false;
        } catch (ExecutionException e) {
            failedToConnect(e.getCause());
        }
    }

    private void failedToConnect(@Nullable Throwable cause) throws IOException {
        Breakdown why;
        if (cause instanceof ClientConnection.LostException lost) {
            why = lost.why();
            // The first time only a receiver that asks for it is tried again.
            if (connections == 0 && why.code() == 0) {
                throw lost;
            }
        } else if (connections > 0 && cause instanceof ConnectFailedException) {
            why = Breakdown.passing(String.valueOf(cause.getMessage()));
        } else {
            throw cause instanceof IOException e ? e : new IOException(cause);
        }
        if (connections == 0 && why.retry() == Retry.NEVER) {
            throw new IOException("cannot send to " + options.connect().endpoint() + ": " + why.why());
        }
        lost(why);
    }

    /** There is no connection; whether there will be one again. */
    private void lost(Breakdown why) {
        connection = null;
        smallOpen = 0;
        List<Transfer> underWay = new ArrayList<>(streams.values());
        streams.clear();
        active.clear();
        for (int i = underWay.size() - 1; i >= 0; i--) {
            requeue(underWay.get(i), 0);
        }
        if (why.retry() == Retry.NEVER || isTooLong()) {
            failAll(why);
            return;
        }
        observer.retrying(why.why());
        connectNotBefore = System.nanoTime() + Math.max(backOff(attempts), millis(why.retryAfterMillis()));
        attempts++;
    }

    private static long millis(long count) {
        return TimeUnit.MILLISECONDS.toNanos(count);
    }

    /** 250 ms × 2ⁿ, at most 30 s, and any time up to it. */
    private static long backOff(int n) {
        long most = Math.min(MAX_BACK_OFF.toNanos(), BACK_OFF.toNanos() << Math.min(n, 10));
        return ThreadLocalRandom.current().nextLong(most);
    }

    private boolean isTooLong() {
        long now = System.nanoTime();
        if (troubleSince == 0) {
            troubleSince = now;
        }
        return now - troubleSince > options.pace().patience().toNanos();
    }

    private void progressed() {
        attempts = 0;
        troubleSince = 0;
    }

    private void failAll(Breakdown why) {
        for (Transfer transfer : List.copyOf(waiting)) {
            fail(transfer, why);
        }
        waiting.clear();
    }

    @Override
    public void frame(ClientConnection from, UploadFrame frame) {
        inbox.add(() -> {
            if (from == connection) {
                take(from, frame);
            }
            from.seen();
        });
    }

    @Override
    public void closed(ClientConnection from, Breakdown why) {
        inbox.add(() -> {
            if (from == connection) {
                lost(why);
            }
        });
    }

    @Override
    public void written(ClientConnection from) {
        wake();
    }

    private ClientConnection connected() {
        return requireNonNull(connection);
    }

    private void write(Object message) {
        connected().write(message);
        unflushed = true;
    }

    private void flush() {
        if (unflushed && connection != null) {
            unflushed = false;
            connection.flush();
        }
    }

    private long stream() {
        long stream = nextStream;
        nextStream += 2;
        return stream;
    }

    // ---- what to do next

    private boolean step(long now) throws InterruptedException {
        waitingFor = Waiting.RECEIVER;
        for (Transfer transfer : active) {
            if (transfer.pipe != null) {
                wantArrived(transfer, transfer.pipe);
            }
            if (isToCommit(transfer)) {
                commit(transfer);
                return true;
            }
        }
        for (Transfer transfer : active) {
            int segment = transfer.isSendable() ? transfer.todo.nextSetBit(0) : -1;
            if (segment >= 0) {
                return send(transfer, segment);
            }
        }
        return !goingAway && startNext(now);
    }

    private boolean startNext(long now) {
        for (Iterator<Transfer> each = waiting.iterator(); each.hasNext(); ) {
            Transfer transfer = each.next();
            if (transfer.notBefore == 0 || transfer.notBefore <= now) {
                Start start = start(transfer);
                if (start == Start.BLOCKED) {
                    return false;
                }
                if (start == Start.FAILED) {
                    each.remove();
                    return true;
                }
                each.remove();
                transfer.notBefore = 0;
                return true;
            }
        }
        return false;
    }

    private enum Start {
        BEGUN,
        BLOCKED,
        FAILED
    }

    private Start start(Transfer transfer) {
        try {
            if (transfer.item instanceof SendItem.Folder folder) {
                return startFolder(transfer, folder);
            }
            if (transfer.item instanceof SendItem.File file && !transfer.isOpened()) {
                transfer.identity = Transfer.Identity.of(file.source());
                if (isSmall(transfer.identity.size())) {
                    return startSmall(transfer, file, transfer.identity);
                }
            }
            return startLarge(transfer);
        } catch (IOException e) {
            failLocally(transfer, e);
            return Start.FAILED;
        }
    }

    private void failLocally(Transfer transfer, IOException e) {
        fail(transfer, Breakdown.lasting(0, Reason.of(e)));
    }

    private boolean isSmall(long size) {
        return size <= connected().terms().maxInline() && connected().can(Capability.PUT);
    }

    // ---- small files and folders

    private Start startFolder(Transfer transfer, SendItem.Folder folder) throws IOException {
        if (smallOpen >= MAX_SMALL_WITHOUT_ANSWER) {
            return Start.BLOCKED;
        }
        int mode = mode(folder.source());
        Instant modified = Files.getLastModifiedTime(folder.source()).toInstant();
        // Its files are to be put into it.
        int usable = mode == UploadRequest.NO_MODE ? mode : mode | 0700;
        open(transfer, 0);
        write(new UploadFrame.MakeFolder(transfer.stream, new UploadFrame.Folder(usable, modified, folder.name())));
        return Start.BEGUN;
    }

    private void open(Transfer transfer, long smallSize) {
        transfer.stream = stream();
        transfer.smallSize = smallSize;
        smallOpen++;
        streams.put(transfer.stream, transfer);
    }

    private Start startSmall(Transfer transfer, SendItem.File file, Transfer.Identity identity) throws IOException {
        if (smallOpen >= MAX_SMALL_WITHOUT_ANSWER || identity.size() > credit) {
            return Start.BLOCKED;
        }
        byte[] bytes = Files.readAllBytes(file.source());
        if (bytes.length != identity.size()) {
            transfer.renewals++;
            if (transfer.renewals > MAX_RENEWALS) {
                throw new IOException("it changes while it is being sent");
            }
            return start(transfer);
        }
        boolean digest = options.digest() == SendOptions.Digest.SHA256;
        transfer.smallDigest = digest ? Octets.of(Digests.sha256().digest(bytes)) : null;
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        Octets key = smallKey(file, identity);
        open(transfer, bytes.length);
        credit -= bytes.length;
        sentBytes += bytes.length;
        pacer.count(bytes.length);
        write(new UploadFrame.Put(
                transfer.stream,
                request(transfer, key, identity, 1, transfer.smallDigest),
                (int) crc.getValue(),
                Octets.of(bytes)));
        return Start.BEGUN;
    }

    /** The same for the same content in the same run, also when the run is begun again after a crash. */
    private Octets smallKey(SendItem.File file, Transfer.Identity identity) {
        String text = String.join("\0", run.key().hex(), file.name(), identity.toString());
        return Octets.of(Arrays.copyOf(SendState.hash(text).toArray(), UploadRequest.KEY_BYTES));
    }

    private UploadRequest request(
            Transfer transfer, Octets key, Transfer.Identity identity, long epoch, @Nullable Octets sha256)
            throws IOException {
        boolean file = transfer.item instanceof SendItem.File;
        return new UploadRequest(
                key,
                identity.size(),
                transfer.segmentBytes,
                file ? mode(((SendItem.File) transfer.item).source()) : UploadRequest.NO_MODE,
                options.onExists(),
                options.durability(),
                identity.modified(),
                epoch,
                transfer.item.name(),
                sha256);
    }

    private static int mode(Path path) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (view == null) {
            return UploadRequest.NO_MODE;
        }
        Set<PosixFilePermission> permissions = view.readAttributes().permissions();
        int mode = 0;
        for (int i = 0; i < PERMISSIONS.size(); i++) {
            mode |= permissions.contains(PERMISSIONS.get(i)) ? 0400 >> i : 0;
        }
        return mode;
    }

    // ---- files in segments

    private Start startLarge(Transfer transfer) throws IOException {
        UploadFrame.HelloAck terms = connected().terms();
        if (active.size() >= Math.min(MAX_OPEN, terms.maxStreams())) {
            return Start.BLOCKED;
        }
        if (!transfer.isOpened() && !openContent(transfer)) {
            throw new IOException("it is already being sent");
        }
        if (transfer.item instanceof SendItem.File file) {
            Transfer.Identity now = Transfer.Identity.of(file.source());
            if (!now.equals(transfer.identity)) { // between two connections
                transfer.renew();
                return start(transfer);
            }
            if (now.size() > terms.maxFile()) {
                throw new IOException("larger than the receiver takes: " + terms.maxFile() + " bytes");
            }
        } else if (!connected().can(Capability.UNKNOWN_SIZE)) {
            throw new IOException("the receiver takes no files of unknown size");
        }
        SendState state = requireNonNull(transfer.state);
        UploadFrame.Start how = UploadFrame.Start.NORMAL;
        if (state.epoch() > 0) {
            how = UploadFrame.Start.RESUME;
        } else if (options.onExists() != OnExists.SKIP_SAME && connected().can(Capability.OPTIMISTIC)) {
            how = UploadFrame.Start.OPTIMISTIC;
        }
        state.verified(transfer.acked);
        state.epoch(state.epoch() + 1);
        transfer.stream = stream();
        transfer.optimistic = how == UploadFrame.Start.OPTIMISTIC;
        if (transfer.optimistic) {
            transfer.wantAll();
        }
        if (transfer.file != null && transfer.digest == null && options.digest() == SendOptions.Digest.SHA256) {
            transfer.digest = awake(nullable(digests.sha256(transfer.file, transfer.size())));
        }
        streams.put(transfer.stream, transfer);
        active.add(transfer);
        Transfer.Identity identity = transfer.identity == null
                ? new Transfer.Identity(UploadRequest.UNKNOWN_SIZE, Instant.now(), "")
                : transfer.identity;
        write(new UploadFrame.Open(
                transfer.stream, how, request(transfer, state.key(), identity, state.epoch(), null)));
        return Start.BEGUN;
    }

    private static CompletableFuture<@Nullable Octets> nullable(CompletableFuture<Octets> digest) {
        return digest.thenApply(octets -> octets);
    }

    private <T extends @Nullable Object> CompletableFuture<T> awake(CompletableFuture<T> future) {
        future.whenComplete((done, failure) -> wake());
        return future;
    }

    /** Opens the source and what is remembered of it; false when somebody else is at it. */
    private boolean openContent(Transfer transfer) throws IOException {
        transfer.sizeSegments(segmentBytes(transfer.item instanceof SendItem.Pipe ? -1 : transfer.size()));
        if (transfer.item instanceof SendItem.Pipe pipe) {
            boolean digest = options.digest() == SendOptions.Digest.SHA256;
            PipeRing ring = new PipeRing(
                    pipe.source(),
                    transfer.segmentBytes,
                    connected().channel().alloc(),
                    digest ? digests : null,
                    this::wake);
            transfer.pipe = ring;
            transfer.digest = awake(ring.digested());
            transfer.state = SendState.inMemory();
            return true;
        }
        SendItem.File file = (SendItem.File) transfer.item;
        Path folder = options.state();
        SendState state =
                folder == null ? SendState.inMemory() : SendState.open(folder, identity(file, transfer.identity));
        if (state == null) {
            return false;
        }
        transfer.state = state;
        transfer.acked = 0;
        transfer.file = FileChannel.open(file.source(), StandardOpenOption.READ);
        return true;
    }

    private String identity(SendItem.File file, Transfer.@Nullable Identity identity) throws IOException {
        return String.join(
                "\0",
                "file",
                options.connect().endpoint().toString(),
                file.name(),
                String.valueOf(identity),
                file.source().toRealPath().toString());
    }

    /** As proposed, smaller where the way is slow, larger where the file is, and within what the receiver takes. */
    private int segmentBytes(long size) {
        UploadFrame.HelloAck terms = connected().terms();
        long most = Math.min(terms.segmentMax(), SendOptions.Pace.MAX_SEGMENT_BYTES);
        long segment = options.pace().segmentBytes();
        long rate = pacer.rate();
        while (rate > 0 && segment > rate * SEGMENT_SECONDS && segment > terms.segmentMin()) {
            segment /= 2;
        }
        while (size / segment >= MAX_SEGMENTS) {
            segment *= 2;
        }
        return (int) Math.max(terms.segmentMin(), Math.min(segment, most));
    }

    private static void wantArrived(Transfer transfer, PipeRing pipe) {
        if (transfer.isSendable()) {
            int from = Math.max(transfer.wanted, pipe.freed());
            int arrived = pipe.arrived();
            if (arrived > from) {
                transfer.todo.set(from, arrived);
            }
            transfer.wanted = Math.max(transfer.wanted, arrived);
        }
    }

    private boolean send(Transfer transfer, int number) throws InterruptedException {
        int length = transfer.length(number);
        long inFlight = connected().inFlight();
        boolean full = inFlight + length > Math.max(IN_FLIGHT_BYTES, 2L * transfer.segmentBytes);
        if (length > credit || full) {
            waitingFor = inFlight > 0 ? Waiting.NETWORK : Waiting.RECEIVER;
            return false;
        }
        waitingFor = Waiting.SOURCE;
        Segment segment = read(transfer, number, length);
        if (segment == null) {
            return true;
        }
        transfer.todo.clear(number);
        transfer.know(number, segment.crc32c());
        credit -= length;
        sentBytes += length;
        long offset = (long) number * transfer.segmentBytes;
        write(new UploadFrame.Data(transfer.stream, offset, length, segment.crc32c()));
        payload(segment, transfer.pipe != null);
        flush();
        return true;
    }

    /** The raw bytes; what is kept for a pipe stays the ring's. At a slow rate a connection may end in the middle of it. */
    private void payload(Segment segment, boolean kept) throws InterruptedException {
        ClientConnection to = connected();
        for (ByteBuf chunk : segment.chunks()) {
            if (to.isOpen() && !cancelled) {
                pacer.await(chunk.readableBytes(), this::flush);
                write(chunk.retainedDuplicate());
            }
        }
        if (!kept) {
            segment.release();
        }
    }

    private @Nullable Segment read(Transfer transfer, int number, int length) {
        if (transfer.pipe != null) {
            return requireNonNull(transfer.pipe.segment(number));
        }
        try {
            return Segment.read(
                    requireNonNull(transfer.file),
                    (long) number * transfer.segmentBytes,
                    length,
                    pacer.chunkBytes(),
                    connected().channel().alloc());
        } catch (EOFException e) {
            changed(transfer);
        } catch (IOException e) {
            giveUp(transfer, UploadError.IO_ERROR);
            failLocally(transfer, e);
        }
        return null;
    }

    /** The source is not what it was: the upload is given up, and begun anew. */
    private void changed(Transfer transfer) {
        giveUp(transfer, UploadError.SOURCE_CHANGED);
        trouble(transfer, Breakdown.of(UploadError.SOURCE_CHANGED, "it changed while it was being sent"));
    }

    private void giveUp(Transfer transfer, UploadError why) {
        write(new UploadFrame.Abort(
                transfer.stream, requireNonNull(transfer.state).epoch(), why.code(), false));
        forget(transfer);
    }

    private void forget(Transfer transfer) {
        streams.remove(transfer.stream);
        active.remove(transfer);
        if (transfer.isSmall()) {
            smallOpen--;
            transfer.smallSize = -1;
        }
    }

    private static boolean isToCommit(Transfer transfer) {
        return transfer.isSendable()
                && transfer.todo.isEmpty()
                && (transfer.pipe == null || transfer.pipe.isEnded() || transfer.pipe.failure() != null)
                && Transfer.isDone(transfer.digest)
                && Transfer.isDone(transfer.check);
    }

    private void commit(Transfer transfer) {
        PipeRing pipe = transfer.pipe;
        IOException broken = pipe == null ? null : pipe.failure();
        if (broken != null) {
            giveUp(transfer, UploadError.IO_ERROR);
            failLocally(transfer, broken);
            return;
        }
        try {
            boolean same = transfer.check == null || transfer.check.join();
            Octets digest = transfer.digest == null ? null : transfer.digest.join();
            if (transfer.item instanceof SendItem.File file) {
                same &= Transfer.Identity.of(file.source()).equals(transfer.identity);
            }
            if (same) {
                transfer.committed = true;
                write(new UploadFrame.Commit(transfer.stream, transfer.size(), digest));
            } else {
                changed(transfer);
            }
        } catch (CompletionException e) {
            if (e.getCause() instanceof EOFException) {
                changed(transfer);
            } else {
                giveUp(transfer, UploadError.IO_ERROR);
                fail(transfer, Breakdown.lasting(0, Reason.of(e.getCause() == null ? e : e.getCause())));
            }
        } catch (IOException e) {
            giveUp(transfer, UploadError.IO_ERROR);
            failLocally(transfer, e);
        }
    }

    // ---- what the receiver says

    private void take(ClientConnection from, UploadFrame frame) {
        if (frame instanceof UploadFrame.Ack ack) {
            acked(ack);
        } else if (frame instanceof UploadFrame.Done done) {
            done.results().forEach(this::done);
        } else if (frame instanceof UploadFrame.Opened opened) {
            Transfer transfer = streams.get(opened.stream());
            if (transfer != null) {
                opened(from, transfer, opened);
            }
        } else if (frame instanceof UploadFrame.Nak nak) {
            refused(nak);
        } else if (frame instanceof UploadFrame.Failure failure) {
            failed(failure);
        } else if (frame instanceof UploadFrame.Abort abort) {
            Transfer transfer = streams.get(abort.stream());
            if (transfer != null) {
                forget(transfer);
                trouble(transfer, Breakdown.of(abort.code(), "the receiver gave it up"));
            }
        } else if (frame instanceof UploadFrame.GoAway away) {
            goAway(away);
        } else {
            from.close(
                    Breakdown.lasting(UploadError.PROTOCOL.code(), "the server sent a frame that only clients send"));
        }
    }

    private void acked(UploadFrame.Ack ack) {
        credit = Math.min(credit + ack.creditAdd(), MAX_CREDIT);
        Transfer transfer = streams.get(ack.stream());
        if (transfer == null || !transfer.isOpened()) {
            return;
        }
        if (ack.contiguous() > transfer.acked) {
            transfer.acked = ack.contiguous();
            transfer.failures = 0;
            requireNonNull(transfer.state).verified(transfer.acked);
            progressed();
        }
        if (transfer.pipe != null) {
            transfer.pipe.free(wholeSegments(transfer, ack.contiguous()));
        }
    }

    /** How many segments lie below a number of bytes; the last one may be short. */
    private static int wholeSegments(Transfer transfer, long bytes) {
        long size = transfer.size();
        return size >= 0 && bytes >= size
                ? Transfer.segments(size, transfer.segmentBytes)
                : (int) Math.min(Integer.MAX_VALUE, bytes / transfer.segmentBytes);
    }

    private void opened(ClientConnection from, Transfer transfer, UploadFrame.Opened opened) {
        if (!transfer.isOpened() || transfer.bound) {
            return;
        }
        if (opened.state() == UploadFrame.State.COMPLETE || opened.state() == UploadFrame.State.SKIPPED) {
            transfer.answered = true;
            return;
        }
        UploadFrame.HelloAck terms = from.terms();
        int segment = opened.segmentBytes();
        boolean power = Integer.bitCount(segment) == 1 && segment >= terms.segmentMin();
        boolean changeable = !transfer.optimistic && transfer.pipe == null;
        long segments = power && transfer.pipe == null ? (transfer.size() + segment - 1) / segment : MAX_SEGMENTS;
        boolean same = segment == transfer.segmentBytes;
        if (!power
                || segment > Math.min(terms.segmentMax(), SendOptions.Pace.MAX_SEGMENT_BYTES)
                || segments > MAX_SEGMENTS
                || !(same || changeable)
                || !transfer.take(opened, (int) segments)) {
            from.close(Breakdown.lasting(UploadError.PROTOCOL.code(), "the server opens with segments that cannot be"));
            return;
        }
        if (!same) {
            transfer.sizeSegments(segment);
        }
        if (!opened.more()) {
            bind(transfer, opened);
        }
    }

    private void bind(Transfer transfer, UploadFrame.Opened opened) {
        transfer.bound = true;
        if (transfer.optimistic) {
            return; // all of it is on its way
        }
        transfer.acked = opened.contiguous();
        if (transfer.pipe != null) {
            resume(transfer, transfer.pipe, opened.contiguous());
            return;
        }
        transfer.resumed |= !transfer.told().isEmpty();
        BitSet unread = transfer.unread();
        if (unread == null) {
            changed(transfer);
            return;
        }
        if (!unread.isEmpty()) {
            transfer.check = awake(digests.same(
                    requireNonNull(transfer.file),
                    transfer.size(),
                    transfer.segmentBytes,
                    unread,
                    transfer.toldCrcs()));
        }
        transfer.wantAll();
        transfer.todo.andNot(transfer.told());
    }

    private void resume(Transfer transfer, PipeRing pipe, long contiguous) {
        int has = wholeSegments(transfer, contiguous);
        if (has < pipe.freed()) {
            loseBytes(transfer, pipe, (long) pipe.freed() * transfer.segmentBytes - contiguous);
            return;
        }
        pipe.free(has);
        transfer.wantAll();
        transfer.wanted = pipe.arrived();
    }

    private void loseBytes(Transfer transfer, PipeRing pipe, long bytes) {
        if (streams.containsKey(transfer.stream)) {
            giveUp(transfer, UploadError.UNKNOWN_OR_EXPIRED);
        }
        pipe.close();
        fail(
                transfer,
                Breakdown.lasting(
                        UploadError.UNKNOWN_OR_EXPIRED.code(),
                        "the server lost " + bytes + " bytes that cannot be read again"));
    }

    private void refused(UploadFrame.Nak nak) {
        Transfer transfer = streams.get(nak.stream());
        if (transfer == null || !transfer.isOpened() || transfer.answered) {
            return;
        }
        long size = transfer.size();
        int segments = size >= 0
                ? Transfer.segments(size, transfer.segmentBytes)
                : requireNonNull(transfer.pipe).arrived();
        for (UploadFrame.Refused each : nak.segments()) {
            if (each.segment() < segments) {
                transfer.todo.set((int) each.segment());
            }
        }
        if (transfer.pipe != null) {
            transfer.todo.clear(0, transfer.pipe.freed());
        }
    }

    private void failed(UploadFrame.Failure failure) {
        Transfer transfer = streams.get(failure.stream());
        if (transfer == null) {
            return;
        }
        Breakdown why = Breakdown.of(failure);
        if (why.is(UploadError.INCOMPLETE) && transfer.isOpened() && !transfer.todo.isEmpty()) {
            transfer.committed = false;
            observer.retrying(transfer.source() + ": " + why.why());
            return;
        }
        forget(transfer);
        trouble(transfer, why);
    }

    private void goAway(UploadFrame.GoAway away) {
        goingAway = true;
        connectNotBefore = System.nanoTime() + millis(Math.min(away.retryAfterMillis(), 3_600_000));
        for (Transfer transfer : List.copyOf(streams.values())) {
            if (transfer.stream > away.lastStream()) {
                forget(transfer);
                requeue(transfer, 0);
            }
        }
    }

    private void done(UploadFrame.Result result) {
        Transfer transfer = streams.get(result.stream());
        if (transfer == null) {
            return;
        }
        boolean small = transfer.isSmall();
        long size = small ? transfer.smallSize : transfer.size();
        Octets digest = small ? transfer.smallDigest : joined(transfer.digest);
        forget(transfer);
        if (result.code() != 0) {
            trouble(transfer, Breakdown.of(result.code(), result.name()));
            return;
        }
        boolean folder = transfer.item instanceof SendItem.Folder;
        boolean other =
                result.sha256() != null && digest != null && !result.sha256().equals(digest);
        if (!folder && (result.size() != size || other)) {
            fail(
                    transfer,
                    Breakdown.lasting(
                            UploadError.DIGEST_MISMATCH.code(), "the receiver confirms another content than was sent"));
            return;
        }
        Octets known = digest == null ? result.sha256() : digest;
        SendReport.Receipt receipt = new SendReport.Receipt(
                transfer.source(),
                result.name(),
                result.size(),
                known == null ? null : known.hex(),
                marks(transfer, result));
        receipts.add(receipt);
        doneBytes += result.size();
        progressed();
        try {
            if (transfer.state != null) {
                transfer.state.delete();
            }
        } catch (IOException e) {
            observer.retrying(transfer.source() + ": cannot forget it: " + Reason.of(e));
        }
        close(transfer);
        observer.done(receipt);
    }

    private static @Nullable Octets joined(@Nullable CompletableFuture<@Nullable Octets> digest) {
        return digest == null || !digest.isDone() || digest.isCompletedExceptionally() ? null : digest.join();
    }

    private static Set<SendReport.Mark> marks(Transfer transfer, UploadFrame.Result result) {
        Set<SendReport.Mark> marks = EnumSet.noneOf(SendReport.Mark.class);
        int flags = result.flags();
        if ((flags & UploadFrame.Result.DURABLE) != 0) {
            marks.add(SendReport.Mark.DURABLE);
        }
        if ((flags & UploadFrame.Result.RENAMED) != 0) {
            marks.add(SendReport.Mark.RENAMED);
        }
        if ((flags & UploadFrame.Result.SKIPPED) != 0) {
            marks.add(SendReport.Mark.SKIPPED);
        }
        if ((flags & UploadFrame.Result.REPLAYED) != 0) {
            marks.add(SendReport.Mark.REPLAYED);
        }
        if (transfer.resumed) {
            marks.add(SendReport.Mark.RESUMED);
        }
        return marks;
    }

    // ---- what went wrong

    private void requeue(Transfer transfer, long notBefore) {
        transfer.unbind();
        transfer.smallSize = -1;
        transfer.notBefore = notBefore;
        waiting.addFirst(transfer);
    }

    /** A file stopped, and its stream with it: again, anew, or not at all. */
    private void trouble(Transfer transfer, Breakdown why) {
        if (why.is(UploadError.STALE_EPOCH)) {
            stale(transfer, why);
            return;
        }
        switch (why.retry()) {
            case NEVER -> fail(transfer, why);
            case RESUME -> {
                transfer.failures++;
                boolean lasting = why.is(UploadError.NO_SPACE) || why.is(UploadError.TOO_MANY_UPLOADS);
                if ((transfer.failures > MAX_FAILURES && !lasting) || isTooLong()) {
                    fail(transfer, why);
                } else {
                    observer.retrying(transfer.source() + ": " + why.why());
                    long pause = Math.max(backOff(transfer.failures), millis(why.retryAfterMillis()));
                    requeue(transfer, System.nanoTime() + pause);
                }
            }
            case NEW_KEY -> renew(transfer, why);
        }
    }

    private void stale(Transfer transfer, Breakdown why) {
        SendState state = transfer.state;
        transfer.staleEpochs++;
        if (transfer.bound || state == null || transfer.staleEpochs > MAX_STALE_EPOCHS) {
            fail(transfer, Breakdown.lasting(why.code(), "somebody else sends it: " + why.why()));
            return;
        }
        try {
            state.epoch(Math.max(why.expected(), state.epoch()));
            requeue(transfer, 0);
        } catch (IOException e) {
            failLocally(transfer, e);
        }
    }

    private void renew(Transfer transfer, Breakdown why) {
        PipeRing pipe = transfer.pipe;
        if (pipe != null && pipe.freed() > 0) {
            loseBytes(transfer, pipe, (long) pipe.freed() * transfer.segmentBytes);
            return;
        }
        // A receiver forgets an upload of which it has nothing when the connection is cut: nothing is lost by that.
        boolean forgotten = why.is(UploadError.UNKNOWN_OR_EXPIRED);
        if (!forgotten) {
            transfer.renewals++;
        }
        if (transfer.renewals > MAX_RENEWALS || isTooLong()) {
            fail(transfer, why);
            return;
        }
        try {
            transfer.renew();
            transfer.resumed = false;
            if (!forgotten) {
                observer.retrying(transfer.source() + ": " + why.why());
            }
            requeue(transfer, 0);
        } catch (IOException e) {
            failLocally(transfer, e);
        }
    }

    private void fail(Transfer transfer, Breakdown why) {
        SendReport.Failure failure =
                new SendReport.Failure(transfer.source(), transfer.item.name(), why.code(), why.why());
        failures.add(failure);
        close(transfer);
        observer.failed(failure);
    }
}
