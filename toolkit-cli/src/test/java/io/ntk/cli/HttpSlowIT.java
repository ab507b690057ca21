package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are slow on purpose, and one beside them that is not. */
class HttpSlowIT {
    private static final String[] SLOW = {
        "slowhttptest", "-c", "200", "-r", "200", "-i", "1", "-l", "3", "-p", "5", "-x", "16"
    };

    /** What a busy machine makes of a request that takes a millisecond; far less than a slow client takes. */
    private static final double MAX_DELAY_SECONDS = 0.1;

    @TempDir
    Path folder;

    /** What they do slowly, each by 200 connections, with its own arguments. */
    private enum Slow {
        HEADS_THAT_NEVER_END("-H"),
        BODIES_THAT_NEVER_END("-B"),
        MANY_RANGES("-R"),
        REPLIES_THAT_ARE_HARDLY_READ("-X -w 512 -y 1024 -n 1 -z 32 -k 3");

        private final String arguments;

        Slow(String arguments) {
            this.arguments = arguments;
        }

        String[] command(String url) {
            List<String> command = new ArrayList<>(List.of(SLOW));
            command.addAll(List.of(arguments.split(" ", -1)));
            command.addAll(List.of("-u", url));
            return command.toArray(String[]::new);
        }
    }

    /** All kinds of them at the same time. */
    @Test
    void othersAreAnsweredBesideSlowClients() throws Exception {
        Programs.require("slowhttptest", "curl");
        try (OutputStream file = Files.newOutputStream(folder.resolve("big"))) {
            file.write(new byte[4 << 20]);
        }
        Files.writeString(folder.resolve("small"), "pong");
        try (var ntk = Packaged.start(
                "http", "serve", "--listen", "127.0.0.1:0", "--dir", folder.toString(), "--header-timeout", "2s")) {
            String url = "http://127.0.0.1:" + Packaged.port(ntk) + "/";
            double alone = medianSeconds(url + "small");
            List<Programs.Running> slow = new ArrayList<>();
            try {
                for (Slow each : Slow.values()) {
                    slow.add(Programs.start(each.command(url + "big")));
                }
                assertThat(medianSeconds(url + "small")).isLessThan(alone + MAX_DELAY_SECONDS);
                for (Programs.Running each : slow) {
                    assertThat(each.await(Duration.ofSeconds(60)).exit()).isZero();
                }
            } finally {
                slow.forEach(Programs.Running::close);
            }
            assertThat(curl(url + "small")).isEqualTo("pong 200");
        }
    }

    @Test
    void httpsAnswersAndTellsPlainClients() throws IOException {
        Programs.require("curl");
        Path upload = Files.write(folder.resolve("upload"), new byte[300_000]);
        try (var ntk = Packaged.start("http", "serve", "--listen", "127.0.0.1:0", "--self-signed", "--body", "pong")) {
            String port = Packaged.port(ntk);
            assertThat(curl("-k", "https://127.0.0.1:" + port + "/")).isEqualTo("pong 200");
            assertThat(curl("-k", "-T", upload.toString(), "https://127.0.0.1:" + port + "/"))
                    .isEqualTo("pong 200");
            assertThat(curl("--http1.0", "-k", "https://127.0.0.1:" + port + "/a?b"))
                    .isEqualTo("pong 200");
            assertThat(curl("http://127.0.0.1:" + port + "/")).isEqualTo("this port speaks TLS\n 400");
        }
    }

    /** Of 21 requests on a connection each. */
    private static double medianSeconds(String url) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            String[] reply = curl("-w", " %{http_code} %{time_total}", url).split(" ");
            assertThat(reply).startsWith("pong", "200");
            times.add(Double.valueOf(reply[2]));
        }
        times.sort(null);
        return times.get(times.size() / 2);
    }

    private static String curl(String... args) {
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-m", "10", "-w", " %{http_code}"));
        command.addAll(List.of(args));
        return new String(
                Programs.run(new byte[0], command.toArray(String[]::new)).out(), StandardCharsets.UTF_8);
    }
}
