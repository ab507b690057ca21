package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ntk.testsupport.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What only a process of its own can show: signals, exit codes and the real standard streams. */
class ProcessTest {
    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout((int) Await.DEADLINE.toMillis());
        return socket;
    }

    @Test
    void endsWith143AtSigterm() throws Exception {
        try (var ntk = NtkProcess.start("tcp", "serve", "--listen", "0");
                Socket socket = connect(ntk.port())) {
            socket.getOutputStream().write('x');
            assertThat(socket.getInputStream().read()).isEqualTo('x');
            ntk.signal("TERM");
            assertThat(ntk.exit()).isEqualTo(143);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            assertThat(ntk.out()).matches("listening tcp tcp://127.0.0.1:\\d+\n");
            assertThat(ntk.err()).contains(" opened\n").contains(" closed ");
        }
    }

    @Test
    void endsWith130AtSigint() {
        try (var ntk = NtkProcess.start("tcp", "serve", "--listen", "0")) {
            ntk.port();
            assumeFalse(ntk.ignoresInterrupts(), "SIGINT is ignored by whoever started the tests");
            ntk.signal("INT");
            assertThat(ntk.exit()).isEqualTo(130);
        }
    }

    @Test
    void aSecondSignalCuts() throws Exception {
        try (var ntk = NtkProcess.start("tcp", "serve", "--listen", "0", "--reply", "console", "--drain", "1h");
                Socket socket = connect(ntk.port())) {
            socket.getOutputStream().write("pending\n".getBytes(StandardCharsets.UTF_8));
            Await.until("received", () -> ntk.out().contains(": pending"));
            ntk.signal("TERM");
            ntk.awaitErr("closing: waiting for 1 connection");
            ntk.signal("TERM");
            assertThat(ntk.exit()).isEqualTo(143);
        }
    }

    @Test
    void endsUnderLoad() throws Exception {
        AtomicLong echoed = new AtomicLong();
        List<Thread> clients = new ArrayList<>();
        try (var ntk = NtkProcess.start("tcp", "serve", "--listen", "0", "--drain", "1s")) {
            int port = ntk.port();
            for (int i = 0; i < 8; i++) {
                Thread client = new Thread(() -> load(port, echoed));
                client.start();
                clients.add(client);
            }
            Await.until("load", () -> echoed.get() > 1024 * 1024);
            ntk.signal("TERM");
            assertThat(ntk.exit()).isEqualTo(143);
        }
        for (Thread client : clients) {
            client.join(Await.DEADLINE.toMillis());
            assertThat(client.isAlive()).isFalse();
        }
    }

    private static void load(int port, AtomicLong echoed) {
        byte[] block = new byte[16 * 1024];
        try (Socket socket = connect(port)) {
            while (true) {
                socket.getOutputStream().write(block);
                int n = socket.getInputStream().readNBytes(block, 0, block.length);
                if (n < block.length) {
                    return;
                }
                echoed.addAndGet(n);
            }
        } catch (IOException e) {
            return; // the server is gone
        }
    }

    @Test
    void aClosedStandardOutputEndsItQuietly() throws Exception {
        try (var ntk = NtkProcess.startUnread("tcp", "serve", "--listen", "0", "--json")) {
            var out = new BufferedReader(new InputStreamReader(ntk.stdout(), StandardCharsets.UTF_8));
            int port = Listening.port(out.readLine() + "\n");
            out.close();
            while (true) {
                try {
                    connect(port).close();
                } catch (IOException e) {
                    break; // it has ended
                }
            }
            assertThat(ntk.exit()).isEqualTo(141);
            assertThat(ntk.err()).isEmpty();
        }
    }

    @Test
    void aReaderThatStopsReadingDoesNotStopTheServer() throws Exception {
        try (var ntk = NtkProcess.startUnread("tcp", "serve", "--listen", "0", "--reply", "upper", "--json", "-v")) {
            StringBuilder first = new StringBuilder();
            while (first.indexOf("\n") < 0) {
                first.append((char) ntk.stdout().read());
            }
            // 16 MiB of events, twice what the queue holds: nobody reads them, and every line still comes back.
            byte[] line = ("x".repeat(8000) + "\n").getBytes(StandardCharsets.UTF_8);
            try (Socket socket = connect(Listening.port(first.toString()))) {
                for (int i = 0; i < 2000; i++) {
                    socket.getOutputStream().write(line);
                    assertThat(socket.getInputStream().readNBytes(line.length)).hasSize(line.length);
                }
            }
            ntk.read();
            Await.until("the count of what is missing", () -> ntk.out().contains("\"event\":\"dropped\""));
            ntk.signal("TERM");
            assertThat(ntk.exit()).isEqualTo(143);
            assertThat(ntk.out().lines())
                    .allSatisfy(event -> assertThat(StrictJson.object(event)).containsKey("v"));
        }
    }

    @Test
    void aFullDiskIsAFailure() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "no /dev/full here");
        String message = "ntk: cannot write to standard output: no space left on device\n";
        try (var server = NtkProcess.startTo(full, "tcp", "serve", "--listen", "0");
                var help = NtkProcess.startTo(full, "--help")) {
            assertThat(server.exit()).isEqualTo(1);
            assertThat(server.err()).isEqualTo(message);
            assertThat(help.exit()).isEqualTo(1);
            assertThat(help.err()).isEqualTo(message);
        }
    }

    @Test
    void usageIsExitCode2() {
        try (var ntk = NtkProcess.start("tcp", "serve", "--nonsense")) {
            assertThat(ntk.exit()).isEqualTo(2);
            assertThat(ntk.out()).isEmpty();
        }
    }

    @Test
    void logsGoToStandardErrorAndOnlyOnDemand() throws Exception {
        String[] args = {"tcp", "serve", "--listen", "0", "--deny", "127.0.0.1", "--color=never", "-v"};
        try (var ntk = NtkProcess.start(args);
                var silent = NtkProcess.start(Arrays.copyOf(args, args.length - 1))) {
            for (NtkProcess each : List.of(ntk, silent)) {
                try (Socket socket = connect(each.port())) {
                    assertThat(socket.getInputStream().readAllBytes())
                            .asString(StandardCharsets.UTF_8)
                            .contains("address not allowed");
                }
                each.awaitErr(" refused: address not allowed\n");
                each.signal("TERM");
                assertThat(each.exit()).isEqualTo(143);
                assertThat(each.out()).hasLineCount(1);
            }
            assertThat(ntk.err())
                    .containsPattern(
                            "\\d\\d:\\d\\d:\\d\\d\\.\\d{3} DEBUG ConnectionLimitHandler [0-9a-f]+ .* refused: ");
            assertThat(silent.err()).matches("tcp 127\\.0\\.0\\.1:\\d+ refused: address not allowed\n");
        }
    }

    @Test
    void theOperatorsEndOfInputEndsTheServer() throws Exception {
        try (var ntk = NtkProcess.start("tcp", "serve", "--listen", "0", "--reply", "console")) {
            ntk.port();
            ntk.stdin().close();
            assertThat(ntk.exit()).isZero();
        }
    }
}
