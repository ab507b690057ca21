package io.ntk.udp.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.ntk.core.Endpoint;
import io.ntk.testsupport.LeakCheck;
import io.ntk.udp.DatagramHandler;
import io.ntk.udp.guard.AnswerRates;
import io.ntk.udp.guard.GuardOptions;
import io.ntk.udp.guard.ReflectionGuardHandler;
import io.ntk.udp.measure.MeasureOptions.Load;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The code that documents show, compiled and run. What stands between {@code snippet:} and {@code end} is copied. */
@ExtendWith(LeakCheck.class)
class MeasureSnippetsTest {
    @Test
    void measuresAResponderInSomeonesApplication() throws Exception {
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            // snippet: drop-in-measure
            var responder = new MeasureResponder(); // one for all channels
            var rates = new AnswerRates(GuardOptions.DEFAULTS);
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(NioDatagramChannel.class)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65_535))
                    .handler(new ChannelInitializer<DatagramChannel>() {
                        @Override
                        protected void initChannel(DatagramChannel ch) {
                            ch.pipeline()
                                    .addLast(new ReflectionGuardHandler(GuardOptions.DEFAULTS, rates))
                                    .addLast(new DatagramHandler(responder));
                        }
                    })
                    .bind("127.0.0.1", 0)
                    .sync()
                    .channel();
            // end
            int port = ((InetSocketAddress) channel.localAddress()).getPort();
            // snippet: measure-client
            var endpoint = new Endpoint.Inet("127.0.0.1", port);
            var load = new Load(500, 200, Duration.ofMillis(400), Duration.ofMillis(100));
            var options = MeasureOptions.to(endpoint).withLoad(load).withTimeout(Duration.ofSeconds(10));
            try (var client = MeasureClient.start(options)) {
                MeasureReport report = client.report().get(30, TimeUnit.SECONDS);
                assertThat(report.counts().lost()).isZero();
                assertThat(report.times().roundTrip().percentile(99)).isLessThan(1_000_000_000L); // nanoseconds
            }
            // end
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
