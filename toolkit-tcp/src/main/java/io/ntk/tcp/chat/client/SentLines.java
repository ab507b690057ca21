package io.ntk.tcp.chat.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.ntk.tcp.chat.client.ChatClientOptions.Format;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.function.LongConsumer;

/**
 * The lines of a source that a server will take, as bytes. A line that is too long is left out and told; none is ever
 * split. A last line without a line end gets one. In the classic format blank lines, which mean leaving there, are left
 * out.
 *
 * <p>Limits: at most 64 KiB of the source and one line are held. One thread reads.
 */
public final class SentLines implements ReadableByteChannel {
    private static final int READ_BYTES = 64 * 1024;
    private static final int MAX_LINE_END_BYTES = 2;

    private final ReadableByteChannel source;
    private final Format format;
    private final LongConsumer tooLong;
    private final ByteBuffer read = ByteBuffer.allocate(READ_BYTES).flip();
    /* The start of a line whose end has not come yet. */
    private final ByteBuffer line = ByteBuffer.allocate(ChatClientOptions.MAX_LINE_BYTES + MAX_LINE_END_BYTES);
    private ByteBuffer ready = ByteBuffer.allocate(0);
    private long number = 1;
    private boolean dropping;
    private boolean ended;
    private volatile boolean leaving;

    /**
     * Reads lines.
     *
     * @param source blocking; not closed from here
     * @param format what the server speaks
     * @param tooLong told the number of each line that is left out because of its length, the first being 1
     */
    public SentLines(ReadableByteChannel source, Format format, LongConsumer tooLong) {
        this.source = requireNonNull(source, "source");
        this.format = requireNonNull(format, "format");
        this.tooLong = requireNonNull(tooLong, "tooLong");
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!target.hasRemaining()) {
            return 0;
        }
        while (!ready.hasRemaining()) {
            if (ended) {
                return -1;
            }
            fill();
        }
        int size = Math.min(target.remaining(), ready.remaining());
        target.put(ready.slice().limit(size));
        ready.position(ready.position() + size);
        return size;
    }

    private void fill() throws IOException {
        read.clear();
        int size = source.read(read);
        read.flip();
        ended = size < 0;
        ByteBuffer out = ByteBuffer.allocate(read.remaining() + line.position() + 1);
        while (read.hasRemaining()) {
            take(read.get(), out);
        }
        if (ended && line.position() > 0 && !dropping) {
            take((byte) '\n', out);
        }
        ready = out.flip();
    }

    private void take(byte next, ByteBuffer out) {
        if (dropping) {
            dropping = next != '\n';
        } else if (next != '\n' && tooLongWith(next)) {
            tooLong.accept(number);
            line.clear();
            dropping = true;
        } else {
            line.put(next);
            if (next == '\n') {
                finish(out);
            }
        }
        number += next == '\n' ? 1 : 0;
    }

    /** A CR is part of the line end when LF follows, and of the line otherwise. */
    private boolean tooLongWith(byte next) {
        int length = line.position() + 1;
        return length > ChatClientOptions.MAX_LINE_BYTES
                && !(next == '\r' && length == ChatClientOptions.MAX_LINE_BYTES + 1);
    }

    private void finish(ByteBuffer out) {
        line.flip();
        boolean mayMatter = format == Format.CLASSIC || line.get(0) == '/';
        String text = mayMatter ? UTF_8.decode(line.duplicate()).toString().strip() : "";
        leaving = mayMatter && isLeaving(text, format);
        if (format != Format.CLASSIC || !text.isEmpty()) {
            out.put(line);
        }
        line.clear();
    }

    /**
     * Tells whether a line asks the server to end the connection.
     *
     * @param line without blanks around it
     * @param format what the server speaks
     * @return true for {@code /quit} with or without a text, in the classic format for {@code quit}
     */
    public static boolean isLeaving(String line, Format format) {
        return format == Format.CLASSIC ? line.equals("quit") : line.equals("/quit") || line.startsWith("/quit ");
    }

    /**
     * Tells whether the last line asked the server to end the connection. Thread-safe.
     *
     * @return as {@link #isLeaving(String, Format)} says
     */
    public boolean isLeaving() {
        return leaving;
    }

    @Override
    public boolean isOpen() {
        return source.isOpen();
    }

    /** Does nothing: the source is its owner's. */
    @Override
    public void close() {}
}
