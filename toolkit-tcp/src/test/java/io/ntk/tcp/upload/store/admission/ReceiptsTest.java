package io.ntk.tcp.upload.store.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Receipt;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReceiptsTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_000_000);

    private static Receipts.Done done(String name, String path, Instant at) {
        return new Receipts.Done(new Receipt(name, 1, 2, null, Set.of()), path, 1, at);
    }

    @Test
    void forgetsTheOldestBeyondANumber() {
        var receipts = new Receipts(3, Long.MAX_VALUE);
        for (int i = 0; i < 4; i++) {
            receipts.put("id" + i, done("a", "a", NOW));
        }
        assertThat(receipts.of("id0")).isNull();
        assertThat(receipts.of("id1")).isNotNull();
        assertThat(receipts.of("id3")).isNotNull();
    }

    @Test
    void forgetsTheOldestBeyondTheirBytes() {
        String path = "a".repeat(4_096);
        int each = done(path, path, NOW).bytes();
        assertThat(done("a (1)", path, NOW).bytes()).isEqualTo(each + 2 * 5);
        var receipts = new Receipts(100, 3L * each);
        for (int i = 0; i < 3; i++) {
            receipts.put("id" + i, done(path, new String(path.toCharArray()), NOW));
        }
        assertThat(receipts.of("id0")).isNotNull();
        receipts.put("id3", done("b", "b", NOW));
        assertThat(receipts.of("id0")).isNull();
        assertThat(receipts.of("id1")).isNotNull();
        receipts.put("id1", done("c", "c", NOW)); // smaller than what it was: there is room again
        receipts.put("id4", done("d", "d", NOW));
        assertThat(receipts.of("id1")).isNotNull();
        assertThat(receipts.of("id2")).isNotNull();
    }

    @Test
    void keepsTheLastHoweverLargeItIs() {
        var receipts = new Receipts(100, 1);
        receipts.put("id0", done("a", "a", NOW));
        receipts.put("id1", done("b", "b", NOW));
        assertThat(receipts.of("id0")).isNull();
        assertThat(receipts.of("id1")).isNotNull();
    }

    @Test
    void forgetsTheOldWithTheirBytes() {
        int each = done("a", "a", NOW).bytes();
        var receipts = new Receipts(100, 2L * each);
        receipts.put("id0", done("a", "a", NOW));
        receipts.put("id1", done("b", "b", NOW.plusSeconds(1)));
        receipts.forgetBefore(NOW.plusSeconds(1));
        assertThat(receipts.of("id0")).isNull();
        receipts.put("id2", done("c", "c", NOW));
        assertThat(receipts.of("id1")).isNotNull();
    }
}
