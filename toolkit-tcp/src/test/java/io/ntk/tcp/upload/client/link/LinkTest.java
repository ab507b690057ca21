package io.ntk.tcp.upload.client.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.NetUtil;
import io.ntk.tcp.upload.client.SendOptions.Sendfile;
import io.ntk.testsupport.LeakCheck;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LinkTest {
    private static final SocketAddress HERE = port("192.0.2.1");

    private static SocketAddress port(String address) {
        return new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(address), 9003);
    }

    /** A channel that says whom it connects. */
    private static EmbeddedChannel between(SocketAddress local, SocketAddress remote) {
        return new EmbeddedChannel() {
            @Override
            protected SocketAddress localAddress0() {
                return local;
            }

            @Override
            protected SocketAddress remoteAddress0() {
                return remote;
            }
        };
    }

    private static boolean sendsFiles(Sendfile wanted, SocketAddress remote) {
        EmbeddedChannel channel = between(HERE, remote);
        try {
            return Link.sendsFiles(wanted, channel);
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void letsTheKernelReadForOtherMachinesAlone() {
        assertThat(sendsFiles(Sendfile.AUTO, port("192.0.2.2"))).isTrue();
        assertThat(sendsFiles(Sendfile.AUTO, port("2001:db8::2"))).isTrue();
        assertThat(sendsFiles(Sendfile.AUTO, port("127.0.0.1"))).isFalse();
        assertThat(sendsFiles(Sendfile.AUTO, port("::1"))).isFalse();
        assertThat(sendsFiles(Sendfile.AUTO, port("192.0.2.1"))).isFalse();
        assertThat(sendsFiles(Sendfile.AUTO, new DomainSocketAddress("/tmp/s"))).isFalse();
    }

    @Test
    void doesAsItIsTold() {
        assertThat(sendsFiles(Sendfile.ON, port("127.0.0.1"))).isTrue();
        assertThat(sendsFiles(Sendfile.OFF, port("192.0.2.2"))).isFalse();
    }

    @Test
    void neverBehindTls() throws Exception {
        EmbeddedChannel channel = between(HERE, port("192.0.2.2"));
        channel.pipeline().addLast(SslContextBuilder.forClient().build().newHandler(channel.alloc()));
        assertThat(Link.sendsFiles(Sendfile.ON, channel)).isFalse();
        channel.finishAndReleaseAll();
    }
}
