package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
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
        assertUsage("- needs --to NAME: standard input has no name", "-", "9003");
        assertUsage("- needs --to NAME: standard input has no name", "-", "9003", "--to", "in/");
        assertUsage("- excludes other sources", "-", one, "9003", "--to", "x");
        assertUsage("- excludes other sources", "-", "-", "9003", "--to", "x");
        assertUsage("--rate: 5", one, "9003", "--rate", "5");
        assertUsage("--segment: 5", one, "9003", "--segment", "5");
        assertUsage("a / at the end", one, one, "9003", "--to", "x");
        assertUsage("--protocol simple", one, "9003", "--protocol", "simple", "--token-file", one);
        assertUsage("--rate excludes --protocol simple", one, "9003", "--protocol", "simple", "--rate", "1MiB/s");
        assertUsage("--sendfile", one, "9003", "--sendfile", "sometimes");
    }

    private void assertUsage(String why, String... args) {
        Ntk.Result result = run(args);
        assertThat(result.exit()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains(why);
    }

    private Ntk.Result send(Ntk.Running server, String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "upload";
        all[1] = "send";
        System.arraycopy(args, 0, all, 2, args.length);
        all[all.length - 1] = "127.0.0.1:" + server.port();
        return Ntk.run(home(), all);
    }

    @Test
    void saysThatTheEndpointIsMissing() {
        assertUsage("expected: what to send, and last where to", "film");
    }

    @Test
    void sendsWhatIsEmpty() throws IOException {
        Path zero = source("d/zero", "");
        Files.createDirectories(sources.resolve("d/nothing"));
        try (Ntk.Running server = serve()) {
            Ntk.Result result = send(server, sources.resolve("d").toString(), zero.toString());
            assertThat(result.exit()).as(result.err()).isZero();
        }
        assertThat(inbox.resolve("d/nothing")).isEmptyDirectory();
        assertThat(inbox.resolve("d/zero")).isEmptyFile();
        assertThat(inbox.resolve("zero")).isEmptyFile();
    }

    @Test
    void countsWhatWasThereAlready() throws IOException {
        String one = source("one.txt", "first").toString();
        try (Ntk.Running server = serve()) {
            assertThat(send(server, one).exit()).isZero();
            Ntk.Result refused = send(server, one);
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("ntk: cannot send " + one, "is there already (201)")
                    .contains("failed 1", "--on-exists skip-same");
            Ntk.Result same = send(server, one, "--on-exists", "skip-same");
            assertThat(same.exit()).isZero();
            assertThat(same.err()).startsWith("sent 0, 0 B, in ").endsWith("; there already 1\n");
        }
    }

    @Test
    void goesOnAfterAnInterruption() throws IOException {
        Path large = source("large", "x".repeat(16 << 20));
        try (Ntk.Running server = serve()) {
            try (Ntk.Running client = Ntk.start(
                    new ByteArrayInputStream(new byte[0]),
                    home(),
                    "upload",
                    "send",
                    large.toString(),
                    "127.0.0.1:" + server.port(),
                    "--segment",
                    "256KiB",
                    "--rate",
                    "1MiB/s")) {
                Await.until("two segments", () -> received() > 2 * (256 << 10));
                client.stop(ExitCode.INTERRUPTED);
                assertThat(client.await().exit()).isEqualTo(130);
                assertThat(client.err()).contains("stopped when ", "; the same command goes on from there");
            }
            assertThat(inbox.resolve("large")).doesNotExist();
            Await.until(
                    "the end of the sender, which a process does not survive",
                    () -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().equals("ntk-upload")));
            Ntk.Result again = send(server, large.toString());
            assertThat(again.exit()).as(again.err()).isZero();
            assertThat(again.err()).contains("; resumed 1");
        }
        assertThat(inbox.resolve("large")).hasSameTextualContentAs(large);
    }

    /** What the server has of a file whose name is not there yet. */
    private long received() {
        try (var parts = Files.list(inbox.resolve(".ntup"))) {
            return parts.filter(part -> part.toString().endsWith(".part"))
                    .mapToLong(part -> part.toFile().length())
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    @Test
    void remembersNothingWhenToldSo() throws IOException {
        String large = source("large", "x".repeat(300_000)).toString();
        try (Ntk.Running server = serve()) {
            assertThat(send(server, large, "--no-resume", "--no-digest").exit()).isZero();
        }
        assertThat(sources.resolve("state")).doesNotExist();
    }

    @Test
    void looksAtTheReceiptBeforeItSends() throws IOException {
        String one = source("one.txt", "first").toString();
        assertUsage("--receipt: " + sources + " is a folder", one, "1", "--receipt", sources.toString());
        String nowhere = sources.resolve("no/receipt").toString();
        assertUsage(sources.resolve("no") + " is no folder", one, "1", "--receipt", nowhere);
    }

    @Test
    void provesTheKeyOverTls() throws IOException {
        String one = source("one.txt", "first").toString();
        String key = source("key", "0123456789abcdef\n").toString();
        String other = source("other", "0123456789abcdeF\n").toString();
        try (Ntk.Running server = serve("--token-file", key, "--self-signed")) {
            assertThat(send(server, one, "--tls", "--insecure").err()).contains("the server wants a key");
            Ntk.Result wrong = send(server, one, "--tls", "--insecure", "--token-file", other);
            assertThat(wrong.exit()).isEqualTo(1);
            assertThat(wrong.err()).contains("ntk: cannot send to 127.0.0.1").contains("not the proof of our key");
            Ntk.Result right = send(server, one, "--tls", "--insecure", "--token-file", key);
            assertThat(right.exit()).as(right.err()).isZero();
        }
        assertThat(inbox.resolve("one.txt")).hasContent("first");
    }

    @Test
    void saysThatNobodyListens() throws IOException {
        String one = source("one.txt", "first").toString();
        Ntk.Result result = Ntk.run(home(), "upload", "send", one, "127.0.0.1:" + Ports.free());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).matches("ntk: cannot connect to 127.0.0.1:\\d+: connection refused\n");
        assertThat(sources.resolve("state/ntk/upload")).isEmptyDirectory();
    }

    @Test
    void refusesNamesBeforeItConnects() throws IOException {
        source("d/good", "x");
        source("d/bad:name", "x");
        assertUsage("name: d/bad:name (refused:", sources.resolve("d").toString(), "1");
    }

    @Test
    void sendsOneSourceUnderEachName() throws IOException {
        String one = source("a/one.txt", "first").toString();
        String other = source("b/one.txt", "second").toString();
        assertUsage("name: one.txt (expected: one source for each name)", one, other, "1");
        assertUsage("name: in/one.txt (expected: one source for each name)", one, other, "1", "--to", "in/");
        assertUsage("name: one.txt (expected: one source for each name)", one, one, "1");
        String folder = sources.resolve("a").toString();
        assertUsage("name: a (expected: one source for each name)", folder, folder + "/.", "1");
    }

    @Test
    void refusesNamesThatReceiversTakeForOne() throws IOException {
        source("d/one.txt", "first");
        source("d/One.txt", "second");
        assertUsage(
                "name: d/one.txt (refused: there is d/One.txt, which some systems take for the same)",
                sources.resolve("d").toString(),
                "1");
    }

    @Test
    void sendsAnEmptyFolder() throws IOException {
        Path empty = Files.createDirectory(sources.resolve("empty"));
        try (Ntk.Running server = serve()) {
            Ntk.Result result = send(server, empty.toString());
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(result.err()).startsWith("sent 1, 0 B");
        }
        assertThat(inbox.resolve("empty")).isEmptyDirectory();
    }

    @Test
    void saysWhatIsNeitherAFileNorAFolder() throws IOException {
        Path socket = Files.createTempDirectory("ntk").resolve("s"); // a short path, as sockets want it
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            assertFails("ntk: neither a file nor a folder: " + socket + "\n", socket.toString(), "1");
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(socket.getParent());
        }
        assertFails("ntk: neither a file nor a folder: /dev/null\n", "/dev/null", "1");
        assertFails("ntk: no such file: /dev/nothing\n", "/dev/nothing", "1");
    }

    private Ntk.Result run(String... args) {
        String[] all = new String[2 + args.length];
        all[0] = "upload";
        all[1] = "send";
        System.arraycopy(args, 0, all, 2, args.length);
        return Ntk.run(home(), all);
    }

    private void assertFails(String why, String... args) {
        Ntk.Result result = run(args);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).isEqualTo(why);
    }

    @Test
    void saysWhatItMayNotRead() throws IOException {
        Path secret = source("d/secret", "first");
        Path large = source("d/large", "x".repeat(300_000));
        Path good = source("good", "x");
        for (Path each : new Path[] {secret, large}) {
            Files.setPosixFilePermissions(each, Set.of());
        }
        Assumptions.assumeFalse(Files.isReadable(secret), "whoever runs this may read everything");
        try (Ntk.Running server = serve()) {
            Ntk.Result result = send(server, secret.toString(), large.toString(), good.toString());
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err())
                    .contains("ntk: cannot send " + secret + ": permission denied")
                    .contains("ntk: cannot send " + large + ": permission denied")
                    .contains("sent 1, 1 B", "failed 2");
        }
        assertThat(inbox.resolve("good")).hasContent("x");
    }

    @Test
    void saysWhichFolderItMayNotRead() throws IOException {
        source("d/inner/file", "first");
        Path inner = sources.resolve("d/inner");
        Files.setPosixFilePermissions(inner, Set.of());
        try {
            Assumptions.assumeFalse(Files.isReadable(inner), "whoever runs this may read everything");
            assertFails(
                    "ntk: permission denied: " + inner + "\n",
                    sources.resolve("d").toString(),
                    "1");
        } finally {
            Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void saysHowMuchOfAPipeIsLost() throws IOException {
        try (PipedOutputStream program = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(program, 1 << 20)) {
            Ntk.Running client = null;
            int port;
            try (Ntk.Running server = serve("--drain", "100ms")) {
                port = server.port();
                client = Ntk.start(
                        input,
                        home(),
                        "upload",
                        "send",
                        "-",
                        "127.0.0.1:" + port,
                        "--to",
                        "p.bin",
                        "--segment",
                        "256KiB");
                program.write(new byte[2 * (256 << 10)]);
                program.flush();
                Await.until("two segments", () -> received() == 2 * (256 << 10));
            }
            deleteStore();
            try (Ntk.Running other =
                            Ntk.start("upload", "serve", "--dir", inbox.toString(), "--listen", "127.0.0.1:" + port);
                    Ntk.Running ends = client) {
                assertThat(other.port()).isEqualTo(port);
                Ntk.Result result = ends.await();
                assertThat(result.exit()).isEqualTo(1);
                assertThat(result.err())
                        .contains("ntk: cannot send -: the server lost 524288 bytes that cannot be read again");
            }
        }
        assertThat(inbox.resolve("p.bin")).doesNotExist();
    }

    private void deleteStore() throws IOException {
        try (Stream<Path> all = Files.walk(inbox.resolve(".ntup"))) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Test
    void plansAsJson() throws IOException {
        source("d/b.txt", "12345");
        Ntk.Result result =
                Ntk.run(home(), "upload", "send", sources.resolve("d").toString(), "1", "--dry-run", "--json");
        assertThat(result.exit()).isZero();
        assertThat(result.out())
                .contains("\"event\":\"planned\"")
                .endsWith("\"files\":[{\"name\":\"d/\"},{\"name\":\"d/b.txt\",\"size\":5}]}\n");
    }
}
