package io.ntk.cli;

import io.ntk.core.CloseCause;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.NetListener;
import io.ntk.tcp.line.TcpClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk tcp connect}: standard input to a server, the server to standard output. */
@Command(
        name = "connect",
        description = {
            "Connects standard input and output to any server over TCP, TLS or a Unix socket.",
            "",
            "It ends when the server has ended its stream and standard input has ended too, or has had nothing for half"
                    + " a second. On a terminal there is line editing, and what the server says appears above the line"
                    + " being typed; control characters from the server are shown, not obeyed."
        })
@Examples({
    "ntk tcp connect 127.0.0.1:9000      # talk to it; Ctrl-D ends your side",
    "echo hello | ntk tcp connect 9000   # one round trip",
    "ntk tcp connect 9000 < big.iso      # send a file, as fast as it goes",
    "ntk tcp connect example.org:443 --tls --crlf       # lines ending in CRLF",
    "ntk tcp connect unix:/run/app.sock --deadline 5s   # a Unix socket, in 5 s",
})
final class TcpConnectCommand implements Verb {
    private static final Duration PATIENCE_WITH_INPUT = Duration.ofMillis(500);
    private static final Duration FOR_EVER = Duration.ofDays(365);
    private static final Duration GRACE_AT_DEADLINE = Duration.ofMillis(200);

    /** What the end of standard input does. */
    enum OnEof {
        /** Ends our side and goes on reading. */
        HALF_CLOSE,
        /** Closes the connection. */
        CLOSE,
        /** Nothing: the connection stays until the server ends it. */
        STAY;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Parameters(
            index = "0",
            paramLabel = "ENDPOINT",
            description = "HOST:PORT, [V6]:PORT, PORT (loopback) or unix:PATH.")
    @Nullable
    Endpoint endpoint;

    @Option(
            names = "--on-eof",
            paramLabel = "HOW",
            description = "At the end of standard input: half-close (default: read on until the server ends), close or"
                    + " stay.")
    OnEof onEof = OnEof.HALF_CLOSE;

    @Option(
            names = "--idle",
            paramLabel = "TIME",
            description = "End, with success, after so long without a byte (default: 0, never).")
    @Nullable
    Duration idle;

    @Option(names = "--deadline", paramLabel = "TIME", description = "End, with exit code 124, after so long.")
    @Nullable
    Duration deadline;

    @Option(names = "--crlf", description = "Send CRLF for each line end.")
    boolean crlf;

    @Option(names = "--hex", description = "Show what the server sends as a hex dump.")
    boolean hex;

    @Mixin
    ConnectMixin connection = new ConnectMixin();

    @Mixin
    ClientTlsMixin tls = new ClientTlsMixin();

    @Mixin
    SocketMixin socket = new SocketMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException, InterruptedException {
        long end = System.nanoTime() + shorter(deadlineOrForEver(), FOR_EVER).toNanos();
        ConnectOptions options = options(session);
        boolean interactive = session.environment().terminals().contains(Standard.IN)
                && session.environment().terminals().contains(Standard.OUT)
                && !hex
                && !session.output().json();
        Console console = interactive ? Console.open(session) : null;
        try {
            return talk(session, options, console, end);
        } finally {
            if (console != null) {
                console.close();
            }
        }
    }

    private ExitCode talk(Session session, ConnectOptions options, @Nullable Console console, long end)
            throws IOException, InterruptedException {
        Output out = session.output();
        NetListener listener = out.json() ? out : event -> out.detail(EventText.of(event));
        TcpClient client = TcpClient.connect(
                options,
                session.loops(TcpClient.transportFor(options.endpoint()), 1),
                Received.sink(session, console, hex),
                listener);
        out.detail("socket options granted: " + client.granted());
        CompletableFuture<ExitCode> left = new CompletableFuture<>();
        Thread input = new Thread(() -> input(session, client, console, left), "ntk-stdin");
        input.setDaemon(true);
        input.start();
        Duration grace = TcpClient.CLOSING_GRACE;
        try {
            ExitCode exit = await(session, client, console != null, left, end);
            grace = exit == ExitCode.DEADLINE ? GRACE_AT_DEADLINE : grace;
            return exit;
        } finally {
            client.close(grace);
        }
    }

