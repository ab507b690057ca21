package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
    private static final Limits DEFAULTS = Limits.DEFAULTS;

    @ParameterizedTest
    @CsvSource({
        "0, 1",
        "128, 1",
        "129, 1",
        "130, 2",
        "1024, 896",
        "16511, 16383",
        "16512, 16384",
        "16513, 16384",
        "9223372036854775807, 16384"
    })
    void keepsConnectionsBelowTheOpenFileLimit(long openFiles, int connections) {
        assertThat(Limits.defaultMaxConnections(openFiles)).isEqualTo(connections);
    }

    @Test
    void boundsEveryServerByDefault() {
        assertThat(DEFAULTS.maxConnections()).isEqualTo(Limits.defaultMaxConnections(OpenFiles.limit()));
        assertThat(DEFAULTS.maxPerAddress()).isEqualTo(256);
        assertThat(DEFAULTS.acceptRate()).isEqualTo(1000);
        assertThat(DEFAULTS.countLoopback()).isFalse();
        assertThat(DEFAULTS.handshake()).isEqualTo(Duration.ofSeconds(10));
        assertThat(DEFAULTS.writeStall()).isEqualTo(Duration.ofSeconds(30));
        assertThat(DEFAULTS.idle()).isZero();
        assertThat(DEFAULTS.drain()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void copiesWithOneThingChanged() {
        Limits changed = DEFAULTS.withMaxConnections(1)
                .withMaxPerAddress(2, true)
                .withAcceptRate(3)
                .withHandshake(Duration.ofSeconds(4))
                .withWriteStall(Duration.ofSeconds(5))
                .withIdle(Duration.ofSeconds(6))
                .withDrain(Duration.ofSeconds(7));
        assertThat(changed)
                .isEqualTo(new Limits(
                        1,
                        2,
                        3,
                        true,
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(7)));
    }

    @Test
    void refusesCountsBelowOne() {
        assertThatThrownBy(() -> DEFAULTS.withMaxConnections(0)).hasMessage("maxConnections: 0 (expected: > 0)");
        assertThatThrownBy(() -> DEFAULTS.withMaxPerAddress(0, true)).hasMessage("maxPerAddress: 0 (expected: > 0)");
        assertThatThrownBy(() -> DEFAULTS.withAcceptRate(-1)).hasMessage("acceptRate: -1 (expected: > 0)");
    }

    @Test
    void boundsTimes() {
        Duration longest = Limits.MAX_TIME;
        Duration tooLong = longest.plusNanos(1);
        assertThat(DEFAULTS.withIdle(longest).idle().toNanos()).isPositive();
        assertThat(DEFAULTS.withHandshake(Duration.ZERO).handshake()).isZero();
        assertThatThrownBy(() -> DEFAULTS.withIdle(tooLong)).hasMessageContaining("(expected: zero to 365 days)");
        assertThatThrownBy(() -> DEFAULTS.withDrain(Duration.ofNanos(-1)))
                .hasMessage("drain: PT-0.000000001S (expected: zero to 365 days)");
        assertThatThrownBy(() -> DEFAULTS.withWriteStall(tooLong)).hasMessageStartingWith("writeStall:");
        assertThatThrownBy(() -> DEFAULTS.withHandshake(tooLong)).hasMessageStartingWith("handshake:");
    }
}
