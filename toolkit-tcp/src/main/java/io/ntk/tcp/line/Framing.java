package io.ntk.tcp.line;

/** How a stream of bytes is cut into messages. */
public enum Framing {
    /** A message ends in LF or CRLF; one that the end of the stream cuts short counts too. */
    LINE,
    /** What arrives at once is one message, with or without a line end: for clients that send none. */
    CHUNK
}
