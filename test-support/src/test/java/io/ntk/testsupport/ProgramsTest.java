package io.ntk.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

class ProgramsTest {
    @Test
    void collectsOutputAndExitCode() {
        byte[] input = "in".getBytes(StandardCharsets.UTF_8);
        Programs.Result result = Programs.run(input, "sh", "-c", "cat; echo err >&2; exit 3");
        assertEquals(3, result.exit());
        assertEquals("in", result.text());
        assertEquals("err\n", result.err());
    }

    @Test
    void endsThoughTheProgramReadsNothing() {
        assertEquals(0, Programs.run(new byte[1 << 20], "true").exit());
    }

    @Test
    void killsAProgramThatOutlivesItsDeadline() {
        Programs.Running program = Programs.start("sleep", "60");
        assertThrows(AssertionError.class, () -> program.await(Duration.ofMillis(10)));
        assertTrue(program.await(Duration.ofSeconds(10)).exit() != 0);
    }

    @Test
    void missesAProgramLoudlyInContinuousIntegrationOnly() {
        Class<? extends RuntimeException> skipped = TestAbortedException.class;
        Class<? extends Throwable> expected = "true".equals(System.getenv("CI")) ? AssertionFailedError.class : skipped;
        assertThrows(expected, () -> Programs.require("no-such-program"));
    }
}
