package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ListenOptions;
import io.ntk.core.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * What a line service is like.
 *
 * @param listen where it listens, and the limits of its connections
 * @param maxLineBytes the longest line or chunk, its line end not counted, 1 to {@value #MAX_LINE_BYTES}
 * @param framing how messages are cut
 * @param workers threads for a responder that blocks, 0 to 1,024; 0 runs it on the event loop, where it must not
 * @param greeting what a peer is sent when it connects, in place of the responder's own greeting, or null
 * @param quit the line that closes the connection, or null for none; white space around a line is ignored
 * @param accept how many connections are taken
 */
public record LineOptions(
        ListenOptions listen,
        int maxLineBytes,
        Framing framing,
        int workers,
        @Nullable String greeting,
        @Nullable String quit,
        Protocol.Accept accept) {
    /** The most that {@code maxLineBytes} may be: a line is held in memory as a whole. */
    public static final int MAX_LINE_BYTES = 16 * 1024 * 1024;

    /** Loopback port 9000, lines of at most 8 KiB, no workers, no greeting, no quit word, any number of connections. */
    public static final LineOptions DEFAULTS =
            new LineOptions(ListenOptions.loopback(9000), 8192, Framing.LINE, 0, null, null, Protocol.Accept.MANY);

    /** Checks the bounds. */
    public LineOptions {
        requireNonNull(listen, "listen");
        requireNonNull(framing, "framing");
        requireNonNull(accept, "accept");
        if (maxLineBytes < 1 || maxLineBytes > MAX_LINE_BYTES) {
            throw new IllegalArgumentException(
                    "maxLineBytes: " + maxLineBytes + " (expected: 1 to " + MAX_LINE_BYTES + ")");
        }
        if (workers < 0 || workers > 1024) {
            throw new IllegalArgumentException("workers: " + workers + " (expected: 0 to 1024)");
        }
        if (quit != null && (quit.isEmpty() || !quit.equals(quit.strip()) || quit.indexOf('\n') >= 0)) {
            throw new IllegalArgumentException(
                    "quit: \"" + quit + "\" (expected: a line without white space around it)");
        }
    }

    /**
     * A copy that listens elsewhere.
     *
     * @param options where and how
     * @return the copy
     */
    public LineOptions withListen(ListenOptions options) {
        return new LineOptions(options, maxLineBytes, framing, workers, greeting, quit, accept);
    }

    /**
     * A copy with another bound of lines.
     *
     * @param n bytes, the line end not counted
     * @return the copy
     */
    public LineOptions withMaxLineBytes(int n) {
        return new LineOptions(listen, n, framing, workers, greeting, quit, accept);
    }

    /**
     * A copy that cuts messages differently.
     *
     * @param other how
     * @return the copy
     */
    public LineOptions withFraming(Framing other) {
        return new LineOptions(listen, maxLineBytes, other, workers, greeting, quit, accept);
    }

    /**
     * A copy with threads for a responder that blocks.
     *
     * @param n how many, 0 for the event loop
     * @return the copy
     */
    public LineOptions withWorkers(int n) {
        return new LineOptions(listen, maxLineBytes, framing, n, greeting, quit, accept);
    }

    /**
     * A copy with another greeting.
     *
     * @param text without the last line end, or null for that of the responder
     * @return the copy
     */
    public LineOptions withGreeting(@Nullable String text) {
        return new LineOptions(listen, maxLineBytes, framing, workers, text, quit, accept);
    }

    /**
     * A copy with another word that closes the connection.
     *
     * @param word the whole line, or null for none
     * @return the copy
     */
    public LineOptions withQuit(@Nullable String word) {
        return new LineOptions(listen, maxLineBytes, framing, workers, greeting, word, accept);
    }

    /**
     * A copy that takes another number of connections.
     *
     * @param other how many
     * @return the copy
     */
    public LineOptions withAccept(Protocol.Accept other) {
        return new LineOptions(listen, maxLineBytes, framing, workers, greeting, quit, other);
    }
}
