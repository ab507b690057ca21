package io.ntk.tcp.upload.client.link;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.ConnectFailedException.Kind;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.RefusalReason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadError.Retry;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole pipeline of a connection, with the bytes of the wire at its end, and the time of the test. */
@ExtendWith(LeakCheck.class)
class ClientConnectionTest {
    private static final int MIN_SEGMENT = 256 * 1024;
    private static final int HEARTBEAT = 15;
    private static final Octets KEY = Octets.of("0123456789abcdef".getBytes(UTF_8));
    private static final Octets NONCE = Octets.of(new byte[32]);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final EmbeddedChannel encoder = new EmbeddedChannel(new UploadFrameEncoder());
    private final EmbeddedChannel decoder =
            new EmbeddedChannel(new UploadFrameDecoder(UploadFrameDecoder.MAX_FRAME_BYTES));
    private final List<UploadFrame> frames = new ArrayList<>();
    private final List<Breakdown> ends = new ArrayList<>();
    private ClientConnection connection = connection(null);

    private ClientConnection connection(@Nullable Octets key) {
        SendOptions options =
                SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:1"))).withKey(key);
        return new ClientConnection(options, new ClientConnection.Peer() {
            @Override
            public void frame(ClientConnection from, UploadFrame frame) {
                frames.add(frame);
            }

            @Override
            public void closed(ClientConnection from, Breakdown why) {
                ends.add(why);
            }

            @Override
            public void written(ClientConnection from) {
                assertThat(from).isSameAs(connection);
            }
        });
    }

    @AfterEach
    void nothingIsLeft() {
        channel.finishAndReleaseAll();
        encoder.finishAndReleaseAll();
        decoder.finishAndReleaseAll();
    }

    // ---- the wire

    private void connect(@Nullable Octets key) {
        connection = connection(key);
        channel.freezeTime();
        connection.assemble(channel.pipeline());
        assertThat(out()).hasSize(2).first().isInstanceOf(UploadFrame.Preamble.class);
    }

    private void in(UploadFrame... some) {
        for (UploadFrame frame : some) {
            channel.writeInbound(bytes(frame));
        }
        channel.runPendingTasks();
    }

