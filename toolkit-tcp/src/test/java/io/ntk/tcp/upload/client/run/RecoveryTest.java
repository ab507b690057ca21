package io.ntk.tcp.upload.client.run;

import static io.ntk.tcp.upload.client.run.ScriptedReceiver.ABORT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.COMMIT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.DATA;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.OPEN;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.OPTIMISTIC;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.PUT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.RESUME;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.SEGMENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver.Waiting;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Frame;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Script;
import io.ntk.tcp.upload.client.run.ScriptedReceiver.Talk;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the client does about each error of the registry: the receiver is a script. */
@ExtendWith(LeakCheck.class)
class RecoveryTest {
    @TempDir
    private Path sources;

    @TempDir
    private Path states;

    private final byte[] content = new byte[3 * SEGMENT - 100];

    private final RecordedRun run = new RecordedRun();

    private Path file() throws IOException {
        new Random(1).nextBytes(content);
        return Files.write(sources.resolve("film"), content);
    }

    private SendReport send(int port, List<SendItem> items) throws Exception {
        return send(port, items, Duration.ofMinutes(1));
    }

    private SendReport send(int port, List<SendItem> items, Duration patience) throws Exception {
        SendOptions options = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)))
                .withState(states)
                .withPace(new SendOptions.Pace(SEGMENT, 0, patience));
        return run.send(options, items, patience);
    }

    private SendReport sendFile(Script... scripts) throws Exception {
        List<SendItem> items = SendPlan.of(List.of(file()), "");
        SendReport report;
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            report = send(receiver.port(), items);
        }
        assertThat(states).as("what is remembered").isEmptyDirectory();
        return report;
    }

    private int crc(int segment) {
        CRC32C crc = new CRC32C();
        int from = segment * SEGMENT;
        crc.update(content, from, Math.min(SEGMENT, content.length - from));
        return (int) crc.getValue();
    }

    private byte[] from(int segment) {
        return Arrays.copyOfRange(content, segment * SEGMENT, content.length);
    }

    private static void assertSent(SendReport report) {
        assertThat(report.failures()).isEmpty();
        assertThat(report.receipts()).hasSize(1);
    }

    @Test
    void waitsForSpaceAndGoesOn() throws Exception {
        assertSent(sendFile(talk -> {
            talk.greet();
            Frame first = talk.expect(OPEN);
            talk.opened(first.stream(), 1);
            talk.expect(DATA);
            talk.ack(first.stream(), 1, SEGMENT, SEGMENT);
            talk.expect(DATA);
            talk.expect(DATA);
            talk.error(first.stream(), 400, 1, 0, "no space left");
            talk.ack(0, 0, 0, 2 * SEGMENT);
            Frame commit = talk.next(); // may have been on its way
            Frame again = commit.type() == COMMIT ? talk.expect(OPEN) : commit;
            for (int epoch = 2; epoch < 20; epoch++) {
                assertThat(again.flags()).isEqualTo(RESUME);
                assertThat(again.epoch()).isEqualTo(epoch);
                assertThat(again.key()).isEqualTo(first.key());
                talk.error(again.stream(), 400, 1, 0, "no space left");
                again = talk.expect(OPEN);
            }
            assertThat(talk.receive(again, crc(0))).isEqualTo(from(1));
        }));
        assertThat(run.pauses()).startsWith(250L, 500L, 1000L).contains(30_000L);
        assertThat(run.retries()).hasSize(19).first().asString().contains("film: no space left (400)");
    }

    @Test
    void goesAwayAndComesBack() throws Exception {
        Path film = file();
        Path other = Files.write(sources.resolve("other"), content);
        try (ScriptedReceiver receiver = new ScriptedReceiver(
                talk -> {
                    talk.greet();
                    Frame first = talk.expect(OPEN);
                    assertThat(talk.expect(OPEN).stream()).isGreaterThan(first.stream());
                    talk.goAway(first.stream(), 108, 1);
                    talk.receive(first);
                    talk.awaitEnd(); // it leaves by itself
                },
                talk -> {
                    talk.greet();
                    assertThat(talk.receive(talk.expect(OPEN))).isEqualTo(content);
                })) {
            SendReport report = send(receiver.port(), SendPlan.of(List.of(film, other), ""));
            assertThat(report.failures()).isEmpty();
            assertThat(report.receipts()).hasSize(2);
            assertThat(report.reconnects()).isEqualTo(1);
        }
        assertThat(run.pauses()).isEmpty();
    }

    @Test
    void takesTheEpochThatIsExpected() throws Exception {
        assertSent(sendFile(talk -> {
            talk.greet();
            Frame first = talk.expect(OPEN);
            assertThat(first.epoch()).isEqualTo(1);
            talk.error(first.stream(), 302, 0, 7, "the epoch is old");
            Frame second = talk.expect(OPEN);
            assertThat(second.epoch()).isEqualTo(8);
            assertThat(second.flags()).isEqualTo(RESUME);
            assertThat(second.key()).isEqualTo(first.key());
            assertThat(talk.receive(second)).isEqualTo(content);
        }));
    }

    @Test
    void aTakeoverIsFinal() throws Exception {
        SendReport report = sendFileAndKeepState(talk -> {
            talk.greet();
            Frame first = talk.expect(OPEN);
            talk.opened(first.stream(), 1);
            talk.expect(DATA);
            talk.error(first.stream(), 302, 0, 2, "taken over");
            talk.awaitEnd();
        });
        assertThat(report.failures())
                .hasSize(1)
                .allMatch(each -> each.code() == 302 && each.why().contains("somebody else sends it"));
    }

    private SendReport sendFileAndKeepState(Script... scripts) throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            return send(receiver.port(), SendPlan.of(List.of(file()), ""));
        }
    }

    @Test
    void takesANewKeyWhereTheOldOneIsUnknown() throws Exception {
        assertSent(sendFile(
                talk -> {
                    talk.greet();
                    Frame first = talk.expect(OPEN);
                    talk.opened(first.stream(), 1);
                    talk.expect(DATA);
                    talk.ack(first.stream(), 1, SEGMENT, SEGMENT);
                },
                talk -> {
                    talk.greet();
                    Frame resumed = talk.expect(OPEN);
                    assertThat(resumed.flags()).isEqualTo(RESUME);
                    talk.error(resumed.stream(), 306, 2, 0, "unknown");
                    Frame anew = talk.expect(OPEN);
                    assertThat(anew.flags()).isZero();
                    assertThat(anew.epoch()).isEqualTo(1);
                    assertThat(anew.key()).isNotEqualTo(resumed.key());
                    assertThat(talk.receive(anew)).isEqualTo(content);
                }));
    }

    @Test
    void anEditBetweenTwoAttemptsBeginsAnew() throws Exception {
        assertSent(sendFile(
                talk -> {
                    talk.credit = 2 * SEGMENT; // so that it waits with the third one, and does not commit
                    talk.greet();
                    Frame first = talk.expect(OPEN);
                    talk.opened(first.stream(), 1);
                    talk.expect(DATA);
                    talk.expect(DATA);
                    content[5] ^= 1;
                    try (var film = Files.newByteChannel(sources.resolve("film"), StandardOpenOption.WRITE)) {
                        film.position(5)
                                .write(ByteBuffer.wrap(content, 5, 1)); // it is never shorter: it may be read meanwhile
                    }
                    Files.setLastModifiedTime(sources.resolve("film"), FileTime.from(Instant.EPOCH));
                },
                talk -> {
                    talk.greet();
                    Frame anew = talk.expect(OPEN);
                    assertThat(anew.epoch()).isEqualTo(1);
                    assertThat(talk.receive(anew)).isEqualTo(content);
                }));
    }

    @Test
    void anEditWhileSendingIsToldAndBeginsAnew() throws Exception {
        assertSent(sendFile(talk -> {
            talk.greet();
            Frame first = talk.expect(OPEN);
            content[5] ^= 1;
            Files.write(sources.resolve("film"), content);
            Files.setLastModifiedTime(sources.resolve("film"), FileTime.from(Instant.EPOCH));
            talk.opened(first.stream(), 1);
            for (int i = 0; i < 3; i++) {
                talk.expect(DATA);
            }
            assertGivenUp(talk, first, 305);
            talk.ack(0, 0, 0, content.length);
            Frame anew = talk.expect(OPEN);
            assertThat(anew.key()).isNotEqualTo(first.key());
            assertThat(talk.receive(anew)).isEqualTo(content);
        }));
        assertThat(run.retries()).containsExactly(sources.resolve("film") + ": it changed while it was being sent");
    }

    private static void assertGivenUp(Talk talk, Frame open, int code) throws IOException {
        Frame abort = talk.expect(ABORT);
        assertThat(abort.stream()).isEqualTo(open.stream());
        assertThat(abort.epoch()).isEqualTo(open.epoch());
        assertThat(abort.abortCode()).isEqualTo(code);
        assertThat(abort.keep()).isZero();
    }

    @Test
    void aFileThatShrinksIsToldAndBeginsAnew() throws Exception {
        assertSent(sendFile(talk -> {
            talk.greet();
            Frame first = talk.expect(OPEN);
            try (var file = Files.newByteChannel(sources.resolve("film"), StandardOpenOption.WRITE)) {
                file.truncate(10);
            }
            talk.opened(first.stream(), 1);
            assertGivenUp(talk, first, 305);
            Frame small = talk.expect(PUT);
            talk.done(small.stream(), 0, 10, "film");
        }));
    }

    @Test
    void aContentThatDiffersFromWhatTheReceiverHasBeginsAnew() throws Exception {
        assertSent(sendFile(talk -> {
            talk.greet();
            Frame first = talk.expect(OPEN);
            talk.opened(first.stream(), 1, crc(0) + 1);
            for (int i = 1; i < 3; i++) {
                assertThat(talk.expect(DATA).offset()).isEqualTo((long) i * SEGMENT);
            }
            assertGivenUp(talk, first, 305); // in place of COMMIT, which has to wait for it
            talk.ack(0, 0, 0, 2 * SEGMENT);
            assertThat(talk.receive(talk.expect(OPEN))).isEqualTo(content);
        }));
    }

    @Test
    void sendsARefusedSegmentAgainUntilThatIsFinal() throws Exception {
        SendReport report = sendFileAndKeepState(talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            talk.expect(DATA);
            talk.expect(DATA);
            talk.expect(DATA);
            for (int i = 0; i < 3; i++) {
                talk.expect(COMMIT);
                talk.nak(open.stream(), 1, 301, 1);
                talk.nak(open.stream(), 1, 307, 1);
                talk.error(open.stream(), 307, 1, 0, "segments are missing");
                assertThat(talk.expect(DATA).offset()).isEqualTo(SEGMENT);
            }
            talk.error(open.stream(), 301, 0, 0, "segment 1 failed four times");
            talk.awaitEnd();
        });
        assertThat(report.failures()).hasSize(1).allMatch(each -> each.code() == 301);
        assertThat(report.sentBytes()).isEqualTo(content.length + 3 * SEGMENT);
    }

    @Test
    void beginsAnewThreeTimesWhenNothingCounts() throws Exception {
        List<String> keys = new ArrayList<>();
        SendReport report = sendFileAndKeepState(talk -> {
            talk.greet();
            for (int i = 0; i < 4; i++) {
                Frame open = talk.expect(OPEN);
                keys.add(open.key());
                talk.opened(open.stream(), 1);
                for (Frame frame = talk.next(); frame.type() != COMMIT; frame = talk.next()) {
                    talk.ack(0, 0, 0, frame.raw().length);
                }
                talk.error(open.stream(), 405, 2, 0, "the disk failed to sync");
            }
            talk.awaitEnd();
        });
        assertThat(report.failures())
                .hasSize(1)
                .allMatch(each -> each.code() == 405 && each.why().contains("failed to sync"));
        assertThat(keys).doesNotHaveDuplicates();
    }

    @Test
    void fillsTheGapsThatACommitFinds() throws Exception {
        assertSent(sendFile(talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            for (int i = 0; i < 3; i++) {
                talk.expect(DATA);
            }
            talk.ack(0, 0, 0, content.length);
            talk.expect(COMMIT);
            talk.nak(open.stream(), 1, 307, 0, 2);
            talk.error(open.stream(), 307, 1, 0, "segments are missing");
            assertThat(talk.expect(DATA).offset()).isZero();
            assertThat(talk.expect(DATA).offset()).isEqualTo(2 * SEGMENT);
            talk.expect(COMMIT);
            talk.done(open.stream(), 0, content.length, "film");
        }));
    }

    @Test
    void goesOnWithAServerThatShutsDown() throws Exception {
        assertSent(sendFile(
                talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    talk.opened(open.stream(), 1);
                    talk.expect(DATA);
                    talk.ack(open.stream(), 1, SEGMENT, SEGMENT);
                    talk.error(0, 108, 1, 0, "the server ends");
                    talk.awaitEnd();
                },
                talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    assertThat(open.flags()).isEqualTo(RESUME);
                    assertThat(talk.receive(open, crc(0))).isEqualTo(from(1));
                }));
        assertThat(run.retries()).containsExactly("the server ends (108)");
    }

    @Test
    void pausesGrowUntilThereIsProgress() throws Exception {
        Script cut = Talk::greet;
        assertSent(sendFile(
                cut,
                cut,
                cut,
                talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    talk.opened(open.stream(), open.epoch());
                    talk.expect(DATA);
                    talk.ack(open.stream(), open.epoch(), SEGMENT, SEGMENT);
                    talk.leave();
                },
                cut,
                talk -> {
                    talk.greet();
                    talk.receive(talk.expect(OPEN), crc(0));
                }));
        assertThat(run.pauses()).containsExactly(250L, 500L, 1000L, 250L, 500L);
    }

    @Test
    void aFaultOfOursEndsTheRun() throws Exception {
        SendReport report = sendFileAndKeepState(talk -> {
            talk.greet();
            talk.expect(OPEN);
            talk.error(0, 100, 0, 0, "no frame");
            talk.awaitEnd();
        });
        assertThat(report.failures()).hasSize(1).allMatch(each -> each.code() == 100);
    }

    @Test
    void patienceEnds() throws Exception {
        List<SendItem> items = SendPlan.of(List.of(file()), "");
        SendReport report;
        try (ScriptedReceiver receiver = new ScriptedReceiver(Talk::greet)) { // and then nobody is there
            report = send(receiver.port(), items, Duration.ofMillis(50));
        }
        assertThat(report.failures()).hasSize(1);
    }

    @Test
    void dataFollowsAnOptimisticOpenAtOnce() throws Exception {
        assertSent(sendFile(talk -> {
            talk.capabilities = 0b1111;
            talk.greet();
            Frame open = talk.expect(OPEN);
            assertThat(open.flags()).isEqualTo(OPTIMISTIC);
            for (int i = 0; i < 3; i++) {
                talk.expect(DATA);
            }
            talk.expect(COMMIT);
            talk.opened(open.stream(), 1);
            talk.ack(open.stream(), 1, content.length, content.length);
            talk.done(open.stream(), 0, content.length, "film");
        }));
    }

    @Test
    void speaksOnlyAsBothCan() throws Exception {
        Path small = Files.writeString(sources.resolve("small"), "abc");
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.capabilities = 0;
            talk.greet();
            Frame open = talk.expect(OPEN); // no PUT
            assertThat(open.flags()).isZero();
            talk.opened(open.stream(), 1);
            talk.expect(DATA);
            Frame commit = talk.expect(COMMIT);
            assertThat(commit.fields().get(8)).as("no digest").isZero();
            talk.done(open.stream(), 0, 3, "small");
        })) {
            assertSent(send(receiver.port(), SendPlan.of(List.of(small), "")));
        }
    }

    @Test
    void waitsForCredit() throws Exception {
        assertSent(sendFile(talk -> {
            talk.credit = 2 * SEGMENT;
            talk.greet();
            Frame open = talk.expect(OPEN);
            talk.opened(open.stream(), 1);
            talk.expect(DATA);
            talk.expect(DATA);
            talk.ack(open.stream(), 1, 0, content.length - 2 * SEGMENT - 1); // one byte too little for the third
            run.awaitWaiting(Waiting.RECEIVER);
            run.awaitWaiting(Waiting.RECEIVER);
            talk.expectNothing();
            talk.ack(open.stream(), 1, 2 * SEGMENT, 1);
            assertThat(talk.expect(DATA).offset()).isEqualTo(2 * SEGMENT);
            talk.expect(COMMIT);
            talk.done(open.stream(), 0, content.length, "film");
        }));
    }

    // ---- small files

    @Test
    void aSmallFileIsSentAgainUnderTheSameKey() throws Exception {
        Path small = Files.writeString(sources.resolve("small"), "abc");
        List<String> keys = new ArrayList<>();
        Script cut = talk -> {
            talk.greet();
            keys.add(talk.expect(PUT).key());
        };
        try (ScriptedReceiver receiver = new ScriptedReceiver(cut, cut, talk -> {
            talk.greet();
            Frame put = talk.expect(PUT);
            keys.add(put.key());
            talk.done(put.stream(), 0, 3, "small");
        })) {
            assertSent(send(receiver.port(), SendPlan.of(List.of(small), "")));
        }
        assertThat(keys).hasSize(3).containsOnly(keys.get(0));
    }

    @Test
    void aConfirmationOfSomethingElseIsNone() throws Exception {
        Path small = Files.writeString(sources.resolve("small"), "abc");
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet();
            talk.done(talk.expect(PUT).stream(), 0, 2, "small");
            talk.awaitEnd();
        })) {
            SendReport report = send(receiver.port(), SendPlan.of(List.of(small), ""));
            assertThat(report.failures()).hasSize(1).allMatch(each -> each.why().contains("another content"));
        }
    }

    // ---- pipes

    private SendReport sendPipe(Script... scripts) throws Exception {
        file();
        SendItem pipe = new SendItem.Pipe(Channels.newChannel(new ByteArrayInputStream(content)), "piped");
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            return send(receiver.port(), List.of(pipe));
        }
    }

    private static void takeTwoOfAPipe(Talk talk) throws IOException {
        talk.greet();
        Frame open = talk.expect(OPEN);
        assertThat(open.fields().getLong(16)).as("size").isEqualTo(-1);
        talk.opened(open.stream(), 1);
        talk.expect(DATA);
        talk.expect(DATA);
        talk.ack(open.stream(), 1, 2 * SEGMENT, 2 * SEGMENT);
        talk.send(ScriptedReceiver.PING, 0, new byte[8]);
        talk.expect(DATA); // ... so that what it was told has arrived
    }

    @Test
    void aPipeGoesOnFromWhatIsKept() throws Exception {
        assertSent(sendPipe(RecoveryTest::takeTwoOfAPipe, talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            assertThat(open.flags()).isEqualTo(RESUME);
            assertThat(open.epoch()).isEqualTo(2);
            assertThat(talk.receive(open, crc(0), crc(1))).isEqualTo(from(2));
        }));
    }

    @Test
    void saysHowMuchOfAPipeTheServerLost() throws Exception {
        SendReport report = sendPipe(
                talk -> {
                    talk.credit = 2 * SEGMENT;
                    takeTwoOfAPipe(talk);
                },
                talk -> {
                    talk.greet();
                    Frame open = talk.expect(OPEN);
                    talk.opened(open.stream(), open.epoch(), crc(0));
                    assertGivenUp(talk, open, 306);
                    talk.awaitEnd();
                });
        assertThat(report.failures())
                .hasSize(1)
                .allMatch(each -> each.code() == 306 && each.why().contains("the server lost 262144 bytes"));
    }

    @Test
    void aServerThatForgotAPipeLostItAll() throws Exception {
        SendReport report = sendPipe(
                talk -> {
                    talk.credit = 2 * SEGMENT;
                    takeTwoOfAPipe(talk);
                },
                talk -> {
                    talk.greet();
                    talk.error(talk.expect(OPEN).stream(), 306, 2, 0, "unknown");
                    talk.awaitEnd();
                });
        assertThat(report.failures())
                .hasSize(1)
                .allMatch(each -> each.code() == 306 && each.why().contains("the server lost 524288 bytes"));
    }

    // ---- authentication

    @Test
    void refusesAServerWithoutTheKey() throws Exception {
        SendOptions options = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:1")));
        assertThat(options.key()).isNull();
        Path small = Files.writeString(sources.resolve("small"), "abc");
        try (ScriptedReceiver receiver = new ScriptedReceiver(talk -> {
            talk.greet(1);
            talk.expect(ScriptedReceiver.AUTH);
            talk.send(ScriptedReceiver.AUTH_OK, 0, new byte[32]);
            talk.awaitEnd();
        })) {
            SendOptions keyed = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + receiver.port())))
                    .withKey(io.ntk.tcp.upload.store.Octets.of(new byte[16]));
            assertThatThrownBy(() -> UploadClient.send(keyed, small).get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("the server does not have the key");
        }
    }
}
