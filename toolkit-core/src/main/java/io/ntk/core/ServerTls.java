package io.ntk.core;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The TLS side of one server: its context, and the watch over the files that it came from.
 *
 * <p>A thread of its own looks at the files once a second, since neither looking nor parsing belongs on an event loop. A
 * change that cannot be used leaves the old certificate in place and is announced once.
 */
final class ServerTls implements AutoCloseable {
    static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};
    private static final HexFormat HEX = HexFormat.ofDelimiter(":").withUpperCase();

    private final TlsOptions options;
    private final String service;
    private final NetListener listener;
    private final @Nullable ScheduledExecutorService watch;
    private List<Object> stamps;
    private volatile Loaded current;

    private record Loaded(SslContext context, X509Certificate certificate) {}

    private ServerTls(TlsOptions options, String service, NetListener listener, Loaded loaded, List<Object> stamps) {
        this.options = options;
        this.service = service;
        this.listener = listener;
        this.current = loaded;
        this.stamps = stamps;
        this.watch = options.identity() instanceof TlsOptions.Pem ? startWatch() : null;
    }

    /** Reads or makes the certificate, and announces it. */
    static ServerTls start(TlsOptions options, List<Endpoint> endpoints, String service, NetListener listener)
            throws IOException, GeneralSecurityException {
        List<Object> stamps = stamps(options);
        Loaded loaded = load(options, endpoints);
        ServerTls tls = new ServerTls(options, service, listener, loaded, stamps);
        tls.announce(loaded.certificate());
        return tls;
    }

    SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = current.context().newHandler(allocator);
        handler.setHandshakeTimeoutMillis(0); // HandshakeDeadlineHandler holds the one deadline
        return handler;
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.shutdownNow();
        }
    }

    static String fingerprint(X509Certificate certificate) throws GeneralSecurityException {
        return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    }

    private static Loaded load(TlsOptions options, List<Endpoint> endpoints)
            throws IOException, GeneralSecurityException {
        SslContextBuilder builder;
        X509Certificate certificate;
        if (options.identity() instanceof TlsOptions.Pem pem) {
            certificate = firstCertificate(pem.certificate());
            requireReadable(pem.key(), "key");
            builder = pem(pem);
        } else {
            SelfSignedIdentity identity = selfSigned((TlsOptions.SelfSigned) options.identity(), endpoints);
            certificate = identity.certificate();
            builder = SslContextBuilder.forServer(identity.keys().getPrivate(), certificate);
        }
        Path clientCa = options.clientCa();
        if (clientCa != null) {
            firstCertificate(clientCa);
            builder.trustManager(clientCa.toFile()).clientAuth(ClientAuth.REQUIRE);
        }
        SslContext context =
                builder.sslProvider(SslProvider.JDK).protocols(VERSIONS).build();
        return new Loaded(context, certificate);
    }

    private static SslContextBuilder pem(TlsOptions.Pem pem) throws IOException {
        try {
            return SslContextBuilder.forServer(
                    pem.certificate().toFile(), pem.key().toFile());
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "cannot use key " + pem.key() + ": it is not an unencrypted PKCS #8 key in PEM"
                            + " (openssl pkcs8 -topk8 -nocrypt makes one)",
                    e);
        }
    }

    private static SelfSignedIdentity selfSigned(TlsOptions.SelfSigned identity, List<Endpoint> endpoints)
            throws IOException, GeneralSecurityException {
        Set<String> names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
        for (Endpoint endpoint : endpoints) {
            if (endpoint instanceof Endpoint.Inet inet) {
                names.add(inet.host());
            }
        }
        names.addAll(identity.names());
        try {
            return SelfSignedIdentity.make(names);
        } catch (NoClassDefFoundError e) {
            throw new IOException(
                    "a self-signed certificate needs org.bouncycastle:bcpkix-jdk18on on the class path", e);
        }
    }

    static X509Certificate firstCertificate(Path file) throws IOException {
        requireReadable(file, "certificate");
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use certificate " + file + ": it holds no certificate in PEM", e);
        }
    }

    static void requireReadable(Path file, String what) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException("cannot read " + what + " " + file + ": no such file");
        }
        if (Files.isDirectory(file)) {
            throw new IOException("cannot read " + what + " " + file + ": it is a folder");
        }
        if (!Files.isReadable(file)) {
            throw new IOException("cannot read " + what + " " + file + ": permission denied");
        }
    }

    private void announce(X509Certificate certificate) throws GeneralSecurityException {
        listener.on(new NetEvent.Certificate(
                service,
                certificate.getSubjectX500Principal().getName(),
                fingerprint(certificate),
                certificate.getNotAfter().toInstant()));
    }

    private ScheduledExecutorService startWatch() {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "ntk-tls-watch");
            thread.setDaemon(true);
            return thread;
        });
        executor.scheduleWithFixedDelay(this::reloadIfChanged, 1, 1, TimeUnit.SECONDS);
        return executor;
    }

    private void reloadIfChanged() {
        List<Object> now = stamps(options);
        if (now.equals(stamps)) {
            return;
        }
        stamps = now;
        try {
            Loaded loaded = load(options, List.of());
            current = loaded;
            announce(loaded.certificate());
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            listener.on(new NetEvent.Failed(service, "cannot reload the certificate, the old one stays", Reason.of(e)));
        }
    }

    /** What tells that a file is another one than before. */
    private static List<Object> stamps(TlsOptions options) {
        List<Object> stamps = new ArrayList<>();
        if (options.identity() instanceof TlsOptions.Pem pem) {
            for (Path file : List.of(pem.certificate(), pem.key())) {
                try {
                    stamps.add(Files.getLastModifiedTime(file));
                    stamps.add(Files.size(file));
                } catch (IOException e) {
                    stamps.add("missing");
                }
            }
        }
        return stamps;
    }
}
