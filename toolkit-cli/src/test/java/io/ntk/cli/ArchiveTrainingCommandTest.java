package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArchiveTrainingCommandTest {
    @Test
    void goesThroughTheCommandsSilently() {
        Ntk.Result run = Ntk.run("archive-training");
        assertThat(run.exit()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void isNoCommandForPeople() {
        assertThat(Ntk.run("--help").out()).contains("completion").doesNotContain("archive-training");
    }
}
