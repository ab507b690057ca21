package io.ntk.tcp.upload.client.run;

import io.ntk.core.EventLoops;
import io.ntk.core.Reason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.link.Backoff;
import io.ntk.tcp.upload.client.link.Breakdown;
import io.ntk.tcp.upload.client.link.Link;
import io.ntk.tcp.upload.client.link.Mailbox;
import io.ntk.tcp.upload.client.link.Pacer;
import io.ntk.tcp.upload.client.source.Digests;
import io.ntk.tcp.upload.client.source.Identity;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadError.Retry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One run: sends items over one connection at a time, on a thread of its own.
 *
 * <p>The thread goes round: it does what others have handed to it (frames, the ends of digests), then the first of these that
 * is possible: commit a file whose segments are out, send the next segment, begin the next item; and if none is, it waits. So
 * a file is begun while those before it are committed, and there is nothing to lock. After a disconnect all that was under
 * way is begun again: what has a key is resumed, small files are sent again under the same key, which the receiver knows.
 */
final class Sending implements Runnable, Link.Owner {
    private final CompletableFuture<SendReport> report = new CompletableFuture<>();
    private final Mailbox mailbox = new Mailbox();
    private final Digests digests = new Digests();
    private final SendState run;
    private final Backoff backoff;
    private final Transfers transfers;
    private final Tally tally;
    private final Link link;
    private final Recovery recovery;
    private final SmallItems small;
    private final Openings openings;
    private final Outflow outflow;
    private final Pacer pacer;
    private final Replies replies;
    private volatile boolean cancelled;

    /**
     * Makes a run that has not begun.
     *
     * @param run remembers the run as a whole, for the keys of small files; closed at the end
     * @param backoff how long to wait between attempts
     */
    Sending(
            SendOptions options,
            EventLoops loops,
            List<SendItem> items,
            SendState run,
            SendObserver observer,
            Backoff backoff) {
        this.run = run;
        this.backoff = backoff;
        transfers = new Transfers(items);
        tally = new Tally(items, observer);
        link = new Link(options, loops, mailbox, backoff, this);
        pacer = new Pacer(options.pace().bytesPerSecond());
        recovery = new Recovery(link, transfers, backoff, tally);
        small = new SmallItems(options, link, transfers, recovery, tally, pacer, run.key());
        openings = new Openings(options, link, transfers, recovery, mailbox, digests, pacer);
        outflow = new Outflow(link, transfers, recovery, tally, pacer);
        replies = new Replies(link, transfers, openings, recovery, backoff, tally);
    }

    CompletableFuture<SendReport> report() {
        return report;
    }

    void cancel() {
        cancelled = true;
        outflow.cancel();
        link.cancel();
        mailbox.wake();
    }

    @Override
    public void run() {
        boolean fresh = run.epoch() == 0;
        try {
            if (fresh) {
                run.epoch(1);
            }
            loop();
            if (!tally.hasFailures() && !cancelled) {
                run.delete();
            }
            tally.tell(System.nanoTime() + Tally.PROGRESS_NANOS, transfers);
            end();
            if (cancelled) {
                report.completeExceptionally(new InterruptedIOException("sending was cancelled"));
            } else {
                report.complete(tally.report(link.reconnects()));
            }
        } catch (InterruptedException e) {
            end();
            report.completeExceptionally(new InterruptedIOException("interrupted while sending"));
        } catch (IOException | RuntimeException e) {
            if (fresh && !link.wasUp()) {
                forget();
            }
            end();
            report.completeExceptionally(e);
        } finally {
            if (!report.isDone()) { // for lack of memory, and the like: nobody is to wait for ever
                report.completeExceptionally(new IllegalStateException("sending has failed, see its thread"));
            }
        }
    }

    /** Remembers nothing of a run that began with this one and never came to a connection. */
    private void forget() {
        try {
            run.delete();
        } catch (IOException e) {
            tally.retrying("cannot forget the run: " + Reason.of(e));
        }
    }

