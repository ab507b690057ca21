package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's datagram programs against ours, in both directions. */
class UdpInteropIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @BeforeAll
    static void needsPrograms() {
        Programs.require("nc", "ncat", "socat", "python3");
    }

    private static Programs.Running serve(String... more) {
        String[] words = new String[2 + more.length];
        words[0] = "udp";
        words[1] = "serve";
        System.arraycopy(more, 0, words, 2, more.length);
        return Packaged.start(words);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void printsWhatATutorialsClientSendsUntilExit() {
        try (var server = serve("--listen", "127.0.0.1:0", "--reply", "upper")) {
            String port = Packaged.port(server);
            var client = Programs.run(
                    bytes("hello\nhow are you\nexit\nnever\n"), "python3", Packaged.script("datagram_client.py"), port);
            assertThat(client.text()).isEqualTo("HELLO\nHOW ARE YOU\n");
            Await.until("both lines", () -> server.text().lines().count() == 3);
            assertThat(server.text()).containsPattern("127\\.0\\.0\\.1:\\d+ 5 bytes: hello\n");
        }
    }

    @Test
    void talksToATutorialsServerUntilExit() {
        try (var server = Programs.start("python3", Packaged.script("datagram_server.py"))) {
            String port = Packaged.announced(server).get(0);
            var client =
                    Packaged.run(bytes("hello\nhow are you\nexit\nnever\n"), "udp", "send", port, "--timeout", "20s");
            assertThat(client.exit()).isZero();
            assertThat(client.text()).isEqualTo("HELLO\nHOW ARE YOU\n");
            Packaged.run(bytes("exit\n"), "udp", "send", port, "--literal");
            server.await(PATIENCE);
            assertThat(server.text()).endsWith("got hello\ngot how are you\ngot exit\n");
        }
    }

    @Test
    void answersNcNcatAndSocat() throws IOException {
        try (var server = serve("--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--reply", "echo")) {
            var addresses = Packaged.addresses(server, 2);
            String v4 = Packaged.port(addresses.get(0));
            String v6 = Packaged.port(addresses.get(1));
            assertEchoed(bytes("nc\n"), "nc", "-u", "127.0.0.1", v4);
            assertEchoed(bytes("nc6\n"), "nc", "-6", "-u", "::1", v6);
            assertEchoed(bytes("ncat\n"), "ncat", "-u", "127.0.0.1", v4);
            byte[] large = new byte[60_000];
            new Random(2).nextBytes(large);
            assertThat(Programs.run(large, "socat", "-b65507", "-t5", "-", "UDP4:127.0.0.1:" + v4)
                            .out())
                    .isEqualTo(large);
            assertEchoed(bytes("socat\n"), "socat", "-", "UDP6:[::1]:" + v6);
        }
    }

    /** With its input open, for they wait no longer for an answer than they have one, or a second. */
    private static void assertEchoed(byte[] line, String... command) throws IOException {
        try (var program = Programs.start(command)) {
            program.stdin().write(line);
            program.stdin().flush();
            Await.until("the answer to " + command[0], () -> program.text().equals(new String(line, UTF_8)));
        }
    }

    @Test
    void sendsToNc() {
        int port = Ports.free();
        try (var nc = Programs.start("nc", "-u", "-l", "127.0.0.1", Integer.toString(port))) {
            Await.until("a datagram to arrive", () -> {
                Packaged.run(new byte[0], "udp", "send", Integer.toString(port), "straße");
                return nc.text().contains("straße");
            });
        }
    }

    @Test
    void talksToSocat() {
        Path socket = folder.resolve("echo");
        try (var socat = Programs.start("socat", "-u", "UNIX-RECV:" + socket, "STDOUT")) {
            Await.until("the socket", () -> socket.toFile().exists());
            var sent = Packaged.run(new byte[0], "udp", "send", "unix:" + socket, "over Unix");
            assertThat(sent.exit()).isZero();
            Await.until("the datagram", () -> socat.text().equals("over Unix"));
        }
    }

    @Test
    void answersSocatOverAUnixSocket() {
        Path socket = folder.resolve("s");
        Path own = folder.resolve("own");
        try (var server = serve("--listen", "unix:" + socket, "--reply", "upper")) {
            assertThat(Packaged.addresses(server, 1)).containsExactly("unix:" + socket);
            var named = Programs.run(bytes("named"), "socat", "-t2", "-", "UNIX-SENDTO:" + socket + ",bind=" + own);
            assertThat(named.text()).isEqualTo("NAMED");
            Programs.run(bytes("unnamed"), "socat", "-u", "-", "UNIX-SENDTO:" + socket);
            Await.until("both lines", () -> server.text().contains("unix 7 bytes: unnamed"));
            Await.until("the reason", () -> server.err().contains("it has no address"));
            assertThat(server.text()).contains("unix:" + own + " 5 bytes: named");
        }
    }

    @Test
    void hearsAGroupAndBroadcastOnLoopback() {
        try (var server = serve("--join", "239.255.77.2%lo", "--listen", "239.255.77.2:0", "--reply", "echo")) {
            String port = Packaged.port(server);
            var result = Packaged.run(
                    new byte[0],
                    "udp",
                    "send",
                    "239.255.77.2:" + port,
                    "hi all",
                    "--source",
                    "127.0.0.1",
                    "--reply-wait",
                    "3s");
            assertThat(result.exit()).isZero();
            assertThat(result.text()).endsWith(" 6 bytes: hi all\n");
        }
        try (var server = serve("--listen", "0.0.0.0:0")) {
            String to = "127.255.255.255:" + Packaged.port(server);
            var refused = Packaged.run(new byte[0], "udp", "send", to, "x");
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err()).contains("--broadcast");
            assertThat(Packaged.run(new byte[0], "udp", "send", to, "to all", "--broadcast")
                            .exit())
                    .isZero();
            Await.until("the datagram", () -> server.text().contains(" 6 bytes: to all"));
        }
    }
}
