package io.ntk.tcp.upload.client;

import io.ntk.core.CloseCause;
import io.ntk.core.ConnectOptions;
import io.ntk.core.EventLoops;
import io.ntk.core.NetListener;
import io.ntk.tcp.line.TcpClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The sending side of the simple protocol, as the servers of tutorials speak it: {@code NAME|SIZE} and a line end, whatever the
 * server answers, the bytes; for the next file the same again. Nothing is confirmed: what was sent is known to have arrived
 * when the server then ends the connection in good order, and no more than that.
 */
public final class SimpleUpload {
    private static final int MAX_ANSWER_BYTES = 1024;
    private static final long SLICE_BYTES = 4 << 20;
    private static final String ERROR = "error ";
    private static final String SAID = "the server said: ";

    private SimpleUpload() {}

    /**
     * What the server says: the first bytes since it was last asked are the answer, and a line behind it that begins as an error
     * does is one.
     */
    private static final class Answers implements WritableByteChannel {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private CompletableFuture<String> next = new CompletableFuture<>();

        @Override
        public synchronized int write(ByteBuffer from) {
            int count = from.remaining();
            byte[] some = new byte[Math.min(count, Math.max(0, MAX_ANSWER_BYTES - bytes.size()))];
            from.get(some);
            from.position(from.position() + count - some.length);
            bytes.write(some, 0, some.length);
            next.complete(text());
            return count;
        }

        private String text() {
            return bytes.toString(StandardCharsets.UTF_8).strip();
        }

        /** What the server has said against what was sent, or empty. */
        synchronized String refusal() {
            return text().lines()
                    .filter(line -> line.startsWith(ERROR))
                    .findFirst()
                    .map(error -> SAID + error)
                    .orElse("");
        }

        /** From here on an answer is one to what is asked next. */
        synchronized CompletableFuture<String> ask() {
            bytes.reset();
            next = new CompletableFuture<>();
            return next;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // nothing is held
        }
    }

    /**
     * Sends files over one connection, and waits for its end. Folders are left out: the server makes them, or has none.
     *
     * @param options where to and how
     * @param loops the event loops, left alone
     * @param items files
     * @param patience how long to wait for each answer
     * @param observer who is told how it goes
     * @return what was sent, {@link SendReport.Mark#UNCONFIRMED}, and what was not
     * @throws IOException when there is no connection
     * @throws InterruptedException when the thread is interrupted
     */
    public static SendReport send(
            ConnectOptions options, EventLoops loops, List<SendItem> items, Duration patience, SendObserver observer)
            throws IOException, InterruptedException {
        List<SendItem.File> files = files(items);
        Answers answers = new Answers();
        List<SendReport.Receipt> sent = new ArrayList<>();
        List<SendReport.Failure> failures = new ArrayList<>();
        long[] bytes = {0};
        try (TcpClient client = TcpClient.connect(options, loops, answers, NetListener.NONE)) {
            String broken = "";
            for (SendItem.File file : files) {
                if (broken.isEmpty()) {
                    broken = answers.refusal();
                    failLast(sent, failures, broken);
                }
                try {
                    if (broken.isEmpty()) {
                        send(
                                client,
                                answers,
                                file,
                                patience,
                                at -> observer.progress(new SendObserver.Progress(
                                        bytes[0] + at, -1, sent.size(), files.size(), SendObserver.Waiting.NETWORK)));
                        bytes[0] += file.size();
                        sent.add(new SendReport.Receipt(
                                file.source().toString(),
                                file.name(),
                                file.size(),
                                null,
                                Set.of(SendReport.Mark.UNCONFIRMED)));
                        continue;
                    }
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException e) {
                    broken = String.valueOf(e.getMessage());
                }
                failures.add(new SendReport.Failure(file.source().toString(), file.name(), 0, broken));
            }
            String end = end(client, answers, patience);
            if (failures.isEmpty()) {
                failLast(sent, failures, end);
            }
        }
        sent.forEach(observer::done);
        failures.forEach(observer::failed);
        return new SendReport(sent, failures, bytes[0], 0);
    }

    /** Which of them the server has is not known; the last is what it was at. */
    private static void failLast(List<SendReport.Receipt> sent, List<SendReport.Failure> failures, String why) {
        if (!why.isEmpty() && !sent.isEmpty()) {
            SendReport.Receipt last = sent.remove(sent.size() - 1);
            failures.add(new SendReport.Failure(last.source(), last.name(), 0, why));
        }
    }

    private static List<SendItem.File> files(List<SendItem> items) {
        List<SendItem.File> files = new ArrayList<>();
        for (SendItem item : items) {
            if (item instanceof SendItem.File file) {
                files.add(file);
            } else if (item instanceof SendItem.Pipe) {
                throw new IllegalArgumentException("items: a pipe (expected: files, whose size is known)");
            }
        }
        return files;
    }

    private interface Sent {
        void at(long bytes);
    }

    private static void send(TcpClient client, Answers answers, SendItem.File file, Duration patience, Sent progress)
            throws IOException, InterruptedException {
        try (FileChannel source = FileChannel.open(file.source(), StandardOpenOption.READ)) {
            if (source.size() != file.size()) {
                throw new IOException("it changed before it was sent");
            }
            CompletableFuture<String> answer = answers.ask();
            client.send(ByteBuffer.wrap((file.name() + "|" + file.size() + "\n").getBytes(StandardCharsets.UTF_8)));
            String said = await(client, answer, patience);
            if (said.startsWith(ERROR)) {
                throw new IOException(SAID + said);
            }
            for (long at = 0; at < file.size(); at += SLICE_BYTES) {
                client.send(source, at, Math.min(SLICE_BYTES, file.size() - at));
                progress.at(at);
            }
        }
    }

    private static String await(TcpClient client, CompletableFuture<String> answer, Duration patience)
            throws IOException, InterruptedException {
        try {
            CompletableFuture.anyOf(answer, client.inputEnded()).get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException("the connection failed", e);
        } catch (TimeoutException e) {
            throw new IOException("the server did not answer within " + patience.toSeconds() + " s", e);
        }
        if (!answer.isDone()) {
            throw new IOException("the server ended the connection without an answer");
        }
        return answer.join();
    }

    /** Ends our side, and waits for the server's end; what is wrong with it, or empty. */
    private static String end(TcpClient client, Answers answers, Duration patience) throws InterruptedException {
        client.shutdownOutput();
        try {
            TcpClient.End end = client.closed().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            String refusal = answers.refusal();
            if (!refusal.isEmpty()) {
                return refusal;
            }
            return end.cause() == CloseCause.PEER || end.cause() == CloseCause.LOCAL
                    ? ""
                    : "the connection ended: " + end.cause();
        } catch (ExecutionException e) {
            return "the connection failed: " + e.getCause();
        } catch (TimeoutException e) {
            return "the server did not end the connection within " + patience.toSeconds() + " s";
        }
    }
}
