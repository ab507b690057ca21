package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class KeepingEpollHandlerTest {
    private static final int PART_BYTES = 4 * 1024 * 1024;

    @BeforeEach
    void needsEpoll() {
        Assumptions.assumeTrue(Epoll.isAvailable(), "no epoll on this system");
    }

    /** Between the parts the channel waits for nothing. */
    @Test
    void sendsInPartsThoughThePeerHasEndedItsStream() throws Exception {
        Protocol late = Protocols.of(pipeline -> pipeline.addLast(new LateParts()));
        ListenOptions options = ListenOptions.loopback(0).withTransport(Transport.EPOLL, 1);
        try (Server server = Server.start(late, options, NetListener.NONE);
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(),
                        ((Endpoint.Inet) server.endpoints().get(0)).port())) {
            socket.setSoTimeout(30_000);
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).hasSize(3 * PART_BYTES);
        }
    }

    @Test
    void isKnownAsEpoll() throws Exception {
        var group = new MultiThreadIoEventLoopGroup(1, Transport.EPOLL.handlerFactory());
        try {
            assertThat(Transport.of(group)).isEqualTo(Transport.EPOLL);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    private static final class LateParts extends ChannelInboundHandlerAdapter {
        private int left = 3;

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                later(ctx);
            }
        }

        private void later(ChannelHandlerContext ctx) {
            ctx.executor().schedule(() -> send(ctx), 20, TimeUnit.MILLISECONDS);
        }

        private void send(ChannelHandlerContext ctx) {
            var sent = ctx.writeAndFlush(Unpooled.wrappedBuffer(new byte[PART_BYTES]));
            if (--left == 0) {
                sent.addListener(ChannelFutureListener.CLOSE);
            } else {
                sent.addListener(done -> later(ctx));
            }
        }
    }
}
