package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients of other people against {@code ntk http serve}. */
class HttpClientsIT {
    @TempDir
    Path folder;

    @Test
    void curlGetsTheReplyInEveryWay() throws Exception {
        Programs.require("curl");
        Path upload = Files.writeString(folder.resolve("upload"), "x".repeat(300_000));
        try (var ntk = Ntk.start("http", "serve", "--listen", "127.0.0.1:0", "--body", "pong")) {
            String url = "http://127.0.0.1:" + ntk.port() + "/a/../b";
            assertThat(curl(url)).isEqualTo("pong 200 1.1");
            assertThat(curl("--http1.0", url)).isEqualTo("pong 200 1.1");
            assertThat(curl("--path-as-is", url)).isEqualTo("pong 200 1.1");
            assertThat(curl("-T", upload.toString(), url)).isEqualTo("pong 200 1.1");
            assertThat(curl("-T", upload.toString(), "-H", "Transfer-Encoding: chunked", url))
                    .isEqualTo("pong 200 1.1");
            assertThat(curl("-T", upload.toString(), "-H", "Expect: 100-continue", "--expect100-timeout", "20", url))
                    .isEqualTo("pong 200 1.1");
            assertThat(curl("-I", url)).contains("Content-Length: 4");
        }
    }

    @Test
    void wgetPythonAndAbGetTheReply() throws Exception {
        Programs.require("wget", "python3", "ab");
        try (var ntk = Ntk.start("http", "serve", "--listen", "127.0.0.1:0", "--body", "pong")) {
            String url = "http://127.0.0.1:" + ntk.port() + "/";
            assertThat(Programs.run(new byte[0], "wget", "-q", "-O", "-", url).text())
                    .isEqualTo("pong");
            String script = "import http.client,urllib.request as u\n"
                    + "c=http.client.HTTPConnection('127.0.0.1'," + ntk.port() + ",timeout=10)\n"
                    + "for m in ('GET','POST','PUT'):\n"
                    + "  c.request(m,'/',body=b'x' if m!='GET' else None)\n"
                    + "  print(c.getresponse().read().decode())\n"
                    + "print(u.urlopen('" + url + "',timeout=10).read().decode())\n";
            assertThat(Programs.run(new byte[0], "python3", "-c", script).text())
                    .isEqualTo("pong\npong\npong\npong\n");
            assertThat(Programs.run(new byte[0], "ab", "-q", "-k", "-n", "2000", "-c", "8", url)
                            .text())
                    .contains("Complete requests:      2000")
                    .contains("Failed requests:        0");
        }
    }

    @Test
    void theJdksClientGetsTheReply() throws Exception {
        try (var ntk = Ntk.start("http", "serve", "--listen", "127.0.0.1:0", "--body", "pong")) {
            var url = URI.create("http://127.0.0.1:" + ntk.port() + "/").toURL();
            HttpURLConnection connection = (HttpURLConnection) url.openConnection();
            connection.setDoOutput(true);
            connection.getOutputStream().write(new byte[100_000]);
            assertThat(new String(connection.getInputStream().readAllBytes(), UTF_8))
                    .isEqualTo("pong");
        }
    }

    private static String curl(String... args) throws IOException {
        String[] all = new String[args.length + 6];
        System.arraycopy(new String[] {"curl", "-s", "-m", "20", "-w", " %{http_code} %{http_version}"}, 0, all, 0, 6);
        System.arraycopy(args, 0, all, 6, args.length);
        return Programs.run(new byte[0], all).text();
    }
}
