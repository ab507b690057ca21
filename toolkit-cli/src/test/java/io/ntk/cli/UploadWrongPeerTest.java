package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ntk upload send} to what is no receiver: it says what is there instead, and what to do next. */
class UploadWrongPeerTest {
    private static final String NO_RECEIVER = " (is it the port of ntk upload serve? else try --protocol simple)\n";

    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    @BeforeEach
    void aSource() throws IOException {
        Files.writeString(sources.resolve("film"), "once upon a time");
    }

    private Ntk.Result send(int port, String... more) {
        List<String> args = new ArrayList<>(
                List.of("upload", "send", sources.resolve("film").toString(), "127.0.0.1:" + port));
        args.addAll(List.of(more));
        return Ntk.run(Map.of("XDG_STATE_HOME", sources.resolve("state").toString()), args.toArray(String[]::new));
    }

    private static Ntk.Running serve(String noun, String... more) {
        List<String> args = new ArrayList<>(List.of(noun, "serve", "--listen", "127.0.0.1:0"));
        args.addAll(List.of(more));
        return Ntk.start(args.toArray(String[]::new));
    }

    private void assertFails(int port, String why, String... more) {
        Ntk.Result result = send(port, more);
        assertThat(result.err()).isEqualTo("ntk: cannot send to 127.0.0.1:" + port + ": " + why);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(sources.resolve("state/ntk/upload")).as("what is remembered").isEmptyDirectory();
    }

    /** Whoever connects is told this, and nothing else. */
    private interface Says extends AutoCloseable {
        int port();

        @Override
        void close() throws IOException;
    }

    private static Says says(String text) throws IOException {
        ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(
                () -> {
                    while (!listener.isClosed()) {
                        say(listener, text);
                    }
                },
                "says");
        thread.setDaemon(true);
        thread.start();
        return new Says() {
            @Override
            public int port() {
                return listener.getLocalPort();
            }

            @Override
            public void close() throws IOException {
                listener.close();
            }
        };
    }

    private static void say(ServerSocket listener, String text) {
        try (Socket socket = listener.accept()) {
            socket.getOutputStream().write(text.getBytes(UTF_8));
            socket.shutdownOutput();
            socket.setSoTimeout(5_000);
            while (!text.isEmpty() && socket.getInputStream().read() >= 0) {}
        } catch (IOException e) {
            return; // it has heard enough, or nobody listens any more
        }
    }

    @Test
    void anHttpServer() {
        try (Ntk.Running server = serve("http")) {
            assertFails(server.port(), "the server speaks HTTP, not NTUP/1" + NO_RECEIVER);
        }
    }

    @Test
    void anEcho() {
        try (Ntk.Running server = serve("tcp")) {
            assertFails(server.port(), "the server sends back what it is sent (an echo service?)" + NO_RECEIVER);
        }
    }

    @Test
    void aChat() throws IOException {
        try (Says server = says("Welcome! What is your name?\n")) {
            assertFails(
                    server.port(),
                    "the server does not speak NTUP/1, it says: Welcome! What is your name?" + NO_RECEIVER);
        }
    }

    @Test
    void whatItSaysCannotHarmTheTerminal() throws IOException {
        try (Says server = says("\u001b[2J\u202egone\n")) {
            assertThat(send(server.port()).err()).contains("it says: \\u001b[2J\\u202egone");
        }
    }

    @Test
    void aTlsPortInPlain() {
        try (Ntk.Running server = serve("upload", "--dir", inbox.toString(), "--self-signed")) {
            assertFails(server.port(), "this port speaks TLS (try --tls)\n");
        }
    }

    @Test
    void aTlsPortOfSomebodyElseInPlain() throws IOException {
        try (Says server = says("\u0015\u0003\u0003\u0000\u0002\u0002F")) {
            assertFails(server.port(), "this port speaks TLS (try --tls)\n");
        }
    }

    @Test
    void aPlainPortByTls() {
        try (Ntk.Running server = serve("upload", "--dir", inbox.toString())) {
            Ntk.Result result = send(server.port(), "--tls");
            assertThat(result.err())
                    .isEqualTo("ntk: cannot connect to 127.0.0.1:" + server.port()
                            + ": the port does not speak TLS (try without --tls)\n");
            assertThat(result.exit()).isEqualTo(1);
        }
    }

    @Test
    void aTextByTls() throws IOException {
        try (Says server = says("SSH-2.0-OpenSSH_9\r\n")) {
            assertThat(send(server.port(), "--tls").err())
                    .endsWith(": the port does not speak TLS (try without --tls)\n");
        }
    }

    @Test
    void whoClosesAtOnce() throws IOException {
        try (Says server = says("")) {
            assertFails(server.port(), "the server closed the connection before it said anything (try --tls)\n");
            Ntk.Result result = send(server.port(), "--tls");
            assertThat(result.err())
                    .matches("ntk: cannot connect to 127.0.0.1:\\d+: .*(closed|reset).* \\(try without --tls\\)\n");
            assertThat(result.exit()).isEqualTo(1);
        }
    }

    @Test
    void whoHasTooManyConnectionsIsTriedAgain() throws IOException {
        try (Says server = says("error 109 too many connections\n")) {
            Ntk.Result result = send(server.port(), "--patience", "1ms");
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err())
                    .startsWith("trying again: too many connections (109)\n")
                    .contains("ntk: cannot send " + sources.resolve("film") + ": too many connections (109)\n");
        }
    }

    @Test
    void aFullReceiverOfBothProtocolsIsTriedAgain() throws IOException {
        try (Ntk.Running server = serve("upload", "--dir", inbox.toString(), "--simple", "--max-connections", "1");
                Socket first = server.connect()) {
            first.getOutputStream().write("note|4\n".getBytes(UTF_8));
            assertThat(first.getInputStream().readNBytes(6))
                    .as("it is served")
                    .asString(UTF_8)
                    .isEqualTo("ready\n");
            Ntk.Result result = send(server.port(), "--patience", "1ms");
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err()).startsWith("trying again: too many connections (109)\n");
        }
    }
}
