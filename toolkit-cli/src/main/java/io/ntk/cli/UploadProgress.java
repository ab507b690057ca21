package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendReport;
import java.time.Duration;
import java.util.Locale;

/** Tells people how sending goes: on a terminal with a line that is written over and over, elsewhere only what goes wrong. */
final class UploadProgress implements SendObserver {
    private static final int BAR = 24;
    private static final double NANOS = 1e9;
    private static final String CLEAR = "\r\u001b[K";

    private final Output output;
    private final boolean terminal;
    private final long startedAt = System.nanoTime();
    private long firstBytes = -1;
    private double rate;
    private long ratedAt = startedAt;
    private long ratedBytes;
    private boolean shown;

    UploadProgress(Output output, boolean terminal) {
        this.output = output;
        this.terminal = terminal && !output.json() && output.verbosity().atLeast(Verbosity.NORMAL);
    }

    Duration lasted() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }

    @Override
    public void progress(Progress progress) {
        measure(progress.verifiedBytes());
        if (terminal) {
            shown = true;
            output.prompt(CLEAR + line(progress));
        }
    }

    /* The rate of the last seconds: each second counts for a third. */
    private void measure(long bytes) {
        long now = System.nanoTime();
        if (firstBytes < 0) {
            firstBytes = bytes;
            ratedBytes = bytes;
            ratedAt = now;
        }
        double seconds = (now - ratedAt) / NANOS;
        if (seconds >= 1) {
            double last = Math.max(0, (bytes - ratedBytes) / seconds);
            rate = rate == 0 ? last : rate + (last - rate) / 3;
            ratedAt = now;
            ratedBytes = bytes;
        }
    }

    private String line(Progress progress) {
        StringBuilder line = new StringBuilder();
        long total = progress.totalBytes();
        if (total > 0) {
            int full = (int) (Math.min(1.0, (double) progress.verifiedBytes() / total) * BAR);
            line.append('[')
                    .append("#".repeat(full))
                    .append(" ".repeat(BAR - full))
                    .append("] ");
            line.append(String.format(Locale.ROOT, "%3d%% ", Math.min(100, progress.verifiedBytes() * 100 / total)));
        }
        line.append(EventText.bytes(progress.verifiedBytes()));
        if (rate >= 1) {
            line.append(", ").append(EventText.bytes((long) rate)).append("/s");
            if (total > 0) {
                long left = (long) ((total - progress.verifiedBytes()) / rate);
                line.append(", ")
                        .append(EventText.time(Duration.ofSeconds(Math.max(0, left))))
                        .append(" left");
            }
        }
        if (progress.filesTotal() > 1) {
            line.append(", ").append(progress.filesDone()).append(" of ").append(progress.filesTotal());
        }
        return line.append(
                        switch (progress.waiting()) {
                            case SOURCE -> ", reading";
                            case NETWORK -> ", waiting for the network";
                            case RECEIVER -> ", waiting for the receiver";
                            case CONNECTION -> ", no connection";
                        })
                .toString();
    }

    /** Takes the line away. */
    void clear() {
        if (shown) {
            shown = false;
            output.prompt(CLEAR);
        }
    }

    @Override
    public void done(SendReport.Receipt receipt) {
        if (output.verbosity().atLeast(Verbosity.DETAILS)) {
            clear();
            output.detail("done: " + Escaped.text(receipt.name()));
        }
    }

    @Override
    public void failed(SendReport.Failure failure) {
        clear();
        output.error("cannot send " + Escaped.text(failure.source()) + ": " + Escaped.text(failure.why()));
    }

    @Override
    public void retrying(String why) {
        if (!output.json()) {
            clear();
            output.notice("trying again: " + Escaped.text(why));
        }
    }
}
