package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Splits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LineDecoderTest {
    private static final LineMessage NOT_UTF8 = new LineMessage.Rejected("not UTF-8");

    @Test
    void findsTheSameLinesAtEverySplit() {
        assertThat(lines("one\ntwo\r\n\r\nstra\u00dfe \ud83d\ude80 \u01c6\n\nlast", 64))
                .containsExactly(
                        line("one"),
                        line("two"),
                        line(""),
                        line("stra\u00dfe \ud83d\ude80 \u01c6"),
                        line(""),
                        line("last"));
    }

    @Test
    void takesCarriageReturnsAndNulsWithinALineAsText() {
        assertThat(lines("a\rb\r\r\n\0\n", 64)).containsExactly(line("a\rb\r"), line("\0"));
    }

    @Test
    void keepsACarriageReturnThatTheEndCutsOff() {
        assertThat(lines("ab\r", 64)).containsExactly(line("ab\r"));
    }

    @Test
    void acceptsTheLongestLineAndRejectsOneByteMore() {
        assertThat(lines("12345678\n", 8)).containsExactly(line("12345678"));
        assertThat(lines("12345678\r\n", 8)).containsExactly(line("12345678"));
        assertThat(lines("12345678", 8)).containsExactly(line("12345678"));
        assertThat(lines("123456789\nok\n", 8)).containsExactly(tooLong("line", 8), line("ok"));
        assertThat(lines("123456789\r\nok\n", 8)).containsExactly(tooLong("line", 8), line("ok"));
        assertThat(lines("12345678\r", 8)).containsExactly(tooLong("line", 8));
        assertThat(lines("12345678\r\rok\nok\n", 8)).containsExactly(tooLong("line", 8), line("ok"));
    }

    @Test
    void countsBytesAndNotCharacters() {
        assertThat(lines("\u00e4\u00e4\n", 4)).containsExactly(line("\u00e4\u00e4"));
        assertThat(lines("\u00e4\u00e4\n", 3)).containsExactly(tooLong("line", 3));
    }

    @Test
    void goesOnBehindALineThatIsNotUtf8() {
        byte[] bytes = bytes("a\n", 0xff, "\n", 0xc3, "\n", 0xed, 0xa0, 0x80, "\n", 0xc0, 0x80, "\nb\n");
        assertThat(Splits.sameAtEverySplit(bytes, () -> decoder(Framing.LINE, 64)))
                .containsExactly(line("a"), NOT_UTF8, NOT_UTF8, NOT_UTF8, NOT_UTF8, line("b"));
    }

    @Test
    void takesAReplacementCharacterThatWasSentForWhatItIs() {
        assertThat(lines("\ufffd\n", 64)).containsExactly(line("\ufffd"));
    }

    @Test
    void rejectsALastLineThatEndsWithinACharacter() {
        assertThat(Splits.sameAtEverySplit(bytes("ok\nab", 0xc3), () -> decoder(Framing.LINE, 64)))
                .containsExactly(line("ok"), NOT_UTF8);
    }

    @Test
    void answersAnEndlessLineOnceAndHoldsNothingOfIt() {
        EmbeddedChannel channel = decoder(Framing.LINE, 8192);
        for (int i = 0; i < 1000; i++) {
            ByteBuf piece = Unpooled.buffer(16_384).writeZero(16_384);
            channel.writeInbound(piece);
            assertThat(piece.refCnt()).isZero();
        }
        assertThat(read(channel)).containsExactly(tooLong("line", 8192));
        channel.writeInbound(Unpooled.copiedBuffer("end\nnext\n", UTF_8));
        assertThat(read(channel)).containsExactly(line("next"));
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void keepsNoReadBufferForTheBeginningOfALine() {
        EmbeddedChannel channel = decoder(Framing.LINE, 8192);
        ByteBuf large = Unpooled.buffer(65_536).writeBytes(bytes("line\nbegin"));
        channel.writeInbound(large);
        assertThat(large.refCnt()).isZero();
        channel.writeInbound(Unpooled.copiedBuffer("ning\n", UTF_8));
        assertThat(read(channel)).containsExactly(line("line"), line("beginning"));
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void takesWhatArrivesAtOnceAsOneChunk() {
        EmbeddedChannel channel = decoder(Framing.CHUNK, 64);
        channel.writeInbound(Unpooled.copiedBuffer("a", UTF_8), Unpooled.copiedBuffer("b\nc", UTF_8));
        channel.writeInbound(Unpooled.copiedBuffer("d\n", UTF_8));
        channel.writeInbound(Unpooled.copiedBuffer("e\r\n", UTF_8));
        channel.writeInbound(Unpooled.copiedBuffer("\n", UTF_8));
        assertThat(read(channel)).containsExactly(chunk("ab\nc"), line("d"), line("e"), line(""));
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void completesACharacterWithTheNextChunk() {
        byte[] rocket = "\ud83d\ude80".getBytes(UTF_8);
        for (int cut = 1; cut < rocket.length; cut++) {
            EmbeddedChannel channel = decoder(Framing.CHUNK, 64);
            channel.writeInbound(Unpooled.buffer().writeBytes(bytes("up ")).writeBytes(rocket, 0, cut));
            channel.writeInbound(Unpooled.copiedBuffer(rocket, cut, rocket.length - cut));
            assertThat(read(channel)).containsExactly(chunk("up "), chunk("\ud83d\ude80"));
            assertThat(channel.finish()).isFalse();
        }
    }

    @Test
    void rejectsAChunkThatIsNotUtf8AndACharacterThatNeverEnds() {
        assertThat(Splits.decode(
                        List.of(bytes(0x80), bytes("ok"), bytes(0xff), bytes(0xc3), bytes("x"), bytes(0xe2, 0x82)),
                        decoder(Framing.CHUNK, 64)))
                .containsExactly(NOT_UTF8, chunk("ok"), NOT_UTF8, NOT_UTF8, NOT_UTF8);
    }

    @Test
    void acceptsTheLongestChunkAndRejectsOneByteMore() {
        assertThat(Splits.decode(
                        List.of(
                                bytes("1234"),
                                bytes("1234\n"),
                                bytes("1234\r\n"),
                                bytes("12345"),
                                bytes("12345\n"),
                                new byte[10_000],
                                bytes("ok")),
                        decoder(Framing.CHUNK, 4)))
                .containsExactly(
                        chunk("1234"),
                        line("1234"),
                        line("1234"),
                        tooLong("chunk", 4),
                        tooLong("chunk", 4),
                        tooLong("chunk", 4),
                        chunk("ok"));
    }

    @Test
    void holdsBackBytesWhileTheGateIsPaused() {
        EmbeddedChannel channel = decoder(Framing.LINE, 64);
        ReadGate gate = ReadGate.of(channel);
        gate.pause(this);
        channel.writeInbound(Unpooled.copiedBuffer("a\nb\npart", UTF_8));
        assertThat(read(channel)).isEmpty();
        gate.resume(this);
        assertThat(read(channel)).containsExactly(line("a"), line("b"));
        gate.pause(this);
        channel.writeInbound(Unpooled.copiedBuffer("ial\n", UTF_8));
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        gate.resume(this);
        assertThat(read(channel)).containsExactly(line("partial"));
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void doesNotStallAHostThatReadsByHand() {
        EmbeddedChannel channel = decoder(Framing.LINE, 64);
        channel.config().setAutoRead(false);
        ReadGate.of(channel).pause(this);
        channel.writeInbound(Unpooled.copiedBuffer("a\n", UTF_8));
        ReadGate.of(channel).resume(this);
        assertThat(read(channel)).containsExactly(line("a"));
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void passesTheEndOnBehindTheLinesBeforeIt() {
        List<Object> seen = new ArrayList<>();
        EmbeddedChannel channel = new EmbeddedChannel(new LineDecoder(Framing.LINE, 64), new Recorder(seen));
        ReadGate.of(channel).pause(this);
        channel.writeInbound(Unpooled.copiedBuffer("a\nb", UTF_8));
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(seen).isEmpty();
        ReadGate.of(channel).resume(this);
        assertThat(seen).containsExactly(line("a"), line("b"), ChannelInputShutdownEvent.INSTANCE);
        channel.finishAndReleaseAll();
    }

    @Test
    void passesADrainOnBehindWholeLinesAndDropsTheRest() {
        List<Object> seen = new ArrayList<>();
        EmbeddedChannel channel = new EmbeddedChannel(new LineDecoder(Framing.LINE, 64), new Recorder(seen));
        ReadGate.of(channel).pause(this);
        channel.writeInbound(Unpooled.copiedBuffer("a\nb", UTF_8));
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        channel.writeInbound(Unpooled.copiedBuffer("c\n", UTF_8));
        ReadGate.of(channel).resume(this);
        channel.writeInbound(Unpooled.copiedBuffer("d\n", UTF_8));
        assertThat(seen).containsExactly(line("a"), ConnectionEvent.DRAIN);
        channel.finishAndReleaseAll();
    }

    @Test
    void passesOnWhatItDoesNotUnderstand() {
        EmbeddedChannel channel = decoder(Framing.LINE, 64);
        channel.writeInbound("no buffer");
        assertThat(read(channel)).containsExactly("no buffer");
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void wantsRoomForAByte() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LineDecoder(Framing.LINE, 0))
                .withMessage("maxBytes: 0 (expected: > 0)");
    }

    private static List<Object> lines(String input, int maxBytes) {
        return Splits.sameAtEverySplit(bytes(input), () -> decoder(Framing.LINE, maxBytes));
    }

    private static EmbeddedChannel decoder(Framing framing, int maxBytes) {
        return new EmbeddedChannel(new LineDecoder(framing, maxBytes));
    }

    private static List<Object> read(EmbeddedChannel channel) {
        List<Object> messages = new ArrayList<>();
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            messages.add(message);
        }
        return messages;
    }

    private static LineMessage line(String text) {
        return new LineMessage.Text(text, true);
    }

    private static LineMessage chunk(String text) {
        return new LineMessage.Text(text, false);
    }

    private static LineMessage tooLong(String what, int maxBytes) {
        return new LineMessage.Rejected(what + " longer than " + maxBytes + " bytes");
    }

    private static byte[] bytes(Object... parts) {
        ByteBuf buffer = Unpooled.buffer();
        for (Object part : parts) {
            if (part instanceof String text) {
                buffer.writeBytes(text.getBytes(UTF_8));
            } else {
                buffer.writeByte((Integer) part);
            }
        }
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes).release();
        return bytes;
    }
}
