package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class ClosingTest {
    private static final byte[] UNREAD = new byte[100 * 1024];

    /** Refuses at the first byte, and reads no more than one small buffer until then. */
    private static final class Refusing extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ((ByteBuf) message).release();
            ReadGate.of(ctx.channel()).pause(this);
            ctx.executor().schedule(() -> refuse(ctx), 100, TimeUnit.MILLISECONDS);
        }

        private static void refuse(ChannelHandlerContext ctx) {
            Closing.refuse(ctx, ByteBufUtil.writeUtf8(ctx.alloc(), "no\n"));
        }
    }

    private static Server refusing(Transport transport) {
        var options = ListenOptions.loopback(0).withTransport(transport, 1);
        return Server.start(Protocols.of(p -> p.addLast(new Refusing())), options, NetListener.NONE);
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void answersAPeerThatHasSentWhatNobodyRead(Transport transport) throws Exception {
        try (Server server = refusing(transport);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            peer.send("x").send(UNREAD);
            assertThat(peer.readToEnd()).isEqualTo("no\n");
        }
    }

    @Test
    void closesAPeerThatNeverDoesAfterTwoSeconds() throws Exception {
        RecordedEvents events = new RecordedEvents();
        var options = ListenOptions.loopback(0).withTransport(Transport.AUTO, 1);
        try (Server server = Server.start(Protocols.of(p -> p.addLast(new Refusing())), options, events);
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            peer.send("x");
            assertThat(peer.readToEnd()).isEqualTo("no\n");
            NetEvent.Closed closed = events.await(NetEvent.Closed.class);
            assertThat(closed.cause()).isEqualTo(CloseCause.LOCAL);
            assertThat(closed.duration()).isGreaterThanOrEqualTo(Closing.MAX_WAIT);
        }
    }

    @Test
    void refusesUnderTlsWithAnEndInGoodOrder() throws Exception {
        var options = ListenOptions.loopback(0).withTls(TlsOptions.selfSigned()).withTransport(Transport.NIO, 1);
        for (String version : ServerTls.VERSIONS) {
            Duration shortest = Await.shortest(Closing.MAX_WAIT, () -> {
                RecordedEvents events = new RecordedEvents();
                try (Server server = Server.start(Protocols.of(p -> p.addLast(new Refusing())), options, events)) {
                    try (SSLSocket peer = JdkTls.connect(server.endpoints().get(0), version)) {
                        peer.getOutputStream().write(UNREAD);
                        assertThat(peer.getInputStream().readAllBytes())
                                .asString()
                                .isEqualTo("no\n");
                    }
                    return events.await(NetEvent.Closed.class).duration();
                }
            });
            assertThat(shortest).isLessThan(Closing.MAX_WAIT);
        }
    }

    @Test
    void refusesUnderTlsAPeerThatNeverCloses() throws Exception {
        var options = ListenOptions.loopback(0).withTls(TlsOptions.selfSigned()).withTransport(Transport.NIO, 1);
        RecordedEvents events = new RecordedEvents();
        try (Server server = Server.start(Protocols.of(p -> p.addLast(new Refusing())), options, events);
                SSLSocket peer = JdkTls.connect(server.endpoints().get(0), "TLSv1.3")) {
            peer.getOutputStream().write('x');
            assertThat(peer.getInputStream().readAllBytes()).asString().isEqualTo("no\n");
            NetEvent.Closed closed = events.await(NetEvent.Closed.class);
            assertThat(closed.duration()).isGreaterThanOrEqualTo(Closing.MAX_WAIT);
        }
    }

    /** A channel whose front refused, with the answer taken out; its output cannot be shut down in halves. */
    private static EmbeddedChannel refused() {
        HalfOpenChannel channel = new HalfOpenChannel();
        channel.freezeTime();
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
        Closing.refuse(channel.pipeline().firstContext(), Unpooled.copiedBuffer("no\n", StandardCharsets.US_ASCII));
        ByteBuf answer = channel.readOutbound();
        assertThat(answer.toString(StandardCharsets.US_ASCII)).isEqualTo("no\n");
        answer.release();
        assertThat(channel.outputWasShutDown()).isTrue();
        return channel;
    }

    @Test
    void discardsABoundedNumberOfBytes() {
        EmbeddedChannel channel = refused();
        channel.writeInbound(Unpooled.buffer().writeZero(Closing.MAX_DISCARDED_BYTES - 1));
        channel.writeInbound(Unpooled.buffer().writeZero(1));
        assertThat(channel.isOpen()).isTrue();
        channel.writeInbound(Unpooled.buffer().writeZero(1));
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void waitsABoundedTime() {
        EmbeddedChannel channel = refused();
        channel.advanceTimeBy(Closing.MAX_WAIT.toNanos() - 1, TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(1, TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void closesWhenThePeerHasEnded() {
        EmbeddedChannel channel = refused();
        channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        assertThat(channel.isOpen()).isTrue();
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.runScheduledPendingTasks()).as("no timer is left").isEqualTo(-1);
    }

    @Test
    void closesAtOnceWhenTheAnswerCannotLeave() {
        HalfOpenChannel channel = new HalfOpenChannel();
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
        channel.failWrites();
        Closing.refuse(channel.pipeline().firstContext(), Unpooled.buffer().writeZero(1));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void emptiesAChannelThatIsReadByHandOrPaused() {
        HalfOpenChannel byHand = new HalfOpenChannel();
        byHand.config().setAutoRead(false);
        byHand.pipeline().addLast(new ChannelInboundHandlerAdapter());
        int before = byHand.reads();
        Closing.refuse(byHand.pipeline().firstContext(), Unpooled.EMPTY_BUFFER);
        assertThat(byHand.reads()).isEqualTo(before + 1);
        byHand.writeInbound(Unpooled.buffer().writeZero(1));
        assertThat(byHand.reads()).isGreaterThan(before + 1);
        byHand.close();

        HalfOpenChannel paused = new HalfOpenChannel();
        paused.pipeline().addLast(new ChannelInboundHandlerAdapter());
        ReadGate.of(paused).pause(this);
        Closing.refuse(paused.pipeline().firstContext(), Unpooled.EMPTY_BUFFER);
        assertThat(paused.config().isAutoRead()).isTrue();
        paused.close();
    }

    @Test
    void closesBehindWhatWasWritten() {
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        channel.write(Unpooled.copiedBuffer("a", StandardCharsets.US_ASCII));
        Closing.afterWrites(channel.pipeline().firstContext());
        assertThat(channel.isOpen()).isFalse();
        ByteBuf written = channel.readOutbound();
        assertThat(written.toString(StandardCharsets.US_ASCII)).isEqualTo("a");
        written.release();
        channel.releaseOutbound();
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void resetsAPeerThatTakesNothing(Transport transport) throws Exception {
        var handler = Protocols.of(pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ((ByteBuf) message).release();
                ctx.writeAndFlush(ctx.alloc().buffer().writeZero(8 << 20));
                Closing.reset(ctx.channel());
            }
        }));
        RecordedEvents events = new RecordedEvents();
        for (TlsOptions tls : new TlsOptions[] {null, TlsOptions.selfSigned()}) {
            var options = ListenOptions.loopback(0).withTransport(transport, 1).withTls(tls);
            try (Server server = Server.start(handler, options, events)) {
                Endpoint endpoint = server.endpoints().get(0);
                try (Socket peer = tls == null ? plain(endpoint) : JdkTls.connect(endpoint, "TLSv1.3")) {
                    peer.getOutputStream().write('x');
                    events.await(NetEvent.Closed.class, closed -> true, tls == null ? 1 : 2)
                            .forEach(closed -> assertThat(closed.duration()).isLessThan(RecordedEvents.DEADLINE));
                    assertThatThrownBy(() -> peer.getInputStream().readAllBytes())
                            .isInstanceOf(IOException.class);
                }
            }
        }
    }

    private static Socket plain(Endpoint endpoint) throws IOException {
        Endpoint.Inet inet = (Endpoint.Inet) endpoint;
        return new Socket(inet.host(), inet.port());
    }

    @Test
    void endsTheOutputUnderTlsWithCloseNotify() throws IOException, GeneralSecurityException {
        var handler = Protocols.of(pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ctx.writeAndFlush(message).addListener(sent -> Closing.shutdownOutput(ctx.channel()));
            }
        }));
        var options = ListenOptions.loopback(0).withTransport(Transport.NIO, 1).withTls(TlsOptions.selfSigned());
        try (Server server = Server.start(handler, options, NetListener.NONE);
                SSLSocket peer = JdkTls.connect(server.endpoints().get(0), "TLSv1.3")) {
            peer.getOutputStream().write('x');
            assertThat(peer.getInputStream().readAllBytes()).containsExactly('x'); // a truncation would throw
        }
    }
}
