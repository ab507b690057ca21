package io.ntk.udp.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeasureDatagramTest {
    private static final MeasureDatagram FULL = new MeasureDatagram(
            MeasureDatagram.ANSWER | MeasureDatagram.WARM_UP,
            0x0102030405060708L,
            0x1112131415161718L,
            0x2122232425262728L,
            0x3132333435363738L,
            0x4142434445464748L,
            0x5152535455565758L,
            0x6162636465666768L,
            0x7172737475767778L,
            0x8182838485868788L);

    @Test
    void hasEachFieldAtItsPlace() {
        assertThat(ByteBufUtil.hexDump(encoded(FULL)))
                .isEqualTo("4e544b4d" + "01" + "09" + "0000" + "0102030405060708" + "1112131415161718"
                        + "2122232425262728" + "3132333435363738" + "4142434445464748" + "5152535455565758"
                        + "6162636465666768" + "7172737475767778" + "8182838485868788");
    }

    @Test
    void readsWhatItWrites() {
        assertThat(MeasureDatagram.decode(encoded(FULL))).isEqualTo(FULL);
    }

    @Test
    void readsBehindOtherBytesAndBeforePadding() {
        ByteBuf datagram = Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[3]), encoded(FULL), padding(100))
                .skipBytes(3);
        assertThat(MeasureDatagram.decode(datagram)).isEqualTo(FULL);
        assertThat(datagram.readableBytes()).isEqualTo(180);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 15})
    void keepsEachFlag(int flags) {
        MeasureDatagram datagram = MeasureDatagram.request(flags, 1, 2, 3, 4);
        assertThat(MeasureDatagram.decode(encoded(datagram)).flags()).isEqualTo(flags);
        assertThat(datagram.is(MeasureDatagram.ANSWER)).isEqualTo((flags & 1) != 0);
        assertThat(datagram.is(MeasureDatagram.HELLO)).isEqualTo((flags & 2) != 0);
        assertThat(datagram.is(MeasureDatagram.END)).isEqualTo((flags & 4) != 0);
        assertThat(datagram.is(MeasureDatagram.WARM_UP)).isEqualTo((flags & 8) != 0);
    }

    @Test
    void refusesEveryLengthBelowTheHeader() {
        for (int length = 0; length < MeasureDatagram.HEADER_BYTES; length++) {
            ByteBuf shorter = encoded(FULL).slice(0, length);
            assertThatThrownBy(() -> MeasureDatagram.decode(shorter))
                    .isInstanceOf(MeasureProtocolException.class)
                    .hasMessage("length: " + length + " (expected: at least 80 bytes)");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, magic",
        "3, 77, ''",
        "3, 78, magic",
        "4, 0, version: 0",
        "4, 2, version: 2",
        "4, 255, version: 255",
        "5, 16, flags: 16",
        "5, 255, flags: 255",
        "6, 1, bytes 6 and 7",
        "7, 128, bytes 6 and 7",
    })
    void refusesWhatIsNotOfThisVersion(int at, int value, String message) {
        ByteBuf datagram = encoded(FULL).setByte(at, value);
        if (message.isEmpty()) {
            assertThat(MeasureDatagram.decode(datagram)).isEqualTo(FULL);
        } else {
            assertThatThrownBy(() -> MeasureDatagram.decode(datagram))
                    .isInstanceOf(MeasureProtocolException.class)
                    .hasMessageStartingWith(message);
        }
    }

    @Test
    void hasNoUnknownFlags() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MeasureDatagram.request(16, 0, 0, 0, 0))
                .withMessage("flags: 16 (expected: 0 to 15)");
    }

    @Test
    void answersInPlace() {
        ByteBuf datagram = Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(new byte[3]), encoded(MeasureDatagram.request(0, 9, 5, 6, 7)), padding(9));
        datagram.skipBytes(3);
        new MeasureDatagram(1, 9, 5, 6, 7, 10, 11, 12, 13, 14).encodeAnswer(datagram);
        assertThat(MeasureDatagram.decode(datagram)).isEqualTo(new MeasureDatagram(1, 9, 5, 6, 7, 10, 11, 12, 13, 14));
        assertThat(datagram.readableBytes()).isEqualTo(89);
    }

    @Test
    void isWhatTheDocumentShows() throws IOException {
        String document = Files.readString(Path.of("../docs/udp-measure-protocol.md"));
        Matcher dump = Pattern.compile("```hex\\n(.*?)```", Pattern.DOTALL).matcher(document);
        assertThat(dump.find()).isTrue();
        StringBuilder hex = new StringBuilder();
        dump.group(1)
                .lines()
                .forEach(line -> hex.append(line.replaceFirst("^\\s*\\d+\\s", "")
                        .replaceFirst("  +[a-z].*", "")
                        .replace(" ", "")));
        var shown = MeasureDatagram.decode(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex)));
        assertThat(shown)
                .isEqualTo(new MeasureDatagram(
                        MeasureDatagram.ANSWER,
                        0x6e7a1f0c_55aa03e1L,
                        66,
                        1_000_066_000_000L,
                        1_000_066_004_096L,
                        77_000_000_512L,
                        77_000_004_608L,
                        66,
                        0xffff_ffff_ffff_fffdL,
                        MeasureDatagram.UNKNOWN));
        assertThat(ByteBufUtil.hexDump(encoded(shown))).isEqualTo(hex.toString());
    }

    private static ByteBuf encoded(MeasureDatagram datagram) {
        ByteBuf out =
                Unpooled.wrappedBuffer(new byte[MeasureDatagram.HEADER_BYTES]).clear();
        datagram.encode(out);
        return out;
    }

    private static ByteBuf padding(int bytes) {
        return Unpooled.wrappedBuffer(new byte[bytes]);
    }
}
