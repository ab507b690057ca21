package io.ntk.cli;

import io.ntk.tcp.line.TcpClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;

/**
 * A person at a terminal: lines are edited with history, and what arrives meanwhile appears above them. The history is
 * this run's only: what people type to servers includes passwords.
 */
final class Console implements AutoCloseable {
    /** How a person ended their side. */
    enum Ending {
        /** By Ctrl-D on an empty line. */
        END_OF_FILE,
        /** By Ctrl-C. */
        INTERRUPTED
    }

    private final LineTerminal terminal;

    private Console(LineTerminal terminal) {
        this.terminal = terminal;
    }

    /** Takes the terminal over; it is given back as it was at {@link #close}, also when a signal ends the run. */
    static Console open(Session session) throws IOException {
        Terminal terminal = LineTerminal.ofProcess();
        LineReader reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // "!" is just a letter here
                .build();
        Console console = new Console(new LineTerminal(terminal, reader));
        session.stop().atEnd(console::close);
        return console;
    }

    /** Shows what arrived above the line that is being typed. */
    void show(String text) {
        terminal.reader().printAbove(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
    }

    /** Sends each line that is typed, until the person ends it. */
    Ending send(TcpClient client, boolean crlf) throws IOException {
        while (true) {
            try {
                String line = terminal.readLine() + (crlf ? "\r\n" : "\n");
                client.send(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
            } catch (EndOfFileException e) {
                return Ending.END_OF_FILE;
            } catch (UserInterruptException e) {
                return Ending.INTERRUPTED;
            }
        }
    }

    /** Gives the terminal back. */
    @Override
    public void close() {
        terminal.close();
    }
}
