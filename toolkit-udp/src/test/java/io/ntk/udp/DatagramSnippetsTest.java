package io.ntk.udp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.udp.guard.AnswerRates;
import io.ntk.udp.guard.GuardOptions;
import io.ntk.udp.guard.ReflectionGuardHandler;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The code that documents show, compiled and run. What stands between {@code snippet:} and {@code end} is copied. */
@ExtendWith(LeakCheck.class)
class DatagramSnippetsTest {
    private static String exchange(int port, String text) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout((int) Await.DEADLINE.toMillis());
            byte[] bytes = text.getBytes(UTF_8);
            socket.send(new DatagramPacket(bytes, bytes.length, InetAddress.getLoopbackAddress(), port));
            DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
            socket.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), UTF_8);
        }
    }

    @Test
    void echoesInAnApplicationOfOnesOwn() throws Exception {
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            // snippet: drop-in-udp
            var rates = new AnswerRates(GuardOptions.DEFAULTS); // one for all channels
            var channel = new Bootstrap()
                    .group(group)
                    .channel(NioDatagramChannel.class)
                    .handler(new ChannelInitializer<DatagramChannel>() {
                        @Override
                        protected void initChannel(DatagramChannel channel) {
                            channel.pipeline()
                                    .addLast(new ReflectionGuardHandler(GuardOptions.DEFAULTS, rates))
                                    .addLast(new DatagramEchoHandler()); // or new DatagramHandler(responder)
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync()
                    .channel();
            // end
            assertThat(exchange(((InetSocketAddress) channel.localAddress()).getPort(), "hello"))
                    .isEqualTo("hello");
            channel.close().sync();
        } finally {
            group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS)
                    .sync();
        }
    }

    @Test
    void answersByAResponderOfOnesOwn() throws Exception {
        var free = DatagramOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        // snippet: own-datagram-responder
        DatagramResponder length = request -> {
            var answer = request.channel().alloc().buffer();
            answer.writeCharSequence(Integer.toString(request.bytes()), UTF_8);
            request.answer(answer); // the guard sends it unless it is longer than the request
        };
        try (var server = DatagramServer.start(free, length)) {
            // end
            int port = ((Endpoint.Inet) server.endpoints().get(0)).port();
            assertThat(exchange(port, "hello")).isEqualTo("5");
        }
    }
}
