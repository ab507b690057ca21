package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class TrafficHandlerTest {
    private final RecordedEvents events = new RecordedEvents();
    private final Traffic traffic = new Traffic();
    private final EmbeddedChannel channel = new EmbeddedChannel(handler());

    private TrafficHandler handler() {
        return new TrafficHandler("test", events, traffic);
    }

    private CloseCause cause() {
        return events.all(NetEvent.Closed.class).get(0).cause();
    }

    private static ByteBuf bytes(int count) {
        return Unpooled.buffer().writeZero(count);
    }

    @Test
    void countsAndTellsOfAConnection() {
        channel.writeInbound(bytes(3), bytes(4), "no bytes");
        channel.writeOutbound(bytes(5));
        channel.finishAndReleaseAll();
        assertThat(events.all(NetEvent.Opened.class)).hasSize(1);
        NetEvent.Closed closed = events.all(NetEvent.Closed.class).get(0);
        assertThat(closed.bytesIn()).isEqualTo(7);
        assertThat(closed.bytesOut()).isEqualTo(5);
        assertThat(closed.id())
                .isEqualTo(events.all(NetEvent.Opened.class).get(0).id());
        assertThat(traffic.opened()).isEqualTo(1);
        assertThat(traffic.closed()).isEqualTo(1);
        assertThat(traffic.refused()).isZero();
        assertThat(traffic.bytesIn()).isEqualTo(7);
        assertThat(traffic.bytesOut()).isEqualTo(5);
    }

    @Test
    void countsFileRegions(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("f"), new byte[100]);
        try (FileChannel opened = FileChannel.open(file)) {
            channel.writeOutbound(new DefaultFileRegion(opened, 10, 60));
            channel.finishAndReleaseAll();
        }
        assertThat(traffic.bytesOut()).isEqualTo(60);
    }

    @Test
    void tellsOfAnOpeningOnceAndOnlyWhenTheLimitsHaveLetItThrough() {
        EmbeddedChannel late = new EmbeddedChannel();
        late.pipeline().addLast(handler());
        assertThat(events.all(NetEvent.Opened.class)).hasSize(1);
        late.pipeline().fireChannelActive();
        late.pipeline().fireChannelActive();
        assertThat(events.all(NetEvent.Opened.class)).hasSize(2);
        late.close();
        channel.close();
        assertThat(events.all(NetEvent.Closed.class)).hasSize(2);
    }

    @Test
    void blamesThePeerForItsEnd() {
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        channel.close();
        assertThat(cause()).isEqualTo(CloseCause.PEER);
    }

    @Test
    void takesAnErrorOfTheTransportForAReset() {
        channel.pipeline().addLast(new UnhandledHandler());
        channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        assertThat(cause()).isEqualTo(CloseCause.RESET);
    }

    @Test
    void takesACloseFromHereForOurs() {
        channel.close();
        assertThat(cause()).isEqualTo(CloseCause.LOCAL);
    }

    @Test
    void takesACloseThatNobodyAskedForAsTheTransportMeansIt() {
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel.unsafe().close(channel.voidPromise());
        channel.runPendingTasks();
        assertThat(cause()).isEqualTo(CloseCause.PEER); // an embedded channel knows no half-closure
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void tellsFailedWritesAndResetsFromEnds(Transport transport) throws Exception {
        var options = ListenOptions.loopback(0).withTransport(transport, 1);
        var flood = Protocols.of(pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ((ByteBuf) message).release();
                ReadGate.of(ctx.channel()).pause(this); // a reset can show at a write only
                write(ctx);
            }

            private void write(ChannelHandlerContext ctx) {
                ctx.writeAndFlush(bytes(64 * 1024)).addListener(sent -> {
                    if (sent.isSuccess()) {
                        write(ctx);
                    }
                });
            }
        }));
        try (Server server = Server.start(flood, options, events)) {
            try (Peer peer = Peer.connect(server.endpoints().get(0))) {
                peer.send("x").read(1 << 20);
                peer.reset();
            }
            CloseCause cause = events.await(NetEvent.Closed.class).cause();
            if (transport == Transport.IO_URING) {
                // The read that was under way before the pause may complete first, as an end of the stream.
                assertThat(cause).isIn(CloseCause.RESET, CloseCause.PEER);
            } else {
                assertThat(cause).isEqualTo(CloseCause.RESET);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.ntk.core.Transports#available")
    void tellsWhoEndedAConnection(Transport transport) throws Exception {
        var options = ListenOptions.loopback(0).withTransport(transport, 1);
        try (Server server = Server.start(Protocols.echo(), options, events)) {
            Endpoint endpoint = server.endpoints().get(0);
            try (Peer peer = Peer.connect(endpoint)) {
                peer.send("x").read(1);
            }
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.PEER);
            try (Peer peer = Peer.connect(endpoint)) {
                peer.send("x").read(1);
                peer.reset();
            }
            assertThat(events.await(NetEvent.Closed.class, closed -> true, 2)
                            .get(1)
                            .cause())
                    .isEqualTo(CloseCause.RESET);
        }
    }
}
