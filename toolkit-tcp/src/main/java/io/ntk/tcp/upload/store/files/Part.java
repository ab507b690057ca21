package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.admission.Reservation;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.StoreFolder;
import io.ntk.tcp.upload.store.log.Journal;
import io.ntk.tcp.upload.store.log.JournalContent;
import io.ntk.tcp.upload.store.log.JournalHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is under way: {@code KEY.part}, its journal, and what is verified of it. Whether a segment counts is said here
 * and nowhere else. Used by the tasks of its upload's queue alone.
 */
final class Part {
    static final int MAX_SEGMENTS = UploadFrame.Data.MAX_SEGMENTS;

    private static final Logger LOG = LoggerFactory.getLogger(Part.class);
    private static final int MAX_MISSING = 1024;
    private static final int READ_BYTES = 1 << 18;

    private final JournalHeader header;
    private final Path path;
    private final FileChannel channel;
    private final Journal journal;
    private final Reservation reservation;
    private final BitSet verified = new BitSet();
    private int[] crcs = new int[16];
    private long epoch;
    /* Where a short segment ended the data of a file of unknown size. */
    private long end = UploadRequest.UNKNOWN_SIZE;
    private long progressAt = System.nanoTime();
    private @Nullable Hasher hasher;

    private Part(JournalHeader header, Path path, FileChannel channel, Journal journal, Reservation reservation) {
        this.header = header;
        this.path = path;
        this.channel = channel;
        this.journal = journal;
        this.reservation = reservation;
        this.epoch = header.request().epoch();
    }

    /**
     * Makes both files; when one cannot be made, neither is there.
     *
     * @throws UploadException when there is no space for its size
     */
    static Part create(FileStore store, Path path, Path log, JournalHeader header) throws IOException {
        Reservation reservation =
                Reservation.of(store.space(), Math.max(0, header.request().size()));
        FileChannel channel = null;
        try {
            store.disk().about(Step.CREATE_PART, path);
            channel = FileChannel.open(
                    path,
                    Set.of(
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    StoreFolder.ownerOnly());
            Journal journal = Journal.create(log, header, store.disk());
            return new Part(header, path, channel, journal, reservation);
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
                store.delete(Step.DELETE_JOURNAL, log);
                store.delete(Step.DELETE_PART, path);
            }
            reservation.release();
            throw e;
        }
    }

