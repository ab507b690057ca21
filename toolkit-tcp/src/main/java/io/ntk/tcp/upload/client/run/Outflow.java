package io.ntk.tcp.upload.client.run;

import static java.util.Objects.requireNonNull;

import io.netty.util.ReferenceCounted;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.client.link.Link;
import io.ntk.tcp.upload.client.link.Pacer;
import io.ntk.tcp.upload.client.source.Identity;
import io.ntk.tcp.upload.client.source.PipeRing;
import io.ntk.tcp.upload.client.source.Segment;
import io.ntk.tcp.upload.client.source.SourceFile;
import io.ntk.tcp.upload.store.Octets;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Which segment goes out next, and whether there is credit and room for it; and the commit behind the last one. While there is
 * none, the segment is read and summed already, so that it can follow at once. Belongs to the thread that sends.
 */
final class Outflow {
    private static final int IN_FLIGHT_BYTES = 8 << 20;
    private static final int SCRATCH_BYTES = 128 * 1024;

    private final Link link;
    private final Transfers transfers;
    private final Recovery recovery;
    private final Tally tally;
    private final Pacer pacer;
    /* What is read to be summed alone; small enough to stay in the processor's cache. */
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private @Nullable Ahead ahead;
    private volatile boolean cancelled;

    /** A segment that was read before it may go out, of one stream. */
    private record Ahead(Transfer transfer, long stream, int number, Segment segment) {
        boolean is(Transfer of, int segmentNumber) {
            return transfer == of && stream == of.stream() && number == segmentNumber;
        }
    }

    Outflow(Link link, Transfers transfers, Recovery recovery, Tally tally, Pacer pacer) {
        this.link = link;
        this.transfers = transfers;
        this.recovery = recovery;
        this.tally = tally;
        this.pacer = pacer;
    }

    /** Nothing more goes out, not even the rest of a segment. May be called on any thread. */
    void cancel() {
        cancelled = true;
    }

    /** Gives back what was read and has not gone out: there is no connection for it. */
    void drop() {
        Ahead read = ahead;
        if (read != null) {
            ahead = null;
            read.segment().release();
        }
    }

    /** What came of a step. */
    enum Step {
        /** Something went out, or a file ended. */
        DONE,
        /** There are segments, but no credit or room for one. */
        BLOCKED,
        /** There is nothing to send of what is begun. */
        NONE
    }

    /** Commits a file whose segments are out, or sends a segment. */
    Step step() throws InterruptedException {
        if (ahead != null && transfers.on(ahead.stream()) != ahead.transfer()) {
            drop();
        }
        for (Transfer transfer : transfers.large()) {
            transfer.wantArrived();
            if (transfer.isToCommit()) {
                commit(transfer);
                return Step.DONE;
            }
        }
        for (Transfer transfer : transfers.large()) {
            int segment = transfer.isSendable() ? transfer.next() : -1;
            if (segment >= 0) {
                return send(transfer, segment) ? Step.DONE : Step.BLOCKED;
            }
        }
        return Step.NONE;
    }

    // ---- segments

    private boolean send(Transfer transfer, int number) throws InterruptedException {
        int length = transfer.length(number);
        boolean room = link.hasRoom(Math.max(IN_FLIGHT_BYTES, 2L * transfer.segmentBytes()) - length);
        tally.waitFor(Waiting.SOURCE);
        Segment segment = read(transfer, number, length);
        if (segment == null) {
            return true;
        }
        if (length > link.credit() || !room) {
            tally.waitFor(link.inFlight() > 0 ? Waiting.NETWORK : Waiting.RECEIVER);
            return false;
        }
        if (transfer.pipe() == null) {
            ahead = null;
        }
        transfer.goesOut(number, segment.crc32c());
        link.take(length);
        tally.sent(length);
        long offset = (long) number * transfer.segmentBytes();
        link.write(new UploadFrame.Data(transfer.stream(), offset, length, segment.crc32c()));
        payload(segment, transfer.pipe() != null);
        link.flush();
        return true;
    }

    /** What a pipe keeps stays the ring's, the rest is kept here. Null when it cannot be read, and the file has been given up. */
    private @Nullable Segment read(Transfer transfer, int number, int length) {
        PipeRing pipe = transfer.pipe();
        if (pipe != null) {
            return requireNonNull(pipe.segment(number));
        }
        if (ahead != null && ahead.is(transfer, number)) {
            return ahead.segment();
        }
        drop();
        try {
            SourceFile file = requireNonNull(transfer.file());
            long offset = (long) number * transfer.segmentBytes();
            int chunk = pacer.chunkBytes();
            Segment segment = link.sendsFiles()
                    ? Segment.regions(file, offset, length, chunk, scratch, transfer.running())
                    : Segment.read(file.channel(), offset, length, chunk, link.alloc(), transfer.running());
            ahead = new Ahead(transfer, transfer.stream(), number, segment);
            return segment;
        } catch (EOFException e) {
            recovery.changed(transfer);
        } catch (IOException e) {
            recovery.unreadable(transfer, e);
        }
        return null;
    }

    /** The raw bytes; what is kept for a pipe stays the ring's. At a slow rate a connection may end in the middle of it. */
    private void payload(Segment segment, boolean kept) throws InterruptedException {
        try {
            for (ReferenceCounted piece : segment.pieces()) {
                if (link.isOpen() && !cancelled) {
                    pacer.await(Segment.bytes(piece), link::flush);
                    link.write(Segment.retained(piece));
                }
            }
        } finally {
            if (!kept) {
                segment.release();
            }
        }
    }

    // ---- the end of a file

    private void commit(Transfer transfer) {
        PipeRing pipe = transfer.pipe();
        IOException broken = pipe == null ? null : pipe.failure();
        if (broken != null) {
            recovery.unreadable(transfer, broken);
            return;
        }
        try {
            boolean same = transfer.isSame();
            CompletableFuture<@Nullable Octets> whole = transfer.digest();
            Octets digest = whole != null && link.can(Capability.SHA256) ? whole.join() : null;
            if (transfer.item instanceof SendItem.File file) {
                same &= transfer.isStill(Identity.of(file.source()));
            }
            if (same) {
                transfer.commit();
                link.write(new UploadFrame.Commit(transfer.stream(), transfer.size(), digest));
            } else {
                recovery.changed(transfer);
            }
        } catch (CompletionException e) {
            if (e.getCause() instanceof EOFException) {
                recovery.changed(transfer);
            } else {
                recovery.unreadable(transfer, e.getCause() == null ? e : e.getCause());
            }
        } catch (IOException e) {
            recovery.unreadable(transfer, e);
        }
    }
}
