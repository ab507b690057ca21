package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.Endpoint;
import io.ntk.testsupport.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TcpCheckCommandTest {
    private final ServerSocket open = listening(8);
    private final String openPort = "" + open.getLocalPort();

    @AfterEach
    void closeSocket() throws IOException {
        open.close();
    }

    @Test
    void findsAnOpenPort() {
        Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", openPort);
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out()).matches("127\\.0\\.0\\.1:" + openPort + " open \\d+\\.\\d ms\n");
    }

    @Test
    void tellsAClosedPortByItsExitCode() {
        String closed = "" + Ports.free();
        Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", closed);
        assertThat(run.exit()).isEqualTo(3);
        assertThat(run.out()).contains(closed + " closed ");
    }

    @Test
    void tellsAPortThatDoesNotAnswer() throws IOException {
        try (ServerSocket full = listening(1)) {
            List<Socket> queue = fill(full);
            Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", "" + full.getLocalPort(), "--timeout", "300ms");
            assertThat(run.out()).contains(full.getLocalPort() + " filtered ");
            assertThat(run.exit()).isEqualTo(3);
            for (Socket socket : queue) {
                socket.close();
            }
        }
    }

    @Test
    void givesUpWaitingWithTheCodeOfADeadline() {
        Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", "" + Ports.free(), "--wait", "2s");
        assertThat(run.exit()).isEqualTo(124);
        assertThat(run.out()).contains("closed");
    }

    @Test
    void keepsWhatItKnowsOfAPortThatHadNoTimeToAnswerAgain() {
        var port = new Endpoint.Inet("127.0.0.1", 1);
        var closed = new PortCheck.Result(port, PortCheck.State.CLOSED, Duration.ofMillis(1));
        var silent = new PortCheck.Result(port, PortCheck.State.FILTERED, Duration.ofMillis(10));
        assertThat(TcpCheckCommand.latest(closed, silent, true)).isSameAs(closed);
        assertThat(TcpCheckCommand.latest(closed, silent, false)).isSameAs(silent);
        assertThat(TcpCheckCommand.latest(silent, closed, true)).isSameAs(closed);
    }

    @Test
    void waitsNoLongerThanAskedForAPortThatDoesNotAnswer() throws IOException {
        try (ServerSocket full = listening(1)) {
            List<Socket> queue = fill(full);
            long start = System.nanoTime();
            Ntk.Result run = Ntk.run(
                    "tcp", "check", "127.0.0.1", "" + full.getLocalPort(), "--wait", "300ms", "--timeout", "60s");
            assertThat(run.exit()).isEqualTo(124);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
            for (Socket socket : queue) {
                socket.close();
            }
        }
    }

    @Test
    void checksRangesAndSeveralPorts() throws IOException {
        int port = open.getLocalPort();
        Ntk.Result run = Ntk.run("tcp", "check", "localhost", port + "-" + port, openPort);
        assertThat(run.lines()).hasSize(1);
        assertThat(run.exit()).isZero();
    }

    @Test
    void writesOneJsonDocument() {
        Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", openPort, "--json");
        assertThat(run.lines()).hasSize(1);
        assertThat(run.out())
                .startsWith("{\"v\":1,\"time\":\"")
                .contains("\"event\":\"check\",\"service\":\"tcp\",\"ports\":[{\"host\":\"127.0.0.1\",\"port\":"
                        + openPort + ",\"state\":\"open\"");
    }

    @Test
    void takesAsManyPortsAsAllowedAndNotOneMore() {
        assertThat(Ntk.run("tcp", "check", "127.0.0.1", "1-1024").exit()).isEqualTo(3);
        Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", "1-1025");
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("PORT: 1-1025").contains("at most 1024");
    }

    @Test
    void refusesPortsThatAreNone() {
        for (String port : List.of("0", "65536", "http", "5-1", "-3", "1-", "")) {
            Ntk.Result run = Ntk.run("tcp", "check", "127.0.0.1", "1", port);
            assertThat(run.exit()).as(port).isEqualTo(2);
        }
    }

    @Test
    void failsOnAnUnknownHost() {
        Ntk.Result run = Ntk.run("tcp", "check", "nosuch.invalid", "1");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("ntk: cannot connect to nosuch.invalid:1: unknown host\n");
    }

    private static ServerSocket listening(int backlog) {
        try {
            return new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects until the kernel answers no more: nobody accepts. */
    private static List<Socket> fill(ServerSocket server) throws IOException {
        List<Socket> queue = new ArrayList<>();
        while (queue.size() < 64) {
            Socket socket = new Socket();
            queue.add(socket);
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()), 200);
            } catch (SocketTimeoutException e) {
                return queue;
            }
        }
        throw new AssertionError("the backlog does not fill");
    }
}