    private ByteBuf bytes(UploadFrame frame) {
        encoder.writeOutbound(frame);
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf next = encoder.readOutbound(); next != null; next = encoder.readOutbound()) {
            all.writeBytes(next);
            next.release();
        }
        return all;
    }

    private void inText(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, UTF_8));
    }

    /** Frames, and the raw bytes between them as their number. */
    private List<Object> out() {
        channel.runPendingTasks();
        for (Object message = channel.readOutbound(); message != null; message = channel.readOutbound()) {
            decoder.writeInbound(message);
        }
        List<Object> read = new ArrayList<>();
        for (Object next = decoder.readInbound(); next != null; next = decoder.readInbound()) {
            if (next instanceof ByteBuf raw) {
                read.add(raw.readableBytes());
                raw.release();
            } else {
                read.add(next);
            }
        }
        return read;
    }

    private void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private static Duration seconds(long n) {
        return Duration.ofSeconds(n);
    }

    private static UploadFrame.HelloAck terms(boolean key) {
        return new UploadFrame.HelloAck(
                1,
                key,
                256,
                UploadFrame.ALL_CAPABILITIES,
                UploadFrameDecoder.MAX_FRAME_BYTES,
                65_536,
                MIN_SEGMENT,
                4 << 20,
                8 << 20,
                1L << 40,
                HEARTBEAT,
                86_400,
                NONCE,
                List.of());
    }

    private void ready() {
        connect(null);
        in(new UploadFrame.Preamble(), terms(false));
        assertThat(connection.ready()).isCompletedWithValue(connection);
    }

    /** Why it could not be used. */
    private Breakdown lost() {
        assertThat(channel.isOpen()).isFalse();
        assertThat(ends).isEmpty();
        return why(connection);
    }

    private static Breakdown why(ClientConnection unused) {
        try {
            unused.ready().join();
            throw new AssertionError("it can be used");
        } catch (CompletionException e) {
            return ((ClientConnection.LostException) requireNonNull(e.getCause())).why();
        }
    }

    /** Why it ended after it could be used. */
    private Breakdown end() {
        assertThat(channel.isOpen()).isFalse();
        assertThat(ends).hasSize(1);
        assertThat(connection.isOpen()).isFalse();
        return ends.get(0);
    }

    // ---- the handshake

    @Test
    void waitsTenSecondsInAllForTheGreeting() {
        connect(KEY);
        pass(seconds(4));
        in(new UploadFrame.Preamble());
        pass(seconds(4));
        in(terms(true));
        assertThat(out()).hasSize(1).first().isInstanceOf(UploadFrame.Auth.class);
        pass(seconds(2).minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofNanos(1));
        assertThat(lost())
                .extracting(Breakdown::kind, Breakdown::retry, Breakdown::why)
                .containsExactly(Kind.TIMED_OUT, Retry.RESUME, "the server did not greet within 10 s");
    }

    @Test
    void theDeadlineEndsWithTheHandshake() {
        ready();
        pass(seconds(11));
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void greetsAtEverySplitPoint() {
        ByteBuf whole = Unpooled.wrappedBuffer(bytes(new UploadFrame.Preamble()), bytes(terms(false)));
        for (int at = 1; at < whole.readableBytes(); at++) {
            EmbeddedChannel each = new EmbeddedChannel();
            ClientConnection one = connection(null);
            connection = one;
            one.assemble(each.pipeline());
            each.writeInbound(whole.copy(0, at));
            each.writeInbound(whole.copy(at, whole.readableBytes() - at));
            assertThat(one.ready()).as("cut at " + at).isCompletedWithValue(one);
            each.finishAndReleaseAll();
        }
        whole.release();
        ends.clear();
    }

    private static UploadFrame.HelloAck with(
            int version, int streams, int maxFrame, int segmentMin, int segmentMax, int credit, int heartbeat) {
        UploadFrame.HelloAck usual = terms(false);
        return new UploadFrame.HelloAck(
                version,
                false,
                streams,
                usual.capabilities(),
                maxFrame,
                usual.maxInline(),
                segmentMin,
                segmentMax,
                credit,
                usual.maxFile(),
                heartbeat,
                usual.resumeTtlSeconds(),
                NONCE,
                List.of());
    }

    private record Terms(UploadFrame.HelloAck ack, String fault) {}

    static List<Terms> impossible() {
        int max = SendOptions.Pace.MAX_SEGMENT_BYTES;
        return List.of(
                new Terms(with(2, 1, 16_384, MIN_SEGMENT, MIN_SEGMENT, 2 * MIN_SEGMENT, 1), "version 2"),
                new Terms(with(1, 1, 16_383, MIN_SEGMENT, MIN_SEGMENT, 2 * MIN_SEGMENT, 1), "frames of 16383 bytes"),
                new Terms(with(1, 1, 16_384, 300_000, 1 << 20, 8 << 20, 1), "segments of 300000 to 1048576 bytes"),
                new Terms(with(1, 1, 16_384, MIN_SEGMENT, 300_000, 8 << 20, 1), "segments of 262144 to 300000 bytes"),
                new Terms(with(1, 1, 16_384, 1 << 20, 1 << 19, 8 << 20, 1), "segments of 1048576 to 524288 bytes"),
                new Terms(
                        with(1, 1, 16_384, MIN_SEGMENT, MIN_SEGMENT, 2 * MIN_SEGMENT - 1, 1),
                        "segments of 262144 to 262144 bytes and a credit of 524287"),
                new Terms(with(1, 1, 16_384, 0, MIN_SEGMENT, 8 << 20, 1), "segments of 0 to 262144 bytes"),
                new Terms(with(1, 1, 16_384, MIN_SEGMENT / 2, MIN_SEGMENT, 8 << 20, 1), "segments of at least 131072"),
                new Terms(with(1, 1, 16_384, 2 * max, 2 * max, 4 * max, 1), "segments of at least 67108864 bytes"),
                new Terms(
                        with(1, 1, 16_384, MIN_SEGMENT, MIN_SEGMENT, 2 * MIN_SEGMENT, 0), "no heartbeat or no streams"),
                new Terms(
                        with(1, 0, 16_384, MIN_SEGMENT, MIN_SEGMENT, 2 * MIN_SEGMENT, 1),
                        "no heartbeat or no streams"));
    }

    @ParameterizedTest
    @MethodSource("impossible")
    void refusesTermsThatCannotBe(Terms terms) {
        connect(null);
        in(new UploadFrame.Preamble(), terms.ack());
        assertThat(lost())
                .extracting(Breakdown::code, Breakdown::retry)
                .containsExactly(UploadError.PROTOCOL.code(), Retry.NEVER);
        assertThat(lost().why()).startsWith("the server greets with " + terms.fault());
    }

    static List<UploadFrame.HelloAck> barely() {
        int max = SendOptions.Pace.MAX_SEGMENT_BYTES;
        return List.of(
                with(1, 1, 16_384, MIN_SEGMENT, MIN_SEGMENT, 2 * MIN_SEGMENT, 1),
                with(1, 1, 16_384, max, max, 2 * max, 1));
    }

    @ParameterizedTest
    @MethodSource("barely")
    void takesTermsAtTheirLimits(UploadFrame.HelloAck terms) {
        connect(null);
        in(new UploadFrame.Preamble(), terms);
        assertThat(connection.ready()).isCompletedWithValue(connection);
        assertThat(connection.terms()).isEqualTo(terms);
    }

    @Test
    void refusesAServerThatWantsNoKey() {
        connect(KEY);
        in(new UploadFrame.Preamble(), terms(false));
        assertThat(lost())
                .extracting(Breakdown::code, Breakdown::retry)
                .containsExactly(UploadError.AUTH_FAILED.code(), Retry.NEVER);
        assertThat(out()).isEmpty();
    }

    @Test
    void saysThatTheServerWantsAKey() {
        connect(null);
        in(new UploadFrame.Preamble(), terms(true));
        assertThat(lost())
                .extracting(Breakdown::code, Breakdown::why)
                .containsExactly(UploadError.AUTH_REQUIRED.code(), "the server wants a key");
    }

    private Octets proof(UploadFrame.Hello hello, Octets key) {
        return UploadProof.of(key, UploadProof.Side.SERVER, hello, terms(true), null);
    }

    private UploadFrame.Hello greetedWithKey() {
        connection = connection(KEY);
        channel.freezeTime();
        connection.assemble(channel.pipeline());
        UploadFrame.Hello hello = (UploadFrame.Hello) out().get(1);
        in(new UploadFrame.Preamble(), terms(true));
        assertThat(out())
                .containsExactly(
                        new UploadFrame.Auth(UploadProof.of(KEY, UploadProof.Side.CLIENT, hello, terms(true), null)));
        assertThat(connection.ready()).isNotDone();
        return hello;
    }

    @Test
    void provesAndWantsItProven() {
        UploadFrame.Hello hello = greetedWithKey();
        in(new UploadFrame.AuthOk(proof(hello, KEY)));
        assertThat(connection.ready()).isCompletedWithValue(connection);
    }

    @Test
    void refusesAWrongProof() {
        UploadFrame.Hello hello = greetedWithKey();
        in(new UploadFrame.AuthOk(proof(hello, Octets.of("0123456789abcdeF".getBytes(UTF_8)))));
        assertThat(lost())
                .extracting(Breakdown::code, Breakdown::why)
                .containsExactly(UploadError.AUTH_FAILED.code(), "the server does not have the key");
    }

    @Test
    void refusesItsOwnProofSentBack() {
        UploadFrame.Hello hello = greetedWithKey();
        in(new UploadFrame.AuthOk(UploadProof.of(KEY, UploadProof.Side.CLIENT, hello, terms(true), null)));
        assertThat(lost().code()).isEqualTo(UploadError.AUTH_FAILED.code());
    }

    @Test
    void takesNoFileFrameBeforeTheProof() {
        greetedWithKey();
        in(new UploadFrame.Ack(0, 0, 0, 0, 1));
        assertThat(lost().why()).isEqualTo("the server does not greet as NTUP/1 has it");
        assertThat(frames).isEmpty();
    }

    // ---- errors and ends in every phase

    private enum At {
        PREAMBLE,
        ACK,
        AUTH,
        READY
    }

    private void reach(At phase) {
        if (phase == At.READY) {
            ready();
            return;
        }
        connect(phase == At.AUTH ? KEY : null);
        if (phase != At.PREAMBLE) {
            in(new UploadFrame.Preamble());
        }
        if (phase == At.AUTH) {
            in(terms(true));
        }
        out();
    }

    private Breakdown why(At phase) {
        return phase == At.READY ? end() : lost();
    }

    private static List<At> phases() {
        return List.of(At.values());
    }

    @ParameterizedTest
    @MethodSource("phases")
    void takesAnErrorInEveryPhase(At phase) {
        reach(phase);
        if (phase == At.PREAMBLE) {
            in(new UploadFrame.Preamble());
        }
        in(new UploadFrame.Failure(0, 108, Retry.RESUME, 1500, 0, 0, "the server ends"));
        assertThat(why(phase))
                .extracting(Breakdown::code, Breakdown::retry, Breakdown::retryAfterMillis, Breakdown::why)
                .containsExactly(108, Retry.RESUME, 1500L, "the server ends (108)");
    }

    @ParameterizedTest
    @MethodSource("phases")
    void takesTheEndOfTheConnectionInEveryPhase(At phase) {
        reach(phase);
        channel.close();
        assertEnded(phase);
    }

    @ParameterizedTest
    @MethodSource("phases")
    void takesTheEndOfTheInputInEveryPhase(At phase) {
        reach(phase);
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertEnded(phase);
    }

    private void assertEnded(At phase) {
        boolean silent = phase == At.PREAMBLE;
        assertThat(why(phase))
                .extracting(Breakdown::code, Breakdown::retry, Breakdown::kind, Breakdown::why)
                .containsExactly(
                        0,
                        Retry.RESUME,
                        silent ? Kind.HUNG_UP : Kind.OTHER,
                        silent
                                ? "the server closed the connection before it said anything"
                                : "the server closed the connection");
    }

    @ParameterizedTest
    @MethodSource("phases")
    void takesAResetInEveryPhase(At phase) {
        reach(phase);
        channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        assertThat(why(phase).why())
                .isEqualTo(
                        phase == At.PREAMBLE
                                ? "the server closed the connection before it said anything"
                                : "the connection failed: connection reset by peer");
    }

    @ParameterizedTest
    @MethodSource("phases")
    void endsAtABadFrameInEveryPhase(At phase) {
        reach(phase);
        if (phase == At.PREAMBLE) {
            in(new UploadFrame.Preamble());
        }
        channel.writeInbound(Unpooled.buffer().writeInt(8).writeByte(0x7f).writeZero(7));
        assertThat(why(phase).retry()).isEqualTo(Retry.NEVER);
        assertThat(why(phase).why()).startsWith("the server sent ");
    }

    @Test
    void aLongFrameIsTakenOnlyAfterTheHandshake() {
        UploadFrame.Opened long1 = opened(1_100);
        ready();
        in(long1);
        assertThat(frames).containsExactly(long1);
    }

    @Test
    void aLongFrameIsRefusedWithinTheHandshake() {
        connect(null);
        in(new UploadFrame.Preamble(), opened(1_100));
        assertThat(lost().code()).isEqualTo(UploadError.FRAME_TOO_LARGE.code());
    }

    @Test
    void anErrorOfAStreamEndsNoConnection() {
        ready();
        UploadFrame.Failure failure = UploadFrame.Failure.of(1, UploadError.EXISTS, "there is one");
        in(failure);
        assertThat(frames).containsExactly(failure);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aFaultOfTheReceiversIsTheReason() {
        ready();
        connection.close(Breakdown.lasting(100, "it lies"));
        channel.runPendingTasks();
        assertThat(end().why()).isEqualTo("it lies");
    }

    @Test
    void cancellingEndsIt() {
        connect(null);
        connection.ready().cancel(false);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).as("nobody would ever close it").isFalse();
        assertThat(ends).isEmpty();
    }

    // ---- signs of life

    @Test
    void pingsWhenItHasSaidNothingForAHeartbeat() {
        ready();
        pass(seconds(HEARTBEAT).minusNanos(1));
        assertThat(out()).isEmpty();
        pass(Duration.ofNanos(1));
        assertThat(out()).hasSize(1).first().isInstanceOf(UploadFrame.Ping.class);
        pass(seconds(HEARTBEAT).minusNanos(1));
        assertThat(out()).isEmpty();
        pass(Duration.ofNanos(1));
        assertThat(out()).hasSize(1);
    }

    @Test
    void doesNotPingWhoHearsOfItAnyway() {
        ready();
        pass(seconds(10));
        connection.write(new UploadFrame.Commit(1, 0, null));
        connection.flush();
        assertThat(out()).hasSize(1);
        pass(seconds(10));
        assertThat(out()).isEmpty();
    }

    @Test
    void givesUpWhoSaysNothingForThreeHeartbeats() {
        ready();
        pass(seconds(3 * HEARTBEAT).minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofNanos(1));
        assertThat(end())
                .extracting(Breakdown::code, Breakdown::retry, Breakdown::why)
                .containsExactly(106, Retry.RESUME, "nothing was heard for three heartbeats");
    }

    @Test
    void everyByteIsASignOfLife() {
        ready();
        ByteBuf slow = bytes(opened(100));
        for (int i = 0; i < 10; i++) {
            pass(seconds(2 * HEARTBEAT));
            channel.writeInbound(slow.readRetainedSlice(1));
        }
        assertThat(channel.isOpen()).isTrue();
        slow.release();
        pass(seconds(3 * HEARTBEAT));
        assertThat(end().code()).isEqualTo(106);
    }

    @Test
    void answersAPing() {
        ready();
        in(new UploadFrame.Ping(77));
        assertThat(out()).containsExactly(new UploadFrame.Pong(77));
        assertThat(frames).isEmpty();
    }

    @Test
    void aPongIsNoFrameForTheOwner() {
        ready();
        in(new UploadFrame.Pong(77));
        assertThat(out()).isEmpty();
        assertThat(frames).isEmpty();
    }

    @Test
    void answersNotWithinAPayloadButBehindIt() {
        ready();
        UploadFrame.Data data = new UploadFrame.Data(1, 0, 10, 5);
        connection.write(data);
        connection.write(Unpooled.buffer().writeZero(6));
        connection.flush();
        in(new UploadFrame.Ping(1), new UploadFrame.Ping(2));
        assertThat(out()).containsExactly(data, 6);
        connection.write(Unpooled.buffer().writeZero(4));
        connection.flush();
        assertThat(out()).containsExactly(4, new UploadFrame.Pong(1), new UploadFrame.Pong(2));
    }

    @Test
    void doesNotPingWithinAPayload() {
        ready();
        connection.write(new UploadFrame.Data(1, 0, 10, 5));
        connection.flush();
        assertThat(out()).hasSize(1);
        for (int i = 0; i < 2; i++) {
            pass(seconds(HEARTBEAT));
            in(new UploadFrame.Pong(0));
        }
        assertThat(out()).isEmpty();
        connection.write(Unpooled.buffer().writeZero(10));
        connection.flush();
        assertThat(out()).hasSize(2).last().isInstanceOf(UploadFrame.Ping.class);
    }

    @Test
    void keepsTheLastSixtyFourAnswersForTheEndOfAPayload() {
        ready();
        connection.write(new UploadFrame.Data(1, 0, 1, 5));
        connection.flush();
        for (int i = 0; i <= ClientConnection.MAX_WAITING_SIGNS; i++) {
            in(new UploadFrame.Ping(i));
        }
        assertThat(out()).hasSize(1);
        connection.write(Unpooled.buffer().writeZero(1));
        connection.flush();
        List<Object> all = new ArrayList<>(List.of(1));
        IntStream.rangeClosed(1, ClientConnection.MAX_WAITING_SIGNS).forEach(i -> all.add(new UploadFrame.Pong(i)));
        assertThat(out()).isEqualTo(all);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void whoTakesNoAnswersDoesNotMakeThemPileUp() {
        ready();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        for (int i = 0; i < 1000; i++) {
            in(new UploadFrame.Ping(i));
        }
        assertThat(out()).isEmpty();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        assertThat(out()).hasSize(ClientConnection.MAX_WAITING_SIGNS).last().isEqualTo(new UploadFrame.Pong(999));
    }

    // ---- frames that nobody has dealt with

    private static UploadFrame.Opened opened(int crcs) {
        List<Integer> each = IntStream.range(0, crcs).boxed().toList();
        return new UploadFrame.Opened(
                1,
                1,
                UploadFrame.State.PARTIAL,
                OnExists.REJECT,
                MIN_SEGMENT,
                crcs,
                (long) crcs * MIN_SEGMENT,
                List.of(new UploadFrame.Range(0, crcs)),
                List.of(new UploadFrame.Crcs(0, each)),
                false);
    }

    private boolean isRead() {
        channel.runPendingTasks();
        return channel.config().isAutoRead();
    }

    @Test
    void readsNoFurtherThanSomeFramesAhead() {
        ready();
        UploadFrame ack = new UploadFrame.Ack(1, 1, 0, 0, 1);
        for (int i = 1; i < ClientConnection.MAX_UNSEEN_FRAMES; i++) {
            in(ack);
        }
        assertThat(isRead()).isTrue();
        in(ack);
        assertThat(isRead()).isFalse();
        for (int i = ClientConnection.MAX_UNSEEN_FRAMES; i > ClientConnection.MAX_UNSEEN_FRAMES / 4 + 1; i--) {
            connection.seen(ack);
        }
        assertThat(isRead()).isFalse();
        connection.seen(ack);
        assertThat(isRead()).isTrue();
    }

    @Test
    void aFrameWithAListCountsForMany() {
        ready();
        UploadFrame.Opened large = opened(4_000); // for 251
        in(large, large, large, large);
        assertThat(isRead()).isTrue();
        in(large);
        assertThat(isRead()).isFalse();
        connection.seen(large);
        connection.seen(large);
        connection.seen(large);
        assertThat(isRead()).isFalse();
        connection.seen(large);
        assertThat(isRead()).isTrue();
    }

    @Test
    void whoIsNotReadIsNotDead() {
        ready();
        UploadFrame ack = new UploadFrame.Ack(1, 1, 0, 0, 1);
        for (int i = 0; i < ClientConnection.MAX_UNSEEN_FRAMES; i++) {
            in(ack);
        }
        pass(seconds(100 * HEARTBEAT));
        assertThat(channel.isOpen()).isTrue();
        assertThat(out()).as("it is told that this side is alive").isNotEmpty();
        for (int i = 0; i < ClientConnection.MAX_UNSEEN_FRAMES; i++) {
            connection.seen(ack);
        }
        assertThat(isRead()).isTrue();
        pass(seconds(3 * HEARTBEAT).minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofNanos(1));
        assertThat(end().code()).isEqualTo(106);
    }

    // ---- who speaks something else

    private record Stranger(String says, Kind kind, Retry retry, int code, String why) {}

    static List<Stranger> strangers() {
        return List.of(
                new Stranger(
                        "HTTP/1.1 400 Bad Request\r\n",
                        Kind.OTHER_PROTOCOL,
                        Retry.NEVER,
                        100,
                        "the server speaks HTTP, not NTUP/1"),
                new Stranger(
                        "SSH-2.0-OpenSSH_9\u001b[1m\r\n",
                        Kind.OTHER_PROTOCOL,
                        Retry.NEVER,
                        100,
                        "the server does not speak NTUP/1, it says: SSH-2.0-OpenSSH_9\\u001b[1m"),
                new Stranger("\r\n", Kind.OTHER_PROTOCOL, Retry.NEVER, 100, "the server does not speak NTUP/1"),
                new Stranger(
                        "x".repeat(HearingHandler.MAX_LINE_BYTES),
                        Kind.OTHER_PROTOCOL,
                        Retry.NEVER,
                        100,
                        "the server does not speak NTUP/1, it says: " + "x".repeat(HearingHandler.MAX_LINE_BYTES)),
                new Stranger(
                        "error 109 too many connections\n",
                        Kind.OTHER,
                        Retry.RESUME,
                        109,
                        "too many connections (109)"),
                new Stranger(
                        "error 104 address not allowed\r\n", Kind.OTHER, Retry.NEVER, 104, "address not allowed (104)"),
                new Stranger("\u0015\u0003", Kind.WANTS_TLS, Retry.NEVER, 0, "this port speaks TLS"),
                new Stranger("\u0016\u0003", Kind.WANTS_TLS, Retry.NEVER, 0, "this port speaks TLS"));
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void saysWhatAStrangerSpeaksAtEverySplitPoint(Stranger stranger) {
        for (int at = 0; at < stranger.says().length(); at++) {
            EmbeddedChannel each = new EmbeddedChannel();
            ClientConnection one = connection(null);
            one.assemble(each.pipeline());
            each.writeInbound(Unpooled.copiedBuffer(stranger.says().substring(0, at), UTF_8));
            assertThat(each.isOpen()).isTrue();
            each.writeInbound(Unpooled.copiedBuffer(stranger.says().substring(at) + "more", UTF_8));
            each.runPendingTasks();
            assertThat(why(one))
                    .isEqualTo(new Breakdown(stranger.code(), stranger.retry(), 0, 0, stranger.kind(), stranger.why()));
            each.finishAndReleaseAll();
        }
    }

    @Test
    void aStrangerMayEndWithinItsFirstLine() {
        connect(null);
        inText("error 109 too many con");
        assertThat(channel.isOpen()).isTrue();
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(lost())
                .extracting(Breakdown::code, Breakdown::retry)
                .containsExactly(UploadError.TOO_MANY_CONNECTIONS.code(), Retry.RESUME);
    }

    @Test
    void aStrangerMayBeResetWithinItsFirstLine() {
        connect(null);
        inText("go away");
        channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        assertThat(lost().why()).endsWith("it says: go away");
    }

    @Test
    void seesAnEcho() {
        connection = connection(null);
        connection.assemble(channel.pipeline());
        channel.runPendingTasks();
        for (ByteBuf said = channel.readOutbound(); said != null; said = channel.readOutbound()) {
            channel.writeInbound(said);
        }
        assertThat(lost())
                .extracting(Breakdown::kind, Breakdown::why)
                .containsExactly(Kind.OTHER_PROTOCOL, "the server sends back what it is sent (an echo service?)");
    }

    @Test
    void aReceiverMaySayThatItsPortSpeaksTls() {
        connect(null);
        in(
                new UploadFrame.Preamble(),
                UploadFrame.Failure.of(0, UploadError.AUTH_FAILED, RefusalReason.NOT_TLS.text()));
        assertThat(lost().kind()).isEqualTo(Kind.WANTS_TLS);
    }
}
