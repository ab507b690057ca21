package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.core.JsonWriter;
import io.ntk.core.Ndjson;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * The only one who writes to the standard streams. Thread-safe.
 *
 * <p>Standard output carries data and the {@code listening} lines, with {@code --json} one event a line; standard error
 * carries everything for people, and the log. Events come from event loops, which must not wait for a reader: what a
 * reader does not take in time is dropped and counted. That is 256 KiB of lines for people, and 8 MiB of JSON events,
 * or data, after which an event {@code dropped}, or a line for people, tells the {@code count}. What a command writes itself ({@link #data},
 * {@link #document}, {@link #payload}) is never dropped; it waits.
 */
final class Output implements NetListener, AutoCloseable {
    private static final long MAX_QUEUED_TEXT = 256 * 1024;
    private static final long MAX_QUEUED_EVENTS = 8 * 1024 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Where the {@code listening} lines go. */
    enum Announce {
        ON_OUT,
        /** For commands whose standard output carries raw payload. */
        ON_ERR
    }

    private final boolean json;
    private final Verbosity verbosity;
    private final Paint errPaint;
    private final Consumer<ExitCode> onLost;
    private final WritableByteChannel payload;
    private final Outlet out;
    private final Outlet err;
    private volatile Announce announce = Announce.ON_OUT;

    /**
     * Takes the streams.
     *
     * @param environment whose streams
     * @param options how to speak
     * @param onLost told once when standard output cannot be written any more
     */
    Output(Environment environment, OutputMixin options, Consumer<ExitCode> onLost) {
        this.json = options.json;
        this.verbosity = options.verbosity();
        this.errPaint = new Paint(options.color.on(Standard.ERR, environment));
        this.onLost = onLost;
        this.err = new Outlet(environment.err(), MAX_QUEUED_TEXT, Output::droppedLines, e -> {});
        this.out = new Outlet(environment.out(), MAX_QUEUED_EVENTS, this::dropped, this::outFailed);
        this.payload = new PayloadChannel(environment.out(), this::lost);
    }

    boolean json() {
        return json;
    }

    Verbosity verbosity() {
        return verbosity;
    }

    /** Decides where the {@code listening} lines go; to be called before a server starts. */
    void announce(Announce where) {
        announce = where;
    }

    @Override
    public void on(NetEvent event) {
        if (event instanceof NetEvent.Listening listening) {
            listening(listening);
        } else if (json) {
            out.offer(Ndjson.line(event, Instant.now()));
        }
        if (event instanceof NetEvent.Failed failed) {
            error(failed.what() + ": " + failed.why());
        } else if (!json && !(event instanceof NetEvent.Listening)) {
            EventText.Level level = EventText.level(event);
            if (verbosity.atLeast(level == EventText.Level.DETAIL ? Verbosity.DETAILS : Verbosity.NORMAL)) {
                err.offer(errPaint.event(level, EventText.of(event)));
            }
        }
    }

    /* On the thread that starts the server: nothing is accepted before it is written. */
    private void listening(NetEvent.Listening event) {
        String line = json ? Ndjson.line(event, Instant.now()) : "listening " + event.service() + " " + event.address();
        if (announce == Announce.ON_ERR) {
            err.offer(line);
        } else {
            data(line);
        }
    }

    /** Writes a line of data to standard output; back when it is written. */
    void data(String line) {
        try {
            out.put(line);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Writes a line of data to standard output, but does not wait for the reader: for event loops. */
    void offer(String line) {
        out.offer(line);
    }

    /** Writes payload to standard output as it is, but does not wait for the reader: for event loops. */
    void offer(ByteBuffer payload) {
        byte[] bytes = new byte[payload.remaining()];
        payload.duplicate().get(bytes);
        out.offerBytes(bytes);
    }

    /** Writes a text of data to standard output, as {@link #data}, with no line end but its own. */
    void text(String text) {
        try {
            out.putText(text);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Writes the JSON document of a command, or an event of its own, to standard output, as {@link #data}. */
    void document(JsonWriter document) {
        data(document.toString());
    }

    /** Standard output for raw payload, not buffered; writing to it fails with {@link OutputLostException}. */
    WritableByteChannel payload() {
        return payload;
    }

    /** Says something to people, unless they asked for quiet. */
    void notice(String line) {
        if (verbosity.atLeast(Verbosity.NORMAL)) {
            err.offer(line);
        }
    }

    /** Says something to people who asked for details. */
    void detail(String line) {
        if (verbosity.atLeast(Verbosity.DETAILS)) {
            err.offer(line);
        }
    }

    /** Warns people of what they should change; no reason to end. */
    void warning(String line) {
        notice(errPaint.warning("warning:") + " " + line);
    }

    /** Says what failed and why, whatever was asked for. */
    void error(String line) {
        err.offer(errPaint.error("ntk:") + " " + harmless(line));
    }

    /* What a peer sent is escaped where the message is made; a message may also quote an argument, or a file. */
    private static String harmless(String line) {
        String escaped = Escaped.text(line);
        boolean onlyBackslashes = escaped.equals(line.replace("\\", "\\\\"));
        return onlyBackslashes ? line : escaped;
    }

    /** Says something whatever was asked for: a line of the log, of a stack trace, or how to get help. */
    void always(String line) {
        err.offer(line);
    }

    /** Asks people for input; the cursor stays behind it. */
    void prompt(String text) {
        err.offerText(text);
    }

    /** Waits until what was said is written, but not for ever: a prompt then stands below it. */
    void settle() throws InterruptedException {
        out.drain(PATIENCE);
        err.drain(PATIENCE);
    }

    /** Waits until what was said is written, but not for ever. */
    @Override
    public void close() {
        try {
            settle();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void outFailed(IOException failure) {
        ExitCode exit = exit(failure);
        if (exit != ExitCode.OUTPUT_CLOSED) {
            error("cannot write to standard output: " + Reason.of(failure));
        }
        onLost.accept(exit);
    }

    private OutputLostException lost(IOException failure) {
        return new OutputLostException(exit(failure), failure);
    }

    private static ExitCode exit(IOException failure) {
        String text = String.valueOf(failure.getMessage());
        boolean closed = text.contains("Broken pipe") || text.contains("Connection reset");
        return closed ? ExitCode.OUTPUT_CLOSED : ExitCode.FAILED;
    }

    private static String droppedLines(long count) {
        return "ntk: " + count + " lines are missing here: standard error was not read in time";
    }

    /** An event among the events; what is missing in data is told on standard error. */
    private String dropped(long count) {
        if (json) {
            return Ndjson.start("ntk", "dropped", Instant.now())
                    .field("count", count)
                    .toString();
        }
        error(count + " datagrams are missing: standard output was not read in time");
        return "";
    }
}