    private void end() {
        outflow.drop();
        link.close();
        transfers.begun().forEach(recovery::close);
        transfers.waiting().forEach(recovery::close);
        digests.close();
        try {
            run.close();
        } catch (IOException e) {
            tally.retrying("cannot remember the run: " + Reason.of(e));
        }
        link.awaitEnd(); // last: nobody who sends the same again has to wait for that
    }

    private void loop() throws IOException, InterruptedException {
        while (!tally.isComplete() && !cancelled) {
            mailbox.runAll();
            long now = System.nanoTime();
            tally.tell(now, transfers);
            if (!link.isUp()) {
                connect(now);
            } else if (link.isGoingAway() && transfers.isIdle()) {
                leave();
            } else if (!step(now)) {
                link.flush();
                mailbox.await(Math.min(Tally.PROGRESS_NANOS, untilNext(now)));
            }
        }
    }

    /** Nanoseconds until an item that waits out a pause, or for the rate, may begin. */
    private long untilNext(long now) {
        long wait = pacer.untilFree(now);
        wait = wait == 0 ? Long.MAX_VALUE : wait;
        for (Transfer transfer : transfers.waiting()) {
            wait = Math.min(wait, transfer.pauseLeft(now));
        }
        return wait;
    }

    private void connect(long now) throws IOException, InterruptedException {
        tally.waitFor(Waiting.CONNECTION);
        long wait = link.untilDue(now);
        if (wait > 0) {
            mailbox.await(Math.min(wait, Tally.PROGRESS_NANOS));
        } else {
            link.connect();
        }
    }

    @Override
    public void frame(UploadFrame frame) {
        replies.take(frame);
    }

    /** Whether there will be a connection again. */
    @Override
    public void lost(Breakdown why) {
        outflow.drop();
        if (tally.isComplete()) {
            return; // nothing is missing
        }
        transfers.requeueAll();
        if (why.retry() == Retry.NEVER || backoff.isTooLong()) {
            failAll(why);
            return;
        }
        tally.retrying(why.why());
        link.pause(why.retryAfterMillis());
    }

    /** The receiver has sent this sender away: it is asked again, but not for ever where nothing comes of it. */
    private void leave() {
        outflow.drop();
        link.close();
        boolean before = backoff.isTroubled();
        if (backoff.isTooLong()) {
            failAll(Breakdown.of(UploadError.SHUTTING_DOWN, "the receiver takes no files"));
        } else if (before) {
            link.pauseAtLeast();
        }
    }

    private void failAll(Breakdown why) {
        for (Transfer transfer : List.copyOf(transfers.waiting())) {
            recovery.fail(transfer, why);
        }
        transfers.waiting().clear();
    }

    private boolean step(long now) throws InterruptedException {
        tally.waitFor(Waiting.RECEIVER);
        Outflow.Step step = outflow.step();
        return step == Outflow.Step.DONE || (step == Outflow.Step.NONE && !link.isGoingAway() && beginNext(now));
    }

    private boolean beginNext(long now) {
        for (Iterator<Transfer> each = transfers.waiting().iterator(); each.hasNext(); ) {
            Transfer transfer = each.next();
            if (transfer.isDue(now)) {
                Transfer.Begun begun = begin(transfer);
                if (begun == Transfer.Begun.YES || begun == Transfer.Begun.NEVER) {
                    each.remove();
                }
                return begun != Transfer.Begun.LATER;
            }
        }
        return false;
    }

    private Transfer.Begun begin(Transfer transfer) {
        try {
            if (transfer.item instanceof SendItem.Folder folder) {
                return small.begin(transfer, folder);
            }
            if (transfer.item instanceof SendItem.File file && !transfer.isOpened()) {
                Identity.Look look = Identity.look(file.source());
                Identity identity = look.identity();
                transfer.look(look);
                if (small.takes(identity)) {
                    if (pacer.untilFree(System.nanoTime()) > 0) {
                        return Transfer.Begun.LATER;
                    }
                    return small.begin(transfer, file, identity);
                }
            }
            return openings.begin(transfer);
        } catch (IOException e) {
            recovery.failLocally(transfer, e);
            return Transfer.Begun.NEVER;
        }
    }
}
