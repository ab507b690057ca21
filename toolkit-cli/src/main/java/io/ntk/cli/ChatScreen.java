package io.ntk.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.history.DefaultHistory;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;

/**
 * The terminal of a person in a chat: one line to type in, at the bottom, and what is said above it. One thread reads
 * lines; any thread shows some.
 *
 * <p>A line with a password ({@code /pass}) is kept in no history.
 */
final class ChatScreen implements AutoCloseable {
    private final LineTerminal terminal;

    private ChatScreen(LineTerminal terminal) {
        this.terminal = terminal;
    }

    /** Takes the terminal over; it is given back as it was at {@link #close}, also when a signal ends the run. */
    static ChatScreen open(Session session, ChatNicks words) throws IOException {
        Terminal terminal = LineTerminal.ofProcess();
        LineHistory file = LineHistory.of(session.environment().variables());
        LineReader reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .completer(words)
                .parser(new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0])) // words and blanks
                .history(new Typed(file))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // "!" is just a letter here
                .option(LineReader.Option.CASE_INSENSITIVE, true)
                .option(LineReader.Option.AUTO_FRESH_LINE, false)
                .build();
        for (String line : file.load()) {
            reader.getHistory().add(Instant.EPOCH, line);
        }
        ChatScreen screen = new ChatScreen(new LineTerminal(terminal, reader));
        Signals.onResize(() -> terminal.raise(Terminal.Signal.WINCH));
        session.stop().atEnd(screen::close);
        return screen;
    }

    /** The lines of this run and those of the file; what is added while the file is read is not written again. */
    private static final class Typed extends DefaultHistory {
        private final LineHistory file;

        Typed(LineHistory file) {
            this.file = file;
        }

        @Override
        public void add(Instant time, String line) {
            if (isSecret(line)) {
                return;
            }
            String last = isEmpty() ? "" : get(last());
            super.add(time, line);
            boolean typed = !time.equals(Instant.EPOCH);
            if (typed && !line.isBlank() && !line.equals(last) && line.chars().noneMatch(Character::isISOControl)) {
                file.add(line);
            }
        }
    }

    /** Whether a line, or one of several that were pasted, is a password. */
    static boolean isSecret(String typed) {
        return typed.lines()
                .anyMatch(line -> line.strip().toLowerCase(Locale.ROOT).startsWith("/pass"));
    }

    /** Shows lines above the one that is being typed. */
    void show(List<AttributedString> lines) {
        if (lines.isEmpty()) {
            return;
        }
        AttributedStringBuilder all = new AttributedStringBuilder();
        for (AttributedString line : lines) {
            if (all.length() > 0) {
                all.append('\n');
            }
            all.append(line);
        }
        terminal.reader().printAbove(all.toAttributedString());
    }

    /** Whether a line that was entered disappears: the server sends it back, in its place among the others. */
    void eraseEntered(boolean erase) {
        terminal.reader().option(LineReader.Option.ERASE_LINE_ON_FINISH, erase);
    }

    /**
     * Reads a line.
     *
     * @throws EndOfFileException for Ctrl-D on an empty line, and once the screen is closed
     * @throws UserInterruptException for Ctrl-C, where it does not end the run by itself
     */
    String readLine() {
        return terminal.readLine();
    }

    /** Gives the terminal back, the cursor on a line of its own. */
    @Override
    public void close() {
        terminal.close();
    }
}
