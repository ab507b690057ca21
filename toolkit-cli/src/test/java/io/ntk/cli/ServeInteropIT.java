package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's clients against our servers. */
class ServeInteropIT {
    private static final String LOOPBACK = "127.0.0.1:0";
    private static final byte[] HELLO = "hello\n".getBytes(UTF_8);

    @TempDir
    private Path folder;

    @Test
    void echoesToNc() {
        byte[] blob = blob();
        try (var server = serve("--listen", LOOPBACK)) {
            var result = Programs.run(blob, "nc", "-N", "127.0.0.1", Packaged.port(server));
            assertThat(result.out()).isEqualTo(blob);
        }
    }

    @Test
    void answersNcOverAUnixSocket() {
        Path socket = folder.resolve("s");
        try (var server = serve("--reply", "upper", "--listen", "unix:" + socket)) {
            assertThat(Packaged.addresses(server, 1)).containsExactly("unix:" + socket);
            var result = Programs.run("straße\n".getBytes(UTF_8), "nc", "-N", "-U", socket.toString());
            assertThat(result.text()).isEqualTo("STRASSE\n");
        }
    }

    @Test
    void echoesToNcat() {
        byte[] blob = blob();
        try (var server = serve("--listen", LOOPBACK)) {
            var result = Programs.run(blob, "ncat", "127.0.0.1", Packaged.port(server));
            assertThat(result.out()).isEqualTo(blob);
        }
    }

    @Test
    void answersNcatOverTls() {
        try (var server = serve("--reply", "upper", "--self-signed", "--listen", LOOPBACK)) {
            assertThat(Packaged.addresses(server, 1).get(0)).startsWith("tls://127.0.0.1:");
            assertAnswered("HELLO\n", "ncat", "--ssl", "127.0.0.1", Packaged.port(server));
        }
    }

    @Test
    void echoesToSocat() {
        byte[] blob = blob();
        try (var server = serve("--listen", LOOPBACK)) {
            var result = Programs.run(blob, "socat", "-t30", "-", "TCP:127.0.0.1:" + Packaged.port(server));
            assertThat(result.out()).isEqualTo(blob);
        }
    }

    @Test
    void answersSocatOverTls() {
        try (var server = serve("--reply", "upper", "--self-signed", "--listen", LOOPBACK)) {
            assertAnswered("HELLO\n", "socat", "-t30", "-", "OPENSSL:127.0.0.1:" + Packaged.port(server) + ",verify=0");
        }
    }

    @Test
    void answersSocatOverAUnixSocket() {
        Path socket = folder.resolve("s");
        try (var server = serve("--reply", "upper", "--listen", "unix:" + socket)) {
            Packaged.addresses(server, 1);
            var result = Programs.run(HELLO, "socat", "-t30", "-", "UNIX-CONNECT:" + socket);
            assertThat(result.text()).isEqualTo("HELLO\n");
        }
    }

    @Test
    void answersTelnet() {
        try (var server = serve("--reply", "upper", "--quit", "bye", "--listen", LOOPBACK)) {
            assertAnswered("HELLO", "telnet", "127.0.0.1", Packaged.port(server));
        }
    }

