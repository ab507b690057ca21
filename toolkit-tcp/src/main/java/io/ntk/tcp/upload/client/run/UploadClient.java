package io.ntk.tcp.upload.client.run;

import io.ntk.core.EventLoops;
import io.ntk.tcp.line.TcpClient;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.link.Backoff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Sends files by NTUP/1: what was broken off goes on where it stopped, every segment is verified, and a file counts as sent
 * when the receiver has said so.
 *
 * <p>Failure: the future fails when there was no connection at all, or the receiver does not take this sender; what fails for
 * one file is in the report. Cancelling the future ends the run; what is unfinished can be resumed.
 */
public final class UploadClient {
    private UploadClient() {}

    /**
     * Sends one file, on threads of its own.
     *
     * @param options where to and how
     * @param file a regular file
     * @return the receiver's word on it; fails with an {@link IOException} that says why there is none
     */
    public static CompletableFuture<SendReport.Receipt> send(SendOptions options, Path file) {
        SendItem item;
        try {
            item = SendPlan.of(List.of(file), "").get(0);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<SendReport> run = send(options, List.of(item), SendObserver.NONE);
        CompletableFuture<SendReport.Receipt> receipt =
                run.thenCompose(report -> report.failures().isEmpty()
                        ? CompletableFuture.completedFuture(report.receipts().get(0))
                        : CompletableFuture.failedFuture(new IOException("cannot send " + file + ": "
                                + report.failures().get(0).why())));
        receipt.whenComplete((done, failure) -> run.cancel(false)); // which ends it when nobody waits for it any more
        return receipt;
    }

    /**
     * Sends several things, on threads of its own.
     *
     * @param options where to and how
     * @param items what, in this order
     * @param observer who is told how it goes
     * @return how it ended
     */
    public static CompletableFuture<SendReport> send(SendOptions options, List<SendItem> items, SendObserver observer) {
        EventLoops loops =
                EventLoops.start(TcpClient.transportFor(options.connect().endpoint()), 1);
        return start(options, loops, items, observer, loops::close);
    }

    /**
     * Sends several things, on event loops of the caller's.
     *
     * @param options where to and how
     * @param loops left alone
     * @param items what, in this order
     * @param observer who is told how it goes
     * @return how it ended
     */
    public static CompletableFuture<SendReport> send(
            SendOptions options, EventLoops loops, List<SendItem> items, SendObserver observer) {
        return start(options, loops, items, observer, () -> {});
    }

    private static CompletableFuture<SendReport> start(
            SendOptions options, EventLoops loops, List<SendItem> items, SendObserver observer, Runnable atEnd) {
        SendState run;
        try {
            run = remember(options, items);
        } catch (IOException | RuntimeException e) {
            atEnd.run();
            return CompletableFuture.failedFuture(e);
        }
        Backoff backoff = Backoff.of(options.pace().patience());
        Sending sending = new Sending(options, loops, List.copyOf(items), run, observer, backoff);
        CompletableFuture<SendReport> report = sending.report();
        report.whenComplete((done, failure) -> atEnd.run());
        CompletableFuture<SendReport> given = report.copy();
        given.whenComplete((done, failure) -> {
            if (!report.isDone()) { // cancelled, or given up by a time limit
                sending.cancel();
            }
        });
        Thread thread = new Thread(sending, "ntk-upload");
        thread.setDaemon(true);
        thread.start();
        return given;
    }

    /** What is remembered of the run as a whole. */
    private static SendState remember(SendOptions options, List<SendItem> items) throws IOException {
        Path folder = options.state();
        if (folder == null) {
            return SendState.inMemory();
        }
        if (Files.isDirectory(folder)) {
            SendState.prune(folder, Instant.now());
        }
        String what = items.stream()
                .map(item -> item.getClass().getSimpleName() + "\0" + item.name() + "\0" + source(item))
                .collect(Collectors.joining("\0"));
        SendState run = SendState.open(
                folder, String.join("\0", "run", options.connect().endpoint().toString(), what));
        if (run == null) {
            throw new IOException(
                    "the same is already being sent to " + options.connect().endpoint());
        }
        return run;
    }

    private static String source(SendItem item) {
        if (item instanceof SendItem.File file) {
            return file.source().toAbsolutePath().toString();
        }
        return item instanceof SendItem.Folder folder
                ? folder.source().toAbsolutePath().toString()
                : "-";
    }
}
