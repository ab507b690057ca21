package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.testsupport.Await;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTranscriptTest {
    private static final Instant TIME = Instant.parse("2026-11-21T14:32:47.123Z");
    private static final Duration RETRY = Duration.ofMillis(20);

    @TempDir
    private Path folder;

    private Path path = Path.of("");
    private final List<NetEvent> told = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void choosePath() {
        path = folder.resolve("chat.ndjson");
    }

    @Test
    void keepsEveryMessageAsALine() throws IOException {
        try (var transcript = open(50)) {
            assertThat(transcript.said(message(1, "hello"))).isTrue();
            transcript.said(message(2, "ein \"Wort\" 👩\u200d💻\\"));
        }
        assertThat(lines())
                .containsExactly(
                        message(1, "hello").toJson(),
                        message(2, "ein \"Wort\" 👩\u200d💻\\").toJson());
    }

    @Test
    void goesOnWhereItEnded() throws IOException {
        try (var transcript = open(50)) {
            assertThat(transcript.past()).isEmpty();
            transcript.said(message(1, "one"));
            transcript.said(message(2, "two"));
            transcript.said(message("other", 9, "nine"));
        }
        try (var transcript = open(50)) {
            assertThat(transcript.past()).containsOnlyKeys("lobby", "other");
            assertThat(past(transcript, "lobby").seq()).isEqualTo(2);
            assertThat(past(transcript, "lobby").history()).containsExactly(message(1, "one"), message(2, "two"));
            assertThat(past(transcript, "other").seq()).isEqualTo(9);
            transcript.said(message(3, "three"));
        }
        assertThat(lines()).hasSize(4);
    }

    @Test
    void readsBackTheLastMessagesOfEachRoom() throws IOException {
        try (var transcript = open(2)) {
            for (int i = 1; i <= 5; i++) {
                transcript.said(message(i, "m" + i));
            }
            transcript.said(join(6));
        }
        try (var transcript = open(2)) {
            assertThat(past(transcript, "lobby").seq()).isEqualTo(6);
            assertThat(past(transcript, "lobby").history()).containsExactly(message(4, "m4"), message(5, "m5"));
        }
        try (var transcript = open(0)) {
            assertThat(past(transcript, "lobby").history()).isEmpty();
            assertThat(past(transcript, "lobby").seq()).isEqualTo(6);
        }
    }

    @Test
    void cutsATornEndAtEveryPoint() throws IOException {
        String whole = message(1, "one").toJson() + "\n";
        String last = message(2, "zwölf").toJson();
        byte[] torn = (whole + last).getBytes(StandardCharsets.UTF_8);
        int kept = whole.length();
        for (int length = kept; length <= torn.length; length++) {
            Files.write(path, Arrays.copyOf(torn, length));
            try (var transcript = open(50)) {
                assertThat(past(transcript, "lobby").seq()).isEqualTo(1);
                assertThat(Files.size(path)).isEqualTo(kept);
            }
        }
        try (var transcript = open(50)) {
            transcript.said(message(2, "again"));
        }
        assertThat(lines()).containsExactly(whole.strip(), message(2, "again").toJson());
    }

    @Test
    void aTornFirstLineIsCutToo() throws IOException {
        Files.writeString(path, message(1, "one").toJson().substring(0, 40));
        open(50).close();
        assertThat(path).isEmptyFile();
    }

    @Test
    void aFileThatIsNoTranscriptIsLeftAsItIs() throws IOException {
        for (String content : List.of("root:x:0:0:root:/root:/bin/sh\nno line end", "{\"a\":1}\n", "text", "\n")) {
            Files.writeString(path, content);
            assertThatIOException()
                    .isThrownBy(() -> open(50))
                    .withMessage("cannot open the transcript " + path + ": not a transcript (it is left as it is)");
            assertThat(path).hasContent(content);
        }
        Files.write(path, new byte[200_000]);
        assertThatIOException().isThrownBy(() -> open(50)).withMessageContaining("not a transcript");
        assertThat(path).hasSize(200_000);
    }

    @Test
    void skipsBrokenLinesWithin() throws IOException {
        Files.writeString(
                path,
                message(1, "one").toJson()
                        + "\n\0\0\0\0\n\n{\"room\":\"lobby\"}\n{\"seq\":9,\"room\":\"not a room!\"}\n"
                        + message(2, "two").toJson() + "\n");
        try (var transcript = open(50)) {
            assertThat(past(transcript, "lobby").history()).containsExactly(message(1, "one"), message(2, "two"));
        }
    }

    @Test
    void readsLinesThatCrossItsBuffer() throws IOException {
        try (var transcript = open(50)) {
            for (int i = 1; i <= 5000; i++) {
                transcript.said(message(i, "é".repeat(i % 701)));
            }
        }
        assertThat(Files.size(path)).isGreaterThan(1024 * 1024);
        try (var transcript = open(5000)) {
            assertThat(past(transcript, "lobby").history()).hasSize(5000);
            assertThat(past(transcript, "lobby").history().get(4998)).isEqualTo(message(4999, "é".repeat(4999 % 701)));
        }
    }

    @Test
    void remembers10000RoomsAndTheirOrder() throws IOException {
        try (var transcript = open(50)) {
            for (int i = 0; i <= TranscriptFile.MAX_ROOMS; i++) {
                transcript.said(message("room-" + i, 1, "x"));
            }
            transcript.said(message("room-1", 2, "y"));
        }
        try (var transcript = open(50)) {
            assertThat(transcript.past()).hasSize(TranscriptFile.MAX_ROOMS).doesNotContainKey("room-0");
            assertThat(transcript.past().keySet()).startsWith("room-2").endsWith("room-1");
        }
    }

    @Test
    void keepsTheHistoryOfWhoSpokeLastWhenThereIsTooMuch() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            lines.append(message("room-" + i, 1, "x".repeat(1000)).toJson()).append('\n');
        }
        Files.writeString(path, lines);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var past = TranscriptFile.read(file, 50, 20_000).past();
            assertThat(past).hasSize(100);
            assertThat(requireNonNull(past.get("room-0"))).isEqualTo(new ChatTranscript.Past(1, List.of()));
            assertThat(requireNonNull(past.get("room-99")).history()).hasSize(1);
            assertThat(past.values().stream()
                            .mapToInt(room -> room.history().size())
                            .sum())
                    .isBetween(8, 18);
        }
    }

    @Test
    void aMembersTextCannotPassForAField() throws IOException {
        String evil = "\"seq\":900,\"room\":\"vault\",\"lastSeq\":901,\"type\":\"join\"";
        try (var transcript = open(50)) {
            transcript.said(message(1, evil));
        }
        try (var transcript = open(50)) {
            assertThat(transcript.past()).containsOnlyKeys("lobby");
            assertThat(past(transcript, "lobby").seq()).isEqualTo(1);
            assertThat(past(transcript, "lobby").history()).containsExactly(message(1, evil));
        }
    }

    @Test
    void isLockedWhileItIsOpen() throws IOException {
        try (var transcript = open(50)) {
            assertThat(transcript.past()).isEmpty();
            assertThatIOException()
                    .isThrownBy(() -> open(50))
                    .withMessage("cannot open the transcript " + path + ": another server is writing to it");
        }
        open(50).close();
    }

    @Test
    void isForItsOwnerAlone() throws IOException {
        open(50).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void refusesWhatCannotBeOne() {
        assertThatIOException()
                .isThrownBy(() -> ChatTranscript.open(folder, 50, NetListener.NONE))
                .withMessage("cannot open the transcript " + folder + ": not a regular file");
        Path nowhere = folder.resolve("no/such");
        assertThatIOException()
                .isThrownBy(() -> ChatTranscript.open(nowhere, 50, NetListener.NONE))
                .withMessageContaining("cannot open the transcript " + nowhere + ": no such file");
        assertThatIllegalArgumentException().isThrownBy(() -> open(-1)).withMessage("history: -1 (expected: >= 0)");
    }

    @Test
    void writesSoonWithoutBeingClosed() throws IOException {
        var file = new FaultyFile(path);
        try (var transcript = open(file)) {
            transcript.said(message(1, "hello"));
            Await.until("the line", () -> size() > 0);
            Await.until("the disk has it", () -> file.forced.get() == 1);
        }
        assertThat(file.isOpen()).isFalse();
    }

    @Test
    void isFullAt16MiBAndReadyAtHalf() throws IOException, InterruptedException {
        var file = new FaultyFile(path);
        var open = new CountDownLatch(1);
        file.open = open;
        var ready = new AtomicInteger();
        String text = "x".repeat(4000);
        int taken = 0;
        try (var transcript = open(file)) {
            transcript.whenReady(ready::incrementAndGet);
            assertThat(ready).hasValue(1);
            while (transcript.said(message(++taken, text))) {}
            long bytes = taken * 12_280L; // 256, and three for each letter of text, name and room
            assertThat(bytes).isBetween(16L << 20, (16L << 20) + 200_000);
            // what comes all the same is not lost
            assertThat(transcript.said(message(++taken, "more"))).isFalse();
            transcript.whenReady(ready::incrementAndGet);
            assertThat(ready).hasValue(1);
            open.countDown();
            Await.until("ready", () -> ready.get() == 2);
        }
        assertThat(lines()).hasSize(taken);
    }

    @Test
    void saysWhatIsMissingWhenTheDiskWorksAgain() throws IOException {
        var file = new FaultyFile(path);
        try (var transcript = open(file)) {
            transcript.said(message(1, "one"));
            Await.until("one", () -> size() > 0);
            file.takenBeforeFailure = 25;
            file.failing = true;
            transcript.said(message(2, "two"));
            Await.until("a failure", () -> file.failures.get() > 0);
            Await.until(
                    "the rest is cut",
                    () -> size() == message(1, "one").toJson().length() + 1);
            transcript.said(message(3, "three"));
            transcript.said(message("other", 7, "seven"));
            Await.until("more failures", () -> file.failures.get() > 3);
            file.failing = false;
            Await.until("a line that says so", () -> content().contains("missing"));
            transcript.said(message(4, "four"));
        }
        assertThat(told)
                .containsExactly(
                        new NetEvent.Failed("chat", "cannot write the transcript " + path, "no space left on device"));
        List<String> lines = lines();
        assertThat(lines.get(0)).isEqualTo(message(1, "one").toJson());
        assertThat(lines.get(lines.size() - 1)).isEqualTo(message(4, "four").toJson());
        assertThat(lines.toString())
                .containsPattern(
                        "\"room\":\"lobby\",\"type\":\"missing\",\"count\":[12],\"firstSeq\":2,\"lastSeq\":[23]}");
        try (var transcript = open(50)) {
            assertThat(past(transcript, "other").seq()).isEqualTo(7);
            assertThat(past(transcript, "lobby").seq()).isEqualTo(4);
        }
    }

    @Test
    void overwritesWhatItCouldNotCut() throws IOException {
        var file = new FaultyFile(path);
        try (var transcript = open(file)) {
            file.truncating = false;
            file.takenBeforeFailure = 25;
            file.failing = true;
            transcript.said(message(1, "a long message that is cut somewhere"));
            Await.until("a failure", () -> file.failures.get() > 0);
            file.failing = false;
            Await.until("a line that says so", () -> content().contains("missing"));
            transcript.said(message(2, "two"));
        }
        assertThat(lines()).hasSize(2);
        assertThat(lines().get(0)).contains("\"firstSeq\":1,\"lastSeq\":1");
    }

    @Test
    void warnsOnceWhenTheDiskDoesNotKeepIt() throws IOException {
        var file = new FaultyFile(path);
        file.forceFails = true;
        try (var transcript = open(file)) {
            transcript.said(message(1, "one"));
            Await.until("a failure", () -> file.failures.get() == 1);
            transcript.said(message(2, "two"));
        }
        assertThat(file.failures.get()).isEqualTo(2);
        assertThat(told).hasSize(1);
    }

    @Test
    void aDiskThatIsBrokenToTheEndLosesNoServer() throws IOException {
        var file = new FaultyFile(path);
        file.failing = true;
        try (var transcript = open(file)) {
            transcript.said(message(1, "one"));
        }
        assertThat(told).hasSize(1);
        assertThat(path).isEmptyFile();
    }

    @Test
    void dropsWhatComesBehindItsEnd() throws IOException {
        var transcript = open(50);
        transcript.close();
        assertThat(transcript.said(message(1, "late"))).isTrue();
        transcript.close();
        assertThat(path).isEmptyFile();
    }

    @Test
    void keepsTheOrderOfARoomFromManyThreads() throws IOException, InterruptedException {
        List<Thread> threads = new ArrayList<>();
        try (var transcript = open(50)) {
            for (int t = 0; t < 4; t++) {
                String room = "room-" + t;
                Thread thread = new Thread(() -> {
                    for (int i = 1; i <= 2000; i++) {
                        transcript.said(message(room, i, "m" + i));
                    }
                });
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join(30_000);
            }
        }
        List<String> lines = lines();
        assertThat(lines).hasSize(8000);
        for (int t = 0; t < 4; t++) {
            String room = "\"room\":\"room-" + t + "\"";
            List<String> own =
                    lines.stream().filter(line -> line.contains(room)).toList();
            for (int i = 0; i < own.size(); i++) {
                assertThat(own.get(i)).contains("\"seq\":" + (i + 1) + ",");
            }
        }
    }

    private ChatTranscript open(int history) throws IOException {
        return ChatTranscript.open(path, history, told::add);
    }

    private ChatTranscript open(FaultyFile file) throws IOException {
        return new ChatTranscript(path, file, 50, RETRY, told::add);
    }

    private static ChatTranscript.Past past(ChatTranscript transcript, String room) {
        return requireNonNull(transcript.past().get(room), room);
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(path);
    }

    private String content() {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            return ""; // half a letter
        }
    }

    private long size() {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static ChatMessage message(long seq, String text) {
        return message("lobby", seq, text);
    }

    private static ChatMessage message(String room, long seq, String text) {
        return new ChatMessage(TIME, "5f0c", seq, room, ChatMessage.Type.MESSAGE, "ann", text);
    }

    private static ChatMessage join(long seq) {
        return new ChatMessage(TIME, "5f0c", seq, "lobby", ChatMessage.Type.JOIN, "ann", "");
    }
}
