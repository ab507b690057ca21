package io.ntk.tcp.upload.client.run;

import static io.ntk.tcp.upload.client.run.ScriptedReceiver.COMMIT;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.DATA;
import static io.ntk.tcp.upload.client.run.ScriptedReceiver.OPEN;
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
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A segment that is read while there is no credit for it: when it goes out, and when it does not. */
@ExtendWith(LeakCheck.class)
class ReadAheadTest {
    private final byte[] content = new byte[3 * SEGMENT - 100];
    private final RecordedRun run = new RecordedRun();

    @TempDir
    private Path sources;

    private Path film;

    @BeforeEach
    void makeAFile() throws IOException {
        new Random(1).nextBytes(content);
        film = Files.write(sources.resolve("film"), content);
    }

    private SendReport send(List<SendItem> items, Script... scripts) throws Exception {
        try (ScriptedReceiver receiver = new ScriptedReceiver(scripts)) {
            SendOptions options = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + receiver.port())))
                    .withPace(new SendOptions.Pace(SEGMENT, 0, Duration.ofMinutes(1)))
                    .withSendfile(SendOptions.Sendfile.OFF);
            return run.send(options, items, Duration.ofMinutes(1));
        }
    }

    private List<SendItem> film() throws IOException {
        return SendPlan.of(List.of(film), "");
    }

    /** Takes two segments, for more of which there is no credit, and waits until the third has been read. */
    private void takeTwo(Talk talk, Frame open) throws IOException {
        talk.opened(open.stream(), 1);
        talk.expect(DATA);
        talk.expect(DATA);
        run.awaitWaiting(Waiting.RECEIVER);
    }

    private static Talk greeted(Talk talk) throws IOException {
        talk.credit = 2 * SEGMENT;
        talk.greet();
        return talk;
    }

    @Test
    void sendsWhatItReadWhileItWaited() throws Exception {
        SendReport report = send(film(), talk -> {
            Frame open = greeted(talk).expect(OPEN);
            takeTwo(talk, open);
            FileTime before = Files.getLastModifiedTime(film);
            try (var file = Files.newByteChannel(film, StandardOpenOption.WRITE)) {
                file.position(content.length - 1)
                        .write(ByteBuffer.wrap(new byte[] {(byte) ~content[content.length - 1]}));
            }
            Files.setLastModifiedTime(film, before);
            talk.ack(open.stream(), 1, 2 * SEGMENT, 2 * SEGMENT);
            Frame third = talk.expect(DATA);
            assertThat(third.raw()).isEqualTo(Arrays.copyOfRange(content, 2 * SEGMENT, content.length));
            talk.expect(COMMIT);
            talk.done(open.stream(), 0, content.length, "film");
        });
        assertThat(report.failures()).isEmpty();
    }

    @Test
    void keepsItWhileAPipeGoesFirst() throws Exception {
        CompletableFuture<byte[]> arrives = new CompletableFuture<>();
        List<SendItem> items = new ArrayList<>(List.of(new SendItem.Pipe(channel(arrives), "piped")));
        items.addAll(film());
        SendReport report = send(items, talk -> {
            Frame pipe = greeted(talk).expect(OPEN);
            Frame file = talk.expect(OPEN);
            talk.opened(pipe.stream(), 1);
            takeTwo(talk, file);
            arrives.complete(new byte[10]);
            talk.ack(file.stream(), 1, 2 * SEGMENT, 10);
            Frame piped = talk.expect(DATA);
            assertThat(piped.stream()).isEqualTo(pipe.stream());
            talk.ack(pipe.stream(), 1, 10, SEGMENT);
            List<Integer> ended = new ArrayList<>();
            while (ended.size() < 2) {
                Frame next = talk.next();
                if (next.type() == COMMIT) {
                    ended.add(next.stream());
                    talk.done(next.stream(), 0, next.fields().getLong(0), "done");
                } else {
                    assertThat(next.raw()).isEqualTo(Arrays.copyOfRange(content, 2 * SEGMENT, content.length));
                }
            }
            assertThat(ended).containsExactlyInAnyOrder(pipe.stream(), file.stream());
        });
        assertThat(report.failures()).isEmpty();
    }

    /** Gives what arrives, once, and ends. */
    private static ReadableByteChannel channel(CompletableFuture<byte[]> arrives) {
        return new ReadableByteChannel() {
            private boolean given;

            @Override
            public int read(ByteBuffer into) {
                byte[] bytes = arrives.join();
                if (given) {
                    return -1;
                }
                given = true;
                into.put(bytes);
                return bytes.length;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
                arrives.cancel(false);
            }
        };
    }

    @Test
    void givesItBackWhenTheReceiverEndsTheFile() throws Exception {
        SendReport report = send(film(), talk -> {
            Frame open = greeted(talk).expect(OPEN);
            takeTwo(talk, open);
            talk.error(open.stream(), 203, 0, 0, "no more");
            talk.awaitEnd();
        });
        assertThat(report.failures())
                .singleElement()
                .extracting(SendReport.Failure::code)
                .isEqualTo(203);
    }

    @Test
    void readsAgainAfterACut() throws Exception {
        SendReport report = send(film(), talk -> takeTwo(talk, greeted(talk).expect(OPEN)), talk -> assertThat(
                        talk.receive(greeted(talk).expect(OPEN)))
                .isEqualTo(content));
        assertThat(report.failures()).isEmpty();
    }

    @Test
    void sendsAnEarlierSegmentFirstWhenThatIsRefused() throws Exception {
        SendReport report = send(film(), talk -> {
            Frame open = greeted(talk).expect(OPEN);
            takeTwo(talk, open);
            talk.nak(open.stream(), 1, 301, 0);
            talk.ack(open.stream(), 1, 0, 2 * SEGMENT);
            assertThat(talk.expect(DATA).offset()).isZero();
            assertThat(talk.expect(DATA).raw()).isEqualTo(Arrays.copyOfRange(content, 2 * SEGMENT, content.length));
            talk.ack(open.stream(), 1, content.length, 2 * SEGMENT);
            talk.expect(COMMIT);
            talk.done(open.stream(), 0, content.length, "film");
        });
        assertThat(report.failures()).isEmpty();
    }
}
