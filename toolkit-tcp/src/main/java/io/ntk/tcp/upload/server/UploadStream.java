package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file of a connection, from its OPEN to its end: what its store says of it becomes frames. When it is over, what still
 * comes on its stream is thrown away by {@link UploadStreams}.
 */
final class UploadStream {
    /* What a frame OPENED has beside its lists, and what one segment takes in them at worst: a range, and a CRC of its own. */
    private static final int OPENED_BYTES = 64;
    private static final int SEGMENT_BYTES = 24;
    private static final int MAX_SEGMENTS_A_FRAME = 2048;

    private final long number;
    private final UploadRequest request;
    private final UploadStreams streams;
    private final ServerConnection connection;
    private final long startedAt;
    private State state = State.OPEN;
    private @Nullable Upload upload;
    private int segmentBytes;
    private boolean announced;

    private enum State {
        OPEN,
        /** Its COMMIT has come. */
        COMMITTING,
        /** Its connection has left it while it is being committed. */
        LEFT,
        /** It has failed, or nothing of it is needed, or it is done. */
        OVER
    }

    UploadStream(long number, UploadRequest request, UploadStreams streams) {
        this.number = number;
        this.request = request;
        this.streams = streams;
        this.connection = streams.connection();
        this.startedAt = connection.now();
        this.segmentBytes = request.segmentBytes();
    }

    long number() {
        return number;
    }

    boolean isCommitting() {
        return state == State.COMMITTING;
    }

    // ---- the beginning

    void open(UploadStore store, ServerHandshake peer, UploadStore.Opening opening) {
        Upload begun = store.open(peer.caller(), request, opening, peer.maxSegmentBytes(), peer.can(Capability.SHA256));
        upload = begun;
        begun.opened()
                .whenComplete((snapshot, failure) -> connection.onLoop(() -> {
                    streams.opened();
                    opened(snapshot, failure, peer.maxPeerFrameBytes());
                }));
        begun.lost()
                .thenAccept(epoch -> connection.onLoop(() -> refuse(
                        new UploadException(UploadError.STALE_EPOCH, "another connection took over", epoch, 0))));
    }

    private void opened(Upload.@Nullable Snapshot snapshot, @Nullable Throwable failure, int maxFrameBytes) {
        if (snapshot == null) {
            refuse(failure);
            return;
        }
        if (state == State.OVER || state == State.LEFT) {
            return;
        }
        Receipt receipt = snapshot.receipt();
        if (receipt != null) {
            boolean skipped = receipt.marks().contains(Receipt.Mark.SKIPPED)
                    && !receipt.marks().contains(Receipt.Mark.REPLAYED);
            var how = skipped ? UploadFrame.State.SKIPPED : UploadFrame.State.COMPLETE;
            connection.send(opened(snapshot, how, List.of(), List.of(), false));
            done(receipt);
            return;
        }
        segmentBytes = snapshot.segmentBytes();
        announced = true;
        connection.tell(new UploadEvent.Opened(
                connection.id(), connection.peer(), request.path(), request.size(), snapshot.contiguous()));
        sendOpened(snapshot, Math.min(MAX_SEGMENTS_A_FRAME, (maxFrameBytes - OPENED_BYTES) / SEGMENT_BYTES));
    }

    /** As many frames as the lists of ranges and CRCs take. */
    private void sendOpened(Upload.Snapshot snapshot, int room) {
        BitSet verified = snapshot.verified();
        var how = verified.isEmpty() ? UploadFrame.State.NEW : UploadFrame.State.PARTIAL;
        List<UploadFrame.Range> ranges = new ArrayList<>();
        List<UploadFrame.Crcs> crcs = new ArrayList<>();
        int used = 0;
        for (int from = verified.nextSetBit(0); from >= 0; ) {
            int end = Math.min(verified.nextClearBit(from), from + room - used);
            List<Integer> each = new ArrayList<>();
            for (int s = from; s < end; s++) {
                each.add(snapshot.crcs().get(s));
            }
            ranges.add(new UploadFrame.Range(from, end - from));
            crcs.add(new UploadFrame.Crcs(from, each));
            used += end - from;
            from = verified.nextSetBit(end);
            if (used >= room && from >= 0) {
                connection.send(opened(snapshot, how, ranges, crcs, true));
                ranges.clear();
                crcs.clear();
                used = 0;
            }
        }
        connection.send(opened(snapshot, how, ranges, crcs, false));
    }

    private UploadFrame.Opened opened(
            Upload.Snapshot snapshot,
            UploadFrame.State how,
            List<UploadFrame.Range> ranges,
            List<UploadFrame.Crcs> crcs,
            boolean more) {
        return new UploadFrame.Opened(
                number,
                snapshot.epoch(),
                how,
                snapshot.policy(),
                snapshot.segmentBytes(),
                snapshot.verified().cardinality(),
                snapshot.contiguous(),
                ranges,
                crcs,
                more);
    }

    // ---- its bytes

    /** Begins a segment; null when its bytes are to be thrown away. */
    Upload.@Nullable Segment data(UploadFrame.Data data) {
        if (state != State.OPEN) {
            return null;
        }
        Upload.Segment begun = requireNonNull(upload).segment(data.offset(), data.rawBytes(), data.crc32c());
        begun.verdict()
                .whenComplete((verdict, failure) -> connection.onLoop(() -> judged(data.offset(), verdict, failure)));
        return begun;
    }

