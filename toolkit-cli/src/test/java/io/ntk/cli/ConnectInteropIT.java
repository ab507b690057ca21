package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our client against other people's servers. */
class ConnectInteropIT {
    private static final byte[] HELLO = "hello\n".getBytes(UTF_8);

    @TempDir
    private Path folder;

    private final int port = Ports.free();
    private final List<Programs.Running> started = new ArrayList<>();

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(Programs.Running::close);
    }

    @Test
    void sendsAFileToNc() {
        byte[] blob = blob();
        try (var server = Programs.start("nc", "-l", "127.0.0.1", "" + port)) {
            Packaged.awaitListener(port);
            assertThat(connect(blob).exit()).isZero();
            assertThat(server.await(Duration.ofSeconds(60)).out()).isEqualTo(blob);
        }
    }

    @Test
    void getsAFileFromNcat() throws IOException {
        Programs.require("ncat");
        byte[] blob = blob();
        Path file = Files.write(folder.resolve("blob"), blob);
        serve("sh", "-c", "exec ncat -l 127.0.0.1 " + port + " --send-only < " + file);
        assertThat(connect(new byte[0]).out()).isEqualTo(blob);
    }

    /* A short one: at our half-close ncat cuts off what its child has not answered yet, whoever the client is. */
    @Test
    void roundTripsThroughNcatExec() throws IOException {
        serve("ncat", "-k", "-l", "127.0.0.1", "" + port, "-e", "/bin/cat");
        assertAnswered();
    }

    @Test
    void roundTripsThroughNcatOverTls() throws IOException {
        serve("ncat", "-k", "-l", "127.0.0.1", "" + port, "--ssl", "-e", "/bin/cat");
        assertAnswered("--tls", "--insecure");
    }

    @Test
    void roundTripsThroughSocat() {
        byte[] blob = blob();
        String listen = "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork";
        serve("socat", "-t30", listen, "EXEC:cat");
        assertThat(connect(blob).out()).isEqualTo(blob);
    }

    @Test
    void trustsSocatOverTlsOnlyByItsAuthority() {
        certificate();
        String listen = "OPENSSL-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,verify=0,cert="
                + folder.resolve("cert.pem") + ",key=" + folder.resolve("key.pem");
        serve("socat", "-t30", listen, "EXEC:cat");
        var trusted = connect(HELLO, "--tls", "--ca", folder.resolve("cert.pem").toString());
        assertThat(trusted.text()).isEqualTo("hello\n");
        var untrusted = connect(HELLO, "--tls");
        assertThat(untrusted.exit()).isEqualTo(1);
        assertThat(untrusted.err())
                .contains("ntk: cannot connect to 127.0.0.1:" + port)
                .contains("trusted");
    }

    @Test
    void roundTripsThroughSocatOverAUnixSocket() {
        Path socket = folder.resolve("s");
        started.add(Programs.start("socat", "-t30", "UNIX-LISTEN:" + socket + ",fork", "EXEC:cat"));
        Await.until("socket", () -> Files.exists(socket));
        assertThat(Packaged.run(HELLO, "tcp", "connect", "unix:" + socket).text())
                .isEqualTo("hello\n");
    }

    @Test
    void talksToOpenssl() {
        certificate();
        serve(
                "openssl",
                "s_server",
                "-quiet",
                "-rev",
                "-accept",
                "127.0.0.1:" + port,
                "-cert",
                folder.resolve("cert.pem").toString(),
                "-key",
                folder.resolve("key.pem").toString());
        var result = connect(HELLO, "--tls", "--ca", folder.resolve("cert.pem").toString());
        assertThat(result.text()).isEqualTo("olleh\n");
    }

    @Test
    void connectsThroughNcatAsAProxy() throws IOException {
        int proxyPort = Ports.free();
        serve("ncat", "-k", "-l", "127.0.0.1", "" + port, "-e", "/bin/cat");
        started.add(Programs.start("ncat", "-k", "-l", "127.0.0.1", "" + proxyPort, "--proxy-type", "http"));
        Packaged.awaitListener(proxyPort);
        assertAnswered("--proxy", "http://127.0.0.1:" + proxyPort);
    }

    @Test
    void hearsTheOneShotServerOfTheTutorials() {
        try (var server = Programs.start("python3", Packaged.script("hello_server.py"))) {
            var result = Packaged.run(
                    new byte[0],
                    "tcp",
                    "connect",
                    "127.0.0.1:" + Packaged.announced(server).get(0));
            assertThat(result.text()).isEqualTo("Hello, client!");
            assertThat(result.exit()).isZero();
        }
    }

    @Test
    void isAnsweredOnceInTheMannerOfSocketserver() {
        try (var server = Programs.start("python3", Packaged.script("upper_once_server.py"))) {
            var result = Packaged.run(
                    "hello".getBytes(UTF_8),
                    "tcp",
                    "connect",
                    "127.0.0.1:" + Packaged.announced(server).get(0));
            assertThat(result.text()).isEqualTo("HELLO");
        }
    }

    @Test
    void isAnsweredLineByLine() {
        try (var server = Programs.start("python3", Packaged.script("upper_lines_server.py"))) {
            var result = Packaged.run(
                    "one\ntwo\n".getBytes(UTF_8),
                    "tcp",
                    "connect",
                    "127.0.0.1:" + Packaged.announced(server).get(0));
            assertThat(result.text()).isEqualTo("ONE\nTWO\n");
        }
    }

    @Test
    void choosesFromAMenu() throws IOException {
        try (var server = Programs.start("python3", Packaged.script("menu_server.py"));
                var client = Packaged.start(
                        "tcp",
                        "connect",
                        "127.0.0.1:" + Packaged.announced(server).get(0))) {
            Await.until("greeting", () -> client.text().contains("Welcome"));
            client.stdin().write("2\n".getBytes(UTF_8));
            client.stdin().flush();
            Await.until("answer", () -> client.text().contains("It is sunny."));
            client.stdin().write("exit\n".getBytes(UTF_8));
            client.stdin().flush();
            assertThat(client.await(Duration.ofSeconds(60)).exit()).isZero();
        }
    }

    @Test
    void reachesAServerOnBothOfItsPorts() {
        try (var server = Programs.start("python3", Packaged.script("two_ports_server.py"))) {
            List<String> ports = Packaged.announced(server);
            for (int i = 0; i < 2; i++) {
                var result = Packaged.run(HELLO, "tcp", "connect", "127.0.0.1:" + ports.get(i));
                assertThat(result.text()).isEqualTo("port " + (i + 1) + ": hello\n");
            }
        }
    }

    @Test
    void talksInTurn() throws IOException {
        try (var server = Programs.start("python3", Packaged.script("talk_server.py"), "good morning", "unsaid");
                var client = Packaged.start(
                        "tcp",
                        "connect",
                        "127.0.0.1:" + Packaged.announced(server).get(0))) {
            client.stdin().write(HELLO);
            client.stdin().flush();
            Await.until("answer", () -> client.text().equals("good morning\n"));
            client.stdin().write("bye\n".getBytes(UTF_8));
            client.stdin().flush();
            assertThat(client.await(Duration.ofSeconds(60)).exit()).isZero();
            assertThat(server.text()).contains("heard: hello\nheard: bye\n");
        }
    }

    /** Starts a server that listens on the port of this test. */
    private void serve(String... command) {
        started.add(Programs.start(command));
        Packaged.awaitListener(port);
    }

    private Programs.Result connect(byte[] input, String... options) {
        List<String> arguments = new ArrayList<>(List.of("tcp", "connect", "127.0.0.1:" + port));
        arguments.addAll(List.of(options));
        return Packaged.run(input, arguments.toArray(String[]::new));
    }

    /** Says hello, ends its input, and stays until the answer is there. */
    private void assertAnswered(String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("tcp", "connect", "127.0.0.1:" + port, "--on-eof", "stay"));
        arguments.addAll(List.of(options));
        try (var client = Packaged.start(arguments.toArray(String[]::new))) {
            client.stdin().write(HELLO);
            client.stdin().close();
            Await.until("hello in " + client.err(), () -> client.text().equals("hello\n"));
        }
    }

    private void certificate() {
        var result = Programs.run(
                new byte[0],
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=IP:127.0.0.1,DNS:localhost",
                "-keyout",
                folder.resolve("key.pem").toString(),
                "-out",
                folder.resolve("cert.pem").toString());
        assertThat(result.exit()).as(result.err()).isZero();
    }

    private static byte[] blob() {
        byte[] blob = new byte[3_000_001];
        new Random(7).nextBytes(blob);
        return blob;
    }
}
