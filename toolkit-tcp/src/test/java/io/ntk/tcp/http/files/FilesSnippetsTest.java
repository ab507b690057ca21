package io.ntk.tcp.http.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.core.UnhandledHandler;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The code that documents show, compiled and run. */
@ExtendWith(LeakCheck.class)
class FilesSnippetsTest {
    @Test
    void dropsAFolderIntoAPipeline(@TempDir Path path) throws Exception {
        Files.writeString(path.resolve("a.txt"), "content");
        // snippet: drop-in-files
        SharedFolder folder = SharedFolder.open(FilesOptions.of(path)); // one for all connections; close it at the end
        ChannelHandler files = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new StaticFilesHandler(folder))
                        .addLast(new UnhandledHandler()); // closes on exceptions
            }
        };
        // end
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (folder) {
            var bound = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(files)
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync();
            int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write("GET /a.txt HTTP/1.0\r\n\r\n".getBytes(UTF_8));
                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .startsWith("HTTP/1.1 200 OK")
                        .endsWith("content");
            }
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
