package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ntk http serve --dir}. */
class HttpServeFilesTest {
    private static final Pattern ADDRESS = Pattern.compile("listening http http://127.0.0.1:(\\d+)\n");

    @TempDir
    Path folder;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "content");
        Files.writeString(folder.resolve(".hidden"), "hidden");
        Files.write(folder.resolve("large"), new byte[1 << 20]);
    }

    private Ntk.Running serve(String... options) {
        String[] args = new String[6 + options.length];
        System.arraycopy(
                new String[] {"http", "serve", "--listen", "127.0.0.1:0", "--dir", folder.toString()}, 0, args, 0, 6);
        System.arraycopy(options, 0, args, 6, options.length);
        return Ntk.start(args);
    }

    private static String get(Ntk.Running server, String path) throws IOException {
        Await.until("listening: " + server.err(), () -> ADDRESS.matcher(server.out())
                .find());
        Matcher address = ADDRESS.matcher(server.out());
        assertThat(address.find()).isTrue();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(address.group(1)))) {
            socket.setSoTimeout(30_000);
            String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @Test
    void servesFiles() throws IOException {
        try (Ntk.Running server = serve()) {
            assertThat(get(server, "/a.txt")).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\ncontent");
            assertThat(get(server, "/large"))
                    .containsIgnoringCase("content-length: 1048576")
                    .hasSizeGreaterThan(1 << 20);
            assertThat(get(server, "/")).contains("a.txt").doesNotContain(".hidden");
            assertThat(get(server, "/.hidden")).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void servesWhatTheOptionsSay() throws IOException {
        try (Ntk.Running server = serve("--no-listing", "--hidden")) {
            assertThat(get(server, "/")).startsWith("HTTP/1.1 404");
            assertThat(get(server, "/.hidden")).endsWith("hidden");
        }
        Files.writeString(folder.resolve("index.html"), "app");
        try (Ntk.Running server = serve("--spa")) {
            assertThat(get(server, "/any/where")).endsWith("app");
        }
    }

    @Test
    void refusesWhatHasNoMeaning() {
        assertThat(Ntk.run("http", "serve", "--spa")).satisfies(result -> {
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.err()).contains("--spa has no meaning without --dir");
        });
        assertThat(Ntk.run("http", "serve", "--dir", folder.toString(), "--body", "x"))
                .satisfies(result -> {
                    assertThat(result.exit()).isEqualTo(2);
                    assertThat(result.err()).contains("exclude each other");
                });
        assertThat(Ntk.run("http", "serve", "--dir", folder.resolve("none").toString()))
                .satisfies(result -> {
                    assertThat(result.exit()).isEqualTo(1);
                    assertThat(result.err()).contains("none: no such folder");
                });
    }
}
