package io.ntk.tcp.upload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.testsupport.LeakCheck;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has no room in its field; the bytes of each frame are in {@link UploadFrameDecoderTest}. */
@ExtendWith(LeakCheck.class)
class UploadFrameEncoderTest {
    /** Characters of one to four bytes: whole ones, and as many as there is room for. */
    @ParameterizedTest
    @CsvSource({
        "'', m, 1024, 1024",
        "'', m, 1025, 1024",
        "'', m, 100000, 1024",
        "'', é, 512, 512",
        "'', é, 513, 512",
        "m, é, 512, 511",
        "'', €, 341, 341",
        "'', €, 342, 341",
        "mm, €, 341, 340",
        "'', 😀, 256, 256",
        "'', 😀, 257, 256",
        "m, 😀, 256, 255",
        "mmm, 😀, 50000, 255",
    })
    void cutsAMessageBehindItsLastWholeCharacterWithinAKibibyte(
            String before, String character, int times, int written) {
        EmbeddedChannel channel = new EmbeddedChannel(new UploadFrameDecoder(UploadFrameDecoder.MAX_FRAME_BYTES));
        String message = before + character.repeat(times);
        channel.writeInbound(Unpooled.wrappedBuffer(
                Frames.bytes(new UploadFrame.Preamble(), UploadFrame.Failure.of(1, UploadError.EXISTS, message))));
        channel.readInbound();
        UploadFrame.Failure read = channel.readInbound();
        assertThat(read.message()).isEqualTo(before + character.repeat(written));
        assertThat(read.message().getBytes(UTF_8)).hasSizeLessThanOrEqualTo(1024);
        channel.finish();
    }
}
