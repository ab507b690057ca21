package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpMeasureCommandTest {
    @Test
    void measuresItsOwnResponder(@TempDir Path folder) throws IOException {
        Path hgrm = folder.resolve("rtt.hgrm");
        try (var server = Ntk.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0")) {
            Ntk.Result run = measure(server, "--assert", "loss=0,p99<5s", "--histogram", "--hgrm", hgrm.toString());
            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(run.out())
                    .contains("of 200 bytes in ")
                    .contains("lost          0 (0.000%): 0 on the way up, 0 on the way down")
                    .contains("round trip    p50 ")
                    .contains("kernel drops  0 at our socket")
                    .contains(" ####");
            assertThat(hgrm).content().contains("Value     Percentile TotalCount 1/(1-Percentile)");
            assertThat(server.out().lines()).hasSize(1); // no line for a datagram
        }
    }

    @Test
    void reportsEvenWhenAFileCannotBeWritten(@TempDir Path folder) {
        try (var server = Ntk.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0")) {
            Ntk.Result run =
                    measure(server, "--hgrm", folder.resolve("none/rtt.hgrm").toString());
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.out()).contains("lost          0 (0.000%)");
            assertThat(run.err()).contains("cannot write " + folder);
        }
    }

    @Test
    void measuresAnyEcho() {
        try (var server = Ntk.start("udp", "serve", "--reply", "echo", "-q", "--listen", "127.0.0.1:0")) {
            Ntk.Result run = measure(server, "--plain", "--warm-up", "50ms");
            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(run.out()).contains("it is not known in which direction").contains("left out of all figures");
        }
    }

    @Test
    void tellsIntervalsAndAReportInJson() {
        try (var server = Ntk.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0")) {
            Ntk.Result run = measure(server, "--json", "--interval", "50ms", "--assert", "sent>0");
            assertThat(run.exit()).as(run.err()).isZero();
            List<String> lines = run.lines();
            assertThat(lines).hasSizeGreaterThan(1);
            assertThat(lines.get(0)).contains("\"event\":\"interval\"").contains("\"roundTripP999\":");
            assertThat(lines.get(lines.size() - 1))
                    .contains("\"event\":\"report\"")
                    .contains("\"lostUp\":0,\"lostDown\":0")
                    .contains("\"kernelDropsHere\":0,\"kernelDropsThere\":0")
                    .contains("\"expectations\":[{\"expectation\":\"sent>0\",\"holds\":true");
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void endsWithThreeWhenAnExpectationDoesNotHold() {
        try (var server = Ntk.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0")) {
            Ntk.Result run = measure(server, "--assert", "loss<1%,p50<1ns");
            assertThat(run.exit()).isEqualTo(3);
            assertThat(run.err()).startsWith("ntk: not so: p50<1ns (it was ").doesNotContain("loss<1%");
        }
    }

    @Test
    void endsWith124WithoutAnyAnswer() throws IOException {
        try (var silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Ntk.Result run = Ntk.run("udp", "measure", "" + silent.getLocalPort(), "--wait", "300ms");
            assertThat(run.exit()).isEqualTo(124);
            assertThat(run.err()).contains("no answer from 127.0.0.1:" + silent.getLocalPort());
            run = Ntk.run(
                    "udp", "measure", "" + silent.getLocalPort(), "--plain", "--for", "50ms", "--timeout", "50ms");
            assertThat(run.exit()).isEqualTo(124);
            assertThat(run.out()).contains("round trip    unknown");
        }
    }

    @Test
    void saysAtOnceThatNobodyListens() {
        Ntk.Result run = Ntk.run("udp", "measure", "" + Ports.free());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("nobody listens there (port unreachable)");
    }

    @Test
    void reportsWhenItIsInterrupted() {
        try (var server = Ntk.start("udp", "serve", "--reply", "measure", "--listen", "127.0.0.1:0");
                var run = Ntk.start(
                        "udp", "measure", "" + server.port(), "--json", "--interval", "20ms", "--for", "1h")) {
            Await.until("an interval", () -> run.out().contains("interval"));
            run.stop(ExitCode.INTERRUPTED);
            Ntk.Result result = run.await();
            assertThat(result.exit()).isEqualTo(130);
            assertThat(result.out()).contains("\"outcome\":\"stopped\"");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--size,79,80 to 65507",
        "--size,65508,80 to 65507",
        "--rate,0,1 to 10000000",
        "--rate,10000001,1 to 10000000",
        "--for,0,more than zero",
        "--timeout,0,more than zero",
        "--interval,9ms,at least 10ms",
        "--assert,loss,at 5",
        "--assert,p9<1ms,at 1",
    })
    void refusesWhatItCannotDo(String option, String value, String expected) {
        Ntk.Result run = Ntk.run("udp", "measure", "9", option, value);
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains(expected);
    }

    @Test
    void refusesUnixSockets() {
        assertThat(Ntk.run("udp", "measure", "unix:/tmp/x").exit()).isEqualTo(2);
    }

    @Test
    void failsOnANameThatNobodyKnows() {
        Ntk.Result run = Ntk.run("udp", "measure", "no-such-host.invalid:9");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("cannot measure no-such-host.invalid:9: unknown host");
    }

    private static Ntk.Result measure(Ntk.Running server, String... more) {
        var args = new java.util.ArrayList<>(List.of("udp", "measure", "127.0.0.1:" + server.port()));
        args.addAll(List.of("--for", "300ms", "--timeout", "20s")); // late is nothing, so that nothing is lost
        args.addAll(List.of(more));
        return Ntk.run(args.toArray(String[]::new));
    }
}
