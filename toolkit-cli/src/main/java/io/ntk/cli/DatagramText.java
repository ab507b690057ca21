package io.ntk.cli;

import io.ntk.core.Escaped;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The payload of a datagram for people: on one line, or as a dump. */
final class DatagramText {
    private DatagramText() {}

    /** As text, escaped; a byte that is not UTF-8 is written as a backslash, {@code x} and two hex digits. */
    static String line(ByteBuffer payload) {
        ByteBuffer in = payload.duplicate();
        CharBuffer chars = CharBuffer.allocate(Math.max(1, in.remaining()));
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        StringBuilder line = new StringBuilder(in.remaining() + 16);
        while (true) {
            CoderResult result = decoder.decode(in, chars, true);
            line.append(Escaped.text(chars.flip().toString()));
            chars.clear();
            if (!result.isError()) {
                return line.toString();
            }
            for (int i = 0; i < result.length(); i++) {
                line.append(String.format(Locale.ROOT, "\\x%02x", in.get() & 0xff));
            }
            decoder.reset();
        }
    }

    /** Offset, sixteen bytes, and their ASCII letters, a line. */
    static List<String> dump(ByteBuffer payload) {
        List<String> lines = new ArrayList<>();
        new Received.Hex(lines::add).take(payload.duplicate());
        return lines;
    }

    /** How long it is, in words. */
    static String bytes(int count) {
        return count == 1 ? "1 byte" : count + " bytes";
    }
}
