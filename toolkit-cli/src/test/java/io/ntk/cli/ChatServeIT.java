package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Other people's programs as members of our chat. */
class ChatServeIT {
    private static final String LOOPBACK = "127.0.0.1:0";

    @TempDir
    private Path folder;

    private static Programs.Running server = Packaged.start("chat", "serve", "--listen", LOOPBACK, "--history", "0");
    private static String port = "";

    @BeforeAll
    static void awaitServer() {
        port = Packaged.port(server);
    }

    @AfterAll
    static void endServer() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nc", "ncat", "telnet", "socat"})
    void talksTo(String program) throws IOException {
        String name = "by-" + program;
        String letters =
                program.equals("telnet") ? "of seven bits" : "– ünïcödé 👩\u200d💻"; // telnet cuts off the eighth
        String[] command = program.equals("socat")
                ? new String[] {"socat", "-", "TCP:127.0.0.1:" + port}
                : new String[] {program, "127.0.0.1", port};
        try (var ann = ChatMember.join(port, "ann-" + program);
                var client = Programs.start(command)) {
            client.stdin().write(("/nick " + name + "\nhello from " + program + " " + letters + "\n").getBytes(UTF_8));
            client.stdin().flush();
            assertThat(ann.await("hello from"))
                    .matches("\\[\\d\\d:\\d\\d:\\d\\d] <" + name + "> hello from " + program + " " + letters);
            ann.send("and good day to you");
            Await.until("the answer in " + client.text(), () -> client.text()
                    .contains("<ann-" + program + "> and good day to you"));
            assertThat(client.text()).doesNotContain("hello from");
            client.stdin().write("/quit so long\n".getBytes(UTF_8));
            client.stdin().flush();
            assertThat(ann.await("left")).isEqualTo("* " + name + " left: so long");
        }
    }

    @Test
    void takesTheLastWordsOfAScript() {
        try (var ann = ChatMember.join(port, "ann-script")) {
            var result = Programs.run(
                    "/nick script\nlast words without a line end".getBytes(UTF_8), "nc", "-N", "127.0.0.1", port);
            assertThat(result.exit()).isZero();
            assertThat(ann.await("last words")).endsWith("<script> last words without a line end");
            assertThat(ann.await("left")).isEqualTo("* script left");
        }
    }

    @Test
    void tellsAnHttpClientOneClearLine() {
        var result = Programs.run(
                new byte[0], "curl", "-sS", "--http0.9", "--max-time", "10", "http://127.0.0.1:" + port + "/");
        assertThat(result.text().lines()).hasSize(2).last().isEqualTo("error: this is a chat, and no web server");
    }

    @Test
    void aLineThatOnlyLooksLikeHttpIsChat() {
        try (var ann = ChatMember.join(port, "ann-http");
                var bob = new ChatMember(port)) {
            bob.send("GET me a beer");
            assertThat(ann.await("beer")).endsWith("> GET me a beer");
        }
    }

    @Test
    void answersATlsHelloWithAnAlert() {
        var result = Programs.run(new byte[0], "openssl", "s_client", "-connect", "127.0.0.1:" + port);
        assertThat(result.exit()).isNotZero();
        // The greeting may be there before the alert, and to a TLS client it is a strange version.
        assertThat(result.err() + result.text()).containsAnyOf("alert unexpected message", "wrong version number");
    }

    @Test
    void nothingHostileReachesAnotherTerminal() throws IOException {
        List<String> hostile = List.of(
                "\u001b[2J\u001b[1;1Hcleared",
                "\u001b]0;title\u0007titled",
                "\u001b]52;c;aGk=\u0007clip",
                "\u001bPq#0\u001b\\sixel",
                "\u009b2Jc-one",
                "over\rwritten\b\b\b",
                "\u202eturned\u2066",
                "\0nul\u007f",
                "\u001b[6nask");
        try (var client = Programs.start("nc", "127.0.0.1", port);
                var mallory = ChatMember.join(port, "mallory")) {
            Await.until("the greeting of nc", () -> client.text().contains("* you are "));
            for (String line : hostile) {
                mallory.send(line);
            }
            mallory.send(new byte[] {'b', 'a', 'd', (byte) 0xc3, '(', '\n'});
            mallory.send("x".repeat(4097));
            mallory.send("the end");
            Await.until("the end in " + client.text(), () -> client.text().contains("<mallory> the end"));
            assertThat(client.text())
                    .contains("> cleared\n")
                    .contains("> titled\n")
                    .contains("> clip\n");
            assertThat(client.text())
                    .contains("> overwritten\n")
                    .contains("> turned\n")
                    .contains("> ask\n");
            assertThat(client.text()).doesNotContain("bad").doesNotContain("xxx");
            assertThat(client.text().codePoints())
                    .noneMatch(c -> c != '\n' && (Character.isISOControl(c) || (c >= 0x202a && c <= 0x202e)));
            assertThat(mallory.await("UTF-8")).startsWith("* ");
            assertThat(mallory.await("4096")).startsWith("* ");
        }
    }

