package io.ntk.tcp.upload.client.run;

import static io.ntk.tcp.upload.client.run.ScriptedReceiver.ACK;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.COMMIT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.DATA;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.OPEN;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.PUT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.SEGMENT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.ConnectFailedException;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Frame;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Script;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A receiver that lies, contradicts itself or is none; a source that fails; a run that nobody wants any more. */
@ExtendWith(LeakCheck.class)
class HostileReceiverTest {
    @TempDir
    private Path sources;

    private final byte[] content = new byte[3 * SEGMENT - 100];
    private final RecordedRun run = new RecordedRun();

    private Path file(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(sources.resolve(name), bytes);
    }

    private SendReport send(int port, List<SendItem> items) throws Exception {
        return send(port, items, Duration.ofMinutes(1));
    }

    private SendReport send(int port, List<SendItem> items, Duration patience) throws Exception {
        return run.send(to(port), items, patience);
    }

    private static SendOptions to(int port) {
        return SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)))
                .withPace(new SendOptions.Pace(SEGMENT, 0, Duration.ofMinutes(1)));
    }

    private SendReport sendFiles(List<Path> files, Script... scripts) throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            return send(receiver.port(), SendPlan.of(files, ""));
        }
    }

    private SendReport sendPipe(Script... scripts) throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            return send(receiver.port(), pipe(new ByteArrayInputStream(content)));
        }
    }

    private static List<SendItem> pipe(InputStream from) {
        return List.of(new SendItem.Pipe(Channels.newChannel(from), "piped"));
    }

    private static void assertRefused(SendReport report, String why) {
        assertThat(report.receipts()).isEmpty();
        assertThat(report.failures()).hasSize(1).allSatisfy(each -> {
            assertThat(each.code()).isEqualTo(100);
            assertThat(each.why()).isEqualTo(why);
        });
    }

    // ---- lies

    @Test
    void noConfirmationBeforeTheCommit() throws Exception {
        Path film = file("film", content.length);
        assertRefused(
                sendFiles(List.of(film), talk -> {
                    talk.credit = 2 * SEGMENT;
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    talk.opened(open.stream(), 1);
                    talk.expect(DATA);
                    talk.done(open.stream(), 0, content.length, "film");
                    talk.awaitEnd();
                }),
                "the server confirms what was not sent yet");
    }

    @Test
    void noAcknowledgementOfWhatWasNotSent() throws Exception {
        Script greedy = talk -> {
            talk.credit = 2 * SEGMENT;
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            talk.expect(DATA);
            talk.expect(DATA);
            talk.ack(open.stream(), 1, 3 * SEGMENT, 0); // the third waits for credit
            talk.awaitEnd();
        };
        assertRefused(sendPipe(greedy), "the server confirms what was not sent yet");
        assertRefused(
                sendFiles(List.of(file("film", content.length)), greedy), "the server confirms what was not sent yet");
    }

    @Test
    void noSegmentsThatNobodyCanHave() throws Exception {
        Script greedy = talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1, 1, 2, 3, 4); // of three
            talk.awaitEnd();
        };
        assertRefused(sendPipe(greedy), "the server opens with segments that cannot be");
        assertRefused(
                sendFiles(List.of(file("film", content.length)), greedy),
                "the server opens with segments that cannot be");
    }

    @Test
    void whatBelongsToNoFileChangesNothing() throws Exception {
        SendReport report = sendFiles(List.of(file("film", content.length)), talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            int nobody = open.stream() + 2;
            talk.done(nobody, 0, 1, "other");
            talk.opened(nobody, 1);
            talk.nak(nobody, 1, 301, 0);
            talk.error(nobody, 405, 2, 0, "nobody's");
            talk.ack(nobody, 1, Long.MAX_VALUE, 0);
            talk.nak(open.stream(), 1, 301, Integer.MAX_VALUE, -1);
            talk.receive(open);
        });
        assertThat(report.failures()).isEmpty();
        assertThat(report.receipts()).hasSize(1);
    }

    @Test
    void noFrameOfAClient() throws Exception {
        assertRefused(
                sendFiles(List.of(file("film", content.length)), talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    talk.send(COMMIT, open.stream(), new byte[10]);
                    talk.awaitEnd();
                }),
                "the server sent a frame that only clients send");
    }

    @Test
    void creditBeyondAllLimitsIsWorthNoMore() throws Exception {
        SendReport report = sendFiles(List.of(file("film", content.length)), talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.ack(0, 0, 0, Integer.MAX_VALUE);
            talk.ack(0, 0, 0, Integer.MAX_VALUE);
            talk.receive(open);
        });
        assertThat(report.failures()).isEmpty();
    }

    @Test
    void creditThatIsNoNumberEndsIt() throws Exception {
        SendReport report = sendFiles(List.of(file("film", content.length)), talk -> {
            talk.greet();
            talk.expect(OPEN);
            talk.send(ACK, 0, java.nio.ByteBuffer.allocate(24).putInt(20, -1).array());
            talk.awaitEnd();
        });
        assertThat(report.failures()).hasSize(1).allMatch(each -> each.why()
                .startsWith("the server sent credit of 4294967295"));
    }

    @Test
    void whatIsTooLargeForOneFrameGoesOutInSegments() throws Exception {
        SendReport report = sendFiles(List.of(file("one", 65_537), file("two", 65_536)), talk -> {
            talk.maxInline = Integer.MAX_VALUE;
            talk.greet();
            Frame open = talk.expect(OPEN);
            Frame put = talk.expect(PUT);
            talk.done(put.stream(), 0, 65_536, "two");
            talk.receive(open);
        });
        assertThat(report.failures()).isEmpty();
    }

    @Test
    void whoRefusesEverySegmentForEverIsGivenUp() throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            talk.expect(DATA);
            talk.nak(open.stream(), 1, 301, 0);
            talk.nak(open.stream(), 1, 301, 0);
            Frame next = talk.next();
            while (next.type() == DATA || next.type() == COMMIT) {
                next = talk.next();
            }
            assertThat(next.type()).isEqualTo(ScriptedReceiver.ABORT);
            talk.awaitEnd();
        })) {
            SendReport report =
                    send(receiver.port(), SendPlan.of(List.of(file("film", content.length)), ""), Duration.ofNanos(1));
            assertThat(report.failures())
                    .hasSize(1)
                    .allMatch(each -> each.code() == 301 && each.why().equals("the receiver takes none of it"));
        }
    }

    // ---- who sends away

    private static final Script AWAY = talk -> {
        talk.greet();
        talk.expect(OPEN);
        talk.goAway(0, 108, 0);
        talk.awaitEnd();
    };

    @Test
    void whoAlwaysSendsAwayIsAskedLessAndLess() throws Exception {
        SendReport report = sendFiles(List.of(file("film", content.length)), AWAY, AWAY, AWAY, AWAY, talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.error(open.stream(), 306, 2, 0, "unknown");
            talk.receive(talk.expect(OPEN));
        });
        assertThat(report.failures()).isEmpty();
        assertThat(run.pauses()).startsWith(250L, 500L, 1000L);
    }

    @Test
    void whoAlwaysSendsAwayIsNotAskedForEver() throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(AWAY, AWAY)) {
            SendReport report =
                    send(receiver.port(), SendPlan.of(List.of(file("film", content.length)), ""), Duration.ofNanos(1));
            assertThat(report.failures())
                    .hasSize(1)
                    .allMatch(each -> each.code() == 108 && each.why().contains("takes no files"));
        }
    }

    @Test
    void whatWasSentAwayComesBackInOrder() throws Exception {
        List<Path> files = List.of(file("a", SEGMENT), file("b", SEGMENT), file("c", SEGMENT));
        List<String> names = new ArrayList<>();
        SendReport report = sendFiles(
                files,
                talk -> {
                    talk.greet();
                    for (int i = 0; i < 3; i++) {
                        talk.expect(OPEN);
                    }
                    talk.goAway(0, 108, 0);
                    talk.awaitEnd();
                },
                talk -> {
                    talk.greet();
                    List<Frame> opens = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        Frame open = talk.expect(OPEN);
                        opens.add(open);
                        byte[] path = new byte[1];
                        open.fields().get(52, path);
                        names.add(new String(path, UTF_8));
                    }
                    for (Frame open : opens) {
                        talk.error(open.stream(), 200, 0, 0, "no");
                    }
                    talk.awaitEnd();
                });
        assertThat(report.failures()).hasSize(3);
        assertThat(names).containsExactly("a", "b", "c");
    }

    // ---- who is no receiver

    @Test
    void triesAgainWhereThereAreTooManyConnections() throws Exception {
        SendReport report = sendFiles(
                List.of(file("film", content.length)),
                talk -> {
                    talk.write("error 109 too many connections\n".getBytes(UTF_8));
                    talk.leave();
                },
                talk -> {
                    talk.greet();
                    talk.receive(talk.expect(OPEN));
                });
        assertThat(report.failures()).isEmpty();
        assertThat(run.retries()).containsExactly("too many connections (109)");
        assertThat(run.pauses()).containsExactly(250L);
    }

    @Test
    void saysWhichEndpointIsNoReceiver() throws Exception {
        Path film = file("film", 10);
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.write("220 mail.example ESMTP\r\n".getBytes(UTF_8));
            talk.leave();
        })) {
            int port = receiver.port();
            assertThatThrownBy(() -> UploadClient.send(to(port), film).get(30, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(ConnectFailedException.class, failure -> assertThat(failure.kind())
                            .isEqualTo(ConnectFailedException.Kind.OTHER_PROTOCOL))
                    .hasMessage("cannot send to 127.0.0.1:" + port
                            + ": the server does not speak NTUP/1, it says: 220 mail.example ESMTP");
        }
    }

    // ---- sources that fail

    @Test
    void aSourceThatFailsIsToldAndGivenUp() throws Exception {
        InputStream torn = new SequenceInputStream(new ByteArrayInputStream(new byte[SEGMENT]), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the tape is torn");
            }

            @Override
            public int read(byte[] into, int at, int count) throws IOException {
                return read();
            }
        });
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            talk.expect(DATA);
            Frame abort = talk.expect(ScriptedReceiver.ABORT);
            assertThat(abort.abortCode()).isEqualTo(401);
            talk.awaitEnd();
        })) {
            SendReport report = send(receiver.port(), pipe(torn));
            assertThat(report.failures()).hasSize(1).allMatch(each -> each.why().equals("the tape is torn"));
        }
    }

    // ---- runs that nobody wants any more

    private static void awaitNoThread() {
        Await.until("the end of the thread", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("ntk-upload")));
    }

    @Test
    void cancellingTheFutureOfOneFileEndsTheRun() throws Exception {
        Path film = file("film", content.length);
        CompletableFuture<Void> opened = new CompletableFuture<>();
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            talk.expect(OPEN);
            opened.complete(null);
            talk.awaitEnd(30_000);
        })) {
            CompletableFuture<SendReport.Receipt> receipt = UploadClient.send(to(receiver.port()), film);
            opened.get(30, TimeUnit.SECONDS);
            receipt.cancel(false);
        } // which waits for the end of the connection
        awaitNoThread();
    }

    @Test
    void aTimeLimitOfTheCallerEndsTheRun() throws Exception {
        Path film = file("film", content.length);
        CompletableFuture<Void> opened = new CompletableFuture<>();
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            talk.expect(OPEN);
            opened.complete(null);
            talk.awaitEnd(30_000);
        })) {
            CompletableFuture<SendReport> report =
                    UploadClient.send(to(receiver.port()), SendPlan.of(List.of(film), ""), SendObserver.NONE);
            opened.get(30, TimeUnit.SECONDS);
            report.completeExceptionally(new IOException("no more time"));
        }
        awaitNoThread();
    }

    @Test
    void cancellingEndsAConnectionThatIsBeingMade() throws Exception {
        Path film = file("film", content.length);
        CompletableFuture<Void> accepted = new CompletableFuture<>();
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            accepted.complete(null);
            talk.awaitEnd(9_000); // sooner than the client would give up
        })) {
            CompletableFuture<SendReport.Receipt> receipt = UploadClient.send(to(receiver.port()), film);
            accepted.get(30, TimeUnit.SECONDS);
            receipt.cancel(false);
        }
        awaitNoThread();
    }

    @Test
    void loopsThatEndEndTheRun() throws Exception {
        Path film = file("film", content.length);
        EventLoops loops = EventLoops.start(Transport.NIO, 1);
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            talk.expect(OPEN);
            loops.close();
            talk.awaitEnd();
        })) {
            CompletableFuture<SendReport> report =
                    UploadClient.send(to(receiver.port()), loops, SendPlan.of(List.of(film), ""), SendObserver.NONE);
            assertThatThrownBy(() -> report.get(30, TimeUnit.SECONDS))
                    .hasMessageContaining("the event loops have ended");
        }
        awaitNoThread();
    }
}
