package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpServeAccessTest {
    /** Of the password {@code s:cret}. */
    private static final String HASH = "$2y$04$nQl.tcfsfgkmyyLygESyYeG2tvqC3B2Fypdv.wLI/yhiEpgyxKubG";

    @TempDir
    Path folder;

    private static HttpURLConnection open(Ntk.Running server, String target) throws IOException {
        return (HttpURLConnection)
                URI.create("http://127.0.0.1:" + server.port() + target).toURL().openConnection();
    }

    private static String body(HttpURLConnection connection) throws IOException {
        try (var in = connection.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void inspectsRequestsByteForByte() throws IOException {
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0", "--inspect")) {
            String request = """
                    POST /echo HTTP/1.1\r
                    Host:  h\r
                    x-odd: \t1\r
                    Connection: close\r
                    Transfer-Encoding: chunked\r
                    \r
                    2;a=b\r
                    hi\r
                    0\r
                    \r
                    """;
            assertThat(server.exchange(request)).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n" + request);
            assertThat(body(open(server, "/anything?a=1"))).contains("\"a\": \"1\"", "\"origin\": \"127.0.0.1\"");
            assertThat(open(server, "/status/418").getResponseCode()).isEqualTo(418);
        }
    }

    @Test
    void continuesOnceWhenAClientWaitsForIt() throws IOException {
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0", "--inspect")) {
            String answer = server.exchange("POST /status/201 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    + "Connection: close\r\nContent-Length: 2\r\n\r\nhi");
            assertThat(answer.split("HTTP/1.1 ", -1)).hasSizeLessThanOrEqualTo(3);
            assertThat(answer).contains("HTTP/1.1 201 ");
        }
    }

    @ParameterizedTest
    @CsvSource({"common, '\" 200 12'", "combined, '\" 200 12 \"-\" \"Java'", "json, '\"status\":200,\"bytes\":12'"})
    void logsRequestsOnStandardError(String format, String expected) throws IOException {
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0", "-q", "--log", format)) {
            assertThat(body(open(server, "/x"))).isEqualTo("Hello, World");
            server.awaitErr(expected);
            assertThat(server.err()).contains("/x").doesNotContain("opened");
            assertThat(server.out()).hasLineCount(1);
        }
    }

    @Test
    void saysNothingOfRequestsWithoutALog() throws IOException {
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0")) {
            body(open(server, "/x"));
            server.stop(ExitCode.TERMINATED);
            assertThat(server.await().err()).doesNotContain("/x");
        }
    }

    @Test
    void withJsonEachRequestIsAnEvent() throws IOException {
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0", "--json")) {
            body(open(server, "/x"));
            server.stop(ExitCode.TERMINATED);
            assertThat(server.await().out())
                    .contains("\"event\":\"request\",\"service\":\"http\"", "\"target\":\"/x\"", "\"status\":200");
        }
    }

    @Test
    void asksForPasswords() throws IOException {
        Path users = Files.writeString(folder.resolve("users"), "ann:" + HASH + "\n");
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0", "--auth-file", users.toString())) {
            assertThat(open(server, "/").getResponseCode()).isEqualTo(401);
            HttpURLConnection known = open(server, "/");
            known.setRequestProperty(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString("ann:s:cret".getBytes(StandardCharsets.UTF_8)));
            assertThat(body(known)).isEqualTo("Hello, World");
        }
    }

    @Test
    void passwordsBeyondLoopbackNeedTls() throws IOException {
        Path users = Files.writeString(folder.resolve("users"), "ann:" + HASH + "\n");
        Ntk.Result plain = Ntk.run("http", "serve", "--listen", "0.0.0.0:0", "--auth-file", users.toString());
        assertThat(plain.exit()).isEqualTo(2);
        assertThat(plain.err()).contains("--allow-plain").doesNotContain("nQl.");
    }

    @Test
    void aPasswordFileThatIsNoneIsToldByItsLine() throws IOException {
        Path users = Files.writeString(folder.resolve("users"), "ann:secret\n");
        Ntk.Result run = Ntk.run("http", "serve", "--listen", "0", "--auth-file", users.toString());
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("line 1", "htpasswd -nB").doesNotContain("secret");
    }

    @Test
    void letsPagesOfOtherOriginsIn() throws IOException {
        try (Ntk.Running server = Ntk.start("http", "serve", "--listen", "0", "--cors", "https://a.example")) {
            assertThat(server.exchange("GET / HTTP/1.0\r\nOrigin: https://a.example\r\n\r\n"))
                    .contains("access-control-allow-origin: https://a.example\r\n")
                    .endsWith("Hello, World");
        }
    }

    @ParameterizedTest
    @CsvSource({"--log, yaml", "--cors, a.example", "--cors, https://a.example/"})
    void wrongValuesAreUsage(String option, String value) {
        Ntk.Result run = Ntk.run("http", "serve", "--listen", "0", option, value);
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains(value, "expected: ");
    }

    @Test
    void aModeExcludesTheOthers() {
        assertThat(Ntk.run("http", "serve", "--inspect", "--body", "x").err()).contains("--inspect and --body exclude");
        assertThat(Ntk.run("http", "serve", "--dir", ".", "--inspect").err()).contains("--dir and --inspect exclude");
    }
}
