package io.ntk.cli;

import java.io.IOError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * A terminal on which one thread reads lines and another one decides when that is over. It is given back as it was found, even
 * when a line was just begun: JLine sets the terminal to raw input for each line, and would do so after it was closed.
 */
final class LineTerminal implements AutoCloseable {
    private static final String PROMPT = "> ";
    /* A reader leaves at once; one that is held up by something else must not hold up the end for ever. */
    private static final long LEAVING_MILLIS = 1000;

    private final Terminal terminal;
    private final LineReader reader;
    private final Attributes found;

    /* Guarded by this. */
    private boolean reading;
    private boolean closed;

    /**
     * Takes a terminal over.
     *
     * @param terminal closed with this
     * @param reader of that terminal, on which nobody else reads
     */
    LineTerminal(Terminal terminal, LineReader reader) {
        this.terminal = terminal;
        this.reader = reader;
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
            reading = true;
        }
        try {
            return reader.readLine(PROMPT);
        } finally {
            synchronized (this) {
                reading = false;
                notifyAll();
            }
        }
    }

    /** Ends the reading of a line, and gives the terminal back, the cursor on a line of its own. May be called again. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            terminal.close();
            awaitReader();
            terminal.setAttributes(found);
        } catch (IOException | IOError e) {
            return; // it is gone, and with it whoever could be told
        }
    }

    private synchronized void awaitReader() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LEAVING_MILLIS);
        try {
            for (long left = LEAVING_MILLIS; reading && left > 0; ) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
