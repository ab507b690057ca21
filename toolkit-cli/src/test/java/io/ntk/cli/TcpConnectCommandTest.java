package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpConnectCommandTest {
    private static final int BULK = 32 << 20;

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
    void endsAtTheDeadlineThoughThePeerTakesNothing() throws Exception {
        long start = System.nanoTime();
        try (Ntk.Running run = connect(new byte[BULK], "--deadline", "2s");
                Socket peer = server.accept()) {
            assertThat(run.await().exit()).isEqualTo(124);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
            assertThat(peer.isConnected()).isTrue();
        }
    }

    @Test
    void isNeverIdleWithAnIdleTimeOfZero() throws Exception {
        try (Ntk.Running run = connect(new byte[0], "--idle", "0");
                Socket peer = server.accept()) {
            peer.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            peer.shutdownOutput();
            assertThat(run.await().out()).isEqualTo("hello");
        }
    }

    @Test
    void refusesTimesAndAddressesThatAreNone() {
        for (String[] wrong : new String[][] {{"--deadline", "0"}, {"--timeout", "0"}, {"--source", "unix:/s"}}) {
            Ntk.Result run = Ntk.run("tcp", "connect", "" + server.getLocalPort(), wrong[0], wrong[1]);
            assertThat(run.exit()).isEqualTo(2);
            assertThat(run.err()).startsWith("ntk: " + wrong[0] + ": " + wrong[1] + " (expected: ");
        }
    }

    private Ntk.Running connect(byte[] input, String... options) {
        String[] all = new String[options.length + 3];
        all[0] = "tcp";
        all[1] = "connect";
        all[2] = "" + server.getLocalPort();
        System.arraycopy(options, 0, all, 3, options.length);
        return Ntk.start(new ByteArrayInputStream(input), Map.of(), all);
    }
}
