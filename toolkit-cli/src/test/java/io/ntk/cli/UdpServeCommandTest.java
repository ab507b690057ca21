package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
class UdpServeCommandTest {
    private static final Pattern PORT = Pattern.compile("udp://127\\.0\\.0\\.1:(\\d+)");

    private static int port(Ntk.Running ntk) {
        Await.until("listening", () -> PORT.matcher(ntk.out() + ntk.err()).find());
        Matcher port = PORT.matcher(ntk.out() + ntk.err());
        assertThat(port.find()).isTrue();
        return Integer.parseInt(port.group(1));
    }

    private static String[] serve(String... more) {
        String[] all = new String[4 + more.length];
        System.arraycopy(new String[] {"udp", "serve", "--listen", "0"}, 0, all, 0, 4);
        System.arraycopy(more, 0, all, 4, more.length);
        return all;
    }

    private static int send(int port, byte[]... payloads) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            for (byte[] payload : payloads) {
                socket.send(new DatagramPacket(payload, payload.length, InetAddress.getLoopbackAddress(), port));
            }
            return socket.getLocalPort();
        }
    }

    @Test
    void printsALineForEachDatagram() throws Exception {
        try (var ntk = Ntk.start(serve("--count", "4"))) {
            int port = port(ntk);
            int own = send(
                    port, "hello".getBytes(UTF_8), new byte[0], "a\u001b[31m\n".getBytes(UTF_8), new byte[] {'x', -1});
            Ntk.Result result = ntk.await();
            assertThat(result.exit()).isZero();
            String peer = "127.0.0.1:" + own;
            assertThat(result.lines())
                    .containsExactly(
                            "listening udp udp://127.0.0.1:" + port,
                            peer + " 5 bytes: hello",
                            peer + " 0 bytes: ",
                            peer + " 7 bytes: a\\u001b[31m\\n",
                            peer + " 2 bytes: x\\xff");
            assertThat(result.err())
                    .contains("receive buffer: asked for 16777216 bytes, granted ")
                    .contains("udp received 4 datagrams, 14 B; sent 0, 0 B; refused 0 answers; ");
        }
    }

    @Test
    void printsADump() throws Exception {
        try (var ntk = Ntk.start(serve("--count", "1", "--hex"))) {
            send(port(ntk), "hello".getBytes(UTF_8));
            assertThat(ntk.await().out())
                    .contains(" 5 bytes:\n00000000  68 65 6c 6c 6f ")
                    .contains("|hello|");
        }
    }

    @Test
    void writesThePayloadAlone() throws Exception {
        try (var ntk = Ntk.start(serve("--count", "2", "--raw"))) {
            send(port(ntk), "a\n".getBytes(UTF_8), "b".getBytes(UTF_8));
            Ntk.Result result = ntk.await();
            assertThat(result.out()).isEqualTo("a\nb");
            assertThat(result.err()).contains("listening udp udp://127.0.0.1:");
        }
    }

    @Test
    void tellsEventsAsJson() throws Exception {
        try (var ntk = Ntk.start(serve("--count", "3", "--json", "--max-datagram", "3", "--stats", "1h"))) {
            send(port(ntk), "abc".getBytes(UTF_8), new byte[] {-1}, "abcd".getBytes(UTF_8));
            Ntk.Result result = ntk.await();
            result.lines().forEach(StrictJson::object);
            assertThat(result.out())
                    .contains("\"event\":\"listening\"")
                    .contains("\"bytes\":3,\"text\":\"abc\"")
                    .contains("\"bytes\":1,\"base64\":\"/w==\"")
                    .contains("\"bytes\":3,\"truncated\":true,\"text\":\"abc\"")
                    .contains("\"event\":\"truncated\"")
                    .contains("\"event\":\"totals\"")
                    .contains("\"received\":3");
        }
    }

    @Test
    void saysNothingOfDatagramsWhenQuiet() throws Exception {
        try (var ntk = Ntk.start(serve("--count", "1", "-q"))) {
            int port = port(ntk);
            send(port, "abc".getBytes(UTF_8));
            Ntk.Result result = ntk.await();
            assertThat(result.out()).isEqualTo("listening udp udp://127.0.0.1:" + port + "\n");
            assertThat(result.err()).isEmpty();
        }
    }

    @Test
    void endsAfterATime() {
        Ntk.Result result = Ntk.run(serve("--for", "10ms"));
        assertThat(result.exit()).isZero();
    }

    @Test
    void tellsFiguresEvenWhenQuiet() {
        try (var ntk = Ntk.start(serve("-q", "--stats", "10ms"))) {
            ntk.awaitErr("0 datagrams/s in, 0 B/s, 0 datagrams/s out, ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--reply|nonsense|expected: none, echo, upper",
                "--reply|fixed|expected: none, echo, upper",
                "--join|10.0.0.1|expected: a multicast address",
                "--max-datagram|65528|expected: 1 to 65527",
                "--max-datagram|0|expected: 1 to 65527",
                "--count|0|expected: at least 1",
                "--guard|maybe|expected: on, off",
                "--stats|0|expected: > 0",
            })
    void refusesWrongUsage(String option, String value, String message) {
        Ntk.Result result = Ntk.run(serve(option, value));
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains(message);
    }

    @Test
    void saysWhatToDoAboutAPortThatIsTaken() throws Exception {
        try (DatagramSocket taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Ntk.Result result = Ntk.run("udp", "serve", "--listen", Integer.toString(taken.getLocalPort()));
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err()).contains("address already in use (is another server running there?");
        }
    }
}
