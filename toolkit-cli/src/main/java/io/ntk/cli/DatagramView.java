package io.ntk.cli;

import io.ntk.core.Escaped;
import java.nio.ByteBuffer;

/** How datagrams are written to standard output. */
enum DatagramView {
    /** A line: the peer, the length, the text. */
    LINE,
    /** The line without the text, and a dump. */
    HEX,
    /** The payload as it came. */
    RAW;

    /** The view that the options ask for. */
    static DatagramView of(boolean hex, boolean raw) {
        if (hex && raw) {
            throw new IllegalArgumentException("--hex and --raw exclude each other");
        }
        return raw ? RAW : hex ? HEX : LINE;
    }

    /** Writes one, without waiting for the reader of standard output. */
    void show(Output output, String peer, ByteBuffer payload, boolean whole) {
        switch (this) {
            case LINE -> output.offer(head(peer, payload, whole) + " " + DatagramText.line(payload));
            case HEX -> {
                String dump = String.join("\n", DatagramText.dump(payload));
                output.offer(head(peer, payload, whole) + (dump.isEmpty() ? "" : "\n" + dump));
            }
            case RAW -> output.offer(payload);
        }
    }

    private static String head(String peer, ByteBuffer payload, boolean whole) {
        String length = DatagramText.bytes(payload.remaining()) + (whole ? "" : " (truncated)");
        return Escaped.text(peer) + " " + length + ":";
    }
}
