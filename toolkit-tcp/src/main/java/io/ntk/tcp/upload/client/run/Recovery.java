package io.ntk.tcp.upload.client.run;

import static java.util.Objects.requireNonNull;

import io.ntk.core.Reason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.link.Backoff;
import io.ntk.tcp.upload.client.link.Breakdown;
import io.ntk.tcp.upload.client.link.Link;
import io.ntk.tcp.upload.client.source.PipeRing;
import io.ntk.tcp.upload.store.UploadError;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** What is done about a file that stopped: again, anew, or not at all. Belongs to the thread that sends. */
final class Recovery {
    private static final int MAX_RENEWALS = 3;
    private static final int MAX_FAILURES = 12;
    private static final int MAX_STALE_EPOCHS = 5;

    private final Link link;
    private final Transfers transfers;
    private final Backoff backoff;
    private final Tally tally;

    Recovery(Link link, Transfers transfers, Backoff backoff, Tally tally) {
        this.link = link;
        this.transfers = transfers;
        this.backoff = backoff;
        this.tally = tally;
    }

    /** Its stream has ended with an error. */
    void trouble(Transfer transfer, Breakdown why) {
        if (why.is(UploadError.STALE_EPOCH)) {
            stale(transfer, why);
            return;
        }
        switch (why.retry()) {
            case NEVER -> fail(transfer, why);
            case RESUME -> again(transfer, why);
            case NEW_KEY -> renew(transfer, why);
        }
    }

    private void again(Transfer transfer, Breakdown why) {
        int failures = transfer.failedAgain();
        boolean lasting = why.is(UploadError.NO_SPACE) || why.is(UploadError.TOO_MANY_UPLOADS);
        if ((failures > MAX_FAILURES && !lasting) || backoff.isTooLong()) {
            fail(transfer, why);
            return;
        }
        tally.retrying(transfer.source() + ": " + why.why());
        long asked = TimeUnit.MILLISECONDS.toNanos(why.retryAfterMillis());
        long pause = Math.max(backoff.pause(failures - 1), asked);
        transfers.requeue(transfer, System.nanoTime() + pause);
    }

    private void stale(Transfer transfer, Breakdown why) {
        SendState state = transfer.state();
        boolean often = transfer.staleAgain() > MAX_STALE_EPOCHS;
        if (transfer.isBound() || state == null || often) {
            fail(transfer, Breakdown.lasting(why.code(), "somebody else sends it: " + why.why()));
            return;
        }
        try {
            state.epoch(Math.max(why.expected(), state.epoch()));
            transfers.requeue(transfer, 0);
        } catch (IOException e) {
            failLocally(transfer, e);
        }
    }

    private void renew(Transfer transfer, Breakdown why) {
        PipeRing pipe = transfer.pipe();
        if (pipe != null && pipe.freed() > 0) {
            loseBytes(transfer, pipe, (long) pipe.freed() * transfer.segmentBytes());
            return;
        }
        // A receiver forgets an upload of which it has nothing when the connection is cut: nothing is lost by that.
        boolean forgotten = why.is(UploadError.UNKNOWN_OR_EXPIRED);
        int renewals = forgotten ? transfer.renewals() : transfer.renewedAgain();
        if (renewals > MAX_RENEWALS || backoff.isTooLong()) {
            fail(transfer, why);
            return;
        }
        try {
            transfer.renew();
            if (!forgotten) {
                tally.retrying(transfer.source() + ": " + why.why());
            }
            transfers.requeue(transfer, 0);
        } catch (IOException e) {
            failLocally(transfer, e);
        }
    }

    /** The source is not what it was when it was begun; whether it is worth another attempt. */
    boolean isChangedOnceMore(Transfer transfer) {
        return transfer.renewedAgain() <= MAX_RENEWALS;
    }

    /** The source is not what it was: the upload is given up, and begun anew. */
    void changed(Transfer transfer) {
        giveUp(transfer, UploadError.SOURCE_CHANGED);
        trouble(transfer, Breakdown.of(UploadError.SOURCE_CHANGED, "it changed while it was being sent"));
    }

    /** The receiver refuses what is sent again and again, for as long as patience lasts. */
    void refuseNoMore(Transfer transfer) {
        giveUp(transfer, UploadError.SEGMENT_CRC);
        fail(transfer, Breakdown.lasting(UploadError.SEGMENT_CRC.code(), "the receiver takes none of it"));
    }

    /** The receiver has less of a pipe than is still here. */
    void loseBytes(Transfer transfer, PipeRing pipe, long bytes) {
        if (transfers.on(transfer.stream()) == transfer) {
            giveUp(transfer, UploadError.UNKNOWN_OR_EXPIRED);
        }
        pipe.close();
        fail(
                transfer,
                Breakdown.lasting(
                        UploadError.UNKNOWN_OR_EXPIRED.code(),
                        "the server lost " + bytes + " bytes that cannot be read again"));
    }

    /** The source cannot be read. */
    void unreadable(Transfer transfer, Throwable why) {
        giveUp(transfer, UploadError.IO_ERROR);
        fail(transfer, Breakdown.lasting(0, Reason.of(why)));
    }

    /** Tells the receiver that nothing more comes, and to keep nothing. */
    private void giveUp(Transfer transfer, UploadError why) {
        long epoch = requireNonNull(transfer.state()).epoch();
        link.write(new UploadFrame.Abort(transfer.stream(), epoch, why.code(), false));
        transfers.forget(transfer);
    }

    void failLocally(Transfer transfer, IOException e) {
        fail(transfer, Breakdown.lasting(0, Reason.of(e)));
    }

    /** For good; it is on no stream any more. */
    void fail(Transfer transfer, Breakdown why) {
        close(transfer);
        tally.failed(new SendReport.Failure(transfer.source(), transfer.item.name(), why.code(), why.why()));
    }

    /** Gives back what it holds. */
    void close(Transfer transfer) {
        PipeRing pipe = transfer.pipe();
        if (pipe != null) {
            pipe.close();
        }
        try {
            transfer.close();
        } catch (IOException e) {
            tally.retrying(transfer.source() + ": cannot close it: " + Reason.of(e));
        }
    }
}
