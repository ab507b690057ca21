package io.ntk.tcp.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Splits;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class UploadFrameDecoderTest {
    private static final UploadFrame PREAMBLE = new UploadFrame.Preamble();

    static List<UploadFrame> frames() {
        return Frames.all();
    }

    private static EmbeddedChannel channel() {
        return new EmbeddedChannel(new UploadFrameDecoder(UploadFrameDecoder.MAX_FRAME_BYTES));
    }

    @ParameterizedTest
    @MethodSource("frames")
    void readsEachFrameAtEverySplit(UploadFrame frame) {
        byte[] bytes = Frames.bytes(PREAMBLE, frame, new UploadFrame.Ping(1));
        assertThat(Splits.sameAtEverySplit(bytes, UploadFrameDecoderTest::channel))
                .containsExactly(PREAMBLE, frame, new UploadFrame.Ping(1));
    }

    @ParameterizedTest
    @MethodSource("frames")
    void refusesEachFrameThatIsCutShort(UploadFrame frame) {
        byte[] whole = Frames.bytes(frame);
        for (int length = 8; length < whole.length - 4; length++) {
            byte[] cut = java.util.Arrays.copyOf(whole, length + 4);
            cut[2] = (byte) (length >> 8);
            cut[3] = (byte) length;
            EmbeddedChannel channel = channel();
            channel.writeInbound(Unpooled.wrappedBuffer(Frames.bytes(PREAMBLE)));
            try {
                channel.writeInbound(Unpooled.wrappedBuffer(cut));
                Object read = channel.readInbound();
                read = channel.readInbound();
                // A frame whose list or extension ends early may be a whole one by itself, never the same.
                assertThat(read).isNotEqualTo(frame);
            } catch (UploadProtocolException e) {
                assertThat(e.error()).isEqualTo(UploadError.PROTOCOL);
            }
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void givesRawBytesAsSlicesAtEverySplit() {
        byte[] raw = "raw bytes".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] bytes = Frames.joined(
                Frames.bytes(PREAMBLE, new UploadFrame.Data(1, 0, raw.length, 7)),
                raw,
                Frames.bytes(new UploadFrame.Ping(3)));
        for (int cut = 0; cut <= bytes.length; cut++) {
            EmbeddedChannel channel = channel();
            channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, cut));
            channel.writeInbound(Unpooled.copiedBuffer(bytes, cut, bytes.length - cut));
            List<Object> frames = new ArrayList<>();
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            for (Object each = channel.readInbound(); each != null; each = channel.readInbound()) {
                if (each instanceof ByteBuf chunk) {
                    got.writeBytes(ByteBufUtil.getBytes(chunk));
                    chunk.release();
                } else {
                    frames.add(each);
                }
            }
            assertThat(got.toByteArray()).isEqualTo(raw);
            assertThat(frames)
                    .containsExactly(PREAMBLE, new UploadFrame.Data(1, 0, raw.length, 7), new UploadFrame.Ping(3));
            channel.finish();
        }
    }

    @Test
    void copiesNoRawBytesBehindAHeaderInPieces() {
        EmbeddedChannel channel = channel();
        byte[] head = Frames.bytes(PREAMBLE, new UploadFrame.Data(1, 0, 1 << 20, 7));
        channel.writeInbound(Unpooled.copiedBuffer(head, 0, head.length - 3));
        ByteBuf read = channel.alloc().directBuffer(3 + (1 << 20));
        read.writeBytes(head, head.length - 3, 3).writeZero(1 << 20);
        long address = read.memoryAddress();
        channel.writeInbound(read);
        channel.readInbound();
        channel.readInbound();
        ByteBuf raw = channel.readInbound();
        assertThat(raw.readableBytes()).isEqualTo(1 << 20);
        assertThat(raw.memoryAddress() + raw.readerIndex()).isEqualTo(address + 3);
        raw.release();
        channel.finish();
    }

    @ParameterizedTest
    @CsvSource({
        "00000007 20 00 0000 000000, at least 8",
        "00001001, at most 4096",
        "00000008 ff 00 0000 00000000, type 0xff",
        "00000010 20 10 0000 00000000 0000000000000000, flags",
        "00000010 20 01 0000 00000000 0000000000000000, flags",
        "00000010 20 00 0001 00000000 0000000000000000, reserved",
        "00000010 20 00 0000 00000001 0000000000000000, stream 1",
        "00000018 12 00 0000 00000001 0000000000000000 00000001 00000000, RAW",
        "00000018 12 01 0000 00000002 0000000000000000 00000001 00000000, stream 2",
        "00000018 12 01 0000 00000001 0000000000000000 00000000 00000000, no bytes",
        "00000018 12 01 0000 00000001 8000000000000000 00000001 00000000, 2^63",
        "0000001c 12 01 0000 00000001 0000000000000000 00000001 00000000 00010000, fixed fields",
        "00000014 20 00 0000 00000000 0000000000000000 80010000, understood",
        "00000012 20 00 0000 00000000 0000000000000000 0001, too short",
        "00000014 20 00 0000 00000000 0000000000000000 00010001, beyond its frame",
    })
    void refusesAndThenSaysNothing(String hex, String why) {
        EmbeddedChannel channel = new EmbeddedChannel(new UploadFrameDecoder(4096));
        channel.writeInbound(Unpooled.wrappedBuffer(Frames.bytes(PREAMBLE)));
        channel.readInbound();
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .isInstanceOf(UploadProtocolException.class)
                .hasMessageContaining(why);
        channel.writeInbound(Unpooled.wrappedBuffer(Frames.bytes(new UploadFrame.Ping(1))));
        assertThat(channel.<Object>readInbound()).isNull();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void takesAnUnknownExtension() {
        byte[] ping = HexFormat.of().parseHex("00000015" + "20000000" + "00000000" + "0000000000000001" + "7fff000155");
        EmbeddedChannel channel = channel();
        channel.writeInbound(Unpooled.wrappedBuffer(Frames.bytes(PREAMBLE), ping));
        channel.readInbound();
        assertThat(channel.<Object>readInbound()).isEqualTo(new UploadFrame.Ping(1));
        channel.finish();
    }

    @Test
    void takesAFrameOfTheLimitAndNoLongerOne() {
        for (int more = 0; more < 2; more++) {
            EmbeddedChannel channel = new EmbeddedChannel(new UploadFrameDecoder(64));
            channel.writeInbound(Unpooled.wrappedBuffer(Frames.bytes(PREAMBLE)));
            channel.readInbound();
            byte[] frame = new byte[4 + 64 + more];
            frame[3] = (byte) (64 + more);
            frame[4] = 0x20;
            frame[4 + 16 + 3] = (byte) (44 + more); // one extension that fills it
            try {
                channel.writeInbound(Unpooled.wrappedBuffer(frame));
                assertThat(more).isZero();
                assertThat(channel.<Object>readInbound()).isEqualTo(new UploadFrame.Ping(0));
            } catch (UploadProtocolException e) {
                assertThat(more).isOne();
                assertThat(e.error()).isEqualTo(UploadError.FRAME_TOO_LARGE);
            }
            channel.finish();
        }
    }

    @Test
    void takesAMessageOfAKibibyteAndNoLongerOne() {
        UploadFrame longest = UploadFrame.Failure.of(1, UploadError.EXISTS, "m".repeat(1024));
        for (int more = 0; more < 2; more++) {
            EmbeddedChannel channel = channel();
            channel.writeInbound(Unpooled.wrappedBuffer(Frames.bytes(PREAMBLE)));
            channel.readInbound();
            ByteBuf frame = Unpooled.buffer().writeBytes(Frames.bytes(longest)).writeZero(more);
            frame.setInt(0, frame.readableBytes() - 4).setShort(4 + 8 + 24, 1024 + more);
            try {
                channel.writeInbound(frame);
                assertThat(more).isZero();
                assertThat(channel.<Object>readInbound()).isEqualTo(longest);
            } catch (UploadProtocolException e) {
                assertThat(more).isOne();
                assertThat(e.error()).isEqualTo(UploadError.PROTOCOL);
                assertThat(e).hasMessageContaining("a message of 1025 bytes");
            }
            channel.finish();
        }
    }

    @Test
    void refusesWhoDoesNotBeginWithThePreamble() {
        EmbeddedChannel channel = channel();
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.copiedBuffer(
                        "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII))))
                .isInstanceOf(UploadProtocolException.class);
        channel.finish();
    }

    /** Longer by hand: {@code -Dntk.fuzz.seconds=600 -Dntk.fuzz.seed=1}. */
    @Test
    void survivesMutatedConversations() {
        long seed = Long.getLong("ntk.fuzz.seed", 20_261_121);
        long end = System.nanoTime() + 1_000_000_000L * Long.getLong("ntk.fuzz.seconds", 0);
        Random random = new Random(seed);
        byte[] conversation = Frames.bytes(PREAMBLE);
        for (UploadFrame frame : Frames.all()) {
            conversation = Frames.joined(conversation, Frames.bytes(frame));
        }
        for (int round = 0; round < 3000 || System.nanoTime() < end; round++) {
            byte[] bytes = conversation.clone();
            for (int i = random.nextInt(8); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            int from = 0;
            EmbeddedChannel channel = channel();
            boolean failed = false;
            while (from < bytes.length) {
                int count = Math.min(bytes.length - from, 1 + random.nextInt(400));
                try {
                    channel.writeInbound(Unpooled.copiedBuffer(bytes, from, count));
                } catch (UploadProtocolException e) {
                    assertThat(failed)
                            .as("it fails once, seed %d round %d", seed, round)
                            .isFalse();
                    failed = true;
                }
                from += count;
            }
            channel.finishAndReleaseAll();
        }
    }
}
