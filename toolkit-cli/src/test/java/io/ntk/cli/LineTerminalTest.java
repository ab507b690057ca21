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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LineTerminalTest {
    private final PipedOutputStream keys = new PipedOutputStream();
    private final CompletableFuture<Void> aboutToBeRaw = new CompletableFuture<>();
    private final CompletableFuture<Void> mayBeRaw = new CompletableFuture<>();
    private final CompletableFuture<Void> terminalClosed = new CompletableFuture<>();
    private final Held held = new Held(keys, aboutToBeRaw, mayBeRaw);
    private final Attributes found = held.getAttributes();
    private final LineTerminal terminal =
            new LineTerminal(held, LineReaderBuilder.builder().terminal(held).build());

    LineTerminalTest() throws IOException {
        held.setOnClose(() -> terminalClosed.complete(null));
    }

    /** Waits, each time a line is begun, before it is set to raw input. */
    private static final class Held extends ExternalTerminal {
        private final CompletableFuture<Void> aboutToBeRaw;
        private final CompletableFuture<Void> mayBeRaw;

        Held(PipedOutputStream keys, CompletableFuture<Void> aboutToBeRaw, CompletableFuture<Void> mayBeRaw)
                throws IOException {
            super("held", "ansi", new PipedInputStream(keys), new ByteArrayOutputStream(), StandardCharsets.UTF_8);
            this.aboutToBeRaw = aboutToBeRaw;
            this.mayBeRaw = mayBeRaw;
        }

        @Override
        public Attributes enterRawMode() {
            aboutToBeRaw.complete(null);
            mayBeRaw.join();
            return super.enterRawMode();
        }
    }

    @Test
    void givesTheTerminalBackAlthoughALineIsJustBegun() throws Exception {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(terminal::readLine);
        aboutToBeRaw.join();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(terminal::close);
        terminalClosed.join();
        assertThat(Await.within(Duration.ofMillis(200), closing::isDone)).isFalse();
        mayBeRaw.complete(null);
        closing.get(30, TimeUnit.SECONDS);
        assertThat(held.getAttributes().toString()).isEqualTo(found.toString());
        assertThat(line).isCompletedExceptionally();
    }

    @Test
    void beginsNoLineOnceItIsClosed() {
        terminal.close();
        assertThatThrownBy(terminal::readLine).isInstanceOf(EndOfFileException.class);
        assertThat(aboutToBeRaw).isNotDone();
        terminal.close();
    }

    @Test
    void readsLines() throws IOException {
        mayBeRaw.complete(null);
        keys.write("one\rtwo\r".getBytes(StandardCharsets.UTF_8));
        assertThat(terminal.readLine()).isEqualTo("one");
        assertThat(terminal.readLine()).isEqualTo("two");
        assertThat(held.getAttributes().toString()).isEqualTo(found.toString());
        terminal.close();
    }
}
