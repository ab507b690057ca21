package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import org.junit.jupiter.api.Test;

class NonEmptyLinesTest {
    @Test
    void dropsEmptyLinesAndKeepsEveryOtherByteAtEverySplit() throws IOException {
        byte[] bytes = "\n\r\na\n\n\r\nb\r\n\n\r\r\nc\rd\n \nend".getBytes(UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            var out = new ByteArrayOutputStream();
            var lines = new NonEmptyLines(Channels.newChannel(out));
            lines.write(ByteBuffer.wrap(bytes, 0, cut));
            lines.write(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
            assertThat(out.toString(UTF_8)).as("cut at %d", cut).isEqualTo("a\nb\r\n\r\r\nc\rd\n \nend");
        }
    }
}
