package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ServerTlsTest {
    private final RecordedEvents events = new RecordedEvents();

    @AfterEach
    void noThreadIsLeftBehind() {
        Await.until("the threads end", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("ntk-")));
    }

    private static ListenOptions options(TlsOptions tls) {
        return ListenOptions.loopback(0).withTransport(Transport.NIO, 1).withTls(tls);
    }

    private Server echo(ListenOptions options) {
        return Server.start(Protocols.echo(), options, events);
    }

    private static TlsOptions pem(Certificates.Issued issued) {
        return TlsOptions.pem(issued.certificateFile(), issued.keyFile());
    }

    private static X509Certificate echoes(SSLSocket socket) throws IOException {
        socket.getOutputStream().write('x');
        assertThat(socket.getInputStream().read()).isEqualTo('x');
        return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }

    private static X509Certificate echoes(Server server, String version) throws IOException, GeneralSecurityException {
        try (SSLSocket socket = JdkTls.connect(server.endpoints().get(0), version)) {
            return echoes(socket);
        }
    }

    static Stream<Transport> transports() {
        return Transports.available();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void servesTls(Transport transport) throws Exception {
        ListenOptions options = options(TlsOptions.selfSigned()).withTransport(transport, 1);
        try (Server server = echo(options)) {
            assertThat(server.addresses().get(0)).startsWith("tls://127.0.0.1:");
            for (String version : ServerTls.VERSIONS) {
                echoes(server, version);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void servesACertificateFromFiles(String algorithm, @TempDir Path folder) throws Exception {
        var issued = new Certificates("ca").issue(folder, "server", algorithm, "DNS:localhost");
        try (Server server = echo(options(pem(issued)))) {
            assertThat(echoes(server, "TLSv1.3")).isEqualTo(issued.certificate());
            NetEvent.Certificate event = events.all(NetEvent.Certificate.class).get(0);
            assertThat(event.subject()).isEqualTo("CN=server");
            assertThat(event.notAfter())
                    .isEqualTo(issued.certificate().getNotAfter().toInstant());
        }
    }

    @Test
    void showsTheFingerprintThatOpensslShows(@TempDir Path folder) throws Exception {
        var issued = new Certificates("ca").issue(folder, "server", "EC", "DNS:localhost");
        Programs.Result shown = Programs.run(
                new byte[0],
                "openssl",
                "x509",
                "-noout",
                "-fingerprint",
                "-sha256",
                "-in",
                issued.certificateFile().toString());
        try (Server server = echo(options(pem(issued)))) {
            assertThat(server.closed()).isNotDone();
            assertThat(shown.text().strip())
                    .isEqualToIgnoringCase("sha256 Fingerprint="
                            + events.all(NetEvent.Certificate.class).get(0).sha256());
        }
    }

    @Test
    void makesACertificateForItsEndpointsAndNames() throws Exception {
        TlsOptions tls = new TlsOptions(
                new TlsOptions.SelfSigned(List.of("b\u00fccher.example", "10.1.2.3", "x.example")), null);
        ListenOptions options = options(tls).withEndpoints(List.of(Endpoint.parse("127.0.0.3:0")));
        try (Server server = echo(options)) {
            X509Certificate certificate = echoes(server, "TLSv1.3");
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            assertThat(names.stream().map(each -> String.valueOf(each.get(1))))
                    .contains("localhost", "127.0.0.1", "127.0.0.3", "10.1.2.3", "x.example", "xn--bcher-kva.example");
            certificate.checkValidity();
            assertThat(ServerTls.fingerprint(certificate))
                    .isEqualTo(events.all(NetEvent.Certificate.class).get(0).sha256())
                    .matches("([0-9A-F]{2}:){31}[0-9A-F]{2}");
        }
    }

    @Test
    void refusesOldVersions() throws Exception {
        try (Server server = echo(options(TlsOptions.selfSigned()))) {
            // As a client hello by hand: the JDK itself no longer speaks TLS 1.1.
            byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 4 + 2];
            byte[] head = {0x16, 3, 1, 0, (byte) (hello.length - 5), 1, 0, 0, (byte) (hello.length - 9), 3, 2};
            System.arraycopy(head, 0, hello, 0, head.length);
            int suites = 11 + 32 + 1;
            hello[suites + 1] = 2;
            hello[suites + 2] = (byte) 0xc0;
            hello[suites + 3] = 0x13;
            hello[suites + 4] = 1;
            try (Peer peer = Peer.connect(server.endpoints().get(0))) {
                byte[] alert = peer.send(hello).readBytesToEnd();
                assertThat(alert[0]).isEqualTo((byte) 0x15);
                assertThat(alert[6]).as("protocol_version").isEqualTo((byte) 70);
            }
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.TLS);
        }
    }

    @Test
    void tellsAPlainClientSo() throws Exception {
        try (Server server = echo(options(TlsOptions.selfSigned()));
                Peer peer = Peer.connect(server.endpoints().get(0))) {
            assertThat(peer.send("GET / HTTP/1.1\r\n").readToEnd()).isEqualTo("error: this port speaks TLS\n");
            assertThat(peer.socket().isConnected()).isTrue();
        }
        assertThat(events.all(NetEvent.Closed.class).get(0).cause()).isEqualTo(CloseCause.TLS);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void cutsASlowHandshake(Transport transport) throws Exception {
        Limits limits = Limits.DEFAULTS.withHandshake(Duration.ofMillis(300));
        ListenOptions options =
                options(TlsOptions.selfSigned()).withLimits(limits).withTransport(transport, 1);
        try (Server server = echo(options)) {
            try (Peer silent = Peer.connect(server.endpoints().get(0));
                    Peer slow = Peer.connect(server.endpoints().get(0)).send(new byte[] {0x16, 3, 1})) {
                assertThat(events.await(NetEvent.Closed.class, closed -> true, 2))
                        .extracting(NetEvent.Closed::cause)
                        .containsOnly(CloseCause.HANDSHAKE_TIMEOUT);
                assertThat(silent.socket().isConnected() && slow.socket().isConnected())
                        .isTrue();
            }
            try (SSLSocket quick = quick(server)) {
                String itself = Endpoint.of(quick.getLocalSocketAddress()).toString();
                assertThat(Await.within(Duration.ofMillis(600), () -> events.all(NetEvent.Closed.class).stream()
                                .anyMatch(closed -> closed.peer().equals(itself))))
                        .as("the deadline ends with the handshake")
                        .isFalse();
                echoes(quick);
            }
        }
    }

    /** One whose handshake was in time: on a busy machine not every one is. */
    private static SSLSocket quick(Server server) {
        List<SSLSocket> quick = new ArrayList<>();
        Await.until("a quick handshake", () -> {
            try {
                SSLSocket socket = JdkTls.connect(server.endpoints().get(0), "TLSv1.3");
                try {
                    echoes(socket);
                    return quick.add(socket);
                } catch (IOException late) {
                    socket.close();
                }
                return false;
            } catch (IOException late) {
                return false;
            }
        });
        return quick.get(0);
    }

    @Test
    void endsTheStreamInEachDirectionByItselfInTls13() throws Exception {
        try (Server server = echo(options(TlsOptions.selfSigned()));
                SSLSocket peer = JdkTls.connect(server.endpoints().get(0), "TLSv1.3")) {
            byte[] bytes = new byte[1 << 20];
            Thread writer = new Thread(() -> {
                try {
                    peer.getOutputStream().write(bytes);
                    peer.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            writer.start();
            assertThat(peer.getInputStream().readAllBytes()).hasSize(bytes.length);
            writer.join();
        }
        assertThat(events.all(NetEvent.Closed.class).get(0).cause()).isEqualTo(CloseCause.PEER);
    }

    @Test
    void endsBothDirectionsAtOnceInTls12() throws Exception {
        try (Server server = echo(options(TlsOptions.selfSigned()))) {
            try (SSLSocket peer = JdkTls.connect(server.endpoints().get(0), "TLSv1.2")) {
                echoes(peer);
            }
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.PEER);
        }
    }

    @Test
    void letsInOnlyClientsOfTheAuthority(@TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("clients");
        TlsOptions tls = TlsOptions.selfSigned().withClientCa(ca.write(folder.resolve("ca.crt")));
        var right = ca.issue(folder, "right", "EC");
        var wrong = new Certificates("others").issue(folder, "wrong", "EC");
        try (Server server = echo(options(tls))) {
            Endpoint endpoint = server.endpoints().get(0);
            try (SSLSocket socket = JdkTls.connect(endpoint, "TLSv1.3", keys(right))) {
                echoes(socket);
            }
            for (KeyManager[] keys : new KeyManager[][] {new KeyManager[0], keys(wrong)}) {
                // TLS 1.3 clients learn of it when they read, those of 1.2 in the handshake.
                assertThatThrownBy(() -> {
                            try (SSLSocket socket = JdkTls.connect(endpoint, "TLSv1.3", keys)) {
                                echoes(socket);
                            }
                        })
                        .isInstanceOf(SSLException.class);
                assertThatThrownBy(() -> JdkTls.connect(endpoint, "TLSv1.2", keys))
                        .isInstanceOf(SSLHandshakeException.class);
            }
            assertThat(events.await(NetEvent.Closed.class, closed -> closed.cause() == CloseCause.TLS, 4))
                    .hasSize(4);
        }
    }

    private static KeyManager[] keys(Certificates.Issued issued) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("own", issued.key(), new char[0], new X509Certificate[] {issued.certificate()});
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return new KeyManager[] {new AlwaysOwn((javax.net.ssl.X509ExtendedKeyManager) factory.getKeyManagers()[0])};
    }

    /** Shows its certificate whatever authorities the server names. */
    private static final class AlwaysOwn extends javax.net.ssl.X509ExtendedKeyManager {
        private final javax.net.ssl.X509ExtendedKeyManager own;

        AlwaysOwn(javax.net.ssl.X509ExtendedKeyManager own) {
            this.own = own;
        }

        @Override
        public String chooseClientAlias(String[] types, java.security.Principal[] issuers, java.net.Socket socket) {
            return "own";
        }

        @Override
        public String[] getClientAliases(String type, java.security.Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String[] getServerAliases(String type, java.security.Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String type, java.security.Principal[] issuers, java.net.Socket socket) {
            return "own";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return own.getCertificateChain(alias);
        }

        @Override
        public java.security.PrivateKey getPrivateKey(String alias) {
            return own.getPrivateKey(alias);
        }
    }

    @Test
    void takesANewCertificateWithinTwoSeconds(@TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("ca");
        var first = ca.issue(folder, "server", "EC", "DNS:localhost");
        try (Server server = echo(options(pem(first)));
                SSLSocket before = JdkTls.connect(server.endpoints().get(0), "TLSv1.3")) {
            assertThat(echoes(before)).isEqualTo(first.certificate());
            Duration shortest = Await.shortest(Duration.ofSeconds(2), () -> {
                var next = ca.issue(folder, "server", "RSA", "DNS:localhost");
                long start = System.nanoTime();
                String fingerprint = ServerTls.fingerprint(next.certificate());
                events.await(NetEvent.Certificate.class, event -> event.sha256().equals(fingerprint));
                Duration time = Duration.ofNanos(System.nanoTime() - start);
                assertThat(echoes(server, "TLSv1.3")).isEqualTo(next.certificate());
                return time;
            });
            assertThat(shortest).isLessThan(Duration.ofSeconds(2));
            assertThat(echoes(before)).as("connections that are open stay").isEqualTo(first.certificate());
        }
        assertThat(events.all(NetEvent.Failed.class)).isEmpty();
    }

    @Test
    void seesAFileThatWasReplacedByOneAsLongAndAsOld(@TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("ca");
        var first = ca.issue(folder, "server", "EC", "DNS:localhost");
        FileTime time = FileTime.from(Instant.now().minusSeconds(100));
        Files.setLastModifiedTime(first.keyFile(), time);
        Files.setLastModifiedTime(first.certificateFile(), time);
        try (Server server = echo(options(pem(first)))) {
            Path other = Files.createDirectory(folder.resolve("other"));
            var second = ca.issue(other, "server", "EC", "DNS:localhost");
            for (Path file : List.of(second.certificateFile(), second.keyFile())) {
                Files.setLastModifiedTime(file, time);
                Files.move(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
            events.await(NetEvent.Certificate.class, event -> true, 2);
            assertThat(echoes(server, "TLSv1.3")).isEqualTo(second.certificate());
        }
    }

    @Test
    void keepsTheOldCertificateWhenTheNewOneIsBrokenAndSaysSoOnce(@TempDir Path folder) throws Exception {
        var issued = new Certificates("ca").issue(folder, "server", "EC", "DNS:localhost");
        try (Server server = echo(options(pem(issued)))) {
            Files.writeString(issued.certificateFile(), "broken");
            NetEvent.Failed failed = events.await(NetEvent.Failed.class);
            assertThat(failed.what()).isEqualTo("cannot reload the certificate, the old one stays");
            assertThat(failed.why())
                    .isEqualTo(
                            "cannot use certificate " + issued.certificateFile() + ": it holds no certificate in PEM");
            assertThat(echoes(server, "TLSv1.3")).isEqualTo(issued.certificate());
            assertThat(Await.within(
                            Duration.ofMillis(1600),
                            () -> events.all(NetEvent.Failed.class).size() > 1))
                    .isFalse();
            Files.delete(issued.certificateFile());
            events.await(NetEvent.Failed.class, each -> each.why().endsWith("no such file"));
        }
    }

    private void assertFails(TlsOptions tls, String message) {
        assertThatThrownBy(() -> echo(options(tls)))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage(message);
    }

    @Test
    void saysWhatIsWrongWithACertificate(@TempDir Path folder) throws Exception {
        var issued = new Certificates("ca").issue(folder, "server", "EC");
        Path key = issued.keyFile();
        Path missing = folder.resolve("missing");
        assertFails(TlsOptions.pem(missing, key), "cannot read certificate " + missing + ": no such file");
        assertFails(TlsOptions.pem(folder, key), "cannot read certificate " + folder + ": it is no file");
        assertFails(TlsOptions.pem(key, key), "cannot use certificate " + key + ": it holds no certificate in PEM");
        Path garbage = Files.write(folder.resolve("garbage"), new byte[] {0, (byte) 0xff, '-', '-'});
        assertFails(
                TlsOptions.pem(garbage, key), "cannot use certificate " + garbage + ": it holds no certificate in PEM");
        Path damaged = Files.writeString(folder.resolve("damaged"), Certificates.pem("CERTIFICATE", new byte[99]));
        assertFails(TlsOptions.pem(damaged, key), "cannot use certificate " + damaged + ": it is damaged");
        Path large = Files.write(folder.resolve("large"), new byte[(4 << 20) + 1]);
        assertFails(
                TlsOptions.pem(large, key), "cannot use certificate " + large + ": it is larger than 4194304 bytes");
        assertFails(
                pem(issued).withClientCa(garbage),
                "cannot use certificate " + garbage + ": it holds no certificate in PEM");
    }

    @Test
    void saysWhatIsWrongWithAKey(@TempDir Path folder) throws Exception {
        Certificates ca = new Certificates("ca");
        var issued = ca.issue(folder, "server", "RSA");
        Path certificate = issued.certificateFile();
        Path missing = folder.resolve("missing");
        assertFails(TlsOptions.pem(certificate, missing), "cannot read key " + missing + ": no such file");
        assertFails(
                TlsOptions.pem(certificate, certificate),
                "cannot use key " + certificate + ": it holds no private key in PEM");
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            Path other = ca.issue(folder, "other-" + algorithm, algorithm).keyFile();
            assertFails(
                    TlsOptions.pem(certificate, other),
                    "cannot use key " + other + ": it does not belong to certificate " + certificate);
        }
        Path damaged = Files.writeString(folder.resolve("damaged"), Certificates.pem("PRIVATE KEY", new byte[99]));
        assertFails(
                TlsOptions.pem(certificate, damaged),
                "cannot use key " + damaged + ": it is damaged, or no RSA, EC or Ed25519 key");
    }

    @Test
    void saysHowToConvertAKey(@TempDir Path folder) throws Exception {
        var issued = new Certificates("ca").issue(folder, "server", "RSA");
        Path certificate = issued.certificateFile();
        Path encrypted = folder.resolve("encrypted");
        Path traditional = folder.resolve("traditional");
        String key = issued.keyFile().toString();
        openssl("pkcs8", "-topk8", "-in", key, "-out", encrypted.toString(), "-passout", "pass:secret");
        openssl("rsa", "-traditional", "-in", key, "-out", traditional.toString());
        assertFails(
                TlsOptions.pem(certificate, encrypted),
                "cannot use key " + encrypted + ": it is encrypted (openssl pkey -in " + encrypted
                        + " -out PLAIN writes it without its password)");
        assertFails(
                TlsOptions.pem(certificate, traditional),
                "cannot use key " + traditional + ": it is not PKCS #8 (openssl pkey -in " + traditional
                        + " -out NEW converts it)");
        Path converted = folder.resolve("converted");
        openssl("pkey", "-in", traditional.toString(), "-out", converted.toString());
        try (Server server = echo(options(TlsOptions.pem(certificate, converted)))) {
            echoes(server, "TLSv1.3");
        }
    }

    private static void openssl(String... arguments) {
        String[] command =
                Stream.concat(Stream.of("openssl"), Stream.of(arguments)).toArray(String[]::new);
        Programs.Result result = Programs.run(new byte[0], command);
        assertThat(result.exit()).as(result.err()).isZero();
    }
}
