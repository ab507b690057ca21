package io.ntk.tcp.upload.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.NetEvent;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.Frames;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.testsupport.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The handler alone, with frames at both ends, a store that does as it is told, and the time of the test. */
@ExtendWith(LeakCheck.class)
class UploadServerHandlerTest {
    private static final int SEGMENT = 256 * 1024;
    private static final Octets SECRET =
            Octets.of("0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII));

    private final FakeStore store = new FakeStore();
    private final List<NetEvent> events = new ArrayList<>();
    private UploadLimits limits = UploadLimits.DEFAULTS;
    private EmbeddedChannel channel = new EmbeddedChannel();

    @AfterEach
    void nothingIsLeft() {
        store.uploads.forEach(upload -> upload.segments.forEach(FakeStore.FakeSegment::written));
        channel.runPendingTasks();
        channel.finishAndReleaseAll();
    }

    private void start(@Nullable Octets key) {
        channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addLast(new UploadServerHandler(store, limits, key, events::add));
    }

    /** Through the handshake, without a key. */
    private void ready() {
        start(null);
        in(new UploadFrame.Preamble(), Frames.HELLO);
        assertThat(out()).hasSize(2);
    }

    private void in(Object... messages) {
        channel.writeInbound(messages);
    }

    private List<Object> out() {
        channel.runPendingTasks();
        if (channel.isOpen()) {
            channel.flushOutbound();
        }
        List<Object> frames = new ArrayList<>();
        for (Object frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
            if (frame != Unpooled.EMPTY_BUFFER) {
                frames.add(frame);
            }
        }
        return frames;
    }

    private void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private static Duration millis(long n) {
        return Duration.ofMillis(n);
    }

    private static UploadFrame.Open open(long stream, long size) {
        return new UploadFrame.Open(stream, UploadFrame.Start.OPTIMISTIC, Frames.request("f" + stream, size));
    }

    private static UploadFrame.Put put(long stream, int size) {
        return new UploadFrame.Put(stream, Frames.request("f" + stream, size), 0, Octets.of(new byte[size]));
    }

    private static ByteBuf raw(int bytes) {
        return Unpooled.buffer(bytes).writeZero(bytes);
    }

    private static int credit(List<Object> frames) {
        return frames.stream()
                .filter(UploadFrame.Ack.class::isInstance)
                .mapToInt(frame -> ((UploadFrame.Ack) frame).creditAdd())
                .sum();
    }

    private void assertEndsWith(UploadError error) {
        List<Object> frames = out();
        assertThat(frames).last().isInstanceOfSatisfying(UploadFrame.Failure.class, failure -> {
            assertThat(failure.stream()).isZero();
            assertThat(failure.code()).isEqualTo(error.code());
        });
        assertThat(channel.isOpen()).isFalse();
    }

    // ---- the handshake

    @Test
    void givesUpWhoDoesNotSayWhoItIsWithinTenSecondsInAll() {
        start(SECRET);
        pass(millis(5000));
        in(new UploadFrame.Preamble());
        pass(millis(4000));
        in(Frames.HELLO);
        assertThat(out()).hasSize(2);
        pass(millis(999));
        assertThat(out()).isEmpty();
        pass(millis(1));
        assertEndsWith(UploadError.TIMEOUT);
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.HANDSHAKE_TIMEOUT);
    }

    @Test
    void takesNoFrameBeforeTheProof() {
        start(SECRET);
        in(new UploadFrame.Preamble(), Frames.HELLO, open(1, 3));
        assertEndsWith(UploadError.AUTH_REQUIRED);
        assertThat(store.uploads).isEmpty();
    }

    @Test
    void takesAHelloThatOffersSixteenKibibytesAndNoLess() {
        for (int bytes : new int[] {16 * 1024, 16 * 1024 - 1}) {
            start(null);
            in(new UploadFrame.Preamble(), new UploadFrame.Hello(1, 1, 0, bytes, 4 << 20, Frames.NONCE, List.of()));
            if (bytes == 16 * 1024) {
                assertThat(out()).last().isInstanceOf(UploadFrame.HelloAck.class);
                channel.finishAndReleaseAll();
            } else {
                assertEndsWith(UploadError.PROTOCOL);
            }
        }
    }

