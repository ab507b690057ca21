package io.ntk.tcp.upload.client.run;

import static io.ntk.tcp.upload.client.run.ScriptedReceiver.ABORT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.COMMIT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.DATA;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.OPEN;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.PUT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.RESUME;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.SEGMENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Frame;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Script;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Talk;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.OpenFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel sends from the file: it may be cut, refused, given up or changed while it goes out. */
@ExtendWith(LeakCheck.class)
class RegionsTest {
    /* More than the sender has under way and the kernel keeps for a receiver that reads nothing. */
    private static final int MANY = 32 << 20;

    /* Whole pages: what is on its way of the last one would be cleared behind the end. */
    private static final int SMALL = 64 * 1024;

    private final byte[] content = new byte[3 * SEGMENT - 100];
    private RecordedRun run = new RecordedRun();
    private long rate;

    @TempDir
    private Path sources;

    @AfterEach
    void noFileIsLeftOpen() {
        assertThat(OpenFiles.below(sources)).isEmpty(); // without a wait, in which the garbage collector closes it
    }

    private Path file(String name, byte[] bytes) throws IOException {
        new Random(bytes.length).nextBytes(bytes);
        return Files.write(sources.resolve(name), bytes);
    }

    private SendOptions to(int port) {
        return SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)))
                .withPace(new SendOptions.Pace(SEGMENT, rate, Duration.ofMinutes(1)))
                .withSendfile(SendOptions.Sendfile.ON);
    }

    private SendReport send(List<Path> files, Script... scripts) throws Exception {
        List<SendItem> items = SendPlan.of(files, "");
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            return run.send(to(receiver.port()), items, Duration.ofMinutes(1));
        }
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private byte[] part(int from, int to) {
        return Arrays.copyOfRange(content, from, Math.min(to, content.length));
    }

    /** A segment that is what it says. */
    private Frame segment(Talk talk, int number) throws IOException {
        Frame data = talk.expect(DATA);
        assertThat(data.offset()).isEqualTo((long) number * SEGMENT);
        assertThat(data.raw()).isEqualTo(part(number * SEGMENT, (number + 1) * SEGMENT));
        assertThat(data.sum()).isEqualTo(crc(data.raw()));
        return data;
    }

    @Test
    void aRefusedSegmentGoesOutAgain() throws Exception {
        SendReport report = send(List.of(file("film", content)), talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            for (int i = 0; i < 3; i++) {
                segment(talk, i);
            }
            talk.expect(COMMIT);
            talk.nak(open.stream(), 1, 301, 1);
            talk.error(open.stream(), 307, 1, 0, "segments are missing");
            segment(talk, 1);
            talk.expect(COMMIT);
            talk.done(open.stream(), 0, content.length, "film");
        });
        assertThat(report.failures()).isEmpty();
        assertThat(report.sentBytes()).isEqualTo(content.length + SEGMENT);
    }

    @Test
    void whatChangesBehindItsSumGoesOutAgainWithAnother() throws Exception {
        Path film = file("film", content);
        SendReport report = send(List.of(film), talk -> {
            talk.credit = 2 * SEGMENT;
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            segment(talk, 0);
            segment(talk, 1);
            run.awaitWaiting(Waiting.RECEIVER); // and the third has been summed
            FileTime before = Files.getLastModifiedTime(film);
            content[content.length - 1] ^= 1;
            try (var file = Files.newByteChannel(film, StandardOpenOption.WRITE)) {
                file.position(content.length - 1).write(ByteBuffer.wrap(content, content.length - 1, 1));
            }
            Files.setLastModifiedTime(film, before);
            talk.ack(open.stream(), 1, 2 * SEGMENT, 2 * SEGMENT);
            Frame third = talk.expect(DATA);
            assertThat(third.raw()).isEqualTo(part(2 * SEGMENT, 3 * SEGMENT));
            assertThat(third.sum()).isNotEqualTo(crc(third.raw()));
            talk.nak(open.stream(), 1, 301, 2);
            Frame next = talk.next();
            if (next.type() == COMMIT) { // was on its way
                talk.nak(open.stream(), 1, 307, 2);
                talk.error(open.stream(), 307, 1, 0, "segments are missing");
                next = talk.next();
            }
            assertThat(next.sum()).isEqualTo(crc(third.raw()));
            assertThat(next.raw()).isEqualTo(third.raw());
            talk.expect(COMMIT);
            talk.done(open.stream(), 0, content.length, "film");
        });
        assertThat(report.failures()).isEmpty();
    }

    @Test
    void goesOnBehindACutInAPayload() throws Exception {
        SendReport report = send(
                List.of(file("film", content)),
                talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    talk.opened(open.stream(), 1);
                    Frame first = segment(talk, 0);
                    talk.ack(open.stream(), 1, SEGMENT, first.raw().length);
                    talk.expectHead(DATA);
                    talk.raw(SEGMENT / 2);
                },
                talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    assertThat(open.flags()).isEqualTo(RESUME);
                    assertThat(talk.receive(open, crc(part(0, SEGMENT)))).isEqualTo(part(SEGMENT, 3 * SEGMENT));
                });
        assertThat(report.failures()).isEmpty();
        assertThat(report.reconnects()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {ScriptedReceiver.ERROR, ABORT})
    void theRestOfAPayloadComesWhateverBecomesOfTheFile(int end) throws Exception {
        rate = 4 * SEGMENT; // a payload takes a quarter of a second
        Path film = file("film", content);
        byte[] note = new byte[100_000];
        SendReport report = send(List.of(film, file("note", note)), talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            Frame other = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            Frame data = talk.expectHead(DATA);
            assertThat(talk.raw(1000)).isEqualTo(part(0, 1000));
            if (end == ABORT) {
                talk.abort(open.stream(), 1, 203);
            } else {
                talk.error(open.stream(), 203, 0, 0, "no more");
            }
            assertThat(talk.raw(data.rawBytes() - 1000)).isEqualTo(part(1000, SEGMENT));
            assertThat(talk.receive(other)).isEqualTo(note);
        });
        assertThat(report.failures()).singleElement().satisfies(failure -> {
            assertThat(failure.name()).isEqualTo("film");
            assertThat(failure.code()).isEqualTo(203);
        });
        assertThat(report.receipts()).hasSize(1);
        assertThat(report.reconnects()).isZero();
    }

    // ---- who wants no more

    private static void awaitNoThread() {
        Await.until("the end of the thread", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("ntk-upload")));
    }

    @Test
    void cancellingEndsItInThePayload() throws Exception {
        rate = 4 * SEGMENT;
        CompletableFuture<Void> began = new CompletableFuture<>();
        List<SendItem> items = SendPlan.of(List.of(file("film", content)), "");
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            talk.expectHead(DATA);
            talk.raw(1000);
            began.complete(null);
            assertThat(talk.raw(SEGMENT)).hasSizeLessThan(SEGMENT - 1000);
        })) {
            CompletableFuture<SendReport> report = UploadClient.send(to(receiver.port()), items, SendObserver.NONE);
            began.get(30, TimeUnit.SECONDS);
            report.cancel(false);
        }
        awaitNoThread();
    }

    @Test
    void cancellingGivesBackWhatWaitsForCredit() throws Exception {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        CompletableFuture<Void> waits = new CompletableFuture<>();
        SendObserver observer = new SendObserver() {
            @Override
            public void progress(Progress progress) {
                if (taken.isDone() && progress.waiting() == Waiting.RECEIVER) {
                    waits.complete(null);
                }
            }
        };
        List<SendItem> items = SendPlan.of(List.of(file("film", content)), "");
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.credit = 2 * SEGMENT;
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            segment(talk, 0);
            segment(talk, 1);
            taken.complete(null);
            talk.awaitEnd();
        })) {
            CompletableFuture<SendReport> report = UploadClient.send(to(receiver.port()), items, observer);
            waits.get(30, TimeUnit.SECONDS);
            report.cancel(false);
        }
        awaitNoThread();
    }

    @ParameterizedTest
    @EnumSource(names = {"NIO", "EPOLL"})
    void givesBackWhatWaitsForTheNetworkWhenTheReceiverLeaves(Transport transport) throws Exception {
        over(transport);
        Path film = file("film", new byte[MANY]);
        SendReport report = send(List.of(film), talk -> awaitStuck(talk), talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.error(open.stream(), 203, 0, 0, "no more");
            talk.awaitEnd();
        });
        assertThat(report.failures()).hasSize(1);
        assertThat(report.reconnects()).isEqualTo(1);
    }

    private void over(Transport transport) {
        Assumptions.assumeTrue(transport.isAvailable(), transport + " is not available here");
        run = new RecordedRun(transport);
    }

    /** Reads nothing until the sender waits for the network with what it has written. */
    private void awaitStuck(Talk talk) throws IOException {
        talk.credit = 2 * MANY;
        talk.greet();
        Frame open = talk.expect(OPEN);
        talk.opened(open.stream(), 1);
        run.awaitWaiting(Waiting.NETWORK);
    }

    // ---- sources that change

    @ParameterizedTest
    @EnumSource(names = {"NIO", "EPOLL"})
    void aFileThatShrinksWhileItGoesOutEndsTheConnectionAndBeginsAnew(Transport transport) throws Exception {
        over(transport);
        Path film = file("film", new byte[MANY]);
        SendReport report = send(
                List.of(film),
                talk -> {
                    awaitStuck(talk);
                    try (var file = Files.newByteChannel(film, StandardOpenOption.WRITE)) {
                        file.truncate(SMALL);
                    }
                    readUntilItIsCut(talk);
                },
                talk -> {
                    talk.greet();
                    Frame put = talk.expect(PUT);
                    talk.done(put.stream(), 0, SMALL, "film");
                });
        assertThat(report.failures()).isEmpty();
        assertThat(report.receipts()).hasSize(1);
        assertThat(run.retries()).contains(film + ": it became shorter while it was being sent");
    }

    /** All that comes whole is right, and the last payload is not whole. */
    private static void readUntilItIsCut(Talk talk) throws IOException {
        Frame data = talk.expectHead(DATA);
        byte[] raw = talk.raw(data.rawBytes());
        while (raw.length == data.rawBytes()) {
            assertThat(crc(raw)).isEqualTo(data.sum());
            data = talk.expectHead(DATA);
            raw = talk.raw(data.rawBytes());
        }
    }
}
