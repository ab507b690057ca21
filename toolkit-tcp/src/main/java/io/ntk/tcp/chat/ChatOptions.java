package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ListenOptions;
import org.jspecify.annotations.Nullable;

/**
 * What one entrance to a chat is like.
 *
 * @param listen where it listens, and the limits of its connections
 * @param members how its members are treated
 * @param password what the first line must bring, or null for none; not empty, without line ends
 */
public record ChatOptions(
        ListenOptions listen,
        MemberOptions members,
        @Nullable String password) {
    /** The longest line of a member in bytes, its line end not counted. */
    public static final int MAX_LINE_BYTES = 4096;

    /** Loopback port 9002, plain, no password. */
    public static final ChatOptions DEFAULTS =
            new ChatOptions(ListenOptions.loopback(9002), MemberOptions.DEFAULTS, null);

    /** Checks the password. */
    public ChatOptions {
        requireNonNull(listen, "listen");
        requireNonNull(members, "members");
        if (password != null && (password.isEmpty() || password.length() > 1024 || password.indexOf('\n') >= 0)) {
            throw new IllegalArgumentException("password: (expected: one line of 1 to 1024 characters)");
        }
    }

    /**
     * A copy that listens elsewhere.
     *
     * @param options where and how
     * @return the copy
     */
    public ChatOptions withListen(ListenOptions options) {
        return new ChatOptions(options, members, password);
    }

    /**
     * A copy that treats members differently.
     *
     * @param options how
     * @return the copy
     */
    public ChatOptions withMembers(MemberOptions options) {
        return new ChatOptions(listen, options, password);
    }

    /**
     * A copy with another password.
     *
     * @param secret null for none
     * @return the copy
     */
    public ChatOptions withPassword(@Nullable String secret) {
        return new ChatOptions(listen, members, secret);
    }

    @Override
    public String toString() {
        return "ChatOptions[" + listen + ", " + members + (password == null ? "" : ", password") + "]";
    }
}
