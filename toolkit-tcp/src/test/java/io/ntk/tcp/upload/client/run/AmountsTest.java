package io.ntk.tcp.upload.client.run;

import static io.ntk.tcp.upload.client.run.ScriptedReceiver.OPEN;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.PUT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.SEGMENT;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much goes out at a time, and how much before an answer. */
@ExtendWith(LeakCheck.class)
class AmountsTest {
    private static final int MAX_SMALL_WITHOUT_ANSWER = 4096;

    @TempDir
    private Path sources;

    private final RecordedRun run = new RecordedRun();

    private List<SendItem> files(int count, int size) throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(Files.write(sources.resolve("f" + i), new byte[size]));
        }
        return SendPlan.of(files, "");
    }

    private SendReport send(SendOptions.Pace pace, List<SendItem> items, Script script) throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(script)) {
            SendOptions options = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + receiver.port())))
                    .withPace(pace);
            return run.send(options, items, Duration.ofMinutes(1));
        }
    }

    // ---- segments

    @ParameterizedTest
    @CsvSource({
        "0, 4194304",
        "419431, 4194304",
        "419430, 2097152",
        "209716, 2097152",
        "209715, 1048576",
        "52429, 524288",
        "52428, 262144",
        "26214, 262144",
        "4096, 262144"
    })
    void aSegmentTakesTenSecondsAtMostUnlessItIsTheSmallest(int rate, int segment) throws Exception {
        SendOptions.Pace pace = new SendOptions.Pace(4 << 20, rate, Duration.ofMinutes(1));
        SendReport report = send(pace, files(1, 100_000), talk -> {
            talk.greet();
            Frame open = talk.expect(OPEN);
            assertThat(open.segmentBytes()).isEqualTo(segment);
            talk.error(open.stream(), 203, 0, 0, "no more");
            talk.awaitEnd();
        });
        assertThat(report.failures()).hasSize(1);
    }

    // ---- small files

    private static List<Integer> takePuts(Talk talk, int count) throws IOException {
        List<Integer> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(talk.expect(PUT).stream());
        }
        return streams;
    }

    /** The sender has gone round with nothing to do, and nothing has come. */
    private void assertWaits(Talk talk) throws IOException {
        run.awaitWaiting(Waiting.RECEIVER);
        run.awaitWaiting(Waiting.RECEIVER);
        talk.expectNothing();
    }

    @Test
    void soManySmallFilesWaitForAnAnswerAndNoMore() throws Exception {
        List<SendItem> items = files(MAX_SMALL_WITHOUT_ANSWER + 2, 1);
        SendReport report = send(SendOptions.Pace.DEFAULTS, items, talk -> {
            talk.greet();
            List<Integer> streams = takePuts(talk, MAX_SMALL_WITHOUT_ANSWER);
            assertWaits(talk);
            talk.done(streams.remove(7), 0, 1, "f7");
            streams.addAll(takePuts(talk, 1));
            assertWaits(talk);
            talk.done(streams.remove(0), 207, 0, "f0"); // a failure is an answer too
            streams.addAll(takePuts(talk, 1));
            for (int stream : streams) {
                talk.done(stream, 0, 1, "f");
            }
            talk.awaitEnd();
        });
        assertThat(report.failures()).hasSize(1);
        assertThat(report.receipts()).hasSize(MAX_SMALL_WITHOUT_ANSWER + 1);
    }

    @Test
    void smallFilesGoOutWithinTheCredit() throws Exception {
        int size = SEGMENT / 4;
        SendReport report = send(SendOptions.Pace.DEFAULTS, files(9, size), talk -> {
            talk.credit = 2 * SEGMENT;
            talk.greet();
            List<Integer> streams = takePuts(talk, 8);
            talk.done(streams.get(0), 0, size, "f0"); // which gives no credit back
            assertWaits(talk);
            talk.ack(0, 0, 0, size - 1);
            assertWaits(talk);
            talk.ack(0, 0, 0, 1);
            streams.addAll(takePuts(talk, 1));
            for (int stream : streams.subList(1, 9)) {
                talk.done(stream, 0, size, "f");
            }
            talk.awaitEnd();
        });
        assertThat(report.failures()).isEmpty();
    }
}
