package io.ntk.tcp.chat.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.chat.client.ChatClientOptions.Format;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentLinesTest {
    private static final int MAX = ChatClientOptions.MAX_LINE_BYTES;

    private final List<Long> tooLong = new ArrayList<>();

    @Test
    void passesLinesOnAndEndsTheLastOne() throws IOException {
        assertThat(sent("hello\r\n\n/me wäves\nend", Format.PLAIN)).isEqualTo("hello\r\n\n/me wäves\nend\n");
        assertThat(sent("", Format.PLAIN)).isEmpty();
        assertThat(tooLong).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", ""})
    void sendsALineOfTheLimitAndNoneOfOneMore(String end) throws IOException {
        String longest = "ä".repeat(MAX / 2);
        assertThat(sent("a\n" + longest + end, Format.PLAIN)).isEqualTo("a\n" + longest + (end.isEmpty() ? "\n" : end));
        assertThat(tooLong).isEmpty();
        assertThat(sent("a\n" + longest + "b" + end, Format.PLAIN)).isEqualTo("a\n");
        assertThat(tooLong).containsExactly(2L);
    }

    @Test
    void goesOnBehindALineThatIsTooLong() throws IOException {
        String tooMuch = "x".repeat(MAX + 1);
        assertThat(sent("a\n" + tooMuch + "\nb\n" + tooMuch + tooMuch + "\nc", Format.JSON))
                .isEqualTo("a\nb\nc\n");
        assertThat(tooLong).containsExactly(2L, 4L);
    }

    @Test
    void takesACarriageReturnWithinALineForPartOfIt() throws IOException {
        String longest = "x".repeat(MAX);
        assertThat(sent(longest + "\r\r\n", Format.PLAIN)).isEmpty();
        assertThat(sent(longest + "\rx\n", Format.PLAIN)).isEmpty();
        assertThat(sent("a\rb\n", Format.PLAIN)).isEqualTo("a\rb\n");
    }

    @Test
    void sendsNoBlankLinesInTheClassicFormat() throws IOException {
        assertThat(sent("a\n\n  \t\r\n\u3000\nquit now\n/nick x\n ", Format.CLASSIC))
                .isEqualTo("a\nquit now\n/nick x\n");
    }

    @Test
    void sendsTheSameHoweverTheInputArrives() throws IOException {
        String text = "one\r\n\n" + "x".repeat(MAX) + "\r\n" + "y".repeat(MAX + 1) + "\ntwo\n  \nlast";
        for (Format format : Format.values()) {
            String expected = sent(text, format);
            for (int size : new int[] {1, 2, 3, 7, 4095, 4096, 4097}) {
                assertThat(sent(new Pieces(text.getBytes(UTF_8), size), format, size))
                        .as("pieces of %d", size)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void knowsWhetherTheLastLineLeaves() throws IOException {
        assertThat(leaves("/quit\n", Format.PLAIN)).isTrue();
        assertThat(leaves("/quit bye", Format.JSON)).isTrue();
        assertThat(leaves("/quit\nno\n", Format.PLAIN)).isFalse();
        assertThat(leaves("/quitting\n", Format.PLAIN)).isFalse();
        assertThat(leaves("quit\n", Format.PLAIN)).isFalse();
        assertThat(leaves(" quit \n", Format.CLASSIC)).isTrue();
        assertThat(leaves("/quit\n", Format.CLASSIC)).isFalse();
    }

    private boolean leaves(String text, Format format) throws IOException {
        SentLines lines = lines(new ByteArrayInputStream(text.getBytes(UTF_8)), format);
        read(lines, 100);
        return lines.isLeaving();
    }

    private String sent(String text, Format format) throws IOException {
        return sent(new ByteArrayInputStream(text.getBytes(UTF_8)), format, 64 * 1024);
    }

    private String sent(InputStream from, Format format, int room) throws IOException {
        return read(lines(from, format), room);
    }

    private SentLines lines(InputStream from, Format format) {
        return new SentLines(Channels.newChannel(from), format, tooLong::add);
    }

    private static String read(SentLines lines, int room) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer target = ByteBuffer.allocate(room);
        while (lines.read(target.clear()) >= 0) {
            all.write(target.array(), 0, target.position());
        }
        return all.toString(UTF_8);
    }

    /** Gives a few bytes at each read. */
    private static final class Pieces extends InputStream {
        private final ByteArrayInputStream bytes;
        private final int size;

        Pieces(byte[] bytes, int size) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.size = size;
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return bytes.read(target, offset, Math.min(size, length));
        }
    }
}
