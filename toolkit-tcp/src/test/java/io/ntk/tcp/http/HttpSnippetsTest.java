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
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Transport;
import io.ntk.tcp.http.access.AccessEvent;
import io.ntk.tcp.http.access.AccessLogHandler;
import io.ntk.tcp.http.access.BasicAuth;
import io.ntk.tcp.http.access.BasicAuthHandler;
import io.ntk.tcp.http.access.CorsHandler;
import io.ntk.tcp.http.access.CorsOptions;
import io.ntk.tcp.http.access.PasswordFile;
import io.ntk.tcp.http.inspect.InspectHandler;
import io.ntk.tcp.http.inspect.InspectOptions;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
        assertThat(get(http, "/", "")).isEqualTo("pong");
    }

    @Test
    void inspectionAsksForAPasswordAndTellsOfRequests() throws Exception {
        String users = "ann:$2y$04$nQl.tcfsfgkmyyLygESyYeG2tvqC3B2Fypdv.wLI/yhiEpgyxKubG";
        Queue<NetEvent> told = new ConcurrentLinkedQueue<>();
        NetListener requests = told::add;
        ExecutorService workers = Executors.newSingleThreadExecutor();
        // snippet: drop-in-inspect
        BasicAuth auth = new BasicAuth(PasswordFile.parse(users), "tests", workers);
        ChannelHandler inspection = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new AccessLogHandler("http", requests)) // sees what all others answer
                        .addLast(new CorsHandler(CorsOptions.ANY)) // preflights carry no password
                        .addLast(new BasicAuthHandler(auth))
                        .addLast(new InspectHandler(InspectOptions.DEFAULTS));
            }
        };
        // end
        String secret = Base64.getEncoder().encodeToString("ann:s:cret".getBytes(StandardCharsets.UTF_8));
        assertThat(get(inspection, "/anything?a=b", "Basic " + secret)).contains("\"a\": \"b\"");
        workers.shutdown();
        assertThat(told).singleElement().isInstanceOfSatisfying(AccessEvent.class, event -> {
            assertThat(event.asked().user()).isEqualTo("ann");
            assertThat(event.told().status()).isEqualTo(200);
        });
    }

    private static String get(ChannelHandler pipeline, String path, String authorization) throws Exception {
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 1)) {
            Channel server = new ServerBootstrap()
                    .group(loops.group())
                    .channel(loops.transport().serverChannel(Endpoint.parse("127.0.0.1:0")))
                    .childHandler(pipeline)
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) server.localAddress()).getPort();
            URLConnection connection =
                    URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            if (!authorization.isEmpty()) {
                connection.setRequestProperty("Authorization", authorization);
            }
            try (var in = connection.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } finally {
                server.close().sync();
            }
        }
    }
}
