package io.ntk.tcp.upload.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.NetEvent;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.testsupport.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The handler alone, with bytes at both ends, a store that does as it is told, and the time of the test. */
@ExtendWith(LeakCheck.class)
class SimpleUploadHandlerTest {
    private static final UploadLimits LIMITS = UploadLimits.DEFAULTS;

    private final FakeStore store = new FakeStore();
    private final List<NetEvent> events = new ArrayList<>();
    private EmbeddedChannel channel = channel();

    @AfterEach
    void nothingIsLeft() {
        end();
    }

    private void end() {
        store.uploads.forEach(upload -> upload.segments.forEach(FakeStore.FakeSegment::written));
        channel.runPendingTasks();
        channel.finishAndReleaseAll();
    }

    private EmbeddedChannel channel() {
        EmbeddedChannel made = new EmbeddedChannel();
        made.freezeTime();
        made.pipeline().addLast(new SimpleUploadHandler(store, LIMITS, events::add));
        return made;
    }

    private void in(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, UTF_8));
    }

    private String out() {
        channel.runPendingTasks();
        StringBuilder text = new StringBuilder();
        for (ByteBuf some = channel.readOutbound(); some != null; some = channel.readOutbound()) {
            text.append(some.toString(UTF_8));
            some.release();
        }
        return text.toString();
    }

    private void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private void publish(String name) {
        FakeStore.FakeUpload upload = store.last();
        upload.segments.forEach(FakeStore.FakeSegment::written);
        upload.commits.get(0).complete(FakeStore.receipt(name));
        channel.runPendingTasks();
    }

    private List<String> names() {
        return events.stream().map(NetEvent::name).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.txt|3\nabc", "a.txt|3\r\nabc", "\r\n\na.txt|3\nabc"})
    void takesAFileHoweverItsBytesAreCut(String whole) {
        for (int cut = 0; cut < whole.length(); cut++) {
            in(whole.substring(0, cut));
            in(whole.substring(cut));
            channel.runPendingTasks();
            store.last().open();
            assertThat(out()).as("cut at %d", cut).isEqualTo("ready\n");
            assertThat(store.last().request.path()).isEqualTo("a.txt");
            assertThat(store.last().last().bytes()).isEqualTo(3);
            assertThat(store.last().commits).hasSize(1);
            publish("a.txt");
            assertThat(out()).isEmpty();
        }
    }

    @Test
    void takesTheLongestHeaderByteByByteAndNoByteMore() {
        String name = "é".repeat(2048); // 4,096 bytes
        for (byte each : (name + "|" + "9223372036854775807").getBytes(UTF_8)) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {each}));
        }
        in("\r");
        assertThat(out()).isEmpty();
        assertThat(store.uploads).isEmpty();
        in("\n");
        assertThat(store.last().request.path()).isEqualTo(name);
        assertThat(store.last().request.size()).isEqualTo(Long.MAX_VALUE);
        end();

        channel = channel();
        for (int i = 0; i < 4117; i++) {
            in("a");
        }
        assertThat(out()).isEmpty();
        in("a");
        assertThat(out()).isEqualTo("error 100 a header of more than 4117 bytes\n");
    }

    @Test
    void aHeaderWithoutALineEndEndsAHundredMillisecondsBehindItsLastDigit() {
        in("a.txt|1");
        pass(Duration.ofMillis(99));
        in("2");
        pass(Duration.ofMillis(99));
        assertThat(store.uploads).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(store.last().request.size()).isEqualTo(12);
    }

    @Test
    void onceItIsReadyEveryByteIsData() {
        in("a|2\n\n|next|1\nx");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        assertThat(store.last().last().bytes()).isEqualTo(2);
        publish("a");
        assertThat(store.last().request.path()).isEqualTo("next");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        publish("next");
        assertThat(names()).containsExactly("upload-opened", "upload-done", "upload-opened", "upload-done");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a.txt\n", "a.txt|\n", "a.txt|+3\n", "a.txt|3x\n", "|3a\n", "a|12345678901234567890\n", "\0|\n"})
    void refusesWhatIsNoHeader(String header) {
        in(header);
        assertThat(out()).isEqualTo("error 100 a header that is not NAME|SIZE\n");
        assertThat(store.uploads).isEmpty();
    }

    @Test
    void refusesNamesThatAreNoTextAndSizesThatAreNoNumbers() {
        channel.writeInbound(Unpooled.copiedBuffer(new byte[] {(byte) 0xc3, '|', '3', '\n'}));
        assertThat(out()).isEqualTo("error 100 a header that is not UTF-8\n");
        end();

        channel = channel();
        in("a|9999999999999999999\n"); // 19 digits
        assertThat(out()).startsWith("error 202 ");
        assertThat(store.uploads).isEmpty();
    }

    @Test
    void splitsAtTheLastBar() {
        in("a|b|3\n");
        assertThat(store.last().request.path()).isEqualTo("a|b");
    }

    @Test
    void anEmptyFileNeedsNoBytes() {
        in("empty|0\n");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        assertThat(store.last().commits).hasSize(1);
        publish("empty");
        assertThat(names()).containsExactly("upload-opened", "upload-done");
    }

    @Test
    void tellsWhyAFileIsRefused() {
        in("a|3\n");
        store.last().refuse(UploadError.EXISTS);
        assertThat(out()).isEqualTo("error 201 refused\n");
        assertThat(names()).containsExactly("upload-failed");
    }

    @Test
    void aBadHeaderBehindAFileIsNotThatFilesFailure() {
        in("a|1\nx");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        publish("a");
        in("what\n");
        assertThat(out()).startsWith("error 100 ");
        assertThat(names()).containsExactly("upload-opened", "upload-done");
    }

    @Test
    void aFileThatEndsEarlyIsGivenUp() {
        in("a|3\nab");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(out()).isEqualTo("error 303 the file ended early\n");
        assertThat(store.last().aborts).containsExactly(false);
    }

    @Test
    void publishesTheLastFileOfAClientThatHasEndedItsOutput() {
        in("a|3\nabc");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        assertThat(channel.isOpen()).isTrue();
        publish("a");
        assertThat(out()).isEmpty();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aPeerThatIsSilentBetweenFilesIsCutOff() {
        in("a|1\n");
        pass(Duration.ofMinutes(2)); // our turn: it waits for us
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        in("x");
        pass(Duration.ofMinutes(2));
        publish("a");
        pass(Duration.ofMillis(44_999));
        assertThat(out()).isEmpty();
        in("\r\n");
        pass(Duration.ofMillis(44_999));
        assertThat(out()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(out()).isEqualTo("error 106 nothing was heard for 45 s\n");
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.IDLE);
    }

    @Test
    void aHeaderMustBeWholeWithinTheHandshakesTime() {
        in("a");
        pass(Duration.ofMillis(9_999));
        in("|");
        assertThat(out()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(out()).isEqualTo("error 106 the beginning takes more than 10 s\n");
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.HANDSHAKE_TIMEOUT);
    }

    @Test
    void aLaterHeaderHasAsMuchTimeFromItsFirstByte() {
        in("a|0\n");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        publish("a");
        pass(Duration.ofSeconds(40));
        in("\nb");
        for (int n = 0; n < 9; n++) {
            pass(Duration.ofSeconds(1));
            in("b");
        }
        pass(Duration.ofMillis(999));
        assertThat(out()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(out()).startsWith("error 106 ");
    }

    @Test
    void wantsAKibibyteASecondOfAFile() {
        in("a|1000000\n");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        in("x".repeat(30 * 1024));
        pass(Duration.ofMillis(29_999));
        in("x");
        pass(Duration.ofMillis(1));
        assertThat(out()).isEmpty();
        in("x".repeat(30 * 1024 - 1));
        pass(Duration.ofMillis(29_999));
        assertThat(out()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(out()).isEqualTo("error 107 slower than 1024 bytes a second\n");
        assertThat(store.last().aborts).containsExactly(false);
        assertThat(names()).containsExactly("upload-opened", "upload-failed");
    }

    @Test
    void timeThatTheDiskTakesCountsForNoRate() {
        in("a|1000000\n");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        store.full = true;
        in("x");
        assertThat(channel.config().isAutoRead()).isFalse();
        pass(Duration.ofMinutes(5));
        store.last().last().written();
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isFalse();
        store.room();
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
        pass(Duration.ofMillis(29_999));
        assertThat(out()).isEmpty();
        pass(Duration.ofMillis(1));
        assertThat(out()).startsWith("error 107 ");
    }

    @Test
    void asMuchAsTheCreditWaitsForTheDiskAndNoMore() {
        in("a|100000000\n");
        store.last().open();
        ByteBuf most = Unpooled.wrappedBuffer(new byte[LIMITS.creditBytes() - 1]);
        channel.writeInbound(most);
        assertThat(channel.config().isAutoRead()).isTrue();
        in("x");
        assertThat(channel.config().isAutoRead()).isFalse();
        store.last().segments.get(0).written(); // 4 MiB
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(out()).isEqualTo("ready\n");
    }

    @Test
    void aHeaderThatTheEndCutsOffIsOneOrIsRefused() {
        in("a|0");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        publish("a");
        assertThat(channel.isOpen()).isFalse();

        channel = channel();
        in("a|");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(out()).isEqualTo("error 100 a header that is not NAME|SIZE\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void tellsOfAFileWhoseConnectionEndsWhileItIsPublished() {
        for (boolean well : new boolean[] {true, false}) {
            channel = channel();
            in("a|1\nx");
            store.last().open();
            assertThat(out()).isEqualTo("ready\n");
            channel.close();
            assertThat(names()).containsExactly("upload-opened");
            if (well) {
                publish("a");
            } else {
                store.last().commits.get(0).completeExceptionally(new UploadException(UploadError.NO_SPACE, "full"));
                channel.runPendingTasks();
            }
            assertThat(names()).containsExactly("upload-opened", well ? "upload-done" : "upload-failed");
            events.clear();
        }
    }

    @Test
    void drainsForTheTimeOfTheLimits() {
        in("a|3\n");
        store.last().open();
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        pass(Duration.ofMillis(29_999));
        in("xx");
        assertThat(out()).isEqualTo("ready\n");
        pass(Duration.ofMillis(1));
        assertThat(out()).isEqualTo("error 108 the server ends\n");
        assertThat(store.last().aborts).containsExactly(false);
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.SHUTDOWN);
    }

    @Test
    void draining() {
        in("a|1\n");
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(channel.isOpen()).isTrue();
        in("x");
        publish("a");
        assertThat(channel.isOpen()).isFalse();
        assertThat(names()).containsExactly("upload-opened", "upload-done");
    }

    @Test
    void leavesTheChannelReadingWhenItIsRemoved() {
        in("a|3\n");
        assertThat(ReadGate.of(channel).isPaused()).isTrue();
        channel.pipeline().remove(SimpleUploadHandler.class);
        assertThat(ReadGate.of(channel).isPaused()).isFalse();
        channel.writeInbound("for another handler");
        assertThat((String) channel.readInbound()).isEqualTo("for another handler");
    }

    @Test
    void whoTakesNoAnswersIsNotReadAndDeadInTheEnd() {
        in("a|0\n");
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        store.last().open();
        channel.runPendingTasks();
        publish("a");
        assertThat(channel.config().isAutoRead()).isFalse();
        pass(Duration.ofMillis(44_999));
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(out()).isEqualTo("ready\nerror 106 nothing was taken for 45 s\n");
    }

    /**
     * Conversations changed and cut at random: what goes out is {@code ready} for each file that is opened, and at most one
     * error, behind which nothing comes; every file ends; nothing leaks.
     */
    @Test
    void staysWholeWhateverComes() {
        String recorded = "a|3\nabcb|0\r\n\n\nc|d|12\n0123456789\n\ne|1\nxf|2";
        for (int round = 0; round < 3000; round++) {
            Random random = new Random(round);
            byte[] bytes = recorded.getBytes(UTF_8);
            for (int i = random.nextInt(4); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            store.uploads.clear();
            events.clear();
            channel = channel();
            StringBuilder answers = new StringBuilder();
            for (int from = 0; from < bytes.length && channel.isOpen(); ) {
                int count = Math.min(bytes.length - from, 1 + random.nextInt(12));
                channel.writeInbound(Unpooled.copiedBuffer(bytes, from, count));
                from += count;
                answer(random);
                answers.append(out());
                if (random.nextInt(10) == 0) {
                    pass(Duration.ofMillis(100));
                }
            }
            channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            for (int n = 0; n < 20 && channel.isOpen(); n++) {
                answer(random);
                answers.append(out());
            }
            answers.append(out());
            assertThat(channel.isOpen()).as("round %d: %s", round, answers).isFalse();
            assertThat(answers.toString()).as("round %d", round).matches("(ready\n)*(error \\d{3} [^\n]*\n)?");
            assertThat(Collections.frequency(names(), "upload-opened"))
                    .as("round %d", round)
                    .isEqualTo(answers.toString().split("ready\n", -1).length - 1);
            assertThat(names().size() - Collections.frequency(names(), "upload-opened"))
                    .as("round %d: each file ends once", round)
                    .isEqualTo(store.uploads.size());
            end();
        }
    }

    /** The store does what it was asked for, well or not. */
    private void answer(Random random) {
        for (FakeStore.FakeUpload upload : List.copyOf(store.uploads)) {
            if (random.nextInt(20) == 0) {
                upload.refuse(UploadError.EXISTS);
            } else {
                upload.open();
            }
            channel.runPendingTasks();
            upload.segments.forEach(FakeStore.FakeSegment::written);
            if (random.nextInt(20) == 0) {
                upload.segments.forEach(segment ->
                        segment.verdict().completeExceptionally(new UploadException(UploadError.NO_SPACE, "full")));
            }
            channel.runPendingTasks();
            upload.commits.forEach(commit -> commit.complete(FakeStore.receipt("f")));
            channel.runPendingTasks();
        }
    }

    @Test
    void aListenerThatFailsDisturbsNobody() {
        channel.pipeline().remove(SimpleUploadHandler.class);
        channel.pipeline().addLast(new SimpleUploadHandler(store, LIMITS, event -> {
            throw new IllegalStateException("on purpose");
        }));
        channel.writeInbound(Unpooled.copiedBuffer("a|0\n", US_ASCII));
        store.last().open();
        assertThat(out()).isEqualTo("ready\n");
        publish("a");
        assertThat(channel.isOpen()).isTrue();
    }
}
