package io.ntk.tcp.upload.client.run;

import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.client.SendReport;
import java.util.ArrayList;
import java.util.List;

/** What has become of a run so far, and who is told. Belongs to the thread that sends. */
final class Tally {
    static final long PROGRESS_NANOS = 100_000_000;

    private final SendObserver observer;
    private final int total;
    private final long totalBytes;
    private final List<SendReport.Receipt> receipts = new ArrayList<>();
    private final List<SendReport.Failure> failures = new ArrayList<>();
    private long sentBytes;
    private long doneBytes;
    private long toldAt = System.nanoTime();
    private Waiting waiting = Waiting.CONNECTION;

    Tally(List<SendItem> items, SendObserver observer) {
        this.observer = observer;
        this.total = items.size();
        this.totalBytes = totalBytes(items);
    }

    private static long totalBytes(List<SendItem> items) {
        long bytes = 0;
        for (SendItem item : items) {
            if (item instanceof SendItem.Pipe) {
                return -1;
            }
            bytes += item instanceof SendItem.File file ? file.size() : 0;
        }
        return bytes;
    }

    /** Raw bytes go out. */
    void sent(int bytes) {
        sentBytes += bytes;
    }

    void done(SendReport.Receipt receipt) {
        receipts.add(receipt);
        doneBytes += receipt.size();
        observer.done(receipt);
    }

    void failed(SendReport.Failure failure) {
        failures.add(failure);
        observer.failed(failure);
    }

    void retrying(String why) {
        observer.retrying(why);
    }

    void waitFor(Waiting what) {
        waiting = what;
    }

    int ended() {
        return receipts.size() + failures.size();
    }

    boolean isComplete() {
        return ended() >= total;
    }

    boolean hasFailures() {
        return !failures.isEmpty();
    }

    /** Tells how far it is, when it was not told lately. */
    void tell(long now, Transfers transfers) {
        if (now - toldAt >= PROGRESS_NANOS) {
            toldAt = now;
            long verified = doneBytes + transfers.acked();
            observer.progress(new SendObserver.Progress(verified, totalBytes, ended(), total, waiting));
        }
    }

    SendReport report(int reconnects) {
        return new SendReport(receipts, failures, sentBytes, reconnects);
    }
}