    @Test
    void answersOpenssl() {
        try (var server = serve("--reply", "upper", "--self-signed", "--listen", LOOPBACK)) {
            assertAnswered(
                    "HELLO\n", "openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + Packaged.port(server));
        }
    }

    @Test
    void showsOpensslTheCertificateWhoseFingerprintItAnnounced() {
        try (var server = serve("--self-signed", "--json", "--listen", LOOPBACK)) {
            Await.until("events", () -> server.text().contains("\"listening\""));
            String port = server.text().replaceAll("(?s).*tls://127.0.0.1:(\\d+).*", "$1");
            String announced = server.text().replaceAll("(?s).*\"sha256\":\"([0-9A-F:]+)\".*", "$1");
            var shown = Programs.run(new byte[0], "openssl", "s_client", "-connect", "127.0.0.1:" + port);
            var print = Programs.run(shown.out(), "openssl", "x509", "-noout", "-fingerprint", "-sha256");
            assertThat(print.text()).contains(announced).contains("=");
        }
    }

    @Test
    void answersCurl() {
        try (var server = serve("--reply", "upper", "--quit", "bye", "--listen", LOOPBACK)) {
            var result = Programs.run(
                    "hello\nbye\n".getBytes(UTF_8),
                    "curl",
                    "-sS",
                    "--max-time",
                    "20",
                    "telnet://127.0.0.1:" + Packaged.port(server));
            assertThat(result.text()).isEqualTo("HELLO\n");
        }
    }

    @Test
    void greetsTheOneShotClientOfTheTutorials() {
        try (var server = serve("--reply", "discard", "--listen", LOOPBACK);
                var greeter = serve("--reply", "fixed:", "--greeting", "Hello, client!", "--listen", LOOPBACK)) {
            Packaged.addresses(server, 1);
            assertThat(python("once_client.py", Packaged.port(greeter), "").strip())
                    .isEqualTo("Hello, client!");
        }
    }

    @Test
    void answersAOneShotClientWithoutLineEnds() {
        try (var server = serve("--reply", "upper", "--framing", "chunk", "--listen", LOOPBACK)) {
            assertThat(python("once_client.py", Packaged.port(server), "straße"))
                    .isEqualTo("STRASSE\n");
        }
    }

    @Test
    void answersOnceAndEnds() {
        try (var server = serve("--reply", "fixed:so long", "--once", "--listen", LOOPBACK)) {
            assertThat(python("once_client.py", Packaged.port(server), "no line end")
                            .strip())
                    .isEqualTo("so long");
            assertThat(server.await(Duration.ofSeconds(60)).exit()).isZero();
        }
    }

    @Test
    void answersAPersistentClientLineByLine() {
        try (var server = serve("--reply", "upper", "--listen", LOOPBACK)) {
            assertThat(python("upper_lines_client.py", Packaged.port(server), "one", "zwölf", "", "three"))
                    .isEqualTo("ONE\nZWÖLF\n\nTHREE\n");
        }
    }

    @Test
    void talksToTheMenuClientThatReadsTheGreetingFirst() {
        try (var server = serve("--reply", "menu:sample", "--framing", "chunk", "--listen", LOOPBACK)) {
            List<String> lines = python("menu_client.py", Packaged.port(server), "1", "nonsense", "exit")
                    .lines()
                    .toList();
            assertThat(lines).hasSizeGreaterThan(3);
            assertThat(lines.get(lines.size() - 1)).isEqualTo("(closed)");
        }
    }

    @Test
    void servesTwoPortsAtOnce() {
        try (var server = serve("--reply", "upper", "--listen", LOOPBACK, "--listen", LOOPBACK)) {
            List<String> addresses = Packaged.addresses(server, 2);
            for (String address : addresses) {
                assertThat(python("upper_lines_client.py", Packaged.port(address), "here"))
                        .isEqualTo("HERE\n");
            }
        }
    }

    @Test
    void letsTheOperatorTalkInTurn() throws IOException {
        try (var server = serve("--reply", "console", "--listen", LOOPBACK)) {
            String port = Packaged.port(server);
            try (OutputStream operator = server.stdin()) {
                operator.write("good morning\nand to you\n".getBytes(UTF_8));
                operator.flush();
                assertThat(python("talk_client.py", port, "hello", "how are you"))
                        .isEqualTo("heard: good morning\nheard: and to you\n");
            }
            assertThat(server.text()).contains("hello").contains("how are you");
            assertThat(server.await(Duration.ofSeconds(60)).exit()).isZero();
        }
    }

    private static Programs.Running serve(String... options) {
        String[] all = new String[options.length + 2];
        all[0] = "tcp";
        all[1] = "serve";
        System.arraycopy(options, 0, all, 2, options.length);
        return Packaged.start(all);
    }

    /** Keeps the input open until the answer is there: these programs leave when it ends. */
    private static void assertAnswered(String expected, String... command) {
        try (var client = Programs.start(command)) {
            client.stdin().write(HELLO);
            client.stdin().flush();
            Await.until("answer " + expected, () -> client.text().contains(expected));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String python(String script, String... arguments) {
        String[] command = new String[arguments.length + 2];
        command[0] = "python3";
        command[1] = Packaged.script(script);
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        var result = Programs.run(new byte[0], command);
        assertThat(result.err()).isEmpty();
        return result.text();
    }

    private static byte[] blob() {
        byte[] blob = new byte[3_000_001];
        new Random(7).nextBytes(blob);
        return blob;
    }
}
