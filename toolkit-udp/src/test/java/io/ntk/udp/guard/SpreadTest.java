package io.ntk.udp.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpreadTest {
    private static final int BITS = 9;
    private static final int KEYS = 4 << BITS;

    /** Neighbours, hosts 1 of neighbouring networks, and IPv6 networks, under secrets of every sort. */
    @ParameterizedTest
    @ValueSource(ints = {0, 8, 16, 32, 48, 53})
    void keysInStepsFillAllSetsAlikeUnderAnySecret(int shift) {
        Random random = new Random(shift);
        for (int round = 0; round < 2_000; round++) {
            long secret = round < Long.SIZE ? 1L << round : random.nextLong();
            long first = random.nextLong();
            var spread = new Spread(secret, BITS);
            int[] fill = new int[1 << BITS];
            for (int i = 0; i < KEYS; i++) {
                fill[spread.set(first + ((long) i << shift))]++;
            }
            // Four on average; thrown at random, 0.02 of all keys are beyond the eighth of their set.
            int lost = Arrays.stream(fill).map(n -> Math.max(0, n - 8)).sum();
            assertThat(lost).as("secret %x, first %x", secret, first).isLessThan(KEYS / 20);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 1L << 40, Long.MIN_VALUE})
    void aSetIsWithinTheTable(long key) {
        assertThat(new Spread(0, 1).set(key)).isBetween(0, 1);
        assertThat(new Spread(-1, 31).set(key)).isNotNegative();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void anotherSecretIsAnotherSpread(int seed) {
        Random random = new Random(seed);
        var one = new Spread(random.nextLong(), BITS);
        var other = new Spread(random.nextLong(), BITS);
        int alike = 0;
        for (int key = 0; key < KEYS; key++) {
            alike += one.set(key) == other.set(key) ? 1 : 0;
        }
        assertThat(alike).isLessThan(KEYS / 50);
    }
}
