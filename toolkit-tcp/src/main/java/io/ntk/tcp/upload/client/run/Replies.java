package io.ntk.tcp.upload.client.run;

import io.ntk.core.Reason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.link.Backoff;
import io.ntk.tcp.upload.client.link.Breakdown;
import io.ntk.tcp.upload.client.link.Link;
import io.ntk.tcp.upload.client.source.PipeRing;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.UploadError;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the receiver says, and what follows from it for each file. Belongs to the thread that sends. */
final class Replies {
    private final Link link;
    private final Transfers transfers;
    private final Openings openings;
    private final Recovery recovery;
    private final Backoff backoff;
    private final Tally tally;

    Replies(Link link, Transfers transfers, Openings openings, Recovery recovery, Backoff backoff, Tally tally) {
        this.link = link;
        this.transfers = transfers;
        this.openings = openings;
        this.recovery = recovery;
        this.backoff = backoff;
        this.tally = tally;
    }

    void take(UploadFrame frame) {
        if (frame instanceof UploadFrame.Ack ack) {
            acked(ack);
        } else if (frame instanceof UploadFrame.Done done) {
            done.results().forEach(this::done);
        } else if (frame instanceof UploadFrame.Opened opened) {
            Transfer transfer = transfers.on(opened.stream());
            if (transfer != null) {
                openings.opened(transfer, opened);
            }
        } else if (frame instanceof UploadFrame.Nak nak) {
            refused(nak);
        } else if (frame instanceof UploadFrame.Failure failure) {
            failed(failure);
        } else if (frame instanceof UploadFrame.Abort abort) {
            Transfer transfer = transfers.on(abort.stream());
            if (transfer != null) {
                transfers.forget(transfer);
                recovery.trouble(transfer, Breakdown.of(abort.code(), "the receiver gave it up"));
            }
        } else if (frame instanceof UploadFrame.GoAway away) {
            goAway(away);
        } else {
            link.refuse(
                    Breakdown.lasting(UploadError.PROTOCOL.code(), "the server sent a frame that only clients send"));
        }
    }

    private void acked(UploadFrame.Ack ack) {
        link.giveBack(ack.creditAdd());
        Transfer transfer = transfers.on(ack.stream());
        if (transfer == null || !transfer.isOpened()) {
            return;
        }
        if (ack.contiguous() > transfer.sent()) {
            link.refuse(Breakdown.lasting(UploadError.PROTOCOL.code(), "the server confirms what was not sent yet"));
            return;
        }
        if (transfer.verified(ack.contiguous())) {
            backoff.progressed();
        }
        PipeRing pipe = transfer.pipe();
        if (pipe != null) {
            pipe.free(transfer.wholeSegments(ack.contiguous()));
        }
    }

    private void refused(UploadFrame.Nak nak) {
        Transfer transfer = transfers.on(nak.stream());
        if (transfer == null || !transfer.isOpened() || transfer.isAnswered()) {
            return;
        }
        transfer.wantAgain(nak.segments());
        if (backoff.isTooLong()) {
            recovery.refuseNoMore(transfer);
        }
    }

    private void failed(UploadFrame.Failure failure) {
        Transfer transfer = transfers.on(failure.stream());
        if (transfer == null) {
            return;
        }
        Breakdown why = Breakdown.of(failure);
        if (why.is(UploadError.INCOMPLETE) && transfer.isOpened() && transfer.next() >= 0) {
            transfer.commitIsVoid();
            tally.retrying(transfer.source() + ": " + why.why());
            return;
        }
        transfers.forget(transfer);
        recovery.trouble(transfer, why);
    }

    private void goAway(UploadFrame.GoAway away) {
        link.goAway(away.retryAfterMillis());
        List<Transfer> begun = transfers.begun();
        for (int i = begun.size() - 1; i >= 0; i--) { // so that they wait in the order in which they were begun
            Transfer transfer = begun.get(i);
            if (transfer.stream() > away.lastStream()) {
                transfers.forget(transfer);
                transfers.requeue(transfer, 0);
            }
        }
    }

    // ---- the end of a file

    private void done(UploadFrame.Result result) {
        Transfer transfer = transfers.on(result.stream());
        if (transfer == null) {
            return;
        }
        boolean small = transfer.isSmall();
        if (!small && result.code() == 0 && !transfer.awaitsEnd()) {
            link.refuse(Breakdown.lasting(UploadError.PROTOCOL.code(), "the server confirms what was not sent yet"));
            return;
        }
        long size = small ? transfer.smallSize() : transfer.size();
        Octets digest = small ? transfer.smallDigest() : joined(transfer.digest());
        transfers.forget(transfer);
        if (result.code() != 0) {
            recovery.trouble(transfer, Breakdown.of(result.code(), result.name()));
            return;
        }
        boolean folder = transfer.item instanceof SendItem.Folder;
        boolean other =
                result.sha256() != null && digest != null && !result.sha256().equals(digest);
        if (!folder && (result.size() != size || other)) {
            recovery.fail(
                    transfer,
                    Breakdown.lasting(
                            UploadError.DIGEST_MISMATCH.code(), "the receiver confirms another content than was sent"));
            return;
        }
        end(transfer, result, digest == null ? result.sha256() : digest);
    }

    private void end(Transfer transfer, UploadFrame.Result result, @Nullable Octets digest) {
        SendReport.Receipt receipt = new SendReport.Receipt(
                transfer.source(),
                result.name(),
                result.size(),
                digest == null ? null : digest.hex(),
                marks(transfer, result));
        backoff.progressed();
        try {
            SendState state = transfer.state();
            if (state != null) {
                state.delete();
            }
        } catch (IOException e) {
            tally.retrying(transfer.source() + ": cannot forget it: " + Reason.of(e));
        }
        recovery.close(transfer);
        tally.done(receipt);
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
        if (transfer.isResumed()) {
            marks.add(SendReport.Mark.RESUMED);
        }
        return marks;
    }
}
