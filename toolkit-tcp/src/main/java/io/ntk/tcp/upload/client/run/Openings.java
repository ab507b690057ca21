package io.ntk.tcp.upload.client.run;

import static java.util.Objects.requireNonNull;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.link.Breakdown;
import io.ntk.tcp.upload.client.link.Link;
import io.ntk.tcp.upload.client.link.Mailbox;
import io.ntk.tcp.upload.client.link.Pacer;
import io.ntk.tcp.upload.client.source.Digests;
import io.ntk.tcp.upload.client.source.Identity;
import io.ntk.tcp.upload.client.source.PipeRing;
import io.ntk.tcp.upload.client.source.RunningDigest;
import io.ntk.tcp.upload.client.source.SourceFile;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * How a file or a pipe that goes out in segments begins, or goes on: its source and what is remembered of it are opened, OPEN
 * goes out, and OPENED says what the receiver has. Belongs to the thread that sends.
 */
final class Openings {
    private static final int MAX_OPEN = 32;
    private static final int MAX_SEGMENTS = UploadFrame.Data.MAX_SEGMENTS;
    private static final long SEGMENT_SECONDS = 10;

    private final SendOptions options;
    private final Link link;
    private final Transfers transfers;
    private final Recovery recovery;
    private final Mailbox mailbox;
    private final Digests digests;
    private final Pacer pacer;

    Openings(
            SendOptions options,
            Link link,
            Transfers transfers,
            Recovery recovery,
            Mailbox mailbox,
            Digests digests,
            Pacer pacer) {
        this.options = options;
        this.link = link;
        this.transfers = transfers;
        this.recovery = recovery;
        this.mailbox = mailbox;
        this.digests = digests;
        this.pacer = pacer;
    }

    Transfer.Begun begin(Transfer transfer) throws IOException {
        if (transfers.large().size() >= Math.min(MAX_OPEN, link.terms().maxStreams())) {
            return Transfer.Begun.LATER;
        }
        if (!transfer.isOpened()) {
            openSource(transfer);
        }
        if (transfer.item instanceof SendItem.File file) {
            Identity now = Identity.of(file.source());
            if (!transfer.isStill(now)) { // between two connections
                transfer.renew();
                return Transfer.Begun.AGAIN;
            }
            if (now.size() > link.terms().maxFile()) {
                throw new IOException(
                        "larger than the receiver takes: " + link.terms().maxFile() + " bytes");
            }
        } else if (!link.can(Capability.UNKNOWN_SIZE)) {
            throw new IOException("the receiver takes no files of unknown size");
        }
        open(transfer, requireNonNull(transfer.state()));
        return Transfer.Begun.YES;
    }

    private void open(Transfer transfer, SendState state) throws IOException {
        UploadFrame.Start how = UploadFrame.Start.NORMAL;
        if (state.epoch() > 0) {
            how = UploadFrame.Start.RESUME;
        } else if (options.onExists() != OnExists.SKIP_SAME && link.can(Capability.OPTIMISTIC)) {
            how = UploadFrame.Start.OPTIMISTIC;
        }
        state.verified(transfer.acked());
        state.epoch(state.epoch() + 1);
        SourceFile file = transfer.file();
        if (file != null && transfer.digest() == null && isDigestWanted()) {
            if (how == UploadFrame.Start.RESUME) {
                digestInBackground(transfer, file);
            } else {
                transfer.digestWhileSending(new RunningDigest(transfer.size()));
            }
        }
        transfers.beginLarge(transfer, link.stream());
        if (how == UploadFrame.Start.OPTIMISTIC) {
            transfer.sendOptimistically();
        }
        link.write(new UploadFrame.Open(
                transfer.stream(), how, transfer.request(options, state.key(), state.epoch(), null)));
    }

    /** Reads the whole file for it, since not all of it will be sent. */
    private void digestInBackground(Transfer transfer, SourceFile file) {
        transfer.digestElsewhere(
                mailbox.wakeAt(digests.sha256(file.channel(), transfer.size()).thenApply(octets -> octets)));
    }

    private boolean isDigestWanted() {
        return options.digest() == SendOptions.Digest.SHA256;
    }

