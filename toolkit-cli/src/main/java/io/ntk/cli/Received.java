package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.core.Ndjson;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is done with the bytes that a client receives: passed on as they are, or made fit for a terminal, a hex dump or
 * JSON. One thread writes.
 */
final class Received {
    private Received() {}

    /** The sink for a run: the console's, JSON, a dump, text for a terminal, or standard output as it is. */
    static WritableByteChannel sink(Session session, @Nullable Console console, boolean hex) {
        Output output = session.output();
        if (console != null) {
            return new Text(console::show);
        }
        if (output.json()) {
            return new Json(output);
        }
        if (hex) {
            return new Hex(output::data);
        }
        return session.environment().terminals().contains(Standard.OUT) ? new Text(output::text) : output.payload();
    }

    /** A channel that takes everything and never closes. */
    private abstract static class Sink implements WritableByteChannel {
        @Override
        public final int write(ByteBuffer bytes) {
            int size = bytes.remaining();
            take(bytes);
            bytes.position(bytes.limit());
            return size;
        }

        abstract void take(ByteBuffer bytes);

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** Text for a terminal: UTF-8, with everything but line ends and tabs escaped that could do something to it. */
    static final class Text extends Sink {
        private final Consumer<String> out;
        private final CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        private ByteBuffer rest = ByteBuffer.allocate(0);

        Text(Consumer<String> out) {
            this.out = out;
        }

        @Override
        void take(ByteBuffer bytes) {
            ByteBuffer all = ByteBuffer.allocate(rest.remaining() + bytes.remaining());
            all.put(rest).put(bytes.duplicate()).flip();
            CharBuffer chars = CharBuffer.allocate(all.remaining() + 1);
            decoder.decode(all, chars, false);
            rest = all.slice(); // a letter that is not whole yet
            StringBuilder text = new StringBuilder();
            chars.flip().codePoints().forEach(letter -> text.append(shown(letter)));
            if (!text.isEmpty()) {
                out.accept(text.toString());
            }
        }

        private static String shown(int letter) {
            String text = Character.toString(letter);
            return letter == '\n' || letter == '\t' || letter == '\\' ? text : letter == '\r' ? "" : Escaped.text(text);
        }
    }

    /** Offset, sixteen bytes, and their ASCII letters, a line. */
    static final class Hex extends Sink {
        private static final int WIDTH = 16;
        private final Consumer<String> line;
        private long offset;

        Hex(Consumer<String> line) {
            this.line = line;
        }

        @Override
        void take(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                int size = Math.min(WIDTH, bytes.remaining());
                StringBuilder hex = new StringBuilder(WIDTH * 3 + 1);
                StringBuilder ascii = new StringBuilder(WIDTH);
                for (int i = 0; i < size; i++) {
                    int b = bytes.get() & 0xff;
                    hex.append(String.format(Locale.ROOT, i == WIDTH / 2 ? "  %02x" : " %02x", b));
                    ascii.append(b >= 0x20 && b < 0x7f ? (char) b : '.');
                }
                line.accept(String.format(Locale.ROOT, "%08x %-49s  |%s|", offset, hex, ascii));
                offset += size;
            }
        }
    }

    /** An event for each piece that arrives: its text when it is UTF-8, else base64. */
    static final class Json extends Sink {
        private final Output output;

        Json(Output output) {
            this.output = output;
        }

        @Override
        void take(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            var event = Ndjson.start("tcp", "received", Instant.now()).field("bytes", copy.length);
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(copy))
                        .toString();
                output.document(event.field("text", text));
            } catch (CharacterCodingException e) {
                output.document(event.field("base64", Base64.getEncoder().encodeToString(copy)));
            }
        }
    }
}
