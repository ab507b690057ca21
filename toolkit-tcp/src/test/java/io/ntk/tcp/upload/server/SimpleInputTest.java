package io.ntk.tcp.upload.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.testsupport.LeakCheck;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers and bytes, wherever the stream is cut. */
@ExtendWith(LeakCheck.class)
class SimpleInputTest {
    private final SimpleInput input = new SimpleInput();

    @AfterEach
    void nothingIsLeftBehind() {
        input.release();
    }

    private void add(String text) {
        input.add(ByteBufAllocator.DEFAULT, Unpooled.copiedBuffer(text, UTF_8));
    }

    private @Nullable String bytes(long most) {
        ByteBuf some = input.bytes(most);
        if (some == null) {
            return null;
        }
        try {
            return some.toString(UTF_8);
        } finally {
            some.release();
        }
    }

    private static void assertRefused(UploadError error, Runnable action) {
        assertThatThrownBy(action::run).isInstanceOfSatisfying(UploadException.class, e -> assertThat(e.error())
                .isEqualTo(error));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ü|a|12\n", "ü|a|12\r\n", "\nü|a|12\n", "\r\n\r\n\nü|a|12\r\n"})
    void takesAHeaderCutAnywhere(String header) {
        byte[] all = header.getBytes(UTF_8);
        for (int cut = 0; cut <= all.length; cut++) {
            input.add(ByteBufAllocator.DEFAULT, Unpooled.copiedBuffer(all, 0, cut));
            SimpleHeader early = input.header();
            input.add(ByteBufAllocator.DEFAULT, Unpooled.copiedBuffer(all, cut, all.length - cut));
            assertThat(early == null ? input.header() : early)
                    .as("cut at %d", cut)
                    .isEqualTo(new SimpleHeader("ü|a", 12));
            assertThat(early != null).as("cut at %d", cut).isEqualTo(cut == all.length);
            assertThat(input.isEmpty()).isTrue();
        }
        for (byte each : all) {
            assertThat(input.header()).isNull();
            input.add(ByteBufAllocator.DEFAULT, Unpooled.copiedBuffer(new byte[] {each}));
        }
        assertThat(input.header()).isEqualTo(new SimpleHeader("ü|a", 12));
    }

    @Test
    void leavesWhatIsBehindAHeader() {
        add("a|3\n\nb\n|4\n");
        assertThat(input.header()).isEqualTo(new SimpleHeader("a", 3));
        assertThat(bytes(3)).isEqualTo("\nb\n");
        assertThat(input.header()).isEqualTo(new SimpleHeader("", 4));
        assertThat(bytes(4)).isNull();
    }

    @Test
    void givesBytesAsTheyCome() {
        add("abc");
        assertThat(bytes(2)).isEqualTo("ab");
        add("de");
        assertThat(bytes(Long.MAX_VALUE)).isEqualTo("cde");
        assertThat(input.isEmpty()).isTrue();
        assertThat(bytes(1)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "a|1, true",
        "a|12, true",
        "|1, true",
        "a|b|1, true",
        "1|2|3, true",
        "a, false",
        "a|, false",
        "a|1x, false",
        "12, false",
        "1, false",
        "a|1|, false",
        "|, false",
    })
    void knowsWhereAHeaderCouldEnd(String text, boolean couldEnd) {
        assertThat(input.couldEndHere()).isFalse();
        add(text);
        assertThat(input.couldEndHere()).isEqualTo(couldEnd);
    }

    @Test
    void takesAllThatIsThereForAHeader() {
        add("\n");
        assertThat(input.header()).isNull();
        assertThat(input.isEmpty()).isTrue();
        add("a|1");
        assertThat(input.header()).isNull();
        assertThat(input.rest()).isEqualTo(new SimpleHeader("a", 1));
        assertThat(input.isEmpty()).isTrue();
        assertRefused(UploadError.PROTOCOL, input::rest);
    }

    @Test
    void takesTheLongestHeaderAndNoByteMore() {
        String longest = "a".repeat(4096) + "|" + Long.MAX_VALUE + "\r";
        assertThat(longest).hasSize(SimpleHeader.MAX_BYTES);
        add(longest);
        assertThat(input.header()).isNull();
        add("\n");
        assertThat(input.header()).isEqualTo(new SimpleHeader("a".repeat(4096), Long.MAX_VALUE));

        add("a" + longest);
        assertRefused(UploadError.PROTOCOL, input::header);
        input.release();
        add("a" + longest + "\n");
        assertRefused(UploadError.PROTOCOL, input::header);
    }

    @Test
    void lineEndsBeforeAHeaderAreNotCounted() {
        add("\r\n".repeat(SimpleHeader.MAX_BYTES));
        assertThat(input.header()).isNull();
        assertThat(input.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "a|0, 0",
        "a|9223372036854775807, 9223372036854775807",
        "a|0000000000000000001, 1",
    })
    void readsSizes(String header, long size) {
        assertThat(SimpleHeader.parse(header.getBytes(UTF_8))).isEqualTo(new SimpleHeader("a", size));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a|", "|", "a|x", "a|1 ", "a| 1", "a|-1", "a|+1", "a|٣", "a|00000000000000000001"})
    void refusesWhatIsNoSize(String header) {
        assertRefused(UploadError.PROTOCOL, () -> SimpleHeader.parse(header.getBytes(UTF_8)));
    }

    @Test
    void refusesASizeThatNoFileHas() {
        assertRefused(UploadError.TOO_LARGE, () -> SimpleHeader.parse("a|9223372036854775808".getBytes(UTF_8)));
    }

    @Test
    void refusesWhatIsNoText() {
        assertRefused(UploadError.PROTOCOL, () -> SimpleHeader.parse(new byte[] {(byte) 0xc3, '|', '1'}));
    }
}
