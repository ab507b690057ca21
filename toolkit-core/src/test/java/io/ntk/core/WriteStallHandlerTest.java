package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultFileRegion;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class WriteStallHandlerTest {
    private static final Duration STALL = Duration.ofSeconds(4);
    private static final int BIG = 16 << 20;

    /* On sockets: what is read for so long, with pauses so long, is no stall of so long. */
    private static final Duration SHORT_STALL = Duration.ofMillis(300);
    private static final Duration PAUSE = Duration.ofMillis(30);
    private static final Duration READING = Duration.ofMillis(700);

    private final HalfOpenChannel channel = new HalfOpenChannel();

    WriteStallHandlerTest() {
        channel.freezeTime();
        channel.pipeline().addLast(new WriteStallHandler(STALL));
    }

    private void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
    }

    private static ByteBuf bytes(int count) {
        return Unpooled.buffer().writeZero(count);
    }

    @Test
    void resetsAConnectionWhoseOutputIsStuck() {
        channel.sticks(true);
        channel.writeAndFlush(bytes(10));
        for (int quarter = 0; quarter < 3; quarter++) {
            pass(Duration.ofSeconds(1));
        }
        pass(Duration.ofSeconds(1).minusNanos(1));
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofNanos(1));
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.STALLED);
    }

    @Test
    void doesNotTakeNewOutputForProgress() {
        channel.sticks(true);
        channel.writeAndFlush(bytes(10));
        for (int quarter = 0; quarter < 4; quarter++) {
            channel.writeAndFlush(bytes(10));
            pass(Duration.ofSeconds(1));
        }
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void startsAnewAfterProgress() {
        channel.sticks(true);
        channel.writeAndFlush(bytes(10));
        pass(Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1));
        channel.unsafe().outboundBuffer().progress(1);
        pass(Duration.ofSeconds(1));
        for (int quarter = 0; quarter < 3; quarter++) {
            pass(Duration.ofSeconds(1));
        }
        assertThat(channel.isOpen()).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void leavesNoTimerWhenNothingIsPending() {
        channel.writeAndFlush(bytes(10));
        assertThat(channel.runScheduledPendingTasks()).isEqualTo(-1);
        channel.sticks(true);
        channel.writeAndFlush(bytes(10));
        assertThat(channel.runScheduledPendingTasks()).isPositive();
        channel.sticks(false);
        channel.flush();
        pass(Duration.ofSeconds(1));
        assertThat(channel.runScheduledPendingTasks()).isEqualTo(-1);
        channel.sticks(true);
        channel.writeAndFlush(bytes(10));
        channel.pipeline().removeFirst();
        assertThat(channel.runScheduledPendingTasks()).isEqualTo(-1);
        channel.finishAndReleaseAll();
    }

    @Test
    void wantsATime() {
        assertThatThrownBy(() -> new WriteStallHandler(Duration.ZERO)).hasMessage("stall: PT0S (expected: > 0)");
    }

    /** Sends one big thing at the first byte. */
    private static Protocol sending(Supplier<Object> thing) {
        return Protocols.of(pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ((ByteBuf) message).release();
                ctx.writeAndFlush(thing.get());
            }
        }));
    }

    private static ListenOptions options(Transport transport) {
        Limits limits = Limits.DEFAULTS.withWriteStall(SHORT_STALL);
        SocketOptions socket = SocketOptions.DEFAULTS.withBuffers(0, 64 * 1024);
        return ListenOptions.loopback(0)
                .withTransport(transport, 1)
                .withLimits(limits)
                .withSocket(socket);
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void resetsAPeerThatReadsNothing(Transport transport) throws Exception {
        RecordedEvents events = new RecordedEvents();
        for (TlsOptions tls : new TlsOptions[] {null, TlsOptions.selfSigned()}) {
            ListenOptions options = options(transport).withTls(tls);
            try (Server server = Server.start(sending(() -> bytes(8 << 20)), options, events)) {
                Endpoint endpoint = server.endpoints().get(0);
                int count = tls == null ? 1 : 2;
                if (tls == null) {
                    try (Peer peer = Peer.connect(endpoint, 32 * 1024)) {
                        peer.send("x");
                        events.await(NetEvent.Closed.class, closed -> true, count);
                        assertThat(peer.endsInReset()).isTrue();
                    }
                } else {
                    try (var peer = JdkTls.connect(endpoint, "TLSv1.3")) {
                        peer.getOutputStream().write('x');
                        events.await(NetEvent.Closed.class, closed -> true, count);
                    }
                }
            }
        }
        assertThat(events.all(NetEvent.Closed.class))
                .extracting(NetEvent.Closed::cause)
                .containsExactly(CloseCause.STALLED, CloseCause.STALLED);
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void keepsAPeerThatReadsNowAndThen(Transport transport, @TempDir Path folder) throws Exception {
        keeps(transport, () -> bytes(BIG));
        if (transport != Transport.IO_URING) { // files are not sent as regions there
            Path file = folder.resolve("f");
            Files.write(file, new byte[0]);
            try (FileChannel opened = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                opened.write(java.nio.ByteBuffer.wrap(new byte[1]), BIG - 1);
                keeps(transport, () -> new DefaultFileRegion(file.toFile(), 0, BIG));
            }
        }
    }

    /** A machine that stands still makes a peer of the one that reads nothing: then it is tried again. */
    private static void keeps(Transport transport, Supplier<Object> thing) throws Exception {
        Duration pause = Await.shortest(SHORT_STALL.dividedBy(2), () -> {
            RecordedEvents events = new RecordedEvents();
            try (Server server = Server.start(sending(thing), options(transport), events);
                    Peer peer = Peer.connect(server.endpoints().get(0), 32 * 1024)) {
                peer.send("x");
                Duration longest = longestPauseOfReading(peer, events);
                if (longest.compareTo(SHORT_STALL.dividedBy(2)) < 0) {
                    assertThat(events.all(NetEvent.Closed.class)).isEmpty();
                    assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.STALLED);
                    assertThat(peer.endsInReset()).isTrue();
                }
                return longest;
            }
        });
        assertThat(pause).isLessThan(SHORT_STALL.dividedBy(2));
    }

    /** Reads for longer than the stall, unless it is cut before; until the first byte the server makes what it sends. */
    private static Duration longestPauseOfReading(Peer peer, RecordedEvents events) throws IOException {
        peer.read(1);
        long longest = 0;
        long start = System.nanoTime();
        long before = start;
        while (before - start < READING.toNanos()
                && events.all(NetEvent.Closed.class).isEmpty()) {
            try {
                peer.read(64 * 1024);
            } catch (IOException e) {
                events.on(new NetEvent.Failed("test", "reading", Reason.of(e))); // and Closed, which is judged
            }
            LockSupport.parkNanos(PAUSE.toNanos());
            long now = System.nanoTime();
            longest = Math.max(longest, now - before);
            before = now;
        }
        return Duration.ofNanos(longest);
    }
}
