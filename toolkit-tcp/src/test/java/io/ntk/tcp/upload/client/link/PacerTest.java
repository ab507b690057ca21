package io.ntk.tcp.upload.client.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PacerTest {
    private long now = 5;

    private Pacer pacer(long bytesPerSecond) {
        return new Pacer(bytesPerSecond, () -> now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void measuresForThreeSecondsBeforeItSaysHowFastItGoes() {
        Pacer pacer = pacer(0);
        pass(Duration.ofMinutes(1)); // nothing was sent yet
        assertThat(pacer.rate()).isZero();
        pacer.count(2_000_000);
        pass(Duration.ofSeconds(3).minusNanos(1));
        pacer.count(1_000_000);
        assertThat(pacer.rate()).isZero();
        pass(Duration.ofNanos(1));
        assertThat(pacer.rate()).isEqualTo(1_000_000);
        pass(Duration.ofSeconds(3));
        assertThat(pacer.rate()).isEqualTo(500_000);
    }

    @Test
    void whatWasMeasuredIsNeverUnknownAgain() {
        Pacer pacer = pacer(0);
        pacer.count(1);
        pass(Duration.ofHours(1));
        assertThat(pacer.rate()).isEqualTo(1);
    }

    @Test
    void aLimitIsTheRateFromTheStart() {
        Pacer pacer = pacer(5000);
        assertThat(pacer.rate()).isEqualTo(5000);
        pacer.count(1_000_000);
        pass(Duration.ofSeconds(3));
        assertThat(pacer.rate()).isEqualTo(5000);
    }

    @Test
    void whatComesNextWaitsForWhatWasSent() {
        Pacer pacer = pacer(10_000);
        assertThat(pacer.untilFree(now)).isZero();
        pacer.count(5000);
        pacer.count(2500);
        assertThat(pacer.untilFree(now)).isEqualTo(Duration.ofMillis(750).toNanos());
        pass(Duration.ofMillis(750));
        assertThat(pacer.untilFree(now)).isZero();
        pass(Duration.ofMinutes(1)); // of which nothing is made up for
        pacer.count(1000);
        assertThat(pacer.untilFree(now)).isEqualTo(Duration.ofMillis(100).toNanos());
    }

    @Test
    void piecesLastATenthOfASecondWithinBounds() {
        assertThat(pacer(0).chunkBytes()).isEqualTo(1 << 20);
        assertThat(pacer(4096).chunkBytes()).isEqualTo(4096);
        assertThat(pacer(1_000_000).chunkBytes()).isEqualTo(100_000);
        assertThat(pacer(1L << 40).chunkBytes()).isEqualTo(1 << 20);
    }
}
