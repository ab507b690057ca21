package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.TlsOptions;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** With the programs that people use. */
class LineIT {
    private static final ListenOptions FREE_PORT = ListenOptions.loopback(0);
    private static final LineOptions OPTIONS = LineOptions.DEFAULTS.withListen(FREE_PORT);

    @Test
    void answersNcat() {
        try (Server server = LineServer.start(OPTIONS, Responder.upper())) {
            Programs.Result result = Programs.run("one\ntwo".getBytes(UTF_8), "ncat", "127.0.0.1", port(server));
            assertThat(result.text()).isEqualTo("ONE\nTWO\n");
            assertThat(result.exit()).isZero();
        }
    }

    @Test
    void answersSocat() {
        try (Server server = LineServer.start(OPTIONS.withQuit("quit"), Responder.upper())) {
            Programs.Result result =
                    Programs.run("one\nquit\n".getBytes(UTF_8), "socat", "-t5", "-", "TCP:127.0.0.1:" + port(server));
            assertThat(result.text()).isEqualTo("ONE\n");
        }
    }

    @Test
    void answersOpensslOverTls() throws IOException {
        LineOptions options = OPTIONS.withListen(FREE_PORT.withTls(TlsOptions.selfSigned()));
        try (Server server = LineServer.start(options, Responder.upper());
                Programs.Running openssl =
                        Programs.start("openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + port(server))) {
            openssl.stdin().write("one\n".getBytes(UTF_8));
            openssl.stdin().flush();
            Await.until("the answer", () -> openssl.text().equals("ONE\n"));
        }
    }

    @Test
    void echoesToSocatIntact() {
        byte[] bytes = new byte[16 << 20];
        new Random(1).nextBytes(bytes);
        try (Server server = StreamServer.start(StreamService.ECHO, FREE_PORT)) {
            Programs.Result result =
                    Programs.run(bytes, "socat", "-b65536", "-t30", "-", "TCP:127.0.0.1:" + port(server));
            assertThat(result.out()).isEqualTo(bytes);
        }
    }

    @Test
    void talksToAServerOfSocat() throws Exception {
        Programs.require("socat");
        int port = Ports.free();
        try (Programs.Running socat =
                Programs.start("socat", "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork", "EXEC:cat")) {
            Endpoint endpoint = new Endpoint.Inet("127.0.0.1", port);
            Await.until("socat listens", () -> listens(port));
            var answer = new ByteArrayOutputStream();
            try (TcpClient client =
                    TcpClient.connect(ConnectOptions.to(endpoint), Channels.newChannel(answer), NetListener.NONE)) {
                client.send(ByteBuffer.wrap("through cat".getBytes(UTF_8)));
                client.shutdownOutput();
                client.closed().get(30, TimeUnit.SECONDS);
                assertThat(answer).hasToString("through cat");
            }
            assertThat(socat.text()).isEmpty();
        }
    }

    private static boolean listens(int port) {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static String port(Server server) {
        return String.valueOf(Peer.port(server));
    }
}
