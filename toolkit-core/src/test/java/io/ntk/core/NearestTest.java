package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
    @Test
    void countsLetters() {
        assertThat(Nearest.distance("", "abc")).isEqualTo(3);
        assertThat(Nearest.distance("serve", "serve")).isZero();
        assertThat(Nearest.distance("srve", "serve")).isEqualTo(1);
        assertThat(Nearest.distance("tpc", "tcp")).isEqualTo(1);
        assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    }

    @Test
    void findsNothingThatIsFar() {
        assertThat(Nearest.to("tpc", List.of("tcp", "up"))).contains("tcp");
        assertThat(Nearest.to("frobnicate", List.of("tcp", "up"))).isEmpty();
        assertThat(Nearest.to("x", List.of())).isEmpty();
    }
}
