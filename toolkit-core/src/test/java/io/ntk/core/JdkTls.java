package io.ntk.core;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The JDK's own TLS sockets, which trust anyone, as the other end. */
final class JdkTls {
    private static final int DEADLINE_MILLIS = 20_000;

    private JdkTls() {}

    private static final class TrustAnyone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** A client after its handshake. */
    static SSLSocket connect(Endpoint endpoint, String version) throws IOException, GeneralSecurityException {
        return connect(endpoint, version, null);
    }

    static SSLSocket connect(Endpoint endpoint, String version, KeyManager @Nullable [] keys)
            throws IOException, GeneralSecurityException {
        SSLSocket socket = open(endpoint, keys);
        socket.setEnabledProtocols(new String[] {version});
        try {
            socket.startHandshake();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        return socket;
    }

    /** A client before its handshake. */
    static SSLSocket open(Endpoint endpoint, KeyManager @Nullable [] keys)
            throws IOException, GeneralSecurityException {
        Endpoint.Inet inet = (Endpoint.Inet) endpoint;
        SSLSocket socket = (SSLSocket) factory(keys).createSocket(inet.host(), inet.port());
        socket.setSoTimeout(DEADLINE_MILLIS);
        return socket;
    }

    static SSLSocketFactory factory() throws GeneralSecurityException {
        return factory(null);
    }

    private static SSLSocketFactory factory(KeyManager @Nullable [] keys) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new TrustAnyone()}, new SecureRandom());
        return context.getSocketFactory();
    }
}
