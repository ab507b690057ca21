package io.ntk.tcp.upload;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Who a peer proved to be: by the certificate that it showed, and by the shared key. */
final class UploadPrincipal {
    private UploadPrincipal() {}

    /** Empty for nobody in particular. */
    static String of(Channel channel, String byKey) {
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
