package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class StreamEndHandlerTest {
    private final AtomicInteger ends = new AtomicInteger();
    private final RecordedEvents events = new RecordedEvents();

    private Server counting() {
        Protocol protocol = Protocols.of(pipeline -> pipeline.addLast(new Protocols.Echo(), counter()));
        var options = ListenOptions.loopback(0).withTransport(Transport.NIO, 1).withTls(TlsOptions.selfSigned());
        return Server.start(protocol, options, events);
    }

    private ChannelInboundHandlerAdapter counter() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof ChannelInputShutdownEvent) {
                    ends.incrementAndGet(); // and stays open, so that a second one could come
                }
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void tellsOfTheEndOnce(String version) throws Exception {
        try (Server server = counting()) {
            try (SSLSocket peer = JdkTls.connect(server.endpoints().get(0), version)) {
                peer.getOutputStream().write('x');
                assertThat(peer.getInputStream().read()).isEqualTo('x');
            }
            Await.until("the end is told", () -> ends.get() == 1);
            server.close(java.time.Duration.ofMillis(100));
            assertThat(ends).hasValue(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void takesAStreamWithoutCloseNotifyForCut(String version) throws Exception {
        try (Server server = counting()) {
            Endpoint.Inet endpoint = (Endpoint.Inet) server.endpoints().get(0);
            SSLSocketFactory factory = JdkTls.factory();
            try (Socket below = new Socket(endpoint.host(), endpoint.port());
                    SSLSocket peer = (SSLSocket) factory.createSocket(below, endpoint.host(), endpoint.port(), false)) {
                peer.setEnabledProtocols(new String[] {version});
                peer.getOutputStream().write('x');
                assertThat(peer.getInputStream().read()).isEqualTo('x');
                below.shutdownOutput();
                events.await(NetEvent.Closed.class);
                assertThat(ends).hasValue(0);
            }
        }
    }
}
