package io.ntk.tcp.chat.client;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ConnectOptions;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * To which chat a client goes, and as whom.
 *
 * @param connect where to and how
 * @param format what is spoken
 * @param nick the nick to ask for, or null for the server's choice
 * @param room the room to go to, or null for the server's choice
 * @param password said first, or null for none
 */
public record ChatClientOptions(
        ConnectOptions connect,
        Format format,
        @Nullable String nick,
        @Nullable String room,
        @Nullable String password) {
    /** The longest line that a server takes, its line end not counted. */
    public static final int MAX_LINE_BYTES = 4096;

    /** What is spoken on the wire. */
    public enum Format {
        /** Lines for people. */
        PLAIN,
        /** What the server sends is a JSON object a line; see {@link ReceivedMessage}. */
        JSON,
        /** Every line goes to everybody: the client sends no commands and no blank lines, and drops empty ones. */
        CLASSIC;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Checks the parts. */
    public ChatClientOptions {
        requireNonNull(connect, "connect");
        requireNonNull(format, "format");
        checkWord("nick", nick);
        checkWord("room", room);
        if (password != null && (password.isEmpty() || password.chars().anyMatch(Character::isISOControl))) {
            throw new IllegalArgumentException("password: *** (expected: not empty, no control characters)");
        }
        if (format == Format.CLASSIC && (nick != null || room != null || password != null)) {
            throw new IllegalArgumentException(
                    "format: classic (expected: no nick, room or password, for which it has no words)");
        }
    }

    /**
     * Plain, with nothing said at the start.
     *
     * @param connect where to and how
     * @return the options
     */
    public static ChatClientOptions to(ConnectOptions connect) {
        return new ChatClientOptions(connect, Format.PLAIN, null, null, null);
    }

    /**
     * A copy with another format.
     *
     * @param spoken what is spoken
     * @return the copy
     */
    public ChatClientOptions withFormat(Format spoken) {
        return new ChatClientOptions(connect, spoken, nick, room, password);
    }

    /**
     * A copy with another nick.
     *
     * @param name the nick, or null for the server's choice
     * @return the copy
     */
    public ChatClientOptions withNick(@Nullable String name) {
        return new ChatClientOptions(connect, format, name, room, password);
    }

    /**
     * A copy with another room.
     *
     * @param name the room, or null for the server's choice
     * @return the copy
     */
    public ChatClientOptions withRoom(@Nullable String name) {
        return new ChatClientOptions(connect, format, nick, name, password);
    }

    /**
     * A copy with another password.
     *
     * @param secret the password, or null for none
     * @return the copy
     */
    public ChatClientOptions withPassword(@Nullable String secret) {
        return new ChatClientOptions(connect, format, nick, room, secret);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "ChatClientOptions[connect=" + connect + ", format=" + format + ", nick=" + nick + ", room=" + room
                + ", password=" + (password == null ? "none" : "***") + "]";
    }

    /** Whether it is a good name is the server's matter; here it must only stay one word of one line. */
    private static void checkWord(String what, @Nullable String word) {
        if (word != null && (word.isEmpty() || word.codePoints().anyMatch(ChatClientOptions::separates))) {
            throw new IllegalArgumentException(what + ": \"" + word + "\" (expected: one word)");
        }
    }

    private static boolean separates(int letter) {
        return Character.isWhitespace(letter) || Character.isSpaceChar(letter) || Character.isISOControl(letter);
    }
}
