package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ArchiveTrainingCommandTest {
    @Test
    void goesThroughTheCommandsSilently() {
        var out = new StringWriter();
        var ntk = new CommandLine(new Main()).setOut(new PrintWriter(out)).setErr(new PrintWriter(out));

        assertThat(ntk.execute("archive-training")).isZero();
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void isNoCommandForPeople() {
        assertThat(new CommandLine(new Main()).getUsageMessage()).doesNotContain("archive-training");
    }
}
