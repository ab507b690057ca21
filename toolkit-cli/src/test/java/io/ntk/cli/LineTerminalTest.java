package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.testsupport.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.Attributes;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LineTerminalTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final PipedOutputStream keys = new PipedOutputStream();
    private final Held held = new Held(keys);
    private final Attributes found = held.getAttributes();
    private final LineTerminal terminal = terminal(LONG);

    LineTerminalTest() throws IOException {}

    private LineTerminal terminal(Duration leaving) {
        return new LineTerminal(held, LineReaderBuilder.builder().terminal(held).build(), leaving);
    }

    @AfterEach
    void end() throws IOException {
        held.mayBeRaw.complete(null);
        held.end();
    }

    /**
     * Waits, each time a line is begun, before it is set to raw input. As the terminal of a process, and not as JLine's other
     * ones, it does not end the reading of a line when it is closed.
     */
    private static final class Held extends ExternalTerminal {
        final CompletableFuture<Void> aboutToBeRaw = new CompletableFuture<>();
        final CompletableFuture<Void> mayBeRaw = new CompletableFuture<>();
        final CompletableFuture<Void> raw = new CompletableFuture<>();
        final CompletableFuture<Void> given = new CompletableFuture<>();

        Held(PipedOutputStream keys) throws IOException {
            super("held", "ansi", new PipedInputStream(keys), new ByteArrayOutputStream(), StandardCharsets.UTF_8);
        }

        @Override
        public Attributes enterRawMode() {
            aboutToBeRaw.complete(null);
            mayBeRaw.join();
            Attributes before = super.enterRawMode();
            raw.complete(null);
            return before;
        }

        @Override
        protected void doClose() {
            given.complete(null);
        }

        void end() throws IOException {
            super.doClose();
        }
    }

    private void assertAsFound() {
        assertThat(held.getAttributes().toString()).isEqualTo(found.toString());
    }

    @Test
    void givesTheTerminalBackAlthoughALineIsJustBegun() throws Exception {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(terminal::readLine);
        held.aboutToBeRaw.join();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(terminal::close);
        assertThat(Await.within(Duration.ofMillis(200), held.given::isDone)).isFalse();
        held.mayBeRaw.complete(null);
        closing.get(20, TimeUnit.SECONDS);
        assertThat(held.given).isDone();
        assertAsFound();
        assertThat(line).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(EndOfFileException.class);
    }

    @Test
    void endsTheReadingOfALine() throws Exception {
        held.mayBeRaw.complete(null);
        CompletableFuture<String> line = CompletableFuture.supplyAsync(terminal::readLine);
        held.raw.join();
        CompletableFuture.runAsync(terminal::close).get(20, TimeUnit.SECONDS);
        assertAsFound();
        assertThat(line).failsWithin(LONG).withThrowableThat().withCauseInstanceOf(EndOfFileException.class);
    }

    @Test
    void doesNotWaitForEverForWhoIsHeldUp() throws Exception {
        LineTerminal hasty = terminal(Duration.ofMillis(50));
        CompletableFuture<String> line = CompletableFuture.supplyAsync(hasty::readLine);
        held.aboutToBeRaw.join();
        CompletableFuture.runAsync(hasty::close).get(20, TimeUnit.SECONDS);
        assertThat(line).isNotDone();
        assertThat(held.given).isDone();
        held.mayBeRaw.complete(null);
        assertThat(line).failsWithin(LONG);
        assertAsFound();
    }

    @Test
    void whoClosesItAgainWaitsForTheFirst() throws Exception {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(terminal::readLine);
        held.aboutToBeRaw.join();
        CompletableFuture<Void> first = CompletableFuture.runAsync(terminal::close);
        CompletableFuture<Void> second = CompletableFuture.runAsync(terminal::close);
        assertThat(Await.within(Duration.ofMillis(200), () -> first.isDone() || second.isDone()))
                .isFalse();
        held.mayBeRaw.complete(null);
        CompletableFuture.allOf(first, second).get(20, TimeUnit.SECONDS);
        assertThat(line).failsWithin(LONG);
    }

    @Test
    void beginsNoLineOnceItIsClosed() {
        terminal.close();
        assertThatThrownBy(terminal::readLine).isInstanceOf(EndOfFileException.class);
        assertThat(held.aboutToBeRaw).isNotDone();
    }

    @Test
    void readsLines() throws IOException {
        held.mayBeRaw.complete(null);
        keys.write("one\rtwo\r".getBytes(StandardCharsets.UTF_8));
        assertThat(terminal.readLine()).isEqualTo("one");
        assertThat(terminal.readLine()).isEqualTo("two");
        assertAsFound();
    }
}
