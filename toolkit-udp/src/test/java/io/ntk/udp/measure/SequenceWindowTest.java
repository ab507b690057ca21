package io.ntk.udp.measure;

import static io.ntk.udp.measure.SequenceWindow.Verdict.DUPLICATE;
import static io.ntk.udp.measure.SequenceWindow.Verdict.FIRST;
import static io.ntk.udp.measure.SequenceWindow.Verdict.TOO_OLD;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceWindowTest {
    private static final int SIZE = 128;

    private final SequenceWindow window = new SequenceWindow(SIZE);

    @Test
    void startsEmpty() {
        assertThat(window.distinct()).isZero();
        assertThat(window.bitmap()).isZero();
    }

    @Test
    void countsEachOnce() {
        assertThat(window.add(5)).isEqualTo(FIRST);
        assertThat(window.add(5)).isEqualTo(DUPLICATE);
        assertThat(window.add(3)).isEqualTo(FIRST);
        assertThat(window.add(3)).isEqualTo(DUPLICATE);
        assertThat(window.distinct()).isEqualTo(2);
        assertThat(window.bitmap()).isEqualTo(0b101);
    }

    @Test
    void doesNotLetDuplicatesHideLosses() {
        for (int n = 0; n < 1000; n += 2) {
            window.add(n);
            window.add(n);
            window.add(n);
        }
        assertThat(window.distinct()).isEqualTo(500);
        assertThat(window.bitmap()).isEqualTo(0x5555_5555_5555_5555L);
    }

    @Test
    void remembersAsManyAsItsSizeAndNotOneMore() {
        window.add(1000);
        assertThat(window.add(1000 - SIZE + 1)).isEqualTo(FIRST);
        assertThat(window.add(1000 - SIZE + 1)).isEqualTo(DUPLICATE);
        assertThat(window.add(1000 - SIZE)).isEqualTo(TOO_OLD);
        assertThat(window.distinct()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {SIZE - 1, SIZE, SIZE + 1, 1L << 40, Long.MAX_VALUE})
    void forgetsWhatAJumpLeavesBehind(long jump) {
        window.add(0);
        assertThat(window.add(jump)).isEqualTo(FIRST);
        assertThat(window.add(jump)).isEqualTo(DUPLICATE);
        assertThat(window.add(jump - 1)).isEqualTo(FIRST);
        assertThat(window.add(0)).isEqualTo(jump < SIZE ? DUPLICATE : TOO_OLD);
    }

    @Test
    void takesAJumpOfMoreThanHalfTheNumbersForOneBackward() {
        window.add(0);
        assertThat(window.add(Long.MIN_VALUE)).isEqualTo(TOO_OLD);
        assertThat(window.add(-SIZE)).isEqualTo(TOO_OLD);
        assertThat(window.add(1)).isEqualTo(FIRST);
    }

    @Test
    void wraps() {
        for (long n = -300; n < 300; n++) { // as unsigned: from just below 2^64 through 0
            assertThat(window.add(n)).isEqualTo(FIRST);
        }
        assertThat(window.distinct()).isEqualTo(600);
        assertThat(window.bitmap()).isEqualTo(-1);
        for (long n = Long.MAX_VALUE - 10; n != Long.MIN_VALUE + 10; n++) {
            new SequenceWindow(SIZE).add(n);
        }
        SequenceWindow signs = new SequenceWindow(SIZE);
        signs.add(Long.MAX_VALUE);
        assertThat(signs.add(Long.MIN_VALUE)).isEqualTo(FIRST);
        assertThat(signs.add(Long.MAX_VALUE)).isEqualTo(DUPLICATE);
        assertThat(signs.bitmap()).isEqualTo(0b11);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 128, 1024})
    void agreesWithASetOfAllNumbers(int size) {
        Random random = new Random(size);
        for (int round = 0; round < 20; round++) {
            SequenceWindow bounded = new SequenceWindow(size);
            Set<Long> seen = new HashSet<>();
            long highest = random.nextInt(1000);
            long start = highest;
            for (int i = 0; i < 3000; i++) {
                long next = i == 0 ? start : highest + random.nextInt(size + size / 2) - size;
                highest = Math.max(highest, next);
                boolean old = next <= highest - size;
                assertThat(bounded.add(next)).isEqualTo(old ? TOO_OLD : seen.add(next) ? FIRST : DUPLICATE);
                assertThat(bounded.distinct()).isEqualTo(seen.size());
                long bitmap = 0;
                for (int bit = 0; bit < 64; bit++) {
                    bitmap |= seen.contains(highest - bit) ? 1L << bit : 0;
                }
                assertThat(bounded.bitmap()).isEqualTo(bitmap);
            }
        }
    }
}
