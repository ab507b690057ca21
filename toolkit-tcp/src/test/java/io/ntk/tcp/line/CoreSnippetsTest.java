package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.ntk.core.AccessList;
import io.ntk.core.ConnectionLimitHandler;
import io.ntk.core.ConnectionLimits;
import io.ntk.core.HandshakeDeadlineHandler;
import io.ntk.core.IdleHandler;
import io.ntk.core.Limits;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol.Accept;
import io.ntk.core.RefusalAnswer;
import io.ntk.core.StreamEndHandler;
import io.ntk.core.TlsMismatchHandler;
import io.ntk.core.Traffic;
import io.ntk.core.TrafficHandler;
import io.ntk.core.UnhandledHandler;
import io.ntk.core.WriteStallHandler;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The handlers of the core in a server of someone else: shown in documents, compiled and run here. */
@ExtendWith(LeakCheck.class)
class CoreSnippetsTest {
    @Test
    void dropsTheWholeFrontIntoAPipeline() throws Exception {
        var identity = new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        SslContext tls =
                SslContextBuilder.forServer(identity.toKeyManagerFactory()).build();
        // snippet: drop-in-core
        var limits = new ConnectionLimits(Limits.DEFAULTS, AccessList.ALL, Accept.MANY); // one for all connections
        var traffic = new Traffic();
        NetListener listener = NetListener.NONE;
        var front = new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new ConnectionLimitHandler("my", limits, RefusalAnswer.SILENT, listener))
                        .addLast(new TrafficHandler("my", listener, traffic))
                        .addLast(new WriteStallHandler(Duration.ofSeconds(30)))
                        .addLast(new IdleHandler(Duration.ofMinutes(5)))
                        .addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.TLS))
                        .addLast(new SslHandler(tls.newEngine(channel.alloc())))
                        .addLast(new StreamEndHandler())
                        .addLast(new HandshakeDeadlineHandler(Duration.ofSeconds(10)))
                        .addLast(new EchoHandler()) // yours
                        .addLast(new UnhandledHandler());
            }
        };
        // end
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            var bound = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childHandler(front)
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync();
            int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
            SSLContext trusting = SSLContext.getInstance("TLS");
            trusting.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            try (Socket socket = trusting.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write("hello".getBytes(UTF_8));
                assertThat(socket.getInputStream().readNBytes(5)).isEqualTo("hello".getBytes(UTF_8));
            }
            assertThat(traffic.opened()).isEqualTo(1);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
