package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Pauses;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chat that is ended, or killed, and goes on. */
class ChatTranscriptIT {
    @TempDir
    private Path folder;

    private Path transcript = Path.of("");

    @BeforeEach
    void choosePath() {
        transcript = folder.resolve("chat.ndjson");
    }

    @Test
    void losesASecondAtMostWhenItIsKilled() throws IOException {
        List<Long> seenAt = new ArrayList<>();
        Programs.Running server = serve();
        Pauses pauses = Pauses.watched();
        try (pauses;
                var ann = ChatMember.join(Packaged.port(server), "ann");
                var bob = ChatMember.join(Packaged.port(server), "bob")) {
            long begin = System.nanoTime();
            while (seenAt.size() < 60 || System.nanoTime() - begin < 2 * saved(pauses)) {
                bob.send("n-" + seenAt.size() + ".");
                ann.await("n-" + seenAt.size() + ".");
                seenAt.add(System.nanoTime());
            }
        } finally {
            server.close(); // SIGKILL, while the members are there
        }
        long killedAt = System.nanoTime();
        int safe = 0;
        while (safe < seenAt.size() && killedAt - seenAt.get(safe) > saved(pauses)) {
            safe++;
        }
        List<String> texts = said(wholeLines());
        for (int i = 0; i < texts.size(); i++) {
            assertThat(texts.get(i)).isEqualTo("n-" + i + ".");
        }
        assertThat(texts.size()).isGreaterThanOrEqualTo(safe);
        assertThat(safe).isPositive();

        int whole = wholeLines().size();
        Files.writeString(transcript, "{\"v\":1,\"time\":\"2026-11-21T14:3", StandardOpenOption.APPEND);
        String lastText = texts.get(texts.size() - 1);
        String lastLine = wholeLines().get(whole - 1);
        try (var next = serve();
                var ann = new ChatMember(Packaged.port(next))) {
            assertThat(ann.await("n-")).endsWith("<bob> n-" + (texts.size() - 50) + ".");
            assertThat(ann.await(lastText)).endsWith("<bob> " + lastText);
            ann.send("/format json");
            ann.send("I am back");
            String line = ann.await("I am back");
            assertThat(number(line, "seq")).isGreaterThan(number(lastLine, "seq"));
            assertThat(text(line, "run")).isNotEqualTo(text(lastLine, "run"));
        }
        assertThat(Files.readString(transcript)).doesNotContain("14:3{");
        assertThat(wholeLines().subList(0, whole)).last().isEqualTo(lastLine);
    }

    /** In nanoseconds, when a line is in the file: a second, of a time in which the machine does not stand still. */
    private static long saved(Pauses pauses) {
        return Duration.ofSeconds(1).plus(pauses.longest().multipliedBy(2)).toNanos();
    }

    @Test
    void numbersGoOnAfterACleanStop() throws IOException {
        for (int round = 0; round < 3; round++) {
            try (var server = Ntk.start(
                            "chat", "serve", "--listen", "127.0.0.1:0", "--transcript", transcript.toString());
                    var ann = ChatMember.join("" + server.port(), "ann")) {
                ann.send("/join den");
                ann.await("den");
                ann.send("/format json");
                ann.send("round " + round);
                ann.await("round " + round);
                server.stop(ExitCode.TERMINATED);
                assertThat(server.await().exit()).isEqualTo(143);
            }
        }
        for (String room : List.of("lobby", "den")) {
            List<Long> numbers = wholeLines().stream()
                    .filter(line -> text(line, "room").equals(room))
                    .map(line -> number(line, "seq"))
                    .toList();
            for (int i = 0; i < numbers.size(); i++) {
                assertThat(numbers.get(i)).as(room + " " + numbers).isEqualTo(i + 1);
            }
        }
        assertThat(said(wholeLines())).containsExactly("round 0", "round 1", "round 2");
    }

    @Test
    void doesNotStartOnAFileThatIsNoTranscript() throws IOException {
        Files.writeString(transcript, "my diary, without a line end");
        var result = Ntk.run("chat", "serve", "--listen", "127.0.0.1:0", "--transcript", transcript.toString());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo(
                        "ntk: cannot open the transcript " + transcript + ": not a transcript (it is left as it is)\n");
        assertThat(transcript).hasContent("my diary, without a line end");
    }

    private Programs.Running serve() {
        return Packaged.start(
                "chat", "serve", "--listen", "127.0.0.1:0", "--flood", "off", "--transcript", transcript.toString());
    }

    private List<String> wholeLines() throws IOException {
        String content = Files.readString(transcript);
        return content.substring(0, content.lastIndexOf('\n') + 1).lines().toList();
    }

    private static List<String> said(List<String> lines) {
        return lines.stream()
                .filter(line -> text(line, "type").equals("message"))
                .map(line -> text(line, "text"))
                .toList();
    }

    private static String text(String line, String name) {
        return line.replaceFirst(".*\"" + name + "\":\"([^\"]*)\".*", "$1");
    }

    private static long number(String line, String name) {
        return Long.parseLong(line.replaceFirst(".*\"" + name + "\":(\\d+).*", "$1"));
    }
}
