package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

/**
 * How members of one entrance are treated.
 *
 * @param format what they are sent at first; {@link ChatFormat#CLASSIC} is for good
 * @param flood how fast each may speak
 */
public record MemberOptions(ChatFormat format, Flood flood) {
    /** Plain, ten lines a second. */
    public static final MemberOptions DEFAULTS = new MemberOptions(ChatFormat.PLAIN, Flood.DEFAULT);

    /** Both are needed. */
    public MemberOptions {
        requireNonNull(format, "format");
        requireNonNull(flood, "flood");
    }

    /**
     * A copy with another format.
     *
     * @param other what members are sent at first
     * @return the copy
     */
    public MemberOptions withFormat(ChatFormat other) {
        return new MemberOptions(other, flood);
    }

    /**
     * A copy with another rate.
     *
     * @param other how fast each may speak
     * @return the copy
     */
    public MemberOptions withFlood(Flood other) {
        return new MemberOptions(format, other);
    }
}
