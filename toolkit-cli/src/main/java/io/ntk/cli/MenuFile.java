package io.ntk.cli;

import io.ntk.core.Reason;
import io.ntk.tcp.line.Menu;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a {@link Menu}: YAML, or properties when the name ends in {@code .properties}; UTF-8, at most 1 MiB.
 *
 * <pre>{@code
 * greeting:                # a text, or a list of lines; may be left out
 *   - Welcome.
 *   - Type hours or exit.
 * answers:
 *   hours: 9 to 17, Monday to Friday
 * fallback: I do not know that.
 * exits: [exit, quit]      # a text or a list; may be left out
 * farewell: Goodbye.       # may be left out: the connection closes without a word
 * }</pre>
 *
 * <p>As properties: {@code greeting}, {@code answer.hours}, {@code fallback}, {@code exits} (commas between them) and
 * {@code farewell}, a {@code \n} in a value being a line end.
 */
final class MenuFile {
    private static final long MAX_BYTES = 1024 * 1024;
    static final String KEYS = "greeting, answers, fallback, exits or farewell";

    private MenuFile() {}

    /** What a file says, as far as it was read: filled key by key. */
    static final class Draft {
        List<String> greeting = List.of();
        final Map<String, String> answers = new LinkedHashMap<>();
        String fallback = "";
        Set<String> exits = new LinkedHashSet<>();

        @org.jspecify.annotations.Nullable
        String farewell;

        Menu menu() {
            return new Menu(greeting, answers, fallback, exits, farewell);
        }
    }

    /** Something in the text is wrong, in a line of it that counts from 1. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1;

        private final int line;

        Wrong(int line, String what) {
            super(what);
            this.line = line;
        }
    }

    static Menu read(Path file) throws IOException {
        String text = text(file);
        try {
            return (file.toString().endsWith(".properties") ? MenuProperties.read(text) : MenuYaml.read(text)).menu();
        } catch (Wrong e) {
            throw new IOException("cannot use menu " + file + ", line " + e.line + ": " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use menu " + file + ": " + e.getMessage(), e);
        }
    }

    private static String text(Path file) throws IOException {
        try {
            if (Files.isDirectory(file)) {
                throw new IOException("it is a folder");
            }
            if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
                throw new IOException("it has more than 1 MiB");
            }
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IOException("cannot read menu " + file + ": it is not UTF-8", e);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new IOException("cannot read menu " + file + ": no such file", e);
        } catch (IOException e) {
            throw new IOException("cannot read menu " + file + ": " + Reason.of(e), e);
        }
    }
}