    /** The thread that reads standard input; it may be left behind in a read. */
    private void input(Session session, TcpClient client, @Nullable Console console, CompletableFuture<ExitCode> left) {
        try {
            if (console != null) {
                if (console.send(client, crlf) == Console.Ending.INTERRUPTED) {
                    left.complete(ExitCode.INTERRUPTED);
                    return;
                }
            } else {
                client.pump(StandardInput.of(session.environment(), crlf));
            }
            switch (onEof) {
                case HALF_CLOSE -> client.shutdownOutput();
                case CLOSE -> {
                    client.close();
                    left.complete(ExitCode.DONE);
                }
                case STAY -> session.output().detail("standard input has ended; the connection stays");
            }
        } catch (IOException e) {
            // A connection that is gone is told by its end; what is left is a source that cannot be read.
            if (!client.inputEnded().isDone() && !client.closed().isDone()) {
                left.completeExceptionally(e);
            }
        }
    }

    /** Waits for the first of: both ends done, the user, idleness, the deadline. */
    private ExitCode await(
            Session session, TcpClient client, boolean interactive, CompletableFuture<ExitCode> left, long end)
            throws IOException, InterruptedException {
        CompletableFuture<ExitCode> closed = client.closed().thenApply(ended -> exit(session, ended));
        CompletableFuture<Void> peerEnded = client.inputEnded();
        CompletableFuture<?> any = CompletableFuture.anyOf(closed, left);
        while (true) {
            long now = System.nanoTime();
            if (now >= end) {
                session.output().error("the deadline of " + EventText.time(deadlineOrForEver()) + " passed");
                return ExitCode.DEADLINE;
            }
            Duration quiet = client.quiet();
            if (isIdle(quiet)) {
                return ExitCode.DONE;
            }
            // A peer that has ended its output may still read ours, at its own speed.
            boolean silent = quiet.compareTo(PATIENCE_WITH_INPUT) >= 0 && !client.isSending();
            boolean over = peerEnded.isDone() && (interactive || silent);
            if (over && !closed.isDone()) {
                client.close(shorter(Duration.ofNanos(end - now), TcpClient.CLOSING_GRACE));
            }
            CompletableFuture<?> next = peerEnded.isDone() ? any : CompletableFuture.anyOf(any, peerEnded);
            sleep(next, pause(end - now, quiet, peerEnded.isDone()));
            if (left.isDone()) {
                return Failure.orResult(left);
            }
            if (closed.isDone()) {
                return Failure.orResult(closed);
            }
        }
    }

    private boolean isIdle(Duration quiet) {
        return idle != null && !idle.isZero() && quiet.compareTo(idle) >= 0;
    }

    /** Waits for a time, or until there is news. */
    private static void sleep(CompletableFuture<?> news, long nanos) throws InterruptedException {
        try {
            news.get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return; // the caller looks what it is
        }
    }

    private long pause(long untilDeadline, Duration quiet, boolean peerEnded) {
        long pause = untilDeadline;
        if (idle != null && !idle.isZero()) {
            pause = Math.min(pause, idle.minus(quiet).toNanos());
        }
        if (peerEnded) {
            pause = Math.min(pause, PATIENCE_WITH_INPUT.dividedBy(10).toNanos());
        }
        return Math.max(1, pause);
    }

    private Duration deadlineOrForEver() {
        return deadline == null ? FOR_EVER : deadline;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private ExitCode exit(Session session, TcpClient.End end) {
        if (end.cause() == CloseCause.PEER || end.cause() == CloseCause.LOCAL) {
            return ExitCode.DONE;
        }
        session.output().error("connection to " + endpoint + " closed " + EventText.cause(end.cause()));
        return ExitCode.FAILED;
    }

    private ConnectOptions options(Session session) {
        if (endpoint == null) {
            throw new IllegalArgumentException("ENDPOINT is missing");
        }
        if (deadlineOrForEver().isZero()) {
            throw new IllegalArgumentException("--deadline: 0 (expected: > 0)");
        }
        ConnectOptions options = connection.options(session, endpoint);
        return options.withTimeout(shorter(options.timeout(), deadlineOrForEver()))
                .withTls(tls.options())
                .withSocket(socket.options());
    }
}
