package io.ntk.core;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Path;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The TLS side of a client. */
final class ClientTls {
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
            ServerTls.firstCertificate(options.ca());
            builder.trustManager(options.ca().toFile());
        }
        Path certificate = options.certificate();
        Path key = options.key();
        if (certificate != null && key != null) {
            ServerTls.firstCertificate(certificate);
            ServerTls.requireReadable(key, "key");
            builder.keyManager(certificate.toFile(), key.toFile());
        }
        int port = endpoint instanceof Endpoint.Inet inet ? inet.port() : -1;
        return new ClientTls(builder.build(), name(options.serverName(), endpoint), port);
    }

    private static String name(@Nullable String asked, Endpoint endpoint) {
        if (asked != null) {
            return asked;
        }
        return endpoint instanceof Endpoint.Inet inet ? inet.host() : "localhost";
    }

    SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator, host, port);
        handler.setHandshakeTimeoutMillis(0); // the connect timeout covers it
        return handler;
    }

    /** What to say beside a failed handshake. */
    static String hint(Throwable failure) {
        String text = String.valueOf(failure.getMessage());
        if (text.contains("PKIX path building failed") || text.contains("unable to find valid certification path")) {
            return " (the certificate is not from a trusted authority: name its authority, or do not verify)";
        }
        return failure instanceof SSLException && text.contains("not an SSL/TLS record")
                ? " (the port does not speak TLS)"
                : "";
    }
}
