package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.ntk.core.NetListener;
import io.ntk.core.UnhandledHandler;
import io.ntk.core.WriteStallHandler;
import io.ntk.tcp.line.Framing;
import io.ntk.tcp.line.LineDecoder;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The code that documents show, compiled and run. What stands between {@code snippet:} and {@code end} is copied. */
@ExtendWith(LeakCheck.class)
class ChatSnippetsTest {
    @Test
    void isTheChatOfAnApplicationOfTwentyLines() throws Exception {
        // snippet: drop-in-chat
        var group = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
        var rooms = new ChatRooms(RoomOptions.DEFAULTS, group, ChatObserver.NONE, NetListener.NONE);
        var bound = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true) // a last line before the end of the stream
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new WriteStallHandler(Duration.ofSeconds(30)))
                                .addLast(new LineDecoder(Framing.LINE, 4096))
                                .addLast(new ChatHandler(rooms, MemberOptions.DEFAULTS))
                                .addLast(new UnhandledHandler()); // closes on exceptions
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync();
        // end
        int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
        try (Caller ann = new Caller(new Socket(InetAddress.getLoopbackAddress(), port));
                Caller bob = new Caller(new Socket(InetAddress.getLoopbackAddress(), port))) {
            bob.line();
            ann.send("/nick ann\nhello\n");
            assertThat(bob.until("<ann> hello"::equals)).doesNotContain("(end)");
            ann.send("/quit\n");
            ann.rest();
        } finally {
            bound.channel().close().sync();
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS).sync();
        }
    }
}
