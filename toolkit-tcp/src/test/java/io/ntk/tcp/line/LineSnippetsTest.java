package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.UnhandledHandler;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The code that documents show, compiled and run. What stands between {@code snippet:} and {@code end} is copied. */
@ExtendWith(LeakCheck.class)
class LineSnippetsTest {
    // snippet: test-server
    @Test
    void answersInUpperCase() throws Exception {
        var options = LineOptions.DEFAULTS.withListen(ListenOptions.loopback(0)); // a free port
        try (var server = LineServer.start(options, Responder.upper())) {
            var endpoint = (Endpoint.Inet) server.endpoints().get(0);
            try (var socket = new Socket(InetAddress.getByName(endpoint.host()), endpoint.port())) {
                socket.getOutputStream().write("hello\n".getBytes(UTF_8));
                assertThat(socket.getInputStream().readNBytes(6)).isEqualTo("HELLO\n".getBytes(UTF_8));
            }
        }
    }
    // end

    @Test
    void servesAResponderOfOnesOwn() throws Exception {
        LineOptions free = LineOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        // snippet: own-responder
        Responder clock = (line, peer) -> switch (line) {
            case "time" -> Reply.line(LocalTime.now(ZoneOffset.UTC).toString());
            case "bye" -> Reply.last("goodbye"); // and close
            default -> Reply.line("error: say time or bye");
        };
        LineOptions options = free.withWorkers(4); // for responders that block; they never run on an event loop
        try (var server = LineServer.start(options, clock)) {
            // end
            try (Peer peer = Peer.of(server)) {
                assertThat(peer.send("time\n").line()).matches("\\d\\d:\\d\\d.*");
                assertThat(peer.send("what\nbye\n").restText()).isEqualTo("error: say time or bye\ngoodbye\n");
            }
        }
    }

    @Test
    void dropsEchoIntoAPipeline() throws Exception {
        // snippet: drop-in-echo
        ChannelHandler echo = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new EchoHandler());
            }
        };
        // end
        assertThat(ask(() -> echo, "abc")).isEqualTo("abc");
    }

    @Test
    void dropsDiscardIntoAPipeline() throws Exception {
        // snippet: drop-in-discard
        var discard = new DiscardHandler(); // one for all channels
        // end
        assertThat(ask(() -> discard, "abc")).isEmpty();
    }

    @Test
    void dropsALineServiceIntoAPipeline() throws Exception {
        // snippet: drop-in-line
        ChannelHandler lines = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new LineDecoder(Framing.LINE, 8192))
                        .addLast(new LineHandler(Responder.upper(), Runnable::run)) // on the event loop
                        .addLast(new UnhandledHandler()); // closes on exceptions
            }
        };
        // end
        assertThat(ask(() -> lines, "abc\nlast")).isEqualTo("ABC\nLAST\n");
    }

    @Test
    void sendsAFile(@TempDir Path folder) throws Exception {
        Path path = Files.writeString(folder.resolve("file"), "content");
        try (var server = StreamServer.start(StreamService.ECHO, ListenOptions.loopback(0))) {
            Endpoint endpoint = server.endpoints().get(0);
            // snippet: client
            var answer = new ByteArrayOutputStream();
            try (var client = TcpClient.connect(
                            ConnectOptions.to(endpoint), Channels.newChannel(answer), NetListener.NONE);
                    var file = FileChannel.open(path)) {
                client.pump(file); // by sendfile where that is possible
                client.shutdownOutput();
                TcpClient.End end = client.closed().get(30, TimeUnit.SECONDS);
                assertThat(end.bytesIn()).isEqualTo(answer.size());
            }
            // end
            assertThat(answer).hasToString("content");
        }
    }

    /** The server of someone else. */
    private static String ask(Supplier<ChannelHandler> childHandler, String input) throws Exception {
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            // snippet: drop-in-bootstrap
            var bound = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true) // replies after the end of the peer's stream
                    .childHandler(childHandler.get())
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync();
            // end
            int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(input.getBytes(UTF_8));
                socket.shutdownOutput();
                return new String(socket.getInputStream().readAllBytes(), UTF_8);
            }
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
