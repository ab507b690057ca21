package io.ntk.tcp.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Transport;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The HTTP snippets of the documents. */
@ExtendWith(LeakCheck.class)
class HttpSnippetsTest {
    @Test
    void theHandlersWorkBehindTheStandardCodec() throws Exception {
        // snippet: drop-in-http
        HttpLimits limits = HttpLimits.DEFAULTS;
        HttpDecoderConfig codec = new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLineBytes())
                .setMaxHeaderSize(2 * limits.headerBytes()); // it counts trailers too
        FixedReplies replies = FixedReplies.of(FixedReply.text("pong"));
        ChannelHandler http = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new StrictHttpHandler(limits, Set.of())) // before the codec: it looks at bytes
                        .addLast(new HttpServerCodec(codec))
                        .addLast(new HttpTimeoutsHandler(HttpTimeouts.DEFAULTS))
                        .addLast(new PipelineOrderHandler(limits))
                        .addLast(new FixedResponseHandler(replies)); // or handlers of your own
            }
        };
        // end
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 1)) {
            Channel server = new ServerBootstrap()
                    .group(loops.group())
                    .channel(loops.transport().serverChannel(Endpoint.parse("127.0.0.1:0")))
                    .childHandler(http)
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) server.localAddress()).getPort();
            try (var in = URI.create("http://127.0.0.1:" + port + "/").toURL().openStream()) {
                assertThat(in.readAllBytes()).asString().isEqualTo("pong");
            }
            server.close().sync();
        }
    }
}
