package io.ntk.cli;

import io.ntk.core.CloseCause;
import io.ntk.core.Ndjson;
import io.ntk.core.NetEvent;
import io.ntk.tcp.chat.client.ChatClient;
import io.ntk.tcp.chat.client.ChatClientOptions;
import io.ntk.tcp.chat.client.ChatClientOptions.Format;
import io.ntk.tcp.chat.client.ReceivedLines;
import io.ntk.tcp.chat.client.ReceivedMessage;
import io.ntk.tcp.chat.client.SentLines;
import io.ntk.tcp.line.LineMessage;
import io.ntk.tcp.line.TcpClient;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A member of a chat in a pipe: lines of standard input are sent, and what the server sends is standard output. The
 * connection is made once; it ends when standard input has ended and the server has closed, or has had its time for it.
 */
final class ChatPipe {
    private static final int MAX_TOLD = 10;
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final Session session;
    private final ChatClientOptions options;
    private final Duration wait;
    private final AtomicLong refused = new AtomicLong();
    private final CompletableFuture<Void> inputEnded = new CompletableFuture<>();
    private boolean allLinesTold;
    private @Nullable NetEvent end;

    ChatPipe(Session session, ChatClientOptions options, Duration wait) {
        this.session = session;
        this.options = options;
        this.wait = wait;
    }

    ExitCode run() throws IOException, InterruptedException {
        @Nullable ReceivedLines lines = lines();
        WritableByteChannel sink = lines != null ? lines : raw();
        ChatClient client = ChatClient.connect(
                options, session.loops(TcpClient.transportFor(options.connect().endpoint()), 1), sink, this::tell);
        SentLines input =
                new SentLines(StandardInput.of(session.environment(), false), options.format(), this::tooLong);
        Thread reader = new Thread(() -> send(client, input), "ntk-stdin");
        reader.setDaemon(true);
        reader.start();
        try {
            await(CompletableFuture.anyOf(client.inputEnded(), inputEnded), Duration.ZERO);
            if (!client.inputEnded().isDone()) {
                leave(client);
            }
        } finally {
            client.close(CLOSING);
        }
        if (lines != null) {
            lines.end();
        }
        sayRefused();
        ExitCode exit = exit(client, input);
        releaseEnd();
        return exit;
    }

    /** With {@code --json} the end is told behind the last line that came before it. */
    private void tell(NetEvent event) {
        if (!session.output().json()) {
            session.output().detail(EventText.of(event));
            return;
        }
        synchronized (this) {
            if (event instanceof NetEvent.Closed && !allLinesTold) {
                end = event;
                return;
            }
        }
        session.output().on(event);
    }

    private synchronized void releaseEnd() {
        allLinesTold = true;
        if (end != null) {
            session.output().on(end);
        }
    }

    /** The end of standard input: ours is ended too, and the server's is waited for. */
    private void leave(ChatClient client) throws IOException, InterruptedException {
        client.shutdownOutput();
        if (!await(client.inputEnded(), wait)) {
            session.output()
                    .notice("chat: " + options.connect().endpoint() + " did not close in " + EventText.time(wait)
                            + "; lines that it had not read yet may be lost (--wait)");
        }
    }

    /** The thread that reads standard input; it may be left behind in a read. */
    private void send(ChatClient client, SentLines input) {
        try {
            client.pump(input);
            inputEnded.complete(null);
        } catch (IOException e) {
            // A connection that is gone is told by its end; what is left is a source that cannot be read.
            if (!client.inputEnded().isDone() && !client.closed().isDone()) {
                inputEnded.completeExceptionally(e);
            }
        }
    }

    private void tooLong(long number) {
        if (refused.incrementAndGet() <= MAX_TOLD) {
            session.output()
                    .error("line " + number + " of standard input is longer than " + ChatClientOptions.MAX_LINE_BYTES
                            + " bytes: not sent");
        }
    }

    private void sayRefused() {
        long count = refused.get();
        if (count > MAX_TOLD) {
            session.output().error(count + " lines in all were too long: not sent");
        }
    }

    private ExitCode exit(ChatClient client, SentLines input) throws IOException, InterruptedException {
        TcpClient.End end = Failure.orResult(client.closed());
        boolean inGoodOrder = end.cause() == CloseCause.PEER || end.cause() == CloseCause.LOCAL;
        if (!inGoodOrder) {
            session.output()
                    .error("connection to " + options.connect().endpoint() + " closed " + EventText.cause(end.cause()));
            return ExitCode.FAILED;
        }
        if (!inputEnded.isDone() && !input.isLeaving()) {
            session.output().error(options.connect().endpoint() + " closed the connection");
            return ExitCode.FAILED;
        }
        return refused.get() > 0 ? ExitCode.FAILED : ExitCode.DONE;
    }

    /** Lines where they are made something of, null where the bytes are passed on. */
    private @Nullable ReceivedLines lines() {
        Output out = session.output();
        if (out.json()) {
            return new ReceivedLines(ReceivedLines.DEFAULT_MAX_BYTES, batch -> batch.forEach(this::event));
        }
        if (session.environment().terminals().contains(Standard.OUT)) {
            return new ReceivedLines(ReceivedLines.DEFAULT_MAX_BYTES, this::text);
        }
        return null;
    }

    private WritableByteChannel raw() {
        WritableByteChannel out = session.output().payload();
        return options.format() == Format.CLASSIC ? new NonEmptyLines(out) : out;
    }

    private void text(List<LineMessage> batch) {
        for (LineMessage line : batch) {
            session.output().data(ChatStyle.harmless(text(line)));
        }
    }

    private static String text(LineMessage line) {
        return line instanceof LineMessage.Text text ? text.text() : "* " + ((LineMessage.Rejected) line).reason();
    }

    private void event(LineMessage line) {
        var event = Ndjson.start(ChatClient.SERVICE, "received", Instant.now());
        if (line instanceof LineMessage.Rejected rejected) {
            session.output().document(event.field("rejected", rejected.reason()));
            return;
        }
        String text = ((LineMessage.Text) line).text();
        ReceivedMessage message = options.format() == Format.JSON ? ReceivedMessage.parse(text) : null;
        if (message == null) {
            session.output().document(event.field("text", text));
            return;
        }
        event.field("type", message.type()).field("sent", message.time());
        if (message.place() != null) {
            event.field("run", message.place().run())
                    .field("seq", message.place().seq());
        }
        event.field("room", message.room()).field("from", message.from()).field("text", message.text());
        if (message.count() > 0) {
            event.field("count", message.count());
        }
        session.output().document(event);
    }

    /** Waits for a time, 0 for ever; whether it came about. */
    private static boolean await(CompletableFuture<?> news, Duration atMost) throws IOException, InterruptedException {
        try {
            if (atMost.isZero()) {
                news.get();
            } else {
                news.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
            }
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw Failure.of(e);
        }
    }
}
