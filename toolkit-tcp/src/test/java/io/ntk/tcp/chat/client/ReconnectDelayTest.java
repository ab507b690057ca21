package io.ntk.tcp.chat.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReconnectDelayTest {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    @Test
    void doublesUpToTheLongestAndBeginsAgain() {
        ReconnectDelay delay = new ReconnectDelay(FIRST, LONGEST, new Random(7));
        for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30}) {
            assertWithin(delay.next(), seconds);
        }
        delay.reset();
        assertWithin(delay.next(), 1);
        assertWithin(delay.next(), 2);
    }

    @Test
    void differsByChance() {
        Random random = new Random(7);
        Duration one = new ReconnectDelay(LONGEST, LONGEST, random).next();
        assertThat(new ReconnectDelay(LONGEST, LONGEST, random).next()).isNotEqualTo(one);
    }

    @Test
    void refusesBoundsThatAreNone() {
        Random random = new Random(7);
        assertThatThrownBy(() -> new ReconnectDelay(Duration.ZERO, LONGEST, random))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReconnectDelay(LONGEST, FIRST, random))
                .hasMessage("first: PT30S (expected: more than zero, at most PT1S)");
    }

    private static void assertWithin(Duration delay, int seconds) {
        assertThat(delay).isBetween(Duration.ofSeconds(seconds).dividedBy(2), Duration.ofSeconds(seconds));
        assertThat(delay).isPositive();
    }
}