    // ---- the source

    private void openSource(Transfer transfer) throws IOException {
        transfer.sizeSegments(segmentBytes(transfer.item instanceof SendItem.Pipe ? -1 : transfer.size()));
        if (transfer.item instanceof SendItem.Pipe pipe) {
            PipeRing ring = new PipeRing(
                    pipe.source(),
                    transfer.segmentBytes(),
                    link.alloc(),
                    isDigestWanted() ? digests : null,
                    mailbox::wake);
            transfer.from(ring, mailbox.wakeAt(ring.digested()));
            return;
        }
        SendItem.File file = (SendItem.File) transfer.item;
        Path folder = options.state();
        SendState state =
                folder == null ? SendState.inMemory() : SendState.open(folder, identity(file, transfer.identity()));
        if (state == null) {
            throw new IOException("it is already being sent");
        }
        transfer.from(file.source(), state);
    }

    private String identity(SendItem.File file, @Nullable Identity identity) throws IOException {
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
        UploadFrame.HelloAck terms = link.terms();
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

    // ---- what the receiver has

    void opened(Transfer transfer, UploadFrame.Opened opened) {
        if (!transfer.isOpened() || transfer.isBound()) {
            return;
        }
        if (opened.state() == UploadFrame.State.COMPLETE || opened.state() == UploadFrame.State.SKIPPED) {
            transfer.isKnown();
            return;
        }
        if (!take(transfer, opened)) {
            link.refuse(
                    Breakdown.lasting(UploadError.PROTOCOL.code(), "the server opens with segments that cannot be"));
        } else if (!opened.more()) {
            bind(transfer, opened);
        }
    }

    /** Takes the size of segments and which the receiver has; false when they cannot be. */
    private boolean take(Transfer transfer, UploadFrame.Opened opened) {
        UploadFrame.HelloAck terms = link.terms();
        int segment = opened.segmentBytes();
        boolean power = Integer.bitCount(segment) == 1 && segment >= terms.segmentMin();
        boolean changeable = !transfer.isOptimistic() && transfer.pipe() == null;
        long segments = power && transfer.pipe() == null ? (transfer.size() + segment - 1) / segment : MAX_SEGMENTS;
        boolean same = segment == transfer.segmentBytes();
        if (!power
                || segment > Math.min(terms.segmentMax(), SendOptions.Pace.MAX_SEGMENT_BYTES)
                || segments > MAX_SEGMENTS
                || !(same || changeable)
                || opened.contiguous() > held(transfer, segment)
                || !transfer.take(opened, (int) segments)) {
            return false;
        }
        if (!same) {
            transfer.sizeSegments(segment);
        }
        return true;
    }

    /** The bytes that this side could have sent at all. */
    private static long held(Transfer transfer, int segmentBytes) {
        PipeRing pipe = transfer.pipe();
        return pipe == null ? transfer.size() : (long) pipe.arrived() * segmentBytes;
    }

    private void bind(Transfer transfer, UploadFrame.Opened opened) {
        transfer.bind();
        if (transfer.isOptimistic()) {
            return; // all of it is on its way
        }
        PipeRing pipe = transfer.pipe();
        transfer.has(opened.contiguous());
        if (pipe != null) {
            resume(transfer, pipe, opened.contiguous());
            return;
        }
        BitSet unread = transfer.unread();
        if (unread == null) {
            recovery.changed(transfer);
            return;
        }
        if (!unread.isEmpty()) {
            SourceFile file = requireNonNull(transfer.file());
            if (transfer.running() != null) {
                digestInBackground(transfer, file);
            }
            transfer.compare(mailbox.wakeAt(digests.same(
                    file.channel(), transfer.size(), transfer.segmentBytes(), unread, transfer.toldCrcs())));
        }
        transfer.wantMissing();
    }

    private void resume(Transfer transfer, PipeRing pipe, long contiguous) {
        int has = transfer.wholeSegments(contiguous);
        if (has < pipe.freed()) {
            recovery.loseBytes(transfer, pipe, (long) pipe.freed() * transfer.segmentBytes() - contiguous);
            return;
        }
        pipe.free(has);
        transfer.wantAll();
    }
}
