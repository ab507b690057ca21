package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.chat.ChatOptions;
import io.ntk.tcp.chat.ChatServer;
import io.ntk.tcp.chat.RoomOptions;
import io.ntk.testsupport.Await;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several {@code ntk chat join} with our server. */
class ChatTogetherTest {
    private Server server;

    @BeforeEach
    void serve() {
        var options = ChatOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        server = ChatServer.start(options, RoomOptions.DEFAULTS, NetListener.NONE);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void talkInBothFormats() throws IOException {
        try (Member ann = new Member("--nick", "ann", "--room", "tea", "--format", "json")) {
            ann.await("\"text\":\"you are ann in tea");
            talk(ann);
        }
    }

    private void talk(Member ann) throws IOException {
        try (Member bob = new Member("--nick", "bob", "--room", "tea")) {
            bob.await("* you are bob in tea");
            ann.await("\"type\":\"join\",\"from\":\"bob\"");
            ann.say("grüße");
            bob.await("] <ann> grüße\n");
            ann.await("\"type\":\"message\",\"from\":\"ann\",\"text\":\"grüße\"");
            bob.say("/me waves");
            ann.await("\"type\":\"action\",\"from\":\"bob\",\"text\":\"waves\"");
            assertThat(bob.leave()).isZero();
            ann.await("\"type\":\"leave\",\"from\":\"bob\"");
            ann.say("/quit so long");
            assertThat(ann.run.await().exit()).isZero();
            assertThat(ann.run.err()).isEmpty();
        }
    }

    @Test
    void getEveryLineThatAScriptLeavesBehind() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 15; i++) { // less than a flood
            lines.append("line ").append(i).append('\n');
        }
        try (Member bob = new Member("--nick", "bob")) {
            bob.await("you are now bob");
            var input = new java.io.ByteArrayInputStream(lines.toString().getBytes(UTF_8));
            try (Ntk.Running script = Ntk.start(
                    input, Map.of(), "chat", "join", server.endpoints().get(0).toString(), "--nick", "ci")) {
                Ntk.Result result = script.await();
                assertThat(result.err()).isEmpty();
                assertThat(result.exit()).isZero();
            }
            bob.await("<ci> line 14\n");
            assertThat(bob.run.out().lines().filter(line -> line.contains("<ci> line ")))
                    .hasSize(15);
        }
    }

    @Test
    void failWhereTheServerEnds() {
        try (Member ann = new Member("--nick", "ann")) {
            ann.await("you are now ann");
            server.close();
            Ntk.Result result = ann.run.await();
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.out()).endsWith("goodbye\n");
        }
    }

    /** One who types. */
    private final class Member implements AutoCloseable {
        private final PipedOutputStream typing = new PipedOutputStream();
        private final Ntk.Running run;

        Member(String... options) {
            List<String> arguments = new ArrayList<>(
                    List.of("chat", "join", server.endpoints().get(0).toString()));
            arguments.addAll(List.of(options));
            try {
                run = Ntk.start(new PipedInputStream(typing), Map.of(), arguments.toArray(String[]::new));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void say(String line) throws IOException {
            typing.write((line + "\n").getBytes(UTF_8));
            typing.flush();
        }

        void await(String text) {
            Await.until(text + " in " + run.out() + run.err(), () -> run.out().contains(text));
        }

        int leave() throws IOException {
            typing.close();
            return run.await().exit();
        }

        @Override
        public void close() {
            run.close();
        }
    }
}
