package io.ntk.core;

import io.ntk.testsupport.TrustingTls;
import java.io.IOException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** The JDK's own TLS sockets, which trust anyone, as the other end. */
final class JdkTls {
    private static final int DEADLINE_MILLIS = 30_000;

    private JdkTls() {}

    /** A client after its handshake. */
    static SSLSocket connect(Endpoint endpoint, String version) throws IOException {
        return connect(endpoint, version, null);
    }

    static SSLSocket connect(Endpoint endpoint, String version, KeyManager @Nullable [] keys) throws IOException {
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
    static SSLSocket open(Endpoint endpoint, KeyManager @Nullable [] keys) throws IOException {
        Endpoint.Inet inet = (Endpoint.Inet) endpoint;
        SSLSocket socket =
                (SSLSocket) TrustingTls.context(keys).getSocketFactory().createSocket(inet.host(), inet.port());
        socket.setSoTimeout(DEADLINE_MILLIS);
        return socket;
    }

    static SSLSocketFactory factory() {
        return TrustingTls.context().getSocketFactory();
    }
}
