package io.ntk.cli;

import io.ntk.core.CloseCause;
import io.ntk.core.EventLoops;
import io.ntk.core.NetListener;
import io.ntk.tcp.chat.client.ChatClient;
import io.ntk.tcp.chat.client.ChatClientOptions;
import io.ntk.tcp.chat.client.ChatClientOptions.Format;
import io.ntk.tcp.chat.client.ReceivedLines;
import io.ntk.tcp.chat.client.ReconnectDelay;
import io.ntk.tcp.chat.client.SentLines;
import io.ntk.tcp.line.TcpClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.jspecify.annotations.Nullable;

/**
 * A person in a chat: what they type is sent, what is said is shown, and a connection that is lost is made again.
 *
 * <p>Three threads: the command's looks after the connection, one reads what is typed, and the client's own shows what
 * arrives.
 */
final class ChatTerminal {
    private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);
    /* A connection that lasted so long was a good one: the next delay is the first again. */
    private static final Duration GOOD_CONNECTION = Duration.ofSeconds(10);
    private static final Duration PATIENCE_WITH_JSON = Duration.ofSeconds(2);
    private static final Duration PATIENCE_AT_END = Duration.ofSeconds(5);
    private static final Duration CLOSING = Duration.ofMillis(500);

    private final Session session;
    private final ChatClientOptions options;
    private final ChatView view;
    private final ChatScreen screen;
    private final EventLoops loops;
    private final ReconnectDelay delay = new ReconnectDelay(FIRST_DELAY, LONGEST_DELAY, ThreadLocalRandom.current());
    private final CompletableFuture<ExitCode> left = new CompletableFuture<>();

    /* For the thread that reads what is typed: null while there is no connection. */
    private volatile @Nullable ChatClient client;
    private volatile CompletableFuture<Void> hurry = new CompletableFuture<>();
    private volatile boolean leaving;

    ChatTerminal(Session session, ChatClientOptions options, ChatView view, ChatScreen screen) {
        this.session = session;
        this.options = options;
        this.view = view;
        this.screen = screen;
        this.loops = session.loops(TcpClient.transportFor(options.connect().endpoint()), 1);
    }

    /** One connection with the lines that come from it. */
    private record Connection(ChatClient client, ReceivedLines lines, long since) {}

    ExitCode run(boolean reconnects) throws IOException, InterruptedException {
        Connection connection = connect(options);
        Thread typing = new Thread(this::type, "ntk-typing");
        typing.setDaemon(true);
        typing.start();
        boolean first = true;
        while (true) {
            boolean joined = stay(connection);
            if (left.isDone()) {
                return leave(connection);
            }
            String end = end(connection);
            if (leaving) {
                return ExitCode.DONE;
            }
            if (!reconnects || (first && !joined)) {
                screen.close();
                session.output().error(options.connect().endpoint() + " " + end);
                return ExitCode.FAILED;
            }
            say("connection " + end);
            first = false;
            Connection next = connectAgain();
            if (next == null) {
                return left.join();
            }
            connection = next;
        }
    }

    private Connection connect(ChatClientOptions as) throws IOException {
        view.connected(as.nick(), as.room());
        screen.eraseEntered(false);
        ReceivedLines lines = new ReceivedLines(ReceivedLines.DEFAULT_MAX_BYTES, batch -> {
            screen.show(view.received(batch));
            screen.eraseEntered(view.isJson());
        });
        NetListener listener = event -> session.output().detail(EventText.of(event));
        ChatClient connected = ChatClient.connect(as, loops, lines, listener);
        boolean shownByUs = view.isHolding() || view.isJson();
        if (shownByUs) {
            ask(connected, as);
        }
        client = connected;
        return new Connection(connected, lines, System.nanoTime());
    }

    /** What was said before, unless the room's history comes by itself, and who is there. */
    private static void ask(ChatClient connected, ChatClientOptions as) throws IOException {
        if (as.room() == null) {
            connected.send("/history");
        }
        connected.send("/who");
        connected.send(ChatView.LAST_QUESTION);
    }

    /** Until the connection ends, or the person leaves; whether the server has let us in. */
    private boolean stay(Connection connection) throws InterruptedException {
        CompletableFuture<?> over = CompletableFuture.anyOf(settled(connection), left);
        if (!await(over, PATIENCE_WITH_JSON)) {
            screen.show(view.release());
            await(over, null);
            return true;
        }
        return view.isJson();
    }

    private String end(Connection connection) throws InterruptedException {
        client = null;
        screen.eraseEntered(false);
        connection.client().close(CLOSING);
        connection.lines().end();
        screen.show(view.release());
        if (System.nanoTime() - connection.since() >= GOOD_CONNECTION.toNanos()) {
            delay.reset();
        }
        try {
            CloseCause cause = connection
                    .client()
                    .closed()
                    .get(CLOSING.toMillis(), TimeUnit.MILLISECONDS)
                    .cause();
            return "closed " + EventText.cause(cause);
        } catch (ExecutionException | TimeoutException e) {
            return "lost";
        }
    }

    private ExitCode leave(Connection connection) throws InterruptedException {
        ExitCode exit = left.join();
        if (exit == ExitCode.DONE) {
            connection.client().shutdownOutput();
            await(settled(connection), PATIENCE_AT_END);
        }
        connection.client().close(CLOSING);
        return exit;
    }

    /** Tries until it is connected, or the person leaves, which gives null. */
    private @Nullable Connection connectAgain() throws InterruptedException {
        while (true) {
            Duration wait = delay.next();
            hurry = new CompletableFuture<>();
            say("trying again in " + EventText.time(wait) + " (Enter: at once)");
            await(CompletableFuture.anyOf(hurry, left), wait);
            if (left.isDone()) {
                return null;
            }
            try {
                Connection connection = connect(asBefore());
                say("connected to " + options.connect().endpoint());
                return connection;
            } catch (IOException e) {
                say(String.valueOf(e.getMessage()));
            }
        }
    }

    /** As whom and where we were when the connection was lost. */
    private ChatClientOptions asBefore() {
        if (options.format() == Format.CLASSIC) {
            return options;
        }
        String nick = view.nick();
        String room = view.room();
        try {
            return options.withNick(nick.isEmpty() ? options.nick() : nick)
                    .withRoom(room.isEmpty() ? options.room() : room);
        } catch (IllegalArgumentException e) {
            return options; // typed, or from the wire, and no name at all
        }
    }

    /** The thread that reads what is typed. */
    private void type() {
        try {
            while (true) {
                String typed = screen.readLine();
                ChatClient to = client;
                if (to == null && typed.isBlank()) {
                    hurry.complete(null);
                }
                typed.lines()
                        .map(String::stripTrailing)
                        .filter(line -> !line.isEmpty())
                        .forEach(line -> send(to, line));
            }
        } catch (EndOfFileException e) {
            left.complete(ExitCode.DONE);
        } catch (UserInterruptException e) {
            left.complete(ExitCode.INTERRUPTED);
        } catch (RuntimeException e) {
            left.completeExceptionally(e); // the terminal is gone
        }
    }

    private void send(@Nullable ChatClient to, String line) {
        int bytes = ChatClient.bytes(line);
        if (bytes > ChatClientOptions.MAX_LINE_BYTES) {
            say(String.format(
                    Locale.ROOT,
                    "not sent: the line is %,d bytes long, and %,d is the most",
                    bytes,
                    ChatClientOptions.MAX_LINE_BYTES));
            return;
        }
        if (to == null) {
            leaving = SentLines.isLeaving(line.strip(), options.format());
            if (leaving) {
                left.complete(ExitCode.DONE);
            } else {
                say("not sent: there is no connection (the Up key brings the line back)");
            }
            return;
        }
        try {
            leaving = SentLines.isLeaving(line.strip(), options.format());
            view.sent(line);
            to.send(line);
        } catch (IOException e) {
            say("not sent: " + e.getMessage());
        }
    }

    private void say(String text) {
        screen.show(List.of(view.notice(text)));
    }

    /** Done when nothing more comes from the server, for whatever reason. */
    private static CompletableFuture<Boolean> settled(Connection connection) {
        return connection.client().inputEnded().handle((done, failure) -> failure == null);
    }

    /** Waits for a time, null for ever; whether it came about. */
    private static boolean await(CompletableFuture<?> news, @Nullable Duration atMost) throws InterruptedException {
        try {
            if (atMost == null) {
                news.get();
            } else {
                news.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true; // the caller looks what it is
        }
        return true;
    }
}
