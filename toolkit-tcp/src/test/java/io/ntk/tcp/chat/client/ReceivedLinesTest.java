package io.ntk.tcp.chat.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.line.LineMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReceivedLinesTest {
    private static final LineMessage TOO_LONG = new LineMessage.Rejected("line longer than 8 bytes");

    private final List<LineMessage> received = new ArrayList<>();
    private final List<Integer> batches = new ArrayList<>();

    @Test
    void makesLinesWithoutTheEmptyOnes() {
        ReceivedLines lines = lines(100);
        write(lines, "one\r\n\n\r\ntwo\nthr");
        assertThat(received).containsExactly(text("one"), text("two"));
        lines.end();
        assertThat(received).hasSize(3).endsWith(new LineMessage.Text("thr", false));
        assertThat(batches).containsExactly(2, 1);
    }

    @Test
    void takesALineOfTheLimitAndRejectsALongerOneOnce() {
        ReceivedLines lines = lines(8);
        write(lines, "12345678\n123456789\n" + "x".repeat(100) + "\nok\n123456789");
        lines.end();
        assertThat(received).containsExactly(text("12345678"), TOO_LONG, TOO_LONG, text("ok"), TOO_LONG);
    }

    @Test
    void givesTheSameAtEverySplit() {
        byte[] bytes = "straße\r\n\n12345678\n123456789\n😀 end".getBytes(UTF_8);
        List<LineMessage> expected =
                List.of(text("straße"), text("12345678"), TOO_LONG, new LineMessage.Text("😀 end", false));
        for (int cut = 0; cut <= bytes.length; cut++) {
            received.clear();
            ReceivedLines lines = lines(8);
            lines.write(ByteBuffer.wrap(bytes, 0, cut));
            lines.write(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
            lines.end();
            assertThat(received).as("cut at %d", cut).isEqualTo(expected);
        }
    }

    @Test
    void showsWhatIsNotUtf8AsSuch() {
        ReceivedLines lines = lines(100);
        lines.write(ByteBuffer.wrap("caf\u00e9\n".getBytes(ISO_8859_1)));
        assertThat(received).containsExactly(text("caf\ufffd"));
    }

    @Test
    void givesNoMoreThanABatchAtOnce() {
        ReceivedLines lines = lines(100);
        write(lines, "a\n".repeat(ReceivedLines.BATCH_LINES + 1));
        assertThat(batches).containsExactly(ReceivedLines.BATCH_LINES, 1);
    }

    @Test
    void needsALimit() {
        assertThatThrownBy(() -> lines(0)).hasMessage("maxBytes: 0 (expected: > 0)");
    }

    private ReceivedLines lines(int max) {
        return new ReceivedLines(max, batch -> {
            batches.add(batch.size());
            received.addAll(batch);
        });
    }

    private static void write(ReceivedLines lines, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        assertThat(lines.write(ByteBuffer.wrap(bytes))).isEqualTo(bytes.length);
    }

    private static LineMessage text(String text) {
        return new LineMessage.Text(text, true);
    }
}
