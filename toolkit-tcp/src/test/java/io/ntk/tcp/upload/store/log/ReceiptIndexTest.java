package io.ntk.tcp.upload.store.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReceiptIndexTest {
    private final ReceiptIndex index = new ReceiptIndex();

    @Test
    void findsEachOfManyAndNoneElse() {
        int many = 100_000; // it grows eight times
        for (int i = 0; i < many; i++) {
            index.put("id" + i, 1 + i / 1000, i);
        }
        assertThat(index.size()).isEqualTo(many);
        for (int i = 0; i < many; i++) {
            assertThat(index.find("id" + i)).isEqualTo(new ReceiptIndex.Place(1 + i / 1000, i));
        }
        for (int i = many; i < 2 * many; i++) {
            assertThat(index.find("id" + i)).isNull();
        }
    }

    @Test
    void keepsTheLastPlaceOfAKey() {
        index.put("a", 1, 10);
        index.put("a", 2, 0);
        assertThat(index.find("a")).isEqualTo(new ReceiptIndex.Place(2, 0));
        assertThat(index.size()).isEqualTo(1);
    }

    @Test
    void forgetsTheOldestLogBeyondANumber() {
        var small = new ReceiptIndex(4);
        for (int i = 0; i < 4; i++) {
            small.put("id" + i, 7 + i / 2, i);
        }
        assertThat(small.find("id0")).isNotNull();
        small.put("id4", 9, 4);
        assertThat(small.find("id0")).isNull();
        assertThat(small.find("id1")).isNull();
        assertThat(small.find("id2")).isNotNull();
        assertThat(small.find("id4")).isNotNull();
        assertThat(small.size()).isEqualTo(3);
    }

    @Test
    void forgetsWhatIsInALog() {
        for (int i = 0; i < 2000; i++) {
            index.put("id" + i, i % 3, i);
        }
        index.forget(log -> log == 1);
        for (int i = 0; i < 2000; i++) {
            assertThat(index.find("id" + i) == null).isEqualTo(i % 3 == 1);
        }
        int slots = index.slots();
        index.forget(log -> log != 2);
        index.forget(log -> true);
        assertThat(index.size()).isZero();
        assertThat(index.slots()).isLessThan(slots);
    }

    @ParameterizedTest
    @CsvSource({"0, 134217727, true", "0, 134217728, false", "68719476735, 5, true", "68719476736, 5, false"})
    void notesNoPlaceThatIsTooFarAway(long log, long offset, boolean noted) {
        index.put("a", log, offset);
        assertThat(index.find("a")).isEqualTo(noted ? new ReceiptIndex.Place(log, (int) offset) : null);
    }
}
