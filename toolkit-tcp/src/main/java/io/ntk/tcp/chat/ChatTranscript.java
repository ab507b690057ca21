package io.ntk.tcp.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of all messages, one JSON object a line, as members see them in the json format; rooms go on from it when a server
 * starts anew.
 *
 * <p>A message only goes into a queue. A thread of its own writes what has come, four times a second or whenever 64
 * KiB are there, and has the disk take it once a second; so a crash of the process loses a quarter of a second, one of the machine a
 * second. The queue counts at most {@value #MAX_QUEUED_BYTES} bytes: beyond that the transcript is full until half of
 * them are written, and members are not read.
 *
 * <p>Failure: what cannot be written is left out; a warning and a {@link NetEvent.Failed} say so once. When writing works again, a line of
 * the type {@code missing} for each room says how many messages are missing, and their numbers.
 *
 * <p>The file is locked against a second server while it is open, is made for its owner alone, and is only ever cut behind its last line
 * end. Thread-safe.
 */
public final class ChatTranscript implements ChatObserver, AutoCloseable {
    /** What waits to be written, counted generously. */
    public static final int MAX_QUEUED_BYTES = 16 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ChatTranscript.class);
    private static final String SERVICE = "chat";
    private static final int MAX_KEPT_BYTES = 64 * 1024 * 1024;
    private static final int BATCH_BYTES = 64 * 1024;
    /** How long a first message waits for others: wakes the writer four times a second at most. */
    private static final Duration GATHER = Duration.ofMillis(250);

    private static final Duration FORCE = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private record Entry(ChatMessage message, int bytes) {}

    private record Missing(long count, long first, long last) {
        Missing and(long seq) {
            return new Missing(count + 1, Math.min(first, seq), Math.max(last, seq));
        }
    }

    private final Path path;
    private final FileChannel file;
    private final Duration retry;
    private final NetListener listener;
    private final Map<String, Past> past;
    private final Thread writer = new Thread(this::write, "ntk-transcript");

    /* Under the lock: what producers and the writer share. */
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Queue<Entry> queue = new ArrayDeque<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private long queued;
    private boolean full;
    private boolean closing;

    /* The writer's own. */
    private final Map<String, Missing> missing = new LinkedHashMap<>();
    private long goodEnd;
    private boolean failing;
    private boolean unforced;
    private boolean forceFails;
    private long forcedAt = System.nanoTime();
    private long triedAt;
    private String run = "";

    /**
     * What was said in a room before.
     *
     * @param seq the highest number, from which to go on
     * @param history the last messages, the oldest first
     */
    public record Past(long seq, List<ChatMessage> history) {
        /** Takes a copy. */
        public Past {
            history = List.copyOf(history);
        }
    }

    ChatTranscript(Path path, FileChannel file, int history, Duration retry, NetListener listener) throws IOException {
        this.path = path;
        this.file = file;
        this.retry = retry;
        this.listener = listener;
        TranscriptFile read = TranscriptFile.read(file, history, MAX_KEPT_BYTES);
        this.past = read.past();
        this.goodEnd = file.position();
        if (read.cut() > 0) {
            LOG.info("{}: a torn end of {} bytes was cut", path, read.cut());
        }
        if (read.unreadable() > 0) {
            LOG.warn("{}: {} lines are no lines of a transcript", path, read.unreadable());
        }
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Opens a transcript, or makes one, and reads it.
     *
     * @param path a regular file
     * @param history how many messages of each room are read back
     * @param listener is told when writing fails
     * @return the transcript, to be closed behind the server
     * @throws IOException if it cannot be opened, is no transcript, or is in use; the message has the path
     */
    public static ChatTranscript open(Path path, int history, NetListener listener) throws IOException {
        requireNonNull(listener, "listener");
        if (history < 0) {
            throw new IllegalArgumentException("history: " + history + " (expected: >= 0)");
        }
        FileChannel file = null;
        try {
            file = channel(path);
            lock(file);
            return new ChatTranscript(path, file, history, FORCE, listener);
        } catch (IOException e) {
            if (file != null) {
                file.close();
            }
            throw new IOException("cannot open the transcript " + path + ": " + Reason.of(e), e);
        }
    }

    private static FileChannel channel(Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("not a regular file");
        }
        FileAttribute<?>[] mode =
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                        }
                        : new FileAttribute<?>[0];
        try {
            return FileChannel.open(
                    path,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    mode);
        } catch (FileAlreadyExistsException e) {
            return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
    }

    private static void lock(FileChannel file) throws IOException {
        FileLock held;
        try {
            held = file.tryLock();
        } catch (OverlappingFileLockException e) {
            held = null;
        }
        if (held == null) {
            throw new IOException("another server is writing to it");
        }
    }

    /**
     * What the file held when it was opened.
     *
     * @return rooms by their names, those that were silent for longest first
     */
    public Map<String, Past> past() {
        return past;
    }

    /** Takes a message; never blocks. After {@link #close} messages are dropped. */
    @Override
    public boolean said(ChatMessage message) {
        Entry entry = new Entry(message, cost(message));
        lock.lock();
        try {
            if (closing) {
                return true;
            }
            boolean waking = queued == 0 || (queued < BATCH_BYTES && queued + entry.bytes() >= BATCH_BYTES);
            queue.add(entry);
            queued += entry.bytes();
            full |= queued >= MAX_QUEUED_BYTES;
            if (waking) {
                work.signal();
            }
            return !full;
        } finally {
            lock.unlock();
        }
    }

    /** What a message takes as a line, and in memory until then, at most. */
    private static int cost(ChatMessage message) {
        return 256
                + 3
                        * (message.text().length()
                                + message.from().length()
                                + message.room().length());
    }

    /** The action runs on this thread when there is room now, else on the writer's. */
    @Override
    public void whenReady(Runnable action) {
        lock.lock();
        try {
            if (full) {
                waiting.add(action);
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    /** Writes what was taken, waits at most five seconds for that, and closes the file. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            work.signal();
        } finally {
            lock.unlock();
        }
        try {
            writer.join(CLOSE_WAIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (writer.isAlive()) {
            failed("the disk takes nothing");
        }
    }

    private void write() {
        try {
            List<ChatMessage> batch = next();
            while (batch != null) {
                if (!batch.isEmpty()) {
                    store(batch);
                }
                tend();
                batch = next();
            }
            if (failing) {
                recover();
            }
            force();
        } finally {
            end();
        }
    }

    /** Waits for messages: null at the end, an empty list when it is only time to look after the file. */
    private @Nullable List<ChatMessage> next() {
        List<Runnable> released = List.of();
        lock.lock();
        try {
            pause(1, failing ? retry : unforced ? FORCE : LONG);
            if (!queue.isEmpty()) {
                pause(BATCH_BYTES, GATHER);
            }
            if (queue.isEmpty()) {
                return closing ? null : List.of();
            }
            List<ChatMessage> batch = new ArrayList<>();
            int bytes = 0;
            for (Entry entry = queue.poll(); entry != null; entry = bytes < BATCH_BYTES ? queue.poll() : null) {
                batch.add(entry.message());
                bytes += entry.bytes();
            }
            queued -= bytes;
            if (full && queued <= MAX_QUEUED_BYTES / 2) {
                full = false;
                released = List.copyOf(waiting);
                waiting.clear();
            }
            return batch;
        } finally {
            lock.unlock();
            released.forEach(Runnable::run);
        }
    }

    /** Waits until so much is queued, for at most so long; wakes for the end. */
    private void pause(long bytes, Duration atMost) {
        long left = atMost.toNanos();
        try {
            while (queued < bytes && !closing && left > 0) {
                left = work.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts this thread", e);
        }
    }

    private void store(List<ChatMessage> batch) {
        run = batch.get(batch.size() - 1).run();
        if (failing) {
            batch.forEach(this::miss);
            return;
        }
        ByteArrayOutputStream lines = new ByteArrayOutputStream(BATCH_BYTES);
        batch.forEach(message -> line(lines, message.toJson()));
        try {
            put(lines);
        } catch (IOException e) {
            failing = true;
            triedAt = System.nanoTime();
            batch.forEach(this::miss);
            failed(Reason.of(e));
        }
    }

    private void miss(ChatMessage message) {
        long seq = message.seq();
        missing.merge(message.room(), new Missing(1, seq, seq), (all, one) -> all.and(seq));
    }

    private static void line(ByteArrayOutputStream to, String json) {
        to.writeBytes(json.getBytes(UTF_8));
        to.write('\n');
    }

    /** Everything or nothing, as far as the disk lets us: the next write begins at the same place. */
    private void put(ByteArrayOutputStream lines) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(lines.toByteArray());
        long at = goodEnd;
        try {
            while (bytes.hasRemaining()) {
                at += file.write(bytes, at);
            }
        } catch (IOException e) {
            cutBack(e);
            throw e;
        }
        goodEnd = at;
        unforced = true;
    }

    private void cutBack(IOException cause) {
        try {
            file.truncate(goodEnd);
        } catch (IOException e) {
            cause.addSuppressed(e); // the next write overwrites what is there
        }
    }

    private void tend() {
        long now = System.nanoTime();
        if (failing && now - triedAt >= retry.toNanos()) {
            triedAt = now;
            recover();
        }
        if (unforced && now - forcedAt >= FORCE.toNanos()) {
            force();
        }
    }

    /** Says what is missing, if that can be written now. */
    private void recover() {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        Instant now = Instant.now();
        missing.forEach((room, gap) -> line(lines, gapLine(now, room, gap)));
        try {
            put(lines);
        } catch (IOException e) {
            LOG.debug("{} still cannot be written: {}", path, Reason.of(e));
            return;
        }
        long count = missing.values().stream().mapToLong(Missing::count).sum();
        LOG.info("{}: writing works again, {} messages are missing", path, count);
        missing.clear();
        failing = false;
    }

    private String gapLine(Instant now, String room, Missing gap) {
        return ChatMessage.start(now)
                .field("run", run)
                .field("room", room)
                .field("type", "missing")
                .field("count", gap.count())
                .field("firstSeq", gap.first())
                .field("lastSeq", gap.last())
                .toString();
    }

    private void force() {
        forcedAt = System.nanoTime();
        if (!unforced) {
            return;
        }
        unforced = false;
        try {
            file.force(false);
            forceFails = false;
        } catch (IOException e) {
            if (!forceFails) {
                forceFails = true;
                failed(Reason.of(e));
            }
        }
    }

    private void end() {
        List<Runnable> released;
        lock.lock();
        try {
            closing = true;
            full = false;
            queue.clear();
            released = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        released.forEach(Runnable::run);
        if (!missing.isEmpty()) {
            LOG.warn("{}: {} rooms have messages that were not written", path, missing.size());
        }
        try {
            file.close();
        } catch (IOException e) {
            LOG.warn("{}: {}", path, Reason.of(e));
        }
    }

    private void failed(String why) {
        LOG.warn("cannot write the transcript {}: {}", path, why);
        listener.on(new NetEvent.Failed(SERVICE, "cannot write the transcript " + path, why));
    }
}
