package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class TcpServeCommandTest {
    private final Path folder;

    TcpServeCommandTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void echoesAndTellsOfTheConnection() throws Exception {
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0")) {
            assertThat(ntk.exchange("hello")).isEqualTo("hello");
            ntk.awaitErr("closed by peer, 5 B in, 5 B out");
            ntk.stop(ExitCode.TERMINATED);
            Ntk.Result result = ntk.await();
            assertThat(result.exit()).isEqualTo(143);
            assertThat(result.out()).matches("listening tcp tcp://127\\.0\\.0\\.1:\\d+\n");
            assertThat(result.err()).matches("(?s)tcp 127\\.0\\.0\\.1:\\d+ opened\ntcp 127\\.0\\.0\\.1:\\d+ closed.*");
        }
    }

    @Test
    void quietSaysNothingButWhereItListens() throws Exception {
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0", "-q")) {
            assertThat(ntk.exchange("hello")).isEqualTo("hello");
            ntk.stop(ExitCode.INTERRUPTED);
            Ntk.Result result = ntk.await();
            assertThat(result.exit()).isEqualTo(130);
            assertThat(result.out()).startsWith("listening tcp ");
            assertThat(result.err()).isEmpty();
        }
    }

    @Test
    void jsonIsOneEventALine() throws Exception {
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0", "--json", "-v", "--reply", "upper")) {
            assertThat(ntk.exchange("\"he\u202e\\llo\"\n")).isEqualTo("\"HE\u202e\\LLO\"\n");
            Await.until("closed", () -> ntk.out().contains("\"event\":\"closed\""));
            ntk.stop(ExitCode.TERMINATED);
            List<Map<String, Object>> events =
                    ntk.await().out().lines().map(TcpServeCommandTest::event).toList();
            assertThat(events)
                    .extracting(event -> event.get("event"))
                    .containsExactly("listening", "opened", "request", "closed");
            assertThat(events).allSatisfy(event -> {
                assertThat(event).containsEntry("v", 1.0).containsEntry("service", "tcp");
                assertThat((String) event.get("time")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
            });
            assertThat(events.get(0).get("address")).isEqualTo("tcp://127.0.0.1:" + ntk.port());
            assertThat(events.get(2).get("text")).isEqualTo("\"he\u202e\\llo\"");
        }
    }

    @SuppressWarnings("NullAway") // no event has a null in it
    private static Map<String, Object> event(String line) {
        return StrictJson.object(line);
    }

    @Test
    void servesEachKind() throws Exception {
        assertThat(replies("grüße\nb", "--reply", "upper")).isEqualTo("GRÜSSE\nB\n");
        assertThat(replies("a\nb\n", "--reply", "discard")).isEmpty();
        assertThat(replies("a\nb\n", "--reply", "fixed:x y")).isEqualTo("x y\nx y\n");
        assertThat(replies("hours\nexit\n", "--reply", "menu:sample")).contains("We are open from 9");
        assertThat(replies("a\nbye\nb\n", "--reply", "upper", "--greeting", "hi", "--quit", "bye"))
                .isEqualTo("hi\nA\n");
        assertThat(replies("ab", "--reply", "upper", "--framing", "chunk")).isEqualTo("AB");
        assertThat(replies("12345\n123456\n1\n", "--reply", "upper", "--max-line", "5"))
                .startsWith("12345\nerror: ")
                .endsWith("\n1\n");
    }

    @Test
    void servesAMenuFromAFile() throws Exception {
        Path menu = Files.writeString(folder.resolve("menu.yaml"), "answers: {a: b}\nfallback: what?\n");
        assertThat(replies("A\nx\n", "--reply", "menu:" + menu)).isEqualTo("b\nwhat?\n");
    }

    private static String replies(String text, String... options) throws Exception {
        String[] args = new String[options.length + 4];
        System.arraycopy(new String[] {"tcp", "serve", "--listen", "0"}, 0, args, 0, 4);
        System.arraycopy(options, 0, args, 4, options.length);
        try (var ntk = Ntk.start(args)) {
            return ntk.exchange(text);
        }
    }

    @Test
    void onceEndsWithItsConnection() throws Exception {
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0", "--once", "--reply", "fixed:pong")) {
            try (Socket socket = ntk.connect()) {
                socket.getOutputStream().write(0xff);
                assertThat(socket.getInputStream().readAllBytes())
                        .asString(StandardCharsets.UTF_8)
                        .startsWith("pong");
            }
            assertThat(ntk.await().exit()).isZero();
        }
    }

    @Test
    void listensInSeveralPlaces() throws Exception {
        Path path = folder.resolve("s");
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0,[::1]:0", "--listen", "unix:" + path)) {
            Await.until("all are there", () -> ntk.out().lines().count() == 3);
            assertThat(ntk.out()).matches("""
                            listening tcp tcp://127.0.0.1:\\d+
                            listening tcp tcp://\\[[0:]+1]:\\d+
                            listening tcp unix:\\S+
                            """);
            try (SocketChannel unix = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                unix.connect(UnixDomainSocketAddress.of(path));
                unix.write(ByteBuffer.wrap(new byte[] {'x'}));
                ByteBuffer answer = ByteBuffer.allocate(1);
                assertThat(unix.read(answer)).isOne();
                assertThat(answer.get(0)).isEqualTo((byte) 'x');
            }
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void aPortInUseIsAFailure() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ntk.Result result = Ntk.run("tcp", "serve", "--listen", "127.0.0.1:" + taken.getLocalPort());
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.out()).isEmpty();
            assertThat(result.err())
                    .startsWith("ntk: cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": address already in use")
                    .hasLineCount(1);
        }
    }

    @Test
    void missingFilesAndUnknownHostsAreFailures() throws Exception {
        Path certificate = folder.resolve("none.pem");
        Ntk.Result missing = Ntk.run("tcp", "serve", "--cert", certificate.toString(), "--key", "x");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err()).isEqualTo("ntk: cannot read certificate " + certificate + ": no such file\n");
        Ntk.Result unknown = Ntk.run("tcp", "serve", "--listen", "nowhere.invalid:9");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.err()).isEqualTo("ntk: cannot listen on nowhere.invalid:9: unknown host\n");
        Ntk.Result menu = Ntk.run("tcp", "serve", "--reply", "menu:" + folder.resolve("none"));
        assertThat(menu.exit()).isEqualTo(1);
        assertThat(menu.err()).startsWith("ntk: cannot read menu ");
    }

    @Test
    void aKeyThatCannotBeUsedIsAFailure() throws Exception {
        Path certificate = folder.resolve("cert.pem");
        Path key = folder.resolve("key.pem");
        Programs.Result made = Programs.run(
                new byte[0],
                "openssl",
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-subj",
                "/CN=localhost",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString());
        assertThat(made.exit()).isZero();
        try (var ntk =
                Ntk.start("tcp", "serve", "--listen", "0", "--cert", certificate.toString(), "--key", key.toString())) {
            ntk.port();
            assertThat(ntk.out()).startsWith("listening tcp tls://");
        }
        Files.writeString(key, "no key");
        Ntk.Result result = Ntk.run("tcp", "serve", "--cert", certificate.toString(), "--key", key.toString());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .startsWith("ntk: cannot ")
                .contains(key.toString())
                .hasLineCount(1);
    }

    @Test
    void aLowPortIsAFailureThatSaysWhatToDo() {
        try (ServerSocket low = new ServerSocket(1023, 1, InetAddress.getLoopbackAddress())) {
            Assumptions.abort("low ports are for everyone here: " + low.getLocalPort());
        } catch (IOException e) {
            Ntk.Result result = Ntk.run("tcp", "serve", "--listen", "1023");
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err())
                    .startsWith("ntk: cannot listen on 127.0.0.1:1023: ")
                    .hasLineCount(1);
        }
    }

    @Test
    void whatTheEnvironmentGivesForLinesDoesNotStopAnEcho() throws Exception {
        try (var ntk = Ntk.start(
                InputStream.nullInputStream(), Map.of("NTK_MAX_LINE", "10", "NTK_LISTEN", "0"), "tcp", "serve")) {
            assertThat(ntk.exchange("more than ten bytes")).isEqualTo("more than ten bytes");
        }
    }

    @Test
    void warnsOfMoreConnectionsThanOpenFiles() {
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0", "--max-connections", "2000000000")) {
            ntk.port();
            ntk.awaitErr("warning: --max-connections 2000000000 is more than the open-file limit");
            ntk.awaitErr("ulimit -n");
        }
    }

    @Test
    void showsTheFingerprintAndWhatTheKernelGranted() {
        try (var ntk = Ntk.start("tcp", "serve", "--listen", "0", "--self-signed", "-v", "--so-rcvbuf", "64KiB")) {
            ntk.port();
            assertThat(ntk.out()).startsWith("listening tcp tls://");
            ntk.awaitErr("granted by the kernel: backlog 4096");
            assertThat(ntk.err())
                    .containsPattern("tcp certificate CN=.* until \\d{4}-\\d\\d-\\d\\d, SHA-256 ([0-9A-F]{2}:){31}");
        }
    }

    @Test
    void drainsWhenAskedAndCutsWhenAskedAgain() throws Exception {
        try (PipedOutputStream operator = new PipedOutputStream();
                PipedInputStream stdin = new PipedInputStream(operator);
                var ntk = Ntk.start(
                        stdin, Map.of(), "tcp", "serve", "--listen", "0", "--reply", "console", "--drain", "1h");
                Socket socket = ntk.connect()) {
            socket.getOutputStream().write("pending\n".getBytes(StandardCharsets.UTF_8));
            Await.until("received", () -> ntk.out().contains(": pending"));
            ntk.stop(ExitCode.INTERRUPTED);
            ntk.awaitErr("closing: waiting for 1 connection (once more to cut)");
            ntk.stop(ExitCode.INTERRUPTED);
            assertThat(ntk.await().exit()).isEqualTo(130);
            assertThat(ntk.err()).contains("tcp cut 1 connection: 127.0.0.1:");
        }
    }

    @Test
    void theOperatorAnswersInTurn() throws Exception {
        PipedOutputStream operator = new PipedOutputStream();
        try (PipedInputStream stdin = new PipedInputStream(operator);
                var ntk = Ntk.start(stdin, Map.of(), "tcp", "serve", "--listen", "0", "--reply", "console");
                Socket socket = ntk.connect()) {
            var answers = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            socket.getOutputStream().write("how\u001b are you?\n".getBytes(StandardCharsets.UTF_8));
            Await.until("shown", () -> ntk.out().contains("how\\u001b are you?\n"));
            assertThat(ntk.out()).containsPattern("\n\\[\\d\\d:\\d\\d:\\d\\d] 127\\.0\\.0\\.1:\\d+: how");
            operator.write("fine\n".getBytes(StandardCharsets.UTF_8));
            operator.flush();
            assertThat(answers.readLine()).isEqualTo("fine");
            operator.close();
            assertThat(answers.readLine()).isNull();
            Ntk.Result result = ntk.await();
            assertThat(result.exit()).isZero();
            assertThat(result.err()).doesNotContain("reply>");
        }
    }
}
