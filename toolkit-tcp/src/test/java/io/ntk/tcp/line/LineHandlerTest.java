package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import io.ntk.testsupport.LeakCheck;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LineHandlerTest {
    private static final Executor ON_THE_LOOP = Runnable::run;

    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    @AfterEach
    void nothingIsLeftBehind() {
        for (EmbeddedChannel channel : channels) {
            assertThat(channel.finish()).isFalse();
        }
    }

    @Test
    void answersEachLineInOneWriteForOneRead() {
        EmbeddedChannel channel = open(Responder.upper(), ON_THE_LOOP);
        channel.writeInbound(text("stra\u00dfe\n\u01c6 \ud83d\ude80\n"));
        assertThat(writes(channel)).containsExactly("STRASSE\n\u01c4 \ud83d\ude80\n");
    }

    @Test
    void greetsInOneWrite() {
        EmbeddedChannel channel = open(Responder.menu(Menu.SAMPLE), ON_THE_LOOP);
        assertThat(writes(channel))
                .singleElement()
                .asString()
                .startsWith("Welcome")
                .endsWith("goodbye\n");
    }

    @Test
    void answersAChunkWithALineEndOnlyIfItHadOne() {
        EmbeddedChannel channel = open(new LineDecoder(Framing.CHUNK, 64), Responder.upper(), ON_THE_LOOP);
        channel.writeInbound(text("a"));
        channel.writeInbound(text("b\n"));
        channel.writeInbound(Unpooled.buffer().writeByte(0xff));
        assertThat(writes(channel)).containsExactly("A", "B\n", "error: not UTF-8\n");
    }

    @Test
    void answersALineThatIsNoneAndGoesOn() {
        EmbeddedChannel channel = open(Responder.upper(), ON_THE_LOOP);
        channel.writeInbound(text("0123456789abcdefg\nok\n"));
        assertThat(writes(channel)).containsExactly("error: line longer than 16 bytes\nOK\n");
    }

    @Test
    void closesBehindALastReply() {
        EmbeddedChannel channel = open((line, peer) -> Reply.last("bye"), ON_THE_LOOP);
        channel.writeInbound(text("a\nb\n"));
        assertThat(writes(channel)).containsExactly("bye\n");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.LOCAL);
    }

    @Test
    void saysNothingWhereTheReplyIsNone() {
        EmbeddedChannel channel = open((line, peer) -> Reply.NONE, ON_THE_LOOP);
        channel.writeInbound(text("a\n"));
        assertThat(writes(channel)).isEmpty();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void hidesWhyAResponderFailedAndKeepsTheConnection() {
        EmbeddedChannel channel = open(
                (line, peer) -> {
                    if (line.equals("bad")) {
                        throw new IllegalStateException("secret");
                    }
                    return Reply.line(line);
                },
                ON_THE_LOOP);
        channel.writeInbound(text("bad\ngood\n"));
        assertThat(writes(channel)).containsExactly("error: the service failed\ngood\n");
    }

    @Test
    void takesNoMoreLinesWhileThePeerIsSlow() {
        List<String> asked = new ArrayList<>();
        EmbeddedChannel channel = open(
                (line, peer) -> {
                    asked.add(line);
                    return Reply.line("x".repeat(100_000));
                },
                ON_THE_LOOP);
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 50_000));
        channel.pipeline().addFirst("slow", new HoldFlushes());
        channel.writeInbound(text("a\nb\nc\n"));
        assertThat(asked).containsExactly("a");
        assertThat(channel.config().isAutoRead()).isFalse();
        channel.pipeline().remove("slow");
        channel.flush();
        assertThat(asked).containsExactly("a", "b", "c");
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(writes(channel)).hasSize(3);
    }

    @Test
    void asksWorkersForOneLineAtATimeAndInOrder() {
        EmbeddedChannel channel = open(Responder.upper(), tasks::add);
        assertThat(tasks).hasSize(1); // the greeting
        channel.writeInbound(text("a\nb\n"));
        assertThat(ReadGate.of(channel).isPaused()).isTrue();
        work(channel);
        assertThat(tasks).hasSize(1);
        assertThat(writes(channel)).isEmpty();
        work(channel);
        assertThat(writes(channel)).containsExactly("A\n");
        work(channel);
        assertThat(writes(channel)).containsExactly("B\n");
        assertThat(ReadGate.of(channel).isPaused()).isFalse();
    }

    @Test
    void keepsTheOrderOfMessagesThatCameDespiteThePause() {
        EmbeddedChannel channel = openWithoutDecoder(Responder.upper(), tasks::add);
        channel.writeInbound(new LineMessage.Text("a", true), new LineMessage.Rejected("b"));
        while (!tasks.isEmpty()) {
            work(channel);
        }
        assertThat(String.join("", writes(channel))).isEqualTo("A\nerror: b\n");
    }

    @Test
    void sendsPendingRepliesOfWorkersAfterThePeerEnded() {
        EmbeddedChannel channel = open(Responder.upper(), tasks::add);
        channel.writeInbound(text("a\nb"));
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        while (!tasks.isEmpty()) {
            assertThat(channel.isOpen()).isTrue();
            work(channel);
        }
        assertThat(String.join("", writes(channel))).isEqualTo("A\nB\n");
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.PEER);
    }

    @Test
    void answersTheLinesThatWereReadWhenTheServerDrains() {
        EmbeddedChannel channel = open(Responder.upper(), tasks::add);
        channel.writeInbound(text("a\nb\nhalf"));
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        channel.writeInbound(text("way\nc\n"));
        while (!tasks.isEmpty()) {
            work(channel);
        }
        assertThat(String.join("", writes(channel))).isEqualTo("A\nB\n");
        assertThat(channel.isOpen()).isFalse();
        assertThat(CloseCause.of(channel)).isEqualTo(CloseCause.SHUTDOWN);
    }

    @Test
    void forgetsAReplyWhoseConnectionIsGone() {
        EmbeddedChannel channel = open(Responder.upper(), tasks::add);
        channel.writeInbound(text("a\nb\n"));
        channel.close();
        while (!tasks.isEmpty()) {
            work(channel);
        }
        assertThat(writes(channel)).isEmpty();
    }

    @Test
    void takesBackAQuestionWhosePeerHasGone() {
        CountDownLatch never = new CountDownLatch(1);
        var worker = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        worker.execute(() -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                return; // the test is over
            }
        });
        try {
            EmbeddedChannel channel = open(Responder.upper(), worker);
            assertThat(worker.getQueue()).hasSize(1);
            channel.close();
            assertThat(worker.getQueue()).isEmpty();
        } finally {
            worker.shutdownNow();
        }
    }

    @Test
    void tellsTheResponderWhoAsks() {
        List<SocketAddress> peers = new ArrayList<>();
        EmbeddedChannel channel = open(
                (line, peer) -> {
                    peers.add(peer);
                    return Reply.NONE;
                },
                ON_THE_LOOP);
        channel.writeInbound(text("a\n"));
        assertThat(peers).containsExactly(channel.remoteAddress());
    }

    @Test
    void passesOnWhatItDoesNotUnderstand() {
        List<Object> passedOn = new ArrayList<>();
        EmbeddedChannel channel = open(Responder.upper(), ON_THE_LOOP);
        channel.pipeline().addLast(new Recorder(passedOn));
        channel.writeInbound("no line");
        channel.pipeline().fireUserEventTriggered("no event of ours");
        assertThat(passedOn).containsExactly("no line", "no event of ours");
    }

    private EmbeddedChannel open(Responder responder, Executor executor) {
        return open(new LineDecoder(Framing.LINE, 16), responder, executor);
    }

    private EmbeddedChannel open(LineDecoder decoder, Responder responder, Executor executor) {
        EmbeddedChannel channel = new EmbeddedChannel(decoder, new LineHandler(responder, executor));
        channels.add(channel);
        return channel;
    }

    private EmbeddedChannel openWithoutDecoder(Responder responder, Executor executor) {
        EmbeddedChannel channel = new EmbeddedChannel(new LineHandler(responder, executor));
        channels.add(channel);
        return channel;
    }

    private void work(EmbeddedChannel channel) {
        tasks.remove().run();
        channel.runPendingTasks();
    }

    private static List<String> writes(EmbeddedChannel channel) {
        List<String> writes = new ArrayList<>();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            if (bytes.isReadable()) { // a close stands behind an empty write
                writes.add(bytes.toString(UTF_8));
            }
            bytes.release();
        }
        return writes;
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }
}
