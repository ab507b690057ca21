package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Other people's measuring programs against ours: both must find the same. */
class UdpMeasureInteropIT {
    /* The programs share two cores with the build; a median that is four times another's is still the same path. */
    private static final double FACTOR = 4;

    @Test
    void findsTheRoundTripsThatSockperfFinds() {
        try (var echo = Packaged.start("udp", "serve", "--reply", "echo", "-q", "--listen", "127.0.0.1:0")) {
            String port = Packaged.port(echo);
            var theirs = Programs.run(
                    new byte[0],
                    "sockperf",
                    "ping-pong",
                    "-i",
                    "127.0.0.1",
                    "-p",
                    port,
                    "-m",
                    "200",
                    "-t",
                    "2",
                    "--mps=1000",
                    "--full-rtt");
            var ours = Packaged.run(
                    new byte[0], "udp", "measure", port, "--plain", "--for", "2s", "--warm-up", "1s", "--json", "-q");
            assertThat(theirs.exit()).as(theirs.text() + theirs.err()).isZero();
            assertThat(ours.exit()).as(ours.err()).isZero();
            String report = ours.text().lines().reduce((first, last) -> last).orElseThrow();
            double median = number(report, "\"roundTripP50\":([0-9.E]+)");
            double expected = number(theirs.text(), "percentile 50\\.000 = +([0-9.]+)");
            assertThat(median).isBetween(expected / FACTOR, expected * FACTOR);
            assertThat(report).contains("\"lost\":0");
        }
    }

    @Test
    void countsTheDatagramsThatIperfSent() {
        try (var sink = Packaged.start("udp", "serve", "--json", "-q", "--for", "6s", "--listen", "127.0.0.1:0")) {
            Await.until("the port", () -> Listening.port(sink.text()) > 0);
            var iperf = Programs.run(
                    new byte[0],
                    "iperf",
                    "-c",
                    "127.0.0.1",
                    "-p",
                    "" + Listening.port(sink.text()),
                    "-u",
                    "--no-udp-fin",
                    "-b",
                    "4M",
                    "-l",
                    "200",
                    "-t",
                    "1");
            assertThat(iperf.exit()).as(iperf.text() + iperf.err()).isZero();
            double sent = number(iperf.text(), "Sent (\\d+) datagrams");
            String out = sink.await(Duration.ofSeconds(20)).text();
            assertThat(number(out, "\"event\":\"totals\".*?\"received\":(\\d+)"))
                    .isEqualTo(sent);
            assertThat(out).contains("\"kernelDrops\":0");
        }
    }

    private static double number(String text, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        assertThat(found.find()).as(pattern + " in " + text).isTrue();
        return Double.parseDouble(found.group(1));
    }
}
