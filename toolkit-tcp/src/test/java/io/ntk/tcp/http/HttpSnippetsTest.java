package io.ntk.tcp.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
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
import io.ntk.tcp.http.files.FilesOptions;
import io.ntk.tcp.http.files.SharedFolder;
import io.ntk.tcp.http.files.StaticFilesHandler;
import io.ntk.tcp.http.inspect.InspectHandler;
import io.ntk.tcp.http.inspect.InspectOptions;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

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

    /** An application's own handler, which knows nothing of ours. */
    private static final class Application extends SimpleChannelInboundHandler<HttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpRequest request) {
            var content = Unpooled.copiedBuffer("mine", StandardCharsets.US_ASCII);
            var reply = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, content);
            reply.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
            ctx.writeAndFlush(reply);
        }
    }

    @Test
    void eachHandlerWorksAloneBehindTheStandardCodec(@TempDir Path path) throws Exception {
        Files.writeString(path.resolve("a.txt"), "content");
        Queue<NetEvent> told = new ConcurrentLinkedQueue<>();
        NetListener requests = told::add;
        HttpLimits limits = HttpLimits.DEFAULTS;
        FixedReplies replies = FixedReplies.of(FixedReply.text("pong"));
        try (SharedFolder folder = SharedFolder.open(FilesOptions.of(path))) {
            // snippet: drop-in-http-alone
            // Before the codec, or between it and an application's own handlers:
            Consumer<ChannelPipeline> strict =
                    p -> p.addLast(new StrictHttpHandler(limits, Set.of()), new HttpServerCodec(), new Application());
            Consumer<ChannelPipeline> log =
                    p -> p.addLast(new HttpServerCodec(), new AccessLogHandler("http", requests), new Application());
            Consumer<ChannelPipeline> timeouts = p ->
                    p.addLast(new HttpServerCodec(), new HttpTimeoutsHandler(HttpTimeouts.DEFAULTS), new Application());
            Consumer<ChannelPipeline> order =
                    p -> p.addLast(new HttpServerCodec(), new PipelineOrderHandler(limits), new Application());
            Consumer<ChannelPipeline> cors =
                    p -> p.addLast(new HttpServerCodec(), new CorsHandler(CorsOptions.ANY), new Application());
            // In place of them:
            Consumer<ChannelPipeline> fixed = p -> p.addLast(new HttpServerCodec(), new FixedResponseHandler(replies));
            Consumer<ChannelPipeline> files = p -> p.addLast(new HttpServerCodec(), new StaticFilesHandler(folder));
            Consumer<ChannelPipeline> inspection =
                    p -> p.addLast(new HttpServerCodec(), new InspectHandler(InspectOptions.DEFAULTS));
            // end
            for (Consumer<ChannelPipeline> each : List.of(strict, log, timeouts, order, cors)) {
                assertThat(get(initializer(each), "/", "")).isEqualTo("mine");
            }
            assertThat(told).hasSize(1);
            assertThat(get(initializer(fixed), "/", "")).isEqualTo("pong");
            assertThat(get(initializer(files), "/a.txt", "")).isEqualTo("content");
            assertThat(get(initializer(inspection), "/anything?a=b", "")).contains("\"a\": \"b\"");
        }
    }

    private static ChannelHandler initializer(Consumer<ChannelPipeline> recipe) {
        return new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                recipe.accept(channel.pipeline());
            }
        };
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