    @Test
    void speaksVersionOneAlone() {
        start(null);
        in(new UploadFrame.Preamble(), new UploadFrame.Hello(2, 9, 0, 65_536, 4 << 20, Frames.NONCE, List.of()));
        assertEndsWith(UploadError.VERSION);
    }

    // ---- signs of life

    @Test
    void pingsAfterAHeartbeatOfItsOwnSilence() {
        ready();
        pass(millis(14_999));
        assertThat(out()).isEmpty();
        pass(millis(1));
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.Ping.class);
        pass(millis(7_000));
        in(new UploadFrame.Ping(5));
        assertThat(out()).containsExactly(new UploadFrame.Pong(5));
        pass(millis(14_999));
        assertThat(out()).isEmpty();
        pass(millis(1));
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.Ping.class);
    }

    /** As it does after a reboot, when what the journal says is read again. */
    @Test
    void pingsWhileAnOpeningWaitsForTheDisk() {
        ready();
        in(new UploadFrame.Open(1, UploadFrame.Start.RESUME, Frames.request("f", 3)));
        assertThat(out()).isEmpty();
        pass(millis(15_000));
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.Ping.class);
        store.last().open();
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.Opened.class);
    }

    @Test
    void aPeerIsDeadAfterThreeHeartbeatsWithoutAByte() {
        ready();
        pass(millis(44_999));
        assertThat(channel.isOpen()).isTrue();
        in(new UploadFrame.Pong(1));
        pass(millis(44_999));
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertEndsWith(UploadError.TIMEOUT);
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.IDLE);
    }

    @Test
    void pingsAndWaitsWhileItDoesNotRead() {
        ready();
        in(open(1, SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0));
        out();
        store.full = true;
        in(raw(10));
        assertThat(channel.config().isAutoRead()).isFalse();
        for (int n = 0; n < 20; n++) {
            pass(millis(15_000));
            assertThat(out()).singleElement().isInstanceOf(UploadFrame.Ping.class);
        }
        store.room();
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
        in(raw(30 * 1024 - 10));
        pass(millis(30_000));
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void wantsAKibibyteASecondInsideAPayload() {
        ready();
        in(open(1, SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0));
        pass(millis(29_999));
        in(raw(30 * 1024));
        pass(millis(1));
        assertThat(channel.isOpen()).isTrue();
        in(raw(30 * 1024 - 1));
        pass(millis(29_999));
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertEndsWith(UploadError.TOO_SLOW);
    }

    @Test
    void betweenPayloadsNoRateIsWanted() {
        ready();
        in(open(1, 2 * SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0), raw(SEGMENT));
        pass(millis(44_000));
        in(new UploadFrame.Ping(1));
        pass(millis(44_000));
        in(new UploadFrame.Data(1, SEGMENT, SEGMENT, 0), raw(1));
        pass(millis(29_999));
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void timeInWhichNothingIsReadCountsForNoRate() {
        ready();
        in(open(1, SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0));
        pass(millis(10_000));
        ReadGate.of(channel).pause(this);
        pass(millis(100_000));
        ReadGate.of(channel).resume(this);
        pass(millis(19_999));
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertEndsWith(UploadError.TOO_SLOW);
    }

    @Test
    void whoTakesNoAnswersIsNotReadAndDeadInTheEnd() {
        ready();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isFalse();
        pass(millis(44_999));
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertEndsWith(UploadError.TIMEOUT);
    }

    @Test
    void whoTakesAnswersAgainIsRead() {
        ready();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.runPendingTasks();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
        pass(millis(44_999));
        assertThat(channel.isOpen()).isTrue();
    }

    // ---- the end of a server

    @Test
    void drainsForThirtySecondsAndThenSaysGoodbye() {
        ready();
        in(open(3, SEGMENT));
        out();
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(out()).containsExactly(new UploadFrame.GoAway(3, UploadError.SHUTTING_DOWN.code(), 0));
        for (int n = 0; n < 2; n++) {
            pass(millis(14_999));
            in(new UploadFrame.Pong(1));
        }
        pass(millis(1));
        out();
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertEndsWith(UploadError.SHUTTING_DOWN);
        assertThat(store.last().aborts).containsExactly(true);
    }

    @Test
    void takesNoStreamBehindGoawayAndEndsWithTheLastFile() {
        ready();
        in(open(1, SEGMENT), new UploadFrame.Commit(1, SEGMENT, null));
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        out();
        in(open(3, SEGMENT), new UploadFrame.Data(3, 0, SEGMENT, 0), raw(SEGMENT), put(5, 10));
        assertThat(credit(out())).isEqualTo(SEGMENT + 10);
        assertThat(store.uploads).hasSize(1);
        assertThat(store.puts).isEmpty();
        store.last().commits.get(0).complete(FakeStore.receipt("f1"));
        channel.runPendingTasks();
        assertEndsWith(UploadError.SHUTTING_DOWN);
        assertThat(events).filteredOn(UploadEvent.Done.class::isInstance).hasSize(1);
    }

    // ---- DONE

    @Test
    void saysDoneAtOnceWhenNothingElseIsPending() {
        ready();
        in(put(1, 3));
        store.puts.get(0).complete(FakeStore.receipt("f1"));
        assertThat(out()).filteredOn(UploadFrame.Done.class::isInstance).hasSize(1);
    }

    @Test
    void saysDoneWithinTwentyMillisecondsWhileMoreIsPending() {
        ready();
        in(put(1, 3), put(3, 3), put(5, 3));
        store.puts.get(1).complete(FakeStore.receipt("f3"));
        assertThat(out()).noneMatch(UploadFrame.Done.class::isInstance);
        pass(millis(19));
        store.puts.get(0).completeExceptionally(new UploadException(UploadError.EXISTS, "there"));
        assertThat(out()).noneMatch(UploadFrame.Done.class::isInstance);
        pass(millis(1));
        assertThat(out())
                .filteredOn(UploadFrame.Done.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(UploadFrame.Done.class, done -> assertThat(done.results())
                        .extracting(UploadFrame.Result::stream, UploadFrame.Result::code)
                        .containsExactly(
                                org.assertj.core.groups.Tuple.tuple(3L, 0),
                                org.assertj.core.groups.Tuple.tuple(1L, UploadError.EXISTS.code())));
    }

    @Test
    void saysDoneAtOnceWhenAFrameIsFull() {
        ready();
        for (int i = 0; i < 300; i++) {
            in(put(2 * i + 1, 0));
        }
        for (int i = 0; i < 255; i++) {
            store.puts.get(i).complete(FakeStore.receipt("f"));
        }
        assertThat(out()).isEmpty();
        store.puts.get(255).complete(FakeStore.receipt("f"));
        assertThat(out()).singleElement().isInstanceOfSatisfying(UploadFrame.Done.class, done -> assertThat(
                        done.results())
                .hasSize(UploadFrame.Done.MAX_RESULTS));
    }

    @Test
    void splitsResultsByWhatThePeerTakes() {
        start(null);
        in(new UploadFrame.Preamble(), new UploadFrame.Hello(1, 1, 15, 16 * 1024, 4 << 20, Frames.NONCE, List.of()));
        out();
        for (int i = 0; i < 20; i++) {
            in(put(2 * i + 1, 0));
        }
        store.puts.forEach(put -> put.complete(FakeStore.receipt("n".repeat(4000))));
        List<Object> frames = out();
        assertThat(frames).hasSizeGreaterThan(1);
        for (Object frame : frames) {
            assertThat(Frames.bytes((UploadFrame) frame)).hasSizeLessThanOrEqualTo(16 * 1024 + 4);
        }
    }

    // ---- credit

    /** A segment goes out whole: credit for less would wake its sender for nothing. */
    @Test
    void givesCreditBackWhenASegmentCanBegin() {
        int large = 4 << 20;
        ready();
        in(open(1, 16L * large));
        store.last().open();
        out();
        in(new UploadFrame.Data(1, 0, large, 0), raw(large - 1));
        FakeStore.FakeSegment first = store.last().last();
        first.written();
        assertThat(credit(out())).isZero();
        in(raw(1), new UploadFrame.Data(1, large, large, 0), raw(large));
        first.verdict().complete(Upload.Verdict.VERIFIED); // comes before its last bytes are given back
        List<Object> verdict = out();
        assertThat(verdict).hasSize(1);
        assertThat(credit(verdict)).isZero();
        first.written();
        assertThat(credit(out())).isEqualTo(large);
    }

    @Test
    void givesCreditBackInPortionsOfAnEighth() {
        int eighth = UploadLimits.DEFAULTS.creditBytes() / 8;
        ready();
        in(open(1, 64L * eighth));
        out();
        in(new UploadFrame.Data(1, 0, SEGMENT, 0), raw(SEGMENT)); // waits for the disk all the while
        for (int due = SEGMENT; due <= eighth; due += SEGMENT) {
            in(new UploadFrame.Data(1, 0, SEGMENT, 0), raw(SEGMENT));
            store.last().last().written();
            assertThat(credit(out())).isEqualTo(due == eighth ? eighth : 0);
        }
    }

    /** What was written, refused by NAK, there before, of a failed file, or behind state 2 comes back, each byte once. */
    @Test
    void givesEachRawByteBackExactlyOnce() {
        ready();
        in(open(1, 8L * SEGMENT));
        store.last().open();
        int back = credit(out());
        for (Upload.Verdict verdict : Upload.Verdict.values()) {
            in(new UploadFrame.Data(1, 0, SEGMENT, 0), raw(1), raw(SEGMENT - 1));
            assertThat(credit(out())).isZero();
            FakeStore.FakeSegment segment = store.last().last();
            assertThat(segment.bytes()).isEqualTo(SEGMENT);
            segment.verdict().complete(verdict);
            segment.written();
            List<Object> frames = out();
            back += credit(frames);
            assertThat(frames.stream().anyMatch(UploadFrame.Nak.class::isInstance))
                    .isEqualTo(verdict == Upload.Verdict.CORRUPT);
        }
        in(new UploadFrame.Data(1, 0, SEGMENT, 0), raw(100));
        FakeStore.FakeSegment failed = store.last().last();
        failed.verdict().completeExceptionally(new UploadException(UploadError.NO_SPACE, "full"));
        failed.written();
        List<Object> frames = out();
        assertThat(frames).filteredOn(UploadFrame.Failure.class::isInstance).hasSize(1);
        back += credit(frames);
        in(raw(SEGMENT - 100), new UploadFrame.Data(1, SEGMENT, SEGMENT, 0), raw(SEGMENT));
        failed.written();
        frames = out();
        assertThat(frames).allMatch(UploadFrame.Ack.class::isInstance);
        back += credit(frames);
        assertThat(back).isEqualTo(5 * SEGMENT);
    }

    @Test
    void drainsInSilenceBehindStateTwo() {
        ready();
        in(open(1, SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0), raw(10));
        store.last().openDone(FakeStore.receipt("f1", Receipt.Mark.REPLAYED));
        assertThat(out())
                .satisfiesExactly(
                        frame ->
                                assertThat(((UploadFrame.Opened) frame).state()).isEqualTo(UploadFrame.State.COMPLETE),
                        frame -> assertThat(((UploadFrame.Done) frame).results())
                                .extracting(UploadFrame.Result::flags)
                                .containsExactly(UploadFrame.Result.REPLAYED));
        in(raw(SEGMENT - 10), new UploadFrame.Commit(1, SEGMENT, null));
        store.last().last().written();
        List<Object> frames = out();
        assertThat(frames).allMatch(UploadFrame.Ack.class::isInstance);
        assertThat(credit(frames)).isEqualTo(SEGMENT);
        assertThat(store.last().commits).isEmpty();
    }

    @Test
    void saysSkippedWhereTheSameFileIsThere() {
        ready();
        in(open(1, 3));
        store.last().openDone(FakeStore.receipt("f1", Receipt.Mark.SKIPPED));
        assertThat(out()).first().isInstanceOfSatisfying(UploadFrame.Opened.class, frame -> assertThat(frame.state())
                .isEqualTo(UploadFrame.State.SKIPPED));
    }

    @Test
    void i5_aConnectionTakesItsCreditAndNoByteMore() {
        for (int more = 0; more < 2; more++) {
            limits = UploadLimits.DEFAULTS.withCredit(1 << 20, SEGMENT);
            ready();
            in(open(1, 1 << 20), new UploadFrame.Data(1, 0, (1 << 20) - 5, 0), raw((1 << 20) - 5));
            in(put(3, 5 + more));
            if (more == 0) {
                assertThat(channel.isOpen()).isTrue();
                store.uploads.get(0).last().written();
                channel.runPendingTasks();
                channel.finishAndReleaseAll();
            } else {
                assertEndsWith(UploadError.PROTOCOL);
            }
        }
    }

    /** Paused while the disk queue is full, also by a small file. */
    @Test
    void readsNobodyWhileTheStoreIsFull() {
        ready();
        store.full = true;
        in(put(1, 10));
        assertThat(channel.config().isAutoRead()).isFalse();
        store.room();
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    // ---- limits

    @Test
    void opens256StreamsAndRefusesTheNextAlone() {
        ready();
        for (int i = 0; i < 256; i++) {
            in(open(2 * i + 1, 3));
        }
        assertThat(out()).isEmpty();
        in(open(513, 3));
        assertThat(out()).singleElement().isInstanceOfSatisfying(UploadFrame.Failure.class, failure -> assertThat(
                        failure)
                .extracting(UploadFrame.Failure::stream, UploadFrame.Failure::code)
                .containsExactly(513L, UploadError.TOO_MANY_UPLOADS.code()));
        assertThat(events).isEmpty();
        store.uploads.get(0).open();
        out();
        in(new UploadFrame.Abort(1, 1, UploadError.SOURCE_CHANGED.code(), false), open(515, 3));
        assertThat(out()).isEmpty();
        assertThat(store.uploads).hasSize(257);
    }

    /** Or what waits for the disk would grow as fast as frames come. */
    @Test
    void countsAnAbandonedFileUntilTheStoreHasOpenedIt() {
        ready();
        for (int i = 0; i < 256; i++) {
            in(open(2 * i + 1, 3), new UploadFrame.Abort(2 * i + 1, 1, UploadError.SOURCE_CHANGED.code(), false));
        }
        assertThat(out()).isEmpty();
        in(open(513, 3));
        assertThat(out()).singleElement().isInstanceOfSatisfying(UploadFrame.Failure.class, failure -> assertThat(
                        failure.code())
                .isEqualTo(UploadError.TOO_MANY_UPLOADS.code()));
        store.uploads.get(7).refuse(UploadError.EXISTS);
        out();
        in(open(515, 3));
        assertThat(out()).isEmpty();
        assertThat(store.uploads).hasSize(257);
    }

    @Test
    void takesNoPutThatWasNotAgreedOn() {
        start(null);
        in(new UploadFrame.Preamble(), new UploadFrame.Hello(1, 1, 14, 65_536, 4 << 20, Frames.NONCE, List.of()));
        out();
        in(put(1, 3));
        assertEndsWith(UploadError.PROTOCOL);
        assertThat(store.puts).isEmpty();
    }

    @Test
    void takes4096PutsWithoutDoneAndNoMore() {
        ready();
        for (int i = 0; i < 4095; i++) {
            in(put(2 * i + 1, 0));
        }
        in(new UploadFrame.MakeFolder(8191, new UploadFrame.Folder(0755, java.time.Instant.EPOCH, "d")));
        assertThat(channel.isOpen()).isTrue();
        store.puts.get(0).complete(FakeStore.receipt("f"));
        channel.runPendingTasks();
        in(put(8193, 0));
        assertThat(channel.isOpen()).isTrue();
        in(put(8195, 0));
        assertEndsWith(UploadError.PROTOCOL);
    }

    @Test
    void takesPutsOfTheInlineLimitAndNoLarger() {
        ready();
        in(put(1, 64 * 1024));
        assertThat(channel.isOpen()).isTrue();
        in(put(3, 64 * 1024 + 1));
        assertEndsWith(UploadError.PROTOCOL);
    }

    @Test
    void wantsRisingStreams() {
        ready();
        in(open(5, 3), open(5, 3));
        assertEndsWith(UploadError.PROTOCOL);
    }

    @Test
    void wantsAnOpenBeforeDataAndCommit() {
        ready();
        in(new UploadFrame.Data(1, 0, 3, 0));
        assertEndsWith(UploadError.PROTOCOL);
        ready();
        in(new UploadFrame.Commit(1, 3, null));
        assertEndsWith(UploadError.PROTOCOL);
    }

    @Test
    void takesNoFramesOfServers() {
        ready();
        in(new UploadFrame.Nak(1, 1, List.of()));
        assertEndsWith(UploadError.PROTOCOL);
    }

    @Test
    void splitsTheListOfSegmentsByWhatThePeerTakes() {
        start(null);
        in(new UploadFrame.Preamble(), new UploadFrame.Hello(1, 1, 15, 16 * 1024, 4 << 20, Frames.NONCE, List.of()));
        out();
        in(open(1, 65_536L * SEGMENT));
        int[] verified = new int[32_768];
        for (int i = 0; i < verified.length; i++) {
            verified[i] = 2 * i;
        }
        store.last().open(verified);
        List<Object> frames = out();
        int segments = 0;
        for (int i = 0; i < frames.size(); i++) {
            UploadFrame.Opened opened = (UploadFrame.Opened) frames.get(i);
            assertThat(opened.more()).isEqualTo(i < frames.size() - 1);
            assertThat(Frames.bytes(opened)).hasSizeLessThanOrEqualTo(16 * 1024 + 4);
            segments +=
                    opened.ranges().stream().mapToInt(UploadFrame.Range::count).sum();
        }
        assertThat(segments).isEqualTo(verified.length);
    }

    // ---- one file

    @Test
    void aVoidCommitLeavesTheStreamOpen() {
        ready();
        in(open(1, 3), new UploadFrame.Commit(1, 3, null));
        store.last().commits.get(0).completeExceptionally(new Upload.Missing(List.of(2L, 5L)));
        assertThat(out())
                .satisfiesExactly(
                        frame -> assertThat(((UploadFrame.Nak) frame).segments())
                                .containsExactly(new UploadFrame.Refused(2, 307), new UploadFrame.Refused(5, 307)),
                        frame ->
                                assertThat(((UploadFrame.Failure) frame).code()).isEqualTo(307));
        in(new UploadFrame.Commit(1, 3, null));
        store.last().commits.get(1).complete(FakeStore.receipt("f1", Receipt.Mark.DURABLE));
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.Done.class);
    }

    @Test
    void anAbortWhileCommittingIsIgnored() {
        ready();
        in(open(1, 3), new UploadFrame.Commit(1, 3, null), new UploadFrame.Abort(1, 1, 305, false));
        assertThat(store.last().aborts).isEmpty();
        store.last().commits.get(0).complete(FakeStore.receipt("f1"));
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.Done.class);
    }

    @Test
    void anAbortOfAnOlderEpochIsIgnored() {
        ready();
        in(open(1, 3), new UploadFrame.Abort(1, 0, 305, false));
        assertThat(store.last().aborts).isEmpty();
        in(new UploadFrame.Abort(1, 1, 305, false));
        assertThat(store.last().aborts).containsExactly(false);
        assertThat(out()).isEmpty();
    }

    @Test
    void aTakeoverEndsThatStreamAlone() {
        ready();
        in(open(1, 3), open(3, 3));
        store.uploads.get(0).lost.complete(9L);
        assertThat(out()).singleElement().isInstanceOfSatisfying(UploadFrame.Failure.class, failure -> assertThat(
                        failure)
                .extracting(UploadFrame.Failure::stream, UploadFrame.Failure::code, UploadFrame.Failure::expected)
                .containsExactly(1L, UploadError.STALE_EPOCH.code(), 9L));
        assertThat(store.uploads.get(0).aborts).isEmpty();
        in(new UploadFrame.Commit(3, 3, null));
        assertThat(store.uploads.get(1).commits).hasSize(1);
    }

    @Test
    void aSegmentThatKeepsComingWrongIsNeverToBeRetried() {
        ready();
        in(open(1, SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0), raw(SEGMENT));
        store.last().last().verdict().completeExceptionally(new UploadException(UploadError.SEGMENT_CRC, "four times"));
        assertThat(out())
                .filteredOn(UploadFrame.Failure.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(UploadFrame.Failure.class, failure -> assertThat(failure.retry())
                        .isEqualTo(UploadError.Retry.NEVER));
    }

    @Test
    void whoEndsItsOutputGetsItsAnswersGoodAndBad() {
        ready();
        in(open(1, 3), open(3, 3), open(5, 3), open(7, 3));
        for (int stream = 1; stream <= 5; stream += 2) {
            in(new UploadFrame.Commit(stream, 3, null));
        }
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(store.uploads.get(3).aborts).containsExactly(true);
        assertThat(channel.isOpen()).isTrue();
        store.uploads.get(0).commits.get(0).complete(FakeStore.receipt("f1"));
        store.uploads.get(1).commits.get(0).completeExceptionally(new Upload.Missing(List.of(0L)));
        store.uploads
                .get(2)
                .commits
                .get(0)
                .completeExceptionally(new UploadException(UploadError.DIGEST_MISMATCH, "other"));
        List<Object> frames = out();
        assertThat(frames).filteredOn(UploadFrame.Done.class::isInstance).hasSize(1);
        assertThat(frames)
                .filteredOn(UploadFrame.Failure.class::isInstance)
                .extracting(frame -> ((UploadFrame.Failure) frame).code())
                .containsExactlyInAnyOrder(UploadError.INCOMPLETE.code(), UploadError.DIGEST_MISMATCH.code());
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void leavesFilesToBeResumedWhenTheConnectionEnds() {
        ready();
        in(open(1, 3), open(3, 3), new UploadFrame.Commit(3, 3, null), open(5, 3));
        store.uploads.get(0).open();
        out();
        events.clear();
        channel.close();
        assertThat(store.uploads.get(2).aborts).containsExactly(true); // of which nobody has heard
        assertThat(store.uploads.get(0).aborts).containsExactly(true);
        store.uploads.get(1).commits.get(0).complete(FakeStore.receipt("f3"));
        channel.runPendingTasks();
        assertThat(events).extracting(NetEvent::name).containsExactly("upload-suspended", "upload-done");
    }

    @Test
    void tellsOfACommitThatFailsWhenItsConnectionHasEnded() {
        ready();
        in(open(1, 3), open(3, 3), new UploadFrame.Commit(1, 3, null), new UploadFrame.Commit(3, 3, null));
        store.uploads.forEach(FakeStore.FakeUpload::open);
        out();
        events.clear();
        channel.close();
        assertThat(events).isEmpty();
        store.uploads.get(0).commits.get(0).completeExceptionally(new UploadException(UploadError.NO_SPACE, "full"));
        store.uploads.get(1).commits.get(0).completeExceptionally(new Upload.Missing(List.of(0L)));
        channel.runPendingTasks();
        assertThat(events).extracting(NetEvent::name).containsExactly("upload-failed", "upload-suspended");
        assertThat(store.uploads.get(1).aborts).containsExactly(true);
    }

    @Test
    void anAuthThatIsRepeatedIsNoProofOfAnything() {
        start(SECRET);
        in(new UploadFrame.Preamble(), Frames.HELLO);
        UploadFrame.HelloAck ack = (UploadFrame.HelloAck) out().get(1);
        Octets proof = UploadProof.of(SECRET, UploadProof.Side.CLIENT, Frames.HELLO, ack, null);
        in(new UploadFrame.Auth(proof));
        assertThat(out()).singleElement().isInstanceOf(UploadFrame.AuthOk.class);
        in(new UploadFrame.Auth(proof));
        assertEndsWith(UploadError.PROTOCOL);

        start(SECRET); // and on another connection, whose nonce is another
        in(new UploadFrame.Preamble(), Frames.HELLO);
        out();
        in(new UploadFrame.Auth(proof));
        assertEndsWith(UploadError.AUTH_FAILED);
    }

    /** At a rate at which a segment may come, a frame may come as well. */
    @Test
    void aFrameMayTakeLongerThanThreeHeartbeatsWhileItComes() {
        channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline()
                .addLast(
                        new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES),
                        new UploadServerHandler(store, limits, null, events::add));
        in(Unpooled.wrappedBuffer(Frames.bytes(new UploadFrame.Preamble(), Frames.HELLO)));
        out();
        ByteBuf put = Unpooled.wrappedBuffer(Frames.bytes(put(1, 65_536)));
        while (put.isReadable()) {
            pass(millis(44_999));
            in(put.readRetainedSlice(Math.min(16_384, put.readableBytes())));
        }
        put.release();
        assertThat(channel.isOpen()).isTrue();
        assertThat(store.puts).hasSize(1);
        pass(millis(44_999));
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertEndsWith(UploadError.TIMEOUT);
    }

    /** A handler that joins a channel which somebody else does not read yet. */
    @Test
    void timeBeforeTheChannelIsReadIsNobodysSilence() {
        channel = new EmbeddedChannel();
        channel.freezeTime();
        ReadGate.of(channel).pause(this);
        channel.pipeline()
                .addLast(new UploadServerHandler(
                        store, limits.withHandshakeAndDrain(Duration.ofHours(1), Duration.ZERO), null, events::add));
        pass(Duration.ofMinutes(5));
        assertThat(channel.isOpen()).isTrue();
        ReadGate.of(channel).resume(this);
        pass(millis(44_999));
        assertThat(channel.isOpen()).isTrue();
        pass(millis(1));
        assertThat(channel.isOpen()).isFalse();
        channel.releaseOutbound();
    }

    @Test
    void tellsWhoIsShakingHandsThatTheServerEnds() {
        start(SECRET);
        in(new UploadFrame.Preamble(), Frames.HELLO);
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertEndsWith(UploadError.SHUTTING_DOWN);
        start(SECRET);
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(out()).isEmpty();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void saysNothingMoreBehindItsLastWord() {
        ready();
        in(new UploadFrame.Nak(1, 1, List.of()));
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertEndsWith(UploadError.PROTOCOL);
    }

    // ---- in the pipeline of somebody else

    @Test
    void passesOnWhatItDoesNotUnderstand() {
        ready();
        channel.pipeline().fireUserEventTriggered("event");
        in("message");
        assertThat(channel.<Object>readInbound()).isEqualTo("message");
        channel.pipeline().fireExceptionCaught(new IllegalStateException("not ours"));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(channel::checkException))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void leavesNothingBehindWhenItIsRemoved() {
        ready();
        store.full = true;
        in(open(1, SEGMENT), new UploadFrame.Data(1, 0, SEGMENT, 0), raw(10));
        assertThat(channel.config().isAutoRead()).isFalse();
        channel.pipeline().removeFirst();
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(store.last().aborts).containsExactly(true);
        pass(Duration.ofMinutes(10));
        assertThat(channel.isOpen()).isTrue();
        assertThat(out()).isEmpty();
        store.room();
        channel.runPendingTasks();
    }

    @Test
    void aListenerThatFailsDisturbsNobody() {
        channel = new EmbeddedChannel(new UploadServerHandler(store, limits, null, event -> {
            throw new IllegalStateException("listener");
        }));
        in(new UploadFrame.Preamble(), Frames.HELLO, put(1, 3));
        out();
        store.puts.get(0).complete(FakeStore.receipt("f1"));
        assertThat(out()).filteredOn(UploadFrame.Done.class::isInstance).hasSize(1);
    }

    @Test
    void keepsToTheFrameLimitsBeforeAndAfterTheHandshake() {
        for (int more = 0; more < 2; more++) {
            channel = new EmbeddedChannel(
                    new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES),
                    new UploadServerHandler(store, limits, null, events::add));
            in(Unpooled.wrappedBuffer(Frames.bytes(new UploadFrame.Preamble())), padded(Frames.HELLO, 4096 + more));
            if (more == 1) {
                assertEndsWith(UploadError.FRAME_TOO_LARGE);
                continue;
            }
            assertThat(out()).hasSize(2);
            in(padded(new UploadFrame.Ping(1), 256 * 1024));
            assertThat(out()).containsExactly(new UploadFrame.Pong(1));
            in(padded(new UploadFrame.Ping(1), 256 * 1024 + 1));
            assertEndsWith(UploadError.FRAME_TOO_LARGE);
        }
    }

    /** Extensions that nobody knows fill a frame up to a length. */
    private static ByteBuf padded(UploadFrame frame, int length) {
        ByteBuf bytes = Unpooled.buffer().writeBytes(Frames.bytes(frame));
        for (int left = 4 + length - bytes.writerIndex(); left > 0; left = 4 + length - bytes.writerIndex()) {
            int value = Math.min(left - 4, 0xFFFF - 4);
            value = left - 4 - value > 0 && left - 4 - value < 4 ? value - 4 : value;
            bytes.writeShort(0x7ffe).writeShort(value).writeZero(value);
        }
        return bytes.setInt(0, length);
    }
}
