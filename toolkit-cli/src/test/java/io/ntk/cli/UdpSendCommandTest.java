package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetEvent;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.udp.DatagramEvent;
import io.ntk.udp.DatagramOptions;
import io.ntk.udp.DatagramResponder;
import io.ntk.udp.DatagramServer;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class UdpSendCommandTest {
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final DatagramServer server = DatagramServer.start(
            DatagramOptions.DEFAULTS.withListen(ListenOptions.loopback(0).withTransport(Transport.AUTO, 1)),
            DatagramResponder.upper(),
            DatagramEvent.Listener.of(this::hear));
    private final String port =
            Integer.toString(((Endpoint.Inet) server.endpoints().get(0)).port());

    @TempDir
    private Path folder;

    private void hear(NetEvent event) {
        if (event instanceof DatagramEvent.Received datagram) {
            received.add(UTF_8.decode(datagram.payload().duplicate()).toString());
        }
    }

    @AfterEach
    void end() {
        server.close();
    }

    private static Ntk.Result run(String input, String... args) {
        try (var running = Ntk.start(new ByteArrayInputStream(input.getBytes(UTF_8)), Map.of(), args)) {
            return running.await();
        }
    }

    private void awaitReceived(String... texts) {
        Await.until("all of it", () -> received.size() >= texts.length);
        assertThat(received).containsExactly(texts);
    }

    @Test
    void sendsEachArgumentAndPrintsTheAnswers() {
        Ntk.Result result = Ntk.run("udp", "send", port, "one", "two", "", "--reply-wait", "10s");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).isEqualTo("ONE\nTWO\n\n");
        awaitReceived("one", "two", "");
    }

    @Test
    void waitsForNothingUnlessToldTo() {
        assertThat(Ntk.run("udp", "send", port, "one"))
                .extracting(Ntk.Result::exit, Ntk.Result::out)
                .containsExactly(0, "");
        awaitReceived("one");
    }

    @Test
    void sendsEachLineUntilExit() {
        Ntk.Result result = run("one\n\nexit\nthree\n", "udp", "send", port, "--timeout", "10s");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).isEqualTo("ONE\n\n");
        awaitReceived("one", "");
    }

    @Test
    void sendsALineExitWhereThatIsMeant() {
        assertThat(run("exit\nlast", "udp", "send", port, "--literal", "--timeout", "10s")
                        .out())
                .isEqualTo("EXIT\nLAST\n");
    }

    @Test
    void sendsAFileAsOneDatagram() throws Exception {
        Path file = Files.writeString(folder.resolve("f"), "a\nb\n");
        Ntk.Result result = Ntk.run("udp", "send", port, "--file", file.toString(), "--timeout", "10s", "--raw");
        assertThat(result.out()).isEqualTo("A\nB\n");
        Files.write(file, new byte[65_508]);
        Ntk.Result refused = Ntk.run("udp", "send", port, "--file", file.toString());
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("the limit is 65507 bytes a datagram");
        Ntk.Result missing =
                Ntk.run("udp", "send", port, "--file", folder.resolve("none").toString());
        assertThat(missing.exit()).isEqualTo(1);
    }

    @Test
    void makesDatagramsUp() {
        Ntk.Result result = Ntk.run("udp", "send", port, "--size", "12", "--count", "3", "--reply-wait", "10s");
        assertThat(result.out()).isEqualTo("0000000000..\n0000000001..\n0000000002..\n");
    }

    @Test
    void endsWith124WhenNothingComes() throws Exception {
        try (var silent = new java.net.DatagramSocket(0, java.net.InetAddress.getLoopbackAddress())) {
            String deaf = Integer.toString(silent.getLocalPort());
            Ntk.Result waited = Ntk.run("udp", "send", deaf, "x", "--reply-wait", "10ms");
            assertThat(waited.exit()).isEqualTo(124);
            assertThat(waited.err()).isEqualTo("ntk: no answer from 127.0.0.1:" + deaf + " in 0.0 s\n");
            Ntk.Result tried = Ntk.run("udp", "send", deaf, "x", "--retries", "2", "--timeout", "10ms");
            assertThat(tried.exit()).isEqualTo(124);
            assertThat(tried.err()).isEqualTo("ntk: no answer from 127.0.0.1:" + deaf + " to 3 tries\n");
        }
    }

    @Test
    void saysThatNobodyListens() {
        server.close();
        Ntk.Result result = Ntk.run("udp", "send", port, "x", "--reply-wait", "2s");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("port unreachable (nobody listens there)");
    }

    @Test
    void tellsAnswersAsJson() {
        Ntk.Result result = Ntk.run("udp", "send", port, "one", "--timeout", "10s", "--json");
        result.lines().forEach(StrictJson::object);
        assertThat(result.out())
                .contains("\"event\":\"received\",\"service\":\"udp\",\"peer\":\"127.0.0.1:" + port
                        + "\",\"bytes\":3,\"text\":\"ONE\"}");
    }

    @Test
    void refusesWrongUsage() {
        assertThat(Ntk.run("udp", "send").exit()).isEqualTo(2);
        assertThat(Ntk.run("udp", "send", "0", "x").exit()).isEqualTo(2);
        assertThat(Ntk.run("udp", "send", port, "x", "--size", "3").exit()).isEqualTo(2);
        assertThat(Ntk.run("udp", "send", port, "--size", "3", "--retries", "3").exit())
                .isEqualTo(2);
        assertThat(Ntk.run("udp", "send", port, "x", "--rate", "3", "--interval", "1s")
                        .exit())
                .isEqualTo(2);
        assertThat(Ntk.run("udp", "send", port, "x", "--ttl", "256").exit()).isEqualTo(2);
        assertThat(Ntk.run("udp", "send", port, "x", "--timeout", "0").exit()).isEqualTo(2);
    }
}
