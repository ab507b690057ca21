package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.Errors;
import io.netty.resolver.NoopAddressResolverGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReasonTest {
    private static final String TRANSPORTS = "io.ntk.core.Transports#available";

    private static String ofBind(Transport transport, Endpoint endpoint) throws InterruptedException {
        try (EventLoops loops = EventLoops.start(transport, 1)) {
            ChannelFuture bound = new ServerBootstrap()
                    .group(loops.group())
                    .channel(transport.serverChannel(endpoint))
                    .childHandler(new ChannelInboundHandlerAdapter())
                    .bind(transport.address(endpoint))
                    .await();
            return reason(bound);
        }
    }

    private static String ofConnect(Transport transport, Endpoint endpoint) throws InterruptedException {
        try (EventLoops loops = EventLoops.start(transport, 1)) {
            EventLoopGroup group = loops.group();
            ChannelFuture connected = new Bootstrap()
                    .group(group)
                    .channel(transport.streamChannel(endpoint))
                    .resolver(NoopAddressResolverGroup.INSTANCE)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(transport.address(endpoint))
                    .await();
            return reason(connected);
        }
    }

    private static String reason(ChannelFuture future) {
        assertThat(future.isSuccess()).isFalse();
        return Reason.of(future.cause());
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void wordsTheKernelsErrorsAlikeOnEveryTransport(Transport transport, @TempDir Path folder) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Endpoint endpoint = new Endpoint.Inet("127.0.0.1", taken.getLocalPort());
            assertThat(ofBind(transport, endpoint)).isEqualTo("address already in use");
        }
        assertThat(ofBind(transport, Endpoint.parse("192.0.2.1:0"))).isEqualTo("cannot assign requested address");
        assertThat(ofBind(transport, Endpoint.parse("nosuch.invalid:0"))).isEqualTo("unknown host");
        assertThat(ofConnect(transport, Endpoint.parse("127.0.0.1:1"))).isEqualTo("connection refused");
        assertThat(ofConnect(transport, Endpoint.parse("[::1]:1"))).isEqualTo("connection refused");
        assertThat(ofConnect(transport, Endpoint.parse("nosuch.invalid:1"))).isEqualTo("unknown host");
        assertThat(ofConnect(transport, new Endpoint.Unix(folder.resolve("missing 1"))))
                .isEqualTo("no such file or directory");
        assertThat(ofConnect(transport, Endpoint.parse("224.0.0.1:1")))
                .isIn("network is unreachable", "no route to host");
    }

    @Test
    void keepsOnlyTheKernelsWords() {
        assertThat(Reason.of(new Errors.NativeIoException("bind(..)", -13))).isEqualTo("permission denied");
        assertThat(Reason.of(new java.net.BindException("Permission denied"))).isEqualTo("permission denied");
        assertThat(Reason.of(new java.net.SocketException("Permission denied"))).isEqualTo("permission denied");
        assertThat(Reason.of(new IOException("accept(..) failed with error(-24): Too many open files")))
                .isEqualTo("too many open files");
        assertThat(Reason.of(new ConnectException("Connection refused: /127.0.0.1:1")))
                .isEqualTo("connection refused");
        assertThat(Reason.of(new ConnectException("Connection refused: localhost/127.0.0.1:1")))
                .isEqualTo("connection refused");
        assertThat(Reason.of(new ConnectException("Connection refused: /[0:0:0:0:0:0:0:1]:80")))
                .isEqualTo("connection refused");
    }

    @Test
    void hasWordsForWhatHasNone() {
        assertThat(Reason.of(new UnknownHostException("x: Name or service not known")))
                .isEqualTo("unknown host");
        assertThat(Reason.of(new UnresolvedAddressException())).isEqualTo("unknown host");
        assertThat(Reason.of(new UnsupportedAddressTypeException()))
                .isEqualTo("address family not supported by protocol");
        assertThat(Reason.of(new ClosedChannelException())).isEqualTo("connection closed");
        assertThat(Reason.of(new ConnectTimeoutException("connection timed out after 3 ms: /1.2.3.4:5")))
                .isEqualTo("no answer in time");
        assertThat(Reason.of(new NoSuchFileException("/x"))).isEqualTo("no such file: /x");
        assertThat(Reason.of(new AccessDeniedException("/x"))).isEqualTo("permission denied: /x");
        assertThat(Reason.of(new IllegalStateException())).isEqualTo("IllegalStateException");
        assertThat(Reason.of(new IllegalStateException(" "))).isEqualTo("IllegalStateException");
    }

    @Test
    void looksThroughWrappers() {
        IOException inner = new IOException("Why");
        assertThat(Reason.of(new CompletionException(new ExecutionException(inner))))
                .isEqualTo("why");
        assertThat(Reason.of(new UncheckedIOException("outer", inner))).isEqualTo("outer");
        assertThat(Reason.of(new IOException((String) null, inner))).isEqualTo("why");
    }

    @Test
    void namesNoClasses() {
        assertThat(Reason.of(new SSLHandshakeException("PKIX path building failed:"
                        + " sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid")))
                .isEqualTo("PKIX path building failed: unable to find valid");
    }

    @Test
    void escapesWhatAPeerMayHaveWritten() {
        assertThat(Reason.of(new IOException("bad \u001b[2J\n\u202e"))).isEqualTo("bad \\u001b[2J\\n\\u202e");
    }

    @Test
    void keepsAddressesThatBelongToTheMessage() {
        assertThat(Reason.of(new IOException("cannot read file: /etc/x"))).isEqualTo("cannot read file: /etc/x");
        assertThat(Reason.of(new IOException("X"))).isEqualTo("X");
        assertThat(Reason.of(new IOException("TLS failed"))).isEqualTo("TLS failed");
    }
}
