package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link Responder} answers.
 *
 * @param text one or more lines without the last line end, or null for nothing
 * @param last whether the connection is closed behind it
 */
public record Reply(@Nullable String text, boolean last) {
    /** Nothing; the connection stays. */
    public static final Reply NONE = new Reply(null, false);

    private static final Reply CLOSE = new Reply(null, true);

    /**
     * A line.
     *
     * @param text without the last line end
     * @return the reply
     */
    public static Reply line(String text) {
        return new Reply(requireNonNull(text, "text"), false);
    }

    /**
     * A line, behind which the connection is closed.
     *
     * @param text without the last line end
     * @return the reply
     */
    public static Reply last(String text) {
        return new Reply(requireNonNull(text, "text"), true);
    }

    /**
     * Nothing, and the connection is closed.
     *
     * @return the reply
     */
    public static Reply close() {
        return CLOSE;
    }
}
