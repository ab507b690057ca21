package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of {@code ntk upload serve} do, each at its limit and one past it. */
class UploadServeCommandTest {
    @TempDir
    private Path inbox;

    @TempDir
    private Path sources;

    private String[] command(String... more) {
        List<String> all = new ArrayList<>(List.of("upload", "serve", "--dir", inbox.toString()));
        all.addAll(List.of(more));
        all.addAll(List.of("--listen", "127.0.0.1:0"));
        return all.toArray(String[]::new);
    }

    private Ntk.Running serve(String... more) {
        return Ntk.start(command(more));
    }

    /** Sends a file of so many bytes; what the sender says where it fails, else nothing. */
    private String send(Ntk.Running server, String name, int size, String... more) throws IOException {
        Path file = Files.write(sources.resolve("source"), new byte[size]);
        List<String> all = new ArrayList<>(
                List.of("upload", "send", file.toString(), "127.0.0.1:" + server.port(), "--to", name, "--no-resume"));
        all.addAll(List.of(more));
        Ntk.Result result = Ntk.run(Map.of(), all.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isIn(0, 1);
        return result.exit() == 0 ? "" : result.err();
    }

    @Test
    void takesFilesUpToMaxFile() throws IOException {
        try (Ntk.Running server = serve("--max-file", "100KiB")) {
            assertThat(send(server, "small", 1000)).isEmpty();
            assertThat(send(server, "whole", 100 * 1024)).isEmpty();
            assertThat(send(server, "more", 100 * 1024 + 1)).contains("larger than the receiver takes: 102400 bytes");
        }
        assertThat(inbox.resolve("whole")).hasSize(100 * 1024);
        assertThat(inbox.resolve("more")).doesNotExist();
    }

    @Test
    void takesFilesUpToTheQuota() throws IOException {
        try (Ntk.Running server = serve("--quota", "1KiB")) {
            assertThat(send(server, "one", 1000)).isEmpty();
            assertThat(send(server, "two", 25)).contains("(203)");
            assertThat(send(server, "three", 24)).isEmpty();
            assertThat(send(server, "four", 1)).contains("(203)");
        }
        assertThat(inbox.resolve("two")).doesNotExist();
        assertThat(inbox.resolve("three")).hasSize(24);
    }

    @Test
    void takesHiddenNamesWhenToldTo() throws IOException {
        try (Ntk.Running server = serve()) {
            assertThat(send(server, ".profile", 5)).contains("(200)");
        }
        try (Ntk.Running server = serve("--hidden")) {
            assertThat(send(server, ".profile", 5)).isEmpty();
        }
        assertThat(inbox.resolve(".profile")).hasSize(5);
    }

    @Test
    void wantsAKeyOf16Bytes() throws IOException {
        Path key = Files.writeString(sources.resolve("key"), "fifteen letters\n");
        Ntk.Result tooShort = Ntk.run(command("--token-file", key.toString()));
        assertThat(tooShort.exit()).isNotZero();
        assertThat(tooShort.err()).contains("16");
        Files.writeString(key, "sixteen letters!\n");
        try (Ntk.Running server = serve("--token-file", key.toString())) {
            assertThat(send(server, "f", 5)).contains("key");
            assertThat(send(server, "f", 5, "--token-file", key.toString())).isEmpty();
        }
    }

    @Test
    void refusesWhatContradictsItself() throws IOException {
        String key =
                Files.writeString(sources.resolve("key"), "sixteen letters!").toString();
        assertUsage("--simple excludes", "--simple", "--token-file", key);
        assertUsage("creditBytes: 1048575", "--credit", "1048575");
        assertUsage("creditBytes: 67108865", "--credit", "67108865");
        assertUsage("--credit", "--credit", "1MiB", "--max-file", "2TiB");
    }

    private void assertUsage(String why, String... options) {
        Ntk.Result result = Ntk.run(command(options));
        assertThat(result.exit()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains(why);
    }
}
