package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

/** What a {@link LineDecoder} makes of a line or a chunk. */
public sealed interface LineMessage {
    /**
     * A message.
     *
     * @param text without its line end
     * @param wholeLine whether it is a line: it ended in LF or CRLF or, with {@link Framing#LINE}, at the end of the
     *     stream; the answer to a line ends in LF
     */
    record Text(String text, boolean wholeLine) implements LineMessage {
        /** The text is needed. */
        public Text {
            requireNonNull(text, "text");
        }
    }

    /**
     * Bytes that are no message; the stream goes on behind them.
     *
     * @param reason why, in a few words to tell the peer
     */
    record Rejected(String reason) implements LineMessage {
        /** The reason is needed. */
        public Rejected {
            requireNonNull(reason, "reason");
        }
    }
}