    /** Takes up both files with what the journal says; null when nothing of it is verified. */
    static @Nullable Part recover(FileStore store, Path path, Path log, JournalContent content) throws IOException {
        FileChannel channel = FileChannel.open(
                path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        Journal journal = Journal.reopen(log, content.goodBytes(), store.disk());
        JournalHeader header = content.header();
        long verified = content.entries().stream()
                .filter(entry -> entry.kind() == Journal.SEGMENT)
                .mapToLong(JournalContent.Entry::number)
                .distinct()
                .count();
        long written = Math.min(channel.size(), verified * header.segmentBytes());
        Part part = new Part(header, path, channel, journal, Reservation.written(store.space(), written));
        for (JournalContent.Entry entry : content.entries()) {
            if (entry.kind() == Journal.SEGMENT && entry.number() < MAX_SEGMENTS) {
                part.count((int) entry.number(), entry.crc());
            } else if (entry.kind() == Journal.EPOCH) {
                part.epoch = entry.number();
                if (entry.crc() != 0) {
                    part.end = (part.verified.length() - 1L) * part.segmentBytes() + entry.crc();
                }
            }
        }
        if (part.verified.isEmpty()) {
            part.close();
            return null;
        }
        return part;
    }

    // ---- what it is

    JournalHeader header() {
        return header;
    }

    UploadRequest request() {
        return header.request();
    }

    Path path() {
        return path;
    }

    FileChannel channel() {
        return channel;
    }

    Journal journal() {
        return journal;
    }

    Reservation reservation() {
        return reservation;
    }

    long epoch() {
        return epoch;
    }

    int segmentBytes() {
        return header.segmentBytes();
    }

    /** Nanoseconds since something of it was opened or arrived. */
    long idleNanos(long now) {
        return now - progressAt;
    }

    void progress() {
        progressAt = System.nanoTime();
    }

    /** The next opening. */
    void nextEpoch(long next) throws IOException {
        journal.append(Step.JOURNAL, Journal.EPOCH, next, 0);
        epoch = next;
        progress();
    }

    // ---- what is verified

    boolean isVerified(int segment) {
        return verified.get(segment);
    }

    boolean isEmpty() {
        return verified.isEmpty();
    }

    BitSet verified() {
        return (BitSet) verified.clone();
    }

    IntBuffer crcs() {
        return IntBuffer.wrap(crcs.clone()).asReadOnlyBuffer();
    }

    /** A segment whose bytes are in the file and were what was promised; a short one ends a file of unknown size. */
    void verify(int segment, int crc, int bytes) throws IOException {
        journal.append(Step.JOURNAL, Journal.SEGMENT, segment, crc);
        count(segment, crc);
        if (!request().hasSize() && bytes < segmentBytes()) {
            end = (long) segment * segmentBytes() + bytes;
            journal.append(Step.JOURNAL, Journal.EPOCH, epoch, bytes);
        }
        if (hasher != null) {
            hasher.know(contiguous());
        }
    }

    private void count(int segment, int crc) {
        if (segment >= crcs.length) {
            crcs = Arrays.copyOf(crcs, Math.max(segment + 1, crcs.length * 2));
        }
        crcs[segment] = crc;
        verified.set(segment);
    }

    /** The size, where it was told or a short segment has told it; else {@link UploadRequest#UNKNOWN_SIZE}. */
    long knownSize() {
        return request().hasSize() ? request().size() : end;
    }

    /** How many bytes a segment of a file of that size has; 0 for one that there is not. */
    long bytesOf(long segment, long size) {
        return Math.max(0, Math.min(segmentBytes(), size - segment * segmentBytes()));
    }

    /** Whether a segment may come: where the size is unknown, only the next one, or again one that is there. */
    boolean admits(long offset, int bytes) {
        long segment = offset / segmentBytes();
        if (offset % segmentBytes() != 0 || segment >= MAX_SEGMENTS) {
            return false;
        }
        if (request().hasSize()) {
            return bytes == bytesOf(segment, request().size());
        }
        boolean next = end == UploadRequest.UNKNOWN_SIZE && segment == verified.nextClearBit(0);
        return bytes <= segmentBytes() && (next || verified.get((int) segment));
    }

    /** Verified bytes from the start without a gap. */
    long contiguous() {
        long bytes = (long) verified.nextClearBit(0) * segmentBytes();
        long size = knownSize();
        return size == UploadRequest.UNKNOWN_SIZE ? bytes : Math.min(bytes, size);
    }

    /** The lowest segments that a file of that size still lacks, at most 1,024. */
    List<Long> missing(long size) {
        List<Long> missing = new ArrayList<>();
        long segments = (size + segmentBytes() - 1) / segmentBytes();
        for (int s = verified.nextClearBit(0); s < segments && missing.size() < MAX_MISSING; ) {
            missing.add((long) s);
            s = verified.nextClearBit(s + 1);
        }
        return missing;
    }

    /** The CRC32C of the whole; all of it is verified. */
    int sum(long size) {
        Crc32cSum sum = new Crc32cSum();
        for (int s = 0; (long) s * segmentBytes() < size; s++) {
            sum.append(crcs[s], bytesOf(s, size));
        }
        return sum.value();
    }

    /** Reads what the journal says again: after a reboot it may not have reached the disk. */
    void readAgain() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        long size = knownSize() == UploadRequest.UNKNOWN_SIZE ? Long.MAX_VALUE : knownSize();
        for (int s = verified.nextSetBit(0); s >= 0; s = verified.nextSetBit(s + 1)) {
            if (crc(s, bytesOf(s, size), buffer) != Integer.toUnsignedLong(crcs[s])) {
                verified.clear(s);
                end = UploadRequest.UNKNOWN_SIZE;
            }
        }
    }

    private long crc(int segment, long bytes, ByteBuffer buffer) throws IOException {
        CRC32C sum = new CRC32C();
        long from = (long) segment * segmentBytes();
        for (long left = bytes; left > 0; ) {
            buffer.clear().limit((int) Math.min(left, buffer.capacity()));
            int count = channel.read(buffer, from);
            if (count < 0) {
                return -1;
            }
            sum.update(buffer.flip());
            from += count;
            left -= count;
        }
        return sum.getValue();
    }

    // ---- its digest, and its end

    @Nullable
    Hasher hasher() {
        return hasher;
    }

    /** Begins to digest what is verified. */
    Hasher hasher(Executor threads) throws IOException {
        Hasher there = hasher;
        if (there == null) {
            there = new Hasher(path, threads);
            there.know(contiguous());
            hasher = there;
        }
        return there;
    }

    /** Closes the files, and gives the space back. */
    void close() {
        reservation.release();
        try {
            channel.close();
            journal.close();
            if (hasher != null) {
                hasher.close();
            }
        } catch (IOException e) {
            LOG.debug("cannot close {}", path, e);
        }
    }
}
