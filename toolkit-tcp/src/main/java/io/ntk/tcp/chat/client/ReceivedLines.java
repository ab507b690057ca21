package io.ntk.tcp.chat.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.ntk.tcp.line.LineMessage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A sink that makes lines of what a server sends. Empty lines are left out; bytes that are not UTF-8 become U+FFFD, since
 * these lines are to be shown; a line that is too long comes out as {@link LineMessage.Rejected}, once.
 *
 * <p>Limits: one line is held, and at most {@value #BATCH_LINES} are given at once. One thread writes.
 */
public final class ReceivedLines implements WritableByteChannel {
    /** The longest line unless told otherwise, its line end not counted. */
    public static final int DEFAULT_MAX_BYTES = 64 * 1024;

    static final int BATCH_LINES = 1000;

    private final int maxBytes;
    private final Consumer<List<LineMessage>> lines;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private List<LineMessage> batch = new ArrayList<>();
    private boolean dropping;

    /**
     * Makes a sink.
     *
     * @param maxBytes the longest line, its LF not counted, at least 1
     * @param lines takes those that arrived together, on the writing thread; may block
     */
    public ReceivedLines(int maxBytes, Consumer<List<LineMessage>> lines) {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: > 0)");
        }
        this.maxBytes = maxBytes;
        this.lines = requireNonNull(lines, "lines");
    }

    @Override
    public int write(ByteBuffer bytes) {
        int size = bytes.remaining();
        while (bytes.hasRemaining()) {
            take(bytes.get());
        }
        give();
        return size;
    }

    /** Gives a last line that has no line end; to be called when the connection has ended. */
    public void end() {
        if (!dropping) {
            finish(false);
        }
        give();
    }

    private void take(byte next) {
        if (next == '\n') {
            if (!dropping) {
                finish(true);
            }
            dropping = false;
        } else if (!dropping && line.size() == maxBytes) {
            line.reset();
            dropping = true;
            add(new LineMessage.Rejected("line longer than " + maxBytes + " bytes"));
        } else if (!dropping) {
            line.write(next);
        }
    }

    private void finish(boolean whole) {
        String text = line.toString(UTF_8);
        line.reset();
        if (text.endsWith("\r")) {
            text = text.substring(0, text.length() - 1);
        }
        if (!text.isEmpty()) {
            add(new LineMessage.Text(text, whole));
        }
    }

    private void add(LineMessage message) {
        batch.add(message);
        if (batch.size() == BATCH_LINES) {
            give();
        }
    }

    private void give() {
        if (!batch.isEmpty()) {
            List<LineMessage> full = batch;
            batch = new ArrayList<>();
            lines.accept(full);
        }
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    /** Does nothing: see {@link #end}. */
    @Override
    public void close() {}
}
