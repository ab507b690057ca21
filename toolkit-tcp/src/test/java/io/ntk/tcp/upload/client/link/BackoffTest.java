package io.ntk.tcp.upload.client.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private long now = Long.MAX_VALUE - 5; // a clock that runs over
    private final List<Long> bounds = new ArrayList<>();
    private final Backoff backoff = new Backoff(Duration.ofMinutes(10), () -> now, most -> {
        bounds.add(Duration.ofNanos(most).toMillis());
        return most - 1;
    });

    @Test
    void doublesFromAQuarterSecondToHalfAMinute() {
        for (int i = 0; i < 10; i++) {
            backoff.pause();
        }
        assertThat(bounds).containsExactly(250L, 500L, 1000L, 2000L, 4000L, 8000L, 16_000L, 30_000L, 30_000L, 30_000L);
    }

    @Test
    void neverRunsOver() {
        assertThat(LongStream.of(10, 11, 62, 64, Integer.MAX_VALUE).map(n -> backoff.pause((int) n)))
                .containsOnly(Duration.ofSeconds(30).toNanos() - 1);
    }

    @Test
    void beginsAgainAtAnyProgress() {
        backoff.pause();
        backoff.pause();
        backoff.progressed();
        backoff.pause();
        assertThat(bounds).containsExactly(250L, 500L, 250L);
    }

    @Test
    void theWholeRangeIsDrawnFrom() {
        Backoff drawn = Backoff.of(Duration.ofSeconds(1));
        assertThat(LongStream.range(0, 1000).map(i -> drawn.pause(0)))
                .allMatch(pause -> pause >= 0 && pause < Duration.ofMillis(250).toNanos())
                .anyMatch(pause -> pause < Duration.ofMillis(50).toNanos())
                .anyMatch(pause -> pause > Duration.ofMillis(200).toNanos());
    }

    @Test
    void patienceRunsFromTheFirstTroubleSinceProgress() {
        assertThat(backoff.isTooLong()).isFalse();
        now += Duration.ofMinutes(10).toNanos();
        assertThat(backoff.isTooLong()).isFalse();
        now++;
        assertThat(backoff.isTooLong()).isTrue();
        backoff.progressed();
        assertThat(backoff.isTooLong()).isFalse();
        now += Duration.ofMinutes(9).toNanos();
        assertThat(backoff.isTooLong()).isFalse();
    }
}
