package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadSendCommandTest {
    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    private Map<String, String> home() {
        return Map.of("XDG_STATE_HOME", sources.resolve("state").toString());
    }

    private Ntk.Running serve(String... more) {
        String[] args = new String[6 + more.length];
        System.arraycopy(
                new String[] {"upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:0"}, 0, args, 0, 6);
        System.arraycopy(more, 0, args, 6, more.length);
        return Ntk.start(args);
    }

    private Path source(String name, String content) throws IOException {
        Path file = sources.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    @Test
    void sendsFilesAndWritesAReceipt() throws IOException {
        Path one = source("one.txt", "first");
        Path large = source("large.txt", "x".repeat(300_000));
        Path receipt = sources.resolve("receipt.json");
        try (Ntk.Running server = serve()) {
            Ntk.Result result = Ntk.run(
                    home(),
                    "upload",
                    "send",
                    one.toString(),
                    large.toString(),
                    "127.0.0.1:" + server.port(),
                    "--to",
                    "in/",
                    "--receipt",
                    receipt.toString());
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(result.out()).isEmpty();
            assertThat(result.err()).contains("sent 2");
        }
        assertThat(inbox.resolve("in/one.txt")).hasContent("first");
        assertThat(inbox.resolve("in/large.txt")).hasSameTextualContentAs(large);
        assertThat(Files.readString(receipt))
                .contains("\"name\":\"in/one.txt\"")
                .contains("a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e")
                .contains("\"durable\":true");
    }

    @Test
    void saysWhatFailed() throws IOException {
        Path one = source("one.txt", "first");
        Files.writeString(inbox.resolve("one.txt"), "other");
        try (Ntk.Running server = serve()) {
            Ntk.Result result =
                    Ntk.run(home(), "upload", "send", one.toString(), "127.0.0.1:" + server.port(), "--json");
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err()).startsWith("ntk: cannot send " + one);
            assertThat(result.lines()).hasSize(1);
            assertThat(result.out()).contains("\"failed\":1").contains("\"code\":201");
        }
        assertThat(inbox.resolve("one.txt")).hasContent("other");
    }

    @Test
    void sendsStandardInput() {
        try (Ntk.Running server = serve();
                Ntk.Running client = Ntk.start(
                        new ByteArrayInputStream("from a pipe".getBytes(UTF_8)),
                        home(),
                        "upload",
                        "send",
                        "-",
                        "127.0.0.1:" + server.port(),
                        "--to",
                        "p.txt")) {
            assertThat(client.await().exit()).as(client.err()).isZero();
        }
        assertThat(inbox.resolve("p.txt")).hasContent("from a pipe");
    }

    @Test
    void speaksTheSimpleProtocol() throws IOException {
        Path one = source("one.txt", "first");
        Path two = source("two.txt", "second");
        try (Ntk.Running server = serve("--simple")) {
            Ntk.Result result = Ntk.run(
                    home(),
                    "upload",
                    "send",
                    one.toString(),
                    two.toString(),
                    "127.0.0.1:" + server.port(),
                    "--protocol",
                    "simple");
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(result.err()).contains("sent, not confirmed");
        }
        assertThat(inbox.resolve("one.txt")).hasContent("first");
        assertThat(inbox.resolve("two.txt")).hasContent("second");
    }

    @Test
    void listsWithoutSending() throws IOException {
        source("d/b.txt", "12345");
        Ntk.Result result =
                Ntk.run(home(), "upload", "send", sources.resolve("d").toString(), "1", "--dry-run");
        assertThat(result.exit()).isZero();
        assertThat(result.lines()).containsExactly("d/", "d/b.txt  5 B");
    }

    @Test
    void refusesWhatContradictsItself() throws IOException {
        String one = source("one.txt", "first").toString();
        assertUsage("ENDPOINT", one, "no:such:endpoint");
        assertUsage("--to NAME", "-", "9003");
        assertUsage("excludes other", "-", one, "9003", "--to", "x");
        assertUsage("--rate: 5", one, "9003", "--rate", "5");
        assertUsage("--segment: 5", one, "9003", "--segment", "5");
        assertUsage("a / at the end", one, one, "9003", "--to", "x");
        assertUsage("--protocol simple", one, "9003", "--protocol", "simple", "--token-file", one);
    }

    private void assertUsage(String why, String... args) {
        String[] all = new String[2 + args.length];
        all[0] = "upload";
        all[1] = "send";
        System.arraycopy(args, 0, all, 2, args.length);
        Ntk.Result result = Ntk.run(home(), all);
        assertThat(result.exit()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains(why);
    }
}
