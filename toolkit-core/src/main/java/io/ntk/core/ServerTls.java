package io.ntk.core;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
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
 * <p>A thread of its own looks at the files twice a second, since neither looking nor parsing belongs on an event loop,
 * and reads them when they have changed and two looks in a row saw the same: certificate and key are rarely written at
 * one instant. A change that cannot be used leaves the old certificate in place and is announced once.
 */
final class ServerTls implements AutoCloseable {
    static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final HexFormat HEX = HexFormat.ofDelimiter(":").withUpperCase();

    private final TlsOptions options;
    private final String service;
    private final NetListener listener;
    private final @Nullable ScheduledExecutorService watch;
    private volatile Loaded current;

    /* On the watch's thread alone. */
    private List<Object> loaded;
    private List<Object> seen;

    private record Loaded(SslContext context, X509Certificate certificate) {}

    private ServerTls(TlsOptions options, String service, NetListener listener, Loaded loaded, List<Object> stamps) {
        this.options = options;
        this.service = service;
        this.listener = listener;
        this.current = loaded;
        this.loaded = stamps;
        this.seen = stamps;
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
            List<X509Certificate> chain = PemFile.certificates(pem.certificate());
            PrivateKey key = PemFile.key(pem.key());
            certificate = chain.get(0);
            PemFile.requirePair(pem.key(), key, pem.certificate(), certificate);
            builder = SslContextBuilder.forServer(key, chain);
        } else {
            SelfSignedIdentity identity = selfSigned((TlsOptions.SelfSigned) options.identity(), endpoints);
            certificate = identity.certificate();
            builder = SslContextBuilder.forServer(identity.keys().getPrivate(), certificate);
        }
        Path clientCa = options.clientCa();
        if (clientCa != null) {
            builder.trustManager(PemFile.certificates(clientCa)).clientAuth(ClientAuth.REQUIRE);
        }
        SslContext context =
                builder.sslProvider(SslProvider.JDK).protocols(VERSIONS).build();
        return new Loaded(context, certificate);
    }

    private static SelfSignedIdentity selfSigned(TlsOptions.SelfSigned identity, List<Endpoint> endpoints)
            throws IOException, GeneralSecurityException {
        Set<String> names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
        for (Endpoint endpoint : endpoints) {
            if (endpoint instanceof Endpoint.Inet inet) {
                names.add(inet.host().replaceFirst("%.*", "")); // a scope is of this machine alone
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
        executor.scheduleWithFixedDelay(
                this::reloadIfChanged, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        return executor;
    }

    private void reloadIfChanged() {
        List<Object> now = stamps(options);
        boolean stillChanging = !now.equals(seen);
        seen = now;
        if (stillChanging || now.equals(loaded)) {
            return;
        }
        loaded = now;
        try {
            Loaded fresh = load(options, List.of());
            current = fresh;
            announce(fresh.certificate());
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            listener.on(new NetEvent.Failed(service, "cannot reload the certificate, the old one stays", Reason.of(e)));
        }
    }

    /** What tells that a file is another one than before. */
    private static List<Object> stamps(TlsOptions options) {
        List<Object> stamps = new ArrayList<>();
        if (options.identity() instanceof TlsOptions.Pem pem) {
            stamp(pem.certificate(), stamps);
            stamp(pem.key(), stamps);
            if (options.clientCa() != null) {
                stamp(options.clientCa(), stamps);
            }
        }
        return stamps;
    }

    private static void stamp(Path file, List<Object> stamps) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            stamps.add(attributes.lastModifiedTime());
            stamps.add(attributes.size());
            stamps.add(String.valueOf(attributes.fileKey()));
        } catch (IOException e) {
            stamps.add("missing");
        }
    }
}
