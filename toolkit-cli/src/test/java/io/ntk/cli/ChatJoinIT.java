package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code ntk chat join} in pipes, with other people's servers. */
class ChatJoinIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final List<Programs.Running> started = new ArrayList<>();

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(Programs.Running::close);
    }

    @Test
    void talksToTheServerOfTheTutorials() throws IOException {
        Programs.Running server = program("python3", Packaged.script("chat_classic_server.py"));
        String endpoint = "127.0.0.1:" + Packaged.announced(server).get(0);
        Programs.Running ann = join(endpoint, "--format", "classic");
        Await.until("ann", () -> server.text().contains("joined"));
        Programs.Running bob = join(endpoint, "--format", "classic");
        Await.until("bob", () -> server.text().lines().filter("joined"::equals).count() == 2);
        say(ann, "grüße\n\n   \n/nick ann\n");
        for (Programs.Running each : List.of(ann, bob)) {
            Await.until("both lines", () -> each.text().lines().count() == 4);
            List<String> lines = each.text().lines().toList();
            assertThat(lines.get(0)).matches("\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d 127\\.0\\.0\\.1:\\d+");
            assertThat(lines.get(1)).isEqualTo("grüße");
            assertThat(lines.get(3)).isEqualTo("/nick ann");
        }
        assertThat(server.text()).doesNotContain("blank").contains("heard grüße\nheard /nick ann\n");
        ann.stdin().close();
        assertThat(ann.await(DEADLINE).exit()).isZero();
        say(bob, "quit\n");
        assertThat(bob.await(DEADLINE).exit()).isZero();
        assertThat(server.text()).contains("quit");
    }

    @Test
    void talksOverTlsToNcat() throws IOException {
        int port = Ports.free();
        program("ncat", "-k", "-l", "127.0.0.1", "" + port, "--ssl", "--chat");
        Packaged.awaitListener(port);
        String[] options = {"--format", "classic", "--tls", "--insecure"};
        Programs.Running ann = join("127.0.0.1:" + port, options);
        Await.until("ann", () -> ann.text().contains("<announce>"));
        Programs.Running bob = join("127.0.0.1:" + port, options);
        Await.until("bob", () -> bob.text().contains("<announce>"));
        say(ann, "hello\n");
        Await.until("hello", () -> bob.text().contains("> hello\n"));
        say(bob, "hi\n");
        Await.until("hi", () -> ann.text().contains("> hi\n"));
        ann.stdin().close();
        assertThat(ann.await(DEADLINE).exit()).isZero();
    }

    @Test
    void sendsAGigabyteThroughASmallHeap() {
        Programs.require("sh", "head", "tr");
        int port = Ports.free();
        program("sh", "-c", "nc -l 127.0.0.1 " + port + " | wc -c");
        Packaged.awaitListener(port);
        String join = String.join(" ", Packaged.command("chat", "join", "127.0.0.1:" + port));
        // No line end for 512 MiB, which is one line that is refused, then 512 MiB of lines.
        var result = Programs.run(
                new byte[0],
                "sh",
                "-c",
                "{ head -c 536870912 /dev/zero; echo; yes 'a line of sixty-four bytes, of which there are very many indeed'"
                        + " | head -c 536870912; } | "
                        + join.replaceFirst("-jar", "-Xmx64m -jar"));
        assertThat(result.err()).isEqualTo("ntk: line 1 of standard input is longer than 4096 bytes: not sent\n");
        assertThat(result.exit()).isEqualTo(1);
        Await.until("all of it", () -> started.get(0).text().strip().startsWith("53687091"));
    }

    private Programs.Running program(String... command) {
        Programs.Running running = Programs.start(command);
        started.add(running);
        return running;
    }

    private Programs.Running join(String endpoint, String... options) {
        List<String> arguments = new ArrayList<>(List.of("chat", "join", endpoint));
        arguments.addAll(List.of(options));
        Programs.Running running = Packaged.start(arguments.toArray(String[]::new));
        started.add(running);
        return running;
    }

    private static void say(Programs.Running member, String text) throws IOException {
        member.stdin().write(text.getBytes(UTF_8));
        member.stdin().flush();
    }
}
