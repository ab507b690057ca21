package io.ntk.core;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The TLS side of a client. */
final class ClientTls {
    private static final String NO_HANDSHAKE = "unexpected_message";

    private final SslContext context;
    private final String host;
    private final int port;

    private ClientTls(SslContext context, String host, int port) {
        this.context = context;
        this.host = host;
        this.port = port;
    }

    /** Reads the files; not to be called on an event loop. */
    static ClientTls load(TlsClientOptions options, Endpoint endpoint) throws IOException {
        boolean verified = options.verification() == TlsClientOptions.Verification.FULL;
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols(ServerTls.VERSIONS)
                .endpointIdentificationAlgorithm(verified ? "HTTPS" : null);
        if (!verified) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else if (options.ca() != null) {
            builder.trustManager(PemFile.certificates(options.ca()));
        }
        Path certificate = options.certificate();
        Path key = options.key();
        if (certificate != null && key != null) {
            List<X509Certificate> chain = PemFile.certificates(certificate);
            PrivateKey own = PemFile.key(key);
            PemFile.requirePair(key, own, certificate, chain.get(0));
            builder.keyManager(own, chain);
        }
        int port = endpoint instanceof Endpoint.Inet inet ? inet.port() : -1;
        return new ClientTls(builder.build(), name(options.serverName(), endpoint), port);
    }

    private static String name(@Nullable String asked, Endpoint endpoint) {
        if (asked != null) {
            return asked;
        }
        return endpoint instanceof Endpoint.Inet inet ? inet.host().replaceFirst("%.*", "") : "localhost";
    }

    SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator, host, port);
        handler.setHandshakeTimeoutMillis(0); // the connect timeout covers it
        return handler;
    }

    /** Whether a handshake failed since the peer speaks no TLS; a port of ours without TLS says so by an alert. */
    static boolean isNone(Throwable failure) {
        return failure instanceof NotSslRecordException
                || (failure instanceof SSLException
                        && String.valueOf(failure.getMessage()).contains(NO_HANDSHAKE));
    }

    /** What to say of a failed handshake. */
    static String why(Throwable failure) {
        if (isNone(failure)) {
            return "the port does not speak TLS"; // the message has the peer's bytes in hex, as many as came
        }
        if (failure instanceof ClosedChannelException) {
            return "the peer closed the connection during the TLS handshake";
        }
        String reason = Reason.of(failure);
        return reason.contains("unable to find valid certification path")
                ? "the certificate is not from a trusted authority (name its authority, or do not verify)"
                : reason;
    }
}
