package io.ntk.tcp.upload.server;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.ntk.core.TrafficHandler;
import io.ntk.tcp.upload.store.UploadStore;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Who a peer is: by the certificate that it showed and by the shared key, else by its address. */
final class UploadPrincipal {
    private UploadPrincipal() {}

    /** Whose keys and whose limits; who proved nothing is counted by address, and on loopback not at all. */
    static UploadStore.Caller caller(Channel channel, String byKey) {
        String principal = of(channel, byKey);
        return new UploadStore.Caller(principal, principal.isEmpty() ? address(channel) : principal);
    }

    private static @Nullable String address(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress inet
                        && inet.getAddress() != null
                        && !inet.getAddress().isLoopbackAddress()
                ? TrafficHandler.host(inet)
                : null;
    }

    /** Empty for nobody in particular. */
    private static String of(Channel channel, String byKey) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            return byKey;
        }
        try {
            Certificate[] chain = tls.engine().getSession().getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate certificate
                    ? byKey + " " + certificate.getSubjectX500Principal().getName()
                    : byKey;
        } catch (SSLPeerUnverifiedException e) {
            return byKey; // no certificate was asked for
        }
    }
}
