package io.ntk.tcp.upload.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.ntk.core.NetListener;
import io.ntk.core.UnhandledHandler;
import io.ntk.tcp.upload.Frames;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.files.FileStore;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The code that documents show, compiled and run. */
@ExtendWith(LeakCheck.class)
class UploadSnippetsTest {
    @Test
    void dropsUploadsIntoAPipeline(@TempDir Path folder) throws Exception {
        // snippet: drop-in-upload
        UploadStore store = FileStore.open(StoreOptions.of(folder)); // one for all channels
        ChannelHandler uploads = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES))
                        .addLast(new UploadFrameEncoder())
                        .addLast(new UploadServerHandler(store, UploadLimits.DEFAULTS, null, NetListener.NONE))
                        .addLast(new UnhandledHandler()); // closes on exceptions
            }
        };
        // end
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            var bound = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(uploads)
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync();
            int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                Octets abc = Octets.of((byte) 'a', (byte) 'b', (byte) 'c');
                socket.getOutputStream()
                        .write(Frames.bytes(
                                new UploadFrame.Preamble(),
                                Frames.HELLO,
                                new UploadFrame.Put(1, Frames.request("abc", 3), 0x364b3fb7, abc)));
                socket.setSoTimeout(30_000);
                byte[] answers = socket.getInputStream().readNBytes(8 + 4 + 8 + 80 + 4 + 8 + 2 + 24 + 3);
                assertThat(answers).contains((byte) 0x16);
            }
            assertThat(folder.resolve("abc")).hasContent("abc");
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
            store.close();
        }
    }
}