    private void judged(long offset, Upload.@Nullable Verdict verdict, @Nullable Throwable failure) {
        if (state == State.OVER || state == State.LEFT) {
            return;
        }
        if (verdict == null) {
            refuse(failure);
        } else if (verdict == Upload.Verdict.CORRUPT) {
            long segment = offset / Math.max(1, segmentBytes);
            sendNak(List.of(new UploadFrame.Refused(segment, UploadError.SEGMENT_CRC.code())));
        } else if (verdict == Upload.Verdict.VERIFIED && connection.canAnswer()) {
            Upload of = requireNonNull(upload);
            int credit = streams.credit().take();
            connection.send(new UploadFrame.Ack(number, request.epoch(), of.contiguous(), of.durable(), credit));
        }
    }

    private void sendNak(List<UploadFrame.Refused> segments) {
        if (connection.canAnswer()) {
            connection.send(new UploadFrame.Nak(number, request.epoch(), segments));
        }
    }

    // ---- the end

    void commit(UploadFrame.Commit commit) {
        if (state == State.COMMITTING) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "COMMIT while it is being committed");
        }
        state = State.COMMITTING;
        requireNonNull(upload)
                .commit(commit.finalSize(), commit.sha256())
                .whenComplete((receipt, failure) -> connection.onLoop(() -> committed(receipt, failure)));
    }

    private void committed(@Nullable Receipt receipt, @Nullable Throwable failure) {
        if (receipt != null) {
            done(receipt);
        } else if (state == State.LEFT) {
            state = State.OVER;
            left(failure);
        } else if (state == State.COMMITTING) {
            if (ServerConnection.cause(failure) instanceof Upload.Missing missing) {
                incomplete(missing);
            } else {
                refuse(failure);
            }
        }
    }

    /** Nobody is there to be answered, but for the listener. */
    private void left(@Nullable Throwable failure) {
        if (ServerConnection.cause(failure) instanceof Upload.Missing) {
            leave();
        } else {
            connection.tellFailed(request.path(), ServerConnection.failure(failure));
        }
    }

    private void leave() {
        Upload of = requireNonNull(upload);
        of.abort(true);
        if (announced) {
            connection.tell(
                    new UploadEvent.Suspended(connection.id(), connection.peer(), request.path(), of.contiguous()));
        }
    }

    /** The COMMIT is void, and the file goes on, unless nothing more can come. */
    private void incomplete(Upload.Missing missing) {
        sendNak(missing.segments().stream()
                .map(segment -> new UploadFrame.Refused(segment, UploadError.INCOMPLETE.code()))
                .toList());
        String why = String.valueOf(missing.getMessage());
        if (connection.life() == ServerConnection.Life.OPEN) {
            connection.send(UploadFrame.Failure.of(number, UploadError.INCOMPLETE, why));
            state = State.OPEN;
            streams.settled();
        } else {
            refuse(new UploadException(UploadError.INCOMPLETE, why));
        }
    }

    /* A file whose connection is over is done all the same, and its listener wants to know. */
    private void done(Receipt receipt) {
        connection.tellDone(receipt, startedAt);
        boolean wanted = state == State.OPEN || state == State.COMMITTING;
        state = State.OVER;
        streams.ended(this);
        if (wanted) {
            streams.result(Results.of(number, receipt));
        }
        streams.settled();
    }

    /** Ends it with an ERROR. */
    void refuse(@Nullable Throwable failure) {
        if (state == State.OVER || state == State.LEFT) {
            return;
        }
        UploadException why = ServerConnection.failure(failure);
        state = State.OVER;
        streams.ended(this);
        if (upload != null && why.error() != UploadError.STALE_EPOCH) {
            upload.abort(why.error() != UploadError.TOO_LARGE); // which a pipe is for good
        }
        connection.tellFailed(request.path(), why);
        if (connection.canAnswer()) {
            connection.send(error(why));
        }
        streams.settled();
    }

    /** A segment that keeps coming wrong will not come right. */
    private UploadFrame.Failure error(UploadException why) {
        UploadError.Retry retry = why.error() == UploadError.SEGMENT_CRC
                ? UploadError.Retry.NEVER
                : why.error().retry();
        return new UploadFrame.Failure(
                number, why.error().code(), retry, 0, why.expected(), why.provided(), why.getMessage());
    }

    /** Ends it as its sender wishes, who is not answered. */
    void abort(UploadFrame.Abort abort) {
        if (state != State.OPEN || abort.epoch() != request.epoch()) {
            return;
        }
        state = State.OVER;
        streams.ended(this);
        requireNonNull(upload).abort(abort.keep());
        UploadError error = UploadError.of(abort.code());
        if (announced) {
            connection.tellFailed(
                    request.path(),
                    new UploadException(error == null ? UploadError.PROTOCOL : error, "given up by its sender"));
        }
        streams.settled();
    }

    /** Leaves it as it stands, to be resumed on another connection; what is being committed is finished in silence. */
    void suspend() {
        if (state == State.OPEN) {
            state = State.OVER;
            leave();
        } else if (state == State.COMMITTING) {
            state = State.LEFT;
        }
        streams.ended(this);
    }
}