    @Test
    void servesAUnixSocketToo() throws IOException {
        Path socket = folder.resolve("s");
        try (var own = Packaged.start("chat", "serve", "--listen", "unix:" + socket)) {
            assertThat(Packaged.addresses(own, 1)).containsExactly("unix:" + socket);
            try (var one = Programs.start("nc", "-U", socket.toString());
                    var other = Programs.start("socat", "-", "UNIX-CONNECT:" + socket)) {
                one.stdin().write("/nick one\n".getBytes(UTF_8));
                one.stdin().flush();
                Await.until("one is there", () -> one.text().contains("one"));
                other.stdin().write("hello\n".getBytes(UTF_8));
                other.stdin().flush();
                Await.until("hello in " + one.text(), () -> one.text().contains("> hello\n"));
            }
        }
    }

    /* Telnet bytes: IAC DO SUPPRESS-GO-AHEAD, IAC WILL LINEMODE, and a sub-negotiation. */
    @Test
    void skipsTelnetNegotiation() {
        try (var ann = ChatMember.join(port, "ann-telnet");
                var bob = new ChatMember(port)) {
            bob.send(new byte[] {(byte) 255, (byte) 253, 3, (byte) 255, (byte) 251, 34, (byte) 255, (byte) 250, 34, 1, 2
            });
            bob.send(new byte[] {(byte) 255, (byte) 240, 'h', 'i', ' ', 'n', 'e', 'g', '\r', '\n'});
            assertThat(ann.await("neg")).endsWith("> hi neg");
        }
    }

    @Test
    void keepsAPasswordBeforeTheDoor() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "open sesame\n");
        try (var own = Packaged.start("chat", "serve", "--listen", LOOPBACK, "--password-file", secret.toString())) {
            String door = Packaged.port(own);
            try (var ann = new ChatMember(door)) {
                ann.send("/pass open sesame");
                ann.send("/nick ann");
                ann.await("ann");
                for (String wrong : List.of("/pass nonsense", "hello", "/nick ann")) {
                    var refused = Programs.run((wrong + "\n").getBytes(UTF_8), "nc", "-N", "127.0.0.1", door);
                    assertThat(refused.text().lines()).hasSize(1);
                    assertThat(refused.text()).startsWith("error: ").contains("password");
                }
                var script = Programs.run(
                        "/pass open sesame\n/nick script\nI know it\n".getBytes(UTF_8), "nc", "-N", "127.0.0.1", door);
                assertThat(script.exit()).isZero();
                assertThat(ann.await("I know")).endsWith("<script> I know it");
            }
        }
    }

    @Test
    void theTutorialsClientsHearEachOther() throws IOException {
        try (var own = Packaged.start("chat", "serve", "--format", "classic", "--listen", LOOPBACK);
                var one = Programs.start("python3", Packaged.script("chat_client.py"), Packaged.port(own));
                var other = Programs.start("python3", Packaged.script("chat_client.py"), Packaged.port(own))) {
            Await.until(
                    "both ready",
                    () -> one.text().split("I'm ready.", -1).length > 2
                            || other.text().split("I'm ready.", -1).length > 2); // the first hears itself and the other
            one.stdin().write("hello, other\n".getBytes(UTF_8));
            one.stdin().flush();
            Await.until("hello in " + other.text(), () -> other.text().contains("hello, other\n\n"));
            Await.until("hello in " + one.text(), () -> one.text().contains("hello, other\n\n"));
            assertThat(other.text())
                    .containsPattern(
                            "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d 127\\.0\\.0\\.1:\\d+\nhello, other\n\n");
            one.stdin().write("quit\n".getBytes(UTF_8));
            one.stdin().flush();
            var left = one.await(Duration.ofSeconds(60));
            assertThat(left.text()).endsWith("(gone)\n");
            assertThat(left.err()).isEmpty();
            other.stdin().close();
            assertThat(other.text()).doesNotContain("quit").doesNotContain("left");
        }
    }
}
