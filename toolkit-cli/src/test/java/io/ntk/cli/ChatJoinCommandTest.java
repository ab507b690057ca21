package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatJoinCommandTest {
    @TempDir
    private Path folder;

    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        server.setSoTimeout((int) Await.DEADLINE.toMillis());
    }

    @AfterEach
    void stopListening() throws IOException {
        server.close();
    }

    @Test
    void sendsItsInputAndReadsUntilTheServerCloses() throws Exception {
        try (Ntk.Running run = join("hello\n/me waves", "--nick", "ann", "--room", "tea");
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("/nick ann", "/join tea", "hello", "/me waves");
            write(peer, "[14:32:47] <bob> \u001b hi\n* bye");
            peer.shutdownOutput();
            Ntk.Result result = run.await();
            assertThat(result.out()).isEqualTo("[14:32:47] <bob> \u001b hi\n* bye");
            assertThat(result.err()).isEmpty();
            assertThat(result.exit()).isZero();
        }
    }

    @Test
    void waitsNoLongerThanItIsTold() throws Exception {
        try (Ntk.Running run = join("hello\n", "--wait", "100ms");
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("hello");
            Ntk.Result result = run.await();
            assertThat(result.exit()).isZero();
            assertThat(result.err()).contains("did not close in 0.1 s").contains("--wait");
        }
    }

    @Test
    void sendsNoLineThatIsTooLongAndSaysWhich() throws Exception {
        String longest = "x".repeat(4096);
        try (Ntk.Running run = join("a\n" + longest + "x\n" + longest + "\n");
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("a", longest);
            peer.shutdownOutput();
            Ntk.Result result = run.await();
            assertThat(result.err()).isEqualTo("ntk: line 2 of standard input is longer than 4096 bytes: not sent\n");
            assertThat(result.exit()).isEqualTo(1);
        }
    }

    @Test
    void tellsOfAFewLinesThatAreTooLongAndCountsThemAll() throws Exception {
        String tooLong = "x".repeat(4097) + "\n";
        try (Ntk.Running run = join(tooLong.repeat(25));
                Socket peer = accept()) {
            assertThat(lines(peer)).isEmpty();
            peer.shutdownOutput();
            assertThat(run.await().err().lines())
                    .hasSize(11)
                    .last()
                    .isEqualTo("ntk: 25 lines in all were too long: not sent");
        }
    }

    @Test
    void failsWhenTheServerClosesFirstUnlessItWasAskedTo() throws Exception {
        for (String last : new String[] {"hello\n", "/quit so long\n"}) {
            try (PipedOutputStream typing = new PipedOutputStream();
                    Ntk.Running run = start(new PipedInputStream(typing));
                    Socket peer = accept()) {
                typing.write(last.getBytes(UTF_8));
                typing.flush();
                assertThat(reader(peer).readLine()).isEqualTo(last.strip());
                peer.shutdownOutput();
                Ntk.Result result = run.await();
                boolean asked = last.startsWith("/quit");
                assertThat(result.exit()).isEqualTo(asked ? 0 : 1);
                assertThat(result.err()).isEqualTo(asked ? "" : "ntk: " + endpoint() + " closed the connection\n");
            }
        }
    }

    @Test
    void tellsEventsWithTheEndLast() throws Exception {
        try (Ntk.Running run = join("", "--json", "--nick", "ann");
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("/format json", "/nick ann");
            write(
                    peer,
                    "* hello\n{\"v\":1,\"time\":\"2026-11-21T14:32:47.123Z\",\"run\":\"5f\",\"seq\":7,\"room\":\"tea\","
                            + "\"type\":\"message\",\"from\":\"bob\",\"text\":\"opened\"}\n{\"type\":\"skipped\",\"count\":3}\n");
            peer.shutdownOutput();
            List<String> out = run.await().lines();
            out.forEach(StrictJson::object);
            assertThat(out.get(0)).contains("\"event\":\"opened\",\"service\":\"chat\"");
            assertThat(out.get(1)).endsWith("\"event\":\"received\",\"service\":\"chat\",\"text\":\"* hello\"}");
            assertThat(out.get(2))
                    .endsWith(
                            "\"service\":\"chat\",\"type\":\"message\",\"sent\":\"2026-11-21T14:32:47.123Z\",\"run\":\"5f\","
                                    + "\"seq\":7,\"room\":\"tea\",\"from\":\"bob\",\"text\":\"opened\"}");
            assertThat(out.get(3)).contains("\"type\":\"skipped\"").endsWith("\"count\":3}");
            assertThat(out.get(4)).contains("\"event\":\"closed\"").contains("\"cause\":\"peer\"");
            assertThat(out).hasSize(5);
        }
    }

    @Test
    void saysThePasswordFirstAndNowhereElse() throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "open sesame\n");
        try (Ntk.Running run = join("", "--password-file", file.toString(), "--nick", "ann", "-vv");
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("/pass open sesame", "/nick ann");
            peer.shutdownOutput();
            Ntk.Result result = run.await();
            assertThat(result.out() + result.err()).doesNotContain("sesame").doesNotContain("warning");
        }
        try (Ntk.Running run = Ntk.start(
                        InputStream.nullInputStream(),
                        Map.of("NTK_CHAT_PASSWORD", "xyzzy"),
                        "chat",
                        "join",
                        endpoint());
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("/pass xyzzy");
            peer.shutdownOutput();
            assertThat(run.await().exit()).isZero();
        }
    }

    @Test
    void refusesPasswordsThatAreNone() throws Exception {
        for (String bad : new String[] {"", "\nsecond line", "a\u0000b", "x".repeat(1025)}) {
            Path file = Files.writeString(folder.resolve("password"), bad);
            Ntk.Result result = Ntk.run("chat", "join", endpoint(), "--password-file", file.toString());
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.err()).contains(file + ": no password (expected: ");
        }
        Ntk.Result missing = Ntk.run(
                "chat",
                "join",
                endpoint(),
                "--password-file",
                folder.resolve("none").toString());
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err()).startsWith("ntk: cannot read " + folder.resolve("none") + ": ");
    }

    @Test
    void saysNothingOfItsOwnToAClassicServerAndDropsEmptyLines() throws Exception {
        try (Ntk.Running run = join("one\n\n  \n/nick x\ntwo\n", "--format", "classic");
                Socket peer = accept()) {
            assertThat(lines(peer)).containsExactly("one", "/nick x", "two");
            write(peer, "2026/11/21 14:32:47 127.0.0.1:50000\none\n\n");
            peer.shutdownOutput();
            assertThat(run.await().out()).isEqualTo("2026/11/21 14:32:47 127.0.0.1:50000\none\n");
        }
    }

    @Test
    void refusesWhatDoesNotGoTogether() {
        for (String option : new String[] {"--nick", "--room", "--password-file"}) {
            Ntk.Result result = Ntk.run("chat", "join", endpoint(), "--format", "classic", option, "x");
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.err()).startsWith("ntk: " + option + " and --format classic exclude each other\n");
        }
        assertThat(Ntk.run("chat", "join", endpoint(), "--nick", "a b").err())
                .startsWith("ntk: nick: \"a b\" (expected: one word)");
        assertThat(Ntk.run("chat", "join", endpoint(), "--format", "xml").exit())
                .isEqualTo(2);
        assertThat(Ntk.run("chat", "join").exit()).isEqualTo(2);
    }

    @Test
    void failsWhereNobodyListens() throws IOException {
        server.close();
        Ntk.Result refused = Ntk.run("chat", "join", endpoint());
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).isEqualTo("ntk: cannot connect to " + endpoint() + ": connection refused\n");
        Ntk.Result unknown = Ntk.run("chat", "join", "no-such-host.invalid:1");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.err()).contains("unknown host");
    }

    @Test
    void endsQuietlyWhenItsOutputIsClosed() throws IOException {
        try (NtkProcess ntk = NtkProcess.startUnread("chat", "join", endpoint());
                Socket peer = accept()) {
            ntk.stdout().close();
            write(peer, "[14:32:47] <bob> hello\n");
            assertThat(ntk.exit()).isEqualTo(141);
            assertThat(ntk.err()).isEmpty();
        }
    }

    private Ntk.Running join(String input, String... options) {
        return start(new ByteArrayInputStream(input.getBytes(UTF_8)), options);
    }

    private Ntk.Running start(InputStream input, String... options) {
        List<String> all = new ArrayList<>(List.of("chat", "join", endpoint()));
        all.addAll(List.of(options));
        return Ntk.start(input, Map.of(), all.toArray(String[]::new));
    }

    private String endpoint() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    private Socket accept() throws IOException {
        Socket peer = server.accept();
        peer.setSoTimeout((int) Await.DEADLINE.toMillis());
        return peer;
    }

    private static BufferedReader reader(Socket peer) throws IOException {
        return new BufferedReader(new InputStreamReader(peer.getInputStream(), UTF_8));
    }

    /** Everything until the client ends its stream. */
    private static List<String> lines(Socket peer) throws IOException {
        return reader(peer).lines().toList();
    }

    private static void write(Socket peer, String text) throws IOException {
        peer.getOutputStream().write(text.getBytes(UTF_8));
    }
}
