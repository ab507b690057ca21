package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.Transport;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {
    @ParameterizedTest
    @CsvSource({"0,PT0S", "500ms,PT0.5S", "30s,PT30S", "1.5s,PT1.5S", "2m,PT2M", "1h,PT1H", "0s,PT0S"})
    void readsTimes(String text, Duration expected) {
        assertThat(Converters.duration(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "3", "-1s", "1 s", "1d", "s", "1.s", "999999999999h"})
    void refusesWhatIsNoTime(String text) {
        assertThatThrownBy(() -> Converters.duration(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith("\"" + text + "\" (expected: ");
    }

    @ParameterizedTest
    @CsvSource({
        "0,0",
        "8192,8192",
        "12B,12",
        "64KiB,65536",
        "1MiB,1048576",
        "10MB,10000000",
        "2kB,2000",
        "1GiB,1073741824",
        "9223372036854775807,9223372036854775807"
    })
    void readsSizes(String text, long expected) {
        assertThat(new Converters.Size().convert(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "1.5MiB", "64 KiB", "1KB1", "9223372036854775808", "8388608TiB"})
    void refusesWhatIsNoSize(String text) {
        assertThatThrownBy(() -> new Converters.Size().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("(expected: ");
    }

    @Test
    void aSmallSizeEndsAtTwoGibibytes() {
        assertThat(new Converters.SmallSize().convert("2147483647")).isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> new Converters.SmallSize().convert("2GiB")).hasMessageContaining("at most 2147483647");
    }

    @Test
    void readsModesInOctal() {
        assertThat(new Converters.Mode().convert("600")).isEqualTo(0600);
        assertThat(new Converters.Mode().convert("0777")).isEqualTo(0777);
        for (String wrong : new String[] {"8", "888", "1777", "-600", "60"}) {
            assertThatThrownBy(() -> new Converters.Mode().convert(wrong)).hasMessageContaining("(expected: octal");
        }
    }

    @Test
    void readsChoicesInAnyCase() {
        assertThat(Converters.choice(Transport.class, "io_uring")).isEqualTo(Transport.IO_URING);
        assertThat(Converters.choice(Transport.class, "IO-Uring")).isEqualTo(Transport.IO_URING);
        assertThatThrownBy(() -> Converters.choice(Transport.class, "tcp"))
                .hasMessage("\"tcp\" (expected: auto, nio, epoll, io_uring, kqueue)");
    }

    @Test
    void knowsTheNamesOfAllTransports() {
        assertThat(new Converters.TransportNames())
                .containsExactlyElementsOf(
                        Stream.of(Transport.values()).map(Transport::toString).toList());
    }

    @Test
    void readsTruth() {
        assertThat(Converters.truth("True")).isTrue();
        assertThat(Converters.truth("false")).isFalse();
        assertThatThrownBy(() -> Converters.truth("yes")).hasMessageContaining("expected: true or false");
    }
}
