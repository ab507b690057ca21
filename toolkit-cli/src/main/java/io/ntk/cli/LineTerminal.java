package io.ntk.cli;

import java.io.IOError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A terminal on which one thread reads lines and another one decides when that is over. It is given back as it was found, even
 * when a line was just begun: JLine sets the terminal to raw input for each line, and would do so after it was closed. Nor does
 * closing it end the reading of a line. So the reader is interrupted first, and leaves the terminal by itself.
 */
final class LineTerminal implements AutoCloseable {
    private static final String PROMPT = "> ";
    /* A reader leaves within a tenth of a second, after which JLine looks up; one that is held up must not hold up the end. */
    private static final Duration LEAVING = Duration.ofSeconds(1);

    private final Terminal terminal;
    private final LineReader reader;
    private final Duration leaving;
    private final Attributes found;
    private final CompletableFuture<Void> givenBack = new CompletableFuture<>();

    /* Guarded by this. */
    private @Nullable Thread reading;
    private boolean closed;

    /**
     * Takes a terminal over.
     *
     * @param terminal closed with this
     * @param reader of that terminal, on which nobody else reads
     */
    LineTerminal(Terminal terminal, LineReader reader) {
        this(terminal, reader, LEAVING);
    }

    /**
     * Takes a terminal over.
     *
     * @param leaving how long closing waits for who reads a line
     */
    LineTerminal(Terminal terminal, LineReader reader, Duration leaving) {
        this.terminal = terminal;
        this.reader = reader;
        this.leaving = leaving;
        this.found = terminal.getAttributes();
    }

    /** The terminal of the process; signals stay with the process. */
    static Terminal ofProcess() throws IOException {
        return TerminalBuilder.builder()
                .system(true)
                .encoding(StandardCharsets.UTF_8)
                .nativeSignals(false)
                .build();
    }

    /** To show lines above the one that is being typed, which any thread may, and to set options. */
    LineReader reader() {
        return reader;
    }

    /**
     * Reads a line. Called by one thread.
     *
     * @throws EndOfFileException for Ctrl-D on an empty line, and once it is closed
     * @throws UserInterruptException for Ctrl-C, where it does not end the run by itself
     */
    String readLine() {
        synchronized (this) {
            if (closed) {
                throw new EndOfFileException();
            }
            reading = Thread.currentThread();
        }
        try {
            return reader.readLine(PROMPT);
        } catch (UserInterruptException e) {
            throw isClosed() ? new EndOfFileException(e) : e;
        } finally {
            synchronized (this) {
                reading = null;
                if (closed) {
                    Thread.interrupted(); // which was for the line alone
                }
                notifyAll();
            }
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Ends the reading of a line, and gives the terminal back, the cursor on a line of its own. Whoever calls this again waits
     * for the first.
     */
    @Override
    public void close() {
        if (!begin()) {
            Stop.await(givenBack, leaving);
            return;
        }
        try {
            if (!awaitReader()) {
                terminal.writer().print("\r\n");
            }
            terminal.close();
            terminal.setAttributes(found);
        } catch (IOException | IOError e) {
            return; // it is gone, and with it whoever could be told
        } finally {
            givenBack.complete(null);
        }
    }

    /** Whether this is the first to close it. */
    private synchronized boolean begin() {
        if (closed) {
            return false;
        }
        closed = true;
        if (reading != null) {
            reading.interrupt();
        }
        return true;
    }

    /** Whether nobody reads any more. */
    private synchronized boolean awaitReader() {
        long end = System.nanoTime() + leaving.toNanos();
        try {
            for (long left = leaving.toMillis(); reading != null && left > 0; ) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return reading == null;
    }
}
