package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendReport;
import java.time.Duration;
import java.util.Locale;

/** Tells people how sending goes: on a terminal with a line that is written over and over, elsewhere only what goes wrong. */
final class UploadProgress implements SendObserver {
    private static final int BAR = 16;
    private static final int WIDTH = 79;
    private static final double NANOS = 1e9;
    private static final String CLEAR = "\r\u001b[K";

    private final Output output;
    private final boolean terminal;
    private long startedAt = System.nanoTime();
    private double rate;
    private long ratedAt = startedAt;
    private long ratedBytes = -1;
    private long verified;
    private boolean shown;
    private boolean ended;

    UploadProgress(Output output, boolean terminal) {
        this.output = output;
        this.terminal = terminal && !output.json() && output.verbosity().atLeast(Verbosity.NORMAL);
    }

    /** Sending begins now: what was made ready before does not count. */
    synchronized void begin() {
        startedAt = System.nanoTime();
        ratedAt = startedAt;
    }

    /** How long sending has taken. */
    synchronized Duration lasted() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }

    /** What the receiver was last known to have. */
    synchronized long verified() {
        return verified;
    }

    @Override
    public synchronized void progress(Progress progress) {
        verified = progress.verifiedBytes();
        measure(verified);
        if (terminal && !ended) {
            shown = true;
            output.prompt(CLEAR + line(progress));
        }
    }

    /* The rate of the last seconds: each second counts for a third. */
    private void measure(long bytes) {
        long now = System.nanoTime();
        if (ratedBytes < 0) {
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

    /* A line that is longer than the terminal could not be taken away. */
    private String line(Progress progress) {
        String text = text(progress);
        String whole = bar(progress) + text;
        return whole.length() <= WIDTH ? whole : text.substring(0, Math.min(WIDTH, text.length()));
    }

    private static String bar(Progress progress) {
        if (progress.totalBytes() <= 0) {
            return "";
        }
        double part = Math.min(1.0, (double) progress.verifiedBytes() / progress.totalBytes());
        int full = (int) (part * BAR);
        return "[" + "#".repeat(full) + " ".repeat(BAR - full) + "] "
                + String.format(Locale.ROOT, "%3d%% ", (int) (part * 100));
    }

    private String text(Progress progress) {
        StringBuilder text = new StringBuilder(EventText.bytes(progress.verifiedBytes()));
        if (rate >= 1) {
            text.append(", ").append(EventText.bytes((long) rate)).append("/s");
            if (progress.totalBytes() > 0) {
                long left = (long) ((progress.totalBytes() - progress.verifiedBytes()) / rate);
                text.append(", ").append(time(Math.max(0, left))).append(" left");
            }
        }
        if (progress.filesTotal() > 1) {
            text.append(", ").append(progress.filesDone()).append(" of ").append(progress.filesTotal());
        }
        return text.append(
                        switch (progress.waiting()) {
                            case SOURCE -> ", reading";
                            case NETWORK -> ", on the network";
                            case RECEIVER -> ", on the receiver";
                            case CONNECTION -> ", no connection";
                        })
                .toString();
    }

    private static String time(long seconds) {
        return seconds < 60 ? seconds + " s" : EventText.time(Duration.ofSeconds(seconds));
    }

    /** Takes the line away, for good. */
    synchronized void end() {
        clear();
        ended = true;
    }

    private void clear() {
        if (shown) {
            shown = false;
            output.prompt(CLEAR);
        }
    }

    @Override
    public synchronized void done(SendReport.Receipt receipt) {
        if (output.verbosity().atLeast(Verbosity.DETAILS)) {
            clear();
            output.detail("done: " + Escaped.text(receipt.name()));
        }
    }

    @Override
    public synchronized void failed(SendReport.Failure failure) {
        clear();
        output.error("cannot send " + Escaped.text(failure.source()) + ": " + Escaped.text(failure.why()));
    }

    @Override
    public synchronized void retrying(String why) {
        if (!output.json() && !ended) {
            clear();
            output.notice("trying again: " + Escaped.text(why));
        }
    }
}
