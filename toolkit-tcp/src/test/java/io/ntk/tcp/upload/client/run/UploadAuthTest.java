package io.ntk.tcp.upload.client.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.TlsClientOptions;
import io.ntk.core.TlsOptions;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.TrustingTls;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Proofs of the shared key against who sits in the middle, and who has listened. */
@ExtendWith(LeakCheck.class)
class UploadAuthTest {
    private static final Octets KEY = Octets.of("0123456789abcdef".getBytes(UTF_8));

    @TempDir
    private Path folder;

    @TempDir
    private Path sources;

    private Server serve(ListenOptions listen) {
        UploadOptions base = UploadOptions.of(folder);
        return UploadServer.start(
                base.withListen(listen.withLimits(base.listen().limits().withDrain(Duration.ofSeconds(1))))
                        .withStore(base.store()
                                .withLimits(new StoreOptions.Limits(100, 100, 32 << 20, 0, Duration.ofMinutes(10))))
                        .withKey(KEY),
                NetListener.NONE);
    }

    private static int port(Server server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    private static SendOptions to(int port) {
        return SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)))
                .withKey(KEY);
    }

    private static SendOptions overTls(int port) {
        SendOptions plain = to(port);
        return new SendOptions(
                plain.connect().withTls(TlsClientOptions.DEFAULTS.withVerification(TlsClientOptions.Verification.NONE)),
                KEY,
                plain.onExists(),
                plain.durability(),
                null,
                plain.digest(),
                plain.pace(),
                plain.sendfile());
    }

    private SendReport.Receipt send(SendOptions options) throws Exception {
        Path file = Files.writeString(sources.resolve("secret"), "a secret");
        return UploadClient.send(options, file).get(30, TimeUnit.SECONDS);
    }

    @Test
    void whoRelaysWithAnotherCertificateIsRefused() throws Exception {
        X509Bundle other = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=127.0.0.1")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        try (Server server = serve(ListenOptions.loopback(0).withTls(TlsOptions.selfSigned()));
                Relay middle = new Relay(listener(other), port(server))) {
            assertThat(send(overTls(port(server))).name()).isEqualTo("secret");
            assertThatThrownBy(() -> send(overTls(middle.port()))).hasMessageContaining("not the proof of our key");
            assertThat(middle.isTold("a secret")).isFalse();
        }
    }

    /** A proof that was recorded is worth nothing later, with the same HELLO, since the server has another nonce. */
    @Test
    void aRecordedProofIsRefused() throws Exception {
        byte[] recorded;
        try (Server server = serve(ListenOptions.loopback(0));
                CuttingProxy proxy = new CuttingProxy(port(server), List.of())) {
            send(to(proxy.port()));
            recorded = proxy.first(CuttingProxy.Way.TO_SERVER);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(server))) {
                socket.setSoTimeout(30_000);
                int proofEnd = 8 + 12 + 52 + 12 + 32;
                socket.getOutputStream().write(Arrays.copyOf(recorded, proofEnd));
                DataInputStream in = new DataInputStream(socket.getInputStream());
                in.readFully(new byte[8 + 12 + 80]);
                int length = in.readInt();
                assertThat(in.readUnsignedByte()).isEqualTo(ScriptedReceiver.ERROR);
                in.readFully(new byte[7]);
                assertThat(in.readUnsignedShort()).isEqualTo(104);
                in.readFully(new byte[length - 10]);
                assertThat(in.read()).as("the end").isNegative();
            }
        }
    }

    /** Nor is what a server once said worth anything to a client, whose nonce is another one. */
    @Test
    void aRecordedServerIsRefused() throws Exception {
        byte[] recorded;
        try (Server server = serve(ListenOptions.loopback(0));
                CuttingProxy proxy = new CuttingProxy(port(server), List.of())) {
            send(to(proxy.port()));
            recorded = proxy.first(CuttingProxy.Way.TO_CLIENT);
        }
        try (ScriptedReceiver replay = new ScriptedReceiver(talk -> {
            talk.write(Arrays.copyOf(recorded, 8 + 12 + 80 + 12 + 32));
            talk.awaitEnd();
        })) {
            assertThatThrownBy(() -> send(to(replay.port()))).hasMessageContaining("the server does not have the key");
        }
    }

    // ---- in the middle

    private static ServerSocket listener(X509Bundle identity) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "x", identity.getKeyPair().getPrivate(), new char[0], new Certificate[] {identity.getCertificate()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, new SecureRandom());
        return context.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    private static Socket connect(int port) throws Exception {
        return TrustingTls.context().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    }

    /** Ends TLS on either side, and relays what is within. */
    private static final class Relay implements AutoCloseable {
        private final ServerSocket listener;
        private final int server;
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

        Relay(ServerSocket listener, int server) {
            this.listener = listener;
            this.server = server;
            daemon(this::accept);
        }

        int port() {
            return listener.getLocalPort();
        }

        boolean isTold(String text) {
            return seen.toString(ISO_8859_1).contains(text);
        }

        private static void daemon(Runnable task) {
            Thread thread = new Thread(task, "relay");
            thread.setDaemon(true);
            thread.start();
        }

        private void accept() {
            try {
                while (true) {
                    Socket client = listener.accept();
                    Socket target = connect(server);
                    daemon(() -> copy(client, target));
                    daemon(() -> copy(target, client));
                }
            } catch (Exception e) {
                return; // closed
            }
        }

        private void copy(Socket from, Socket to) {
            byte[] bytes = new byte[16 * 1024];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                    seen.write(bytes, 0, n);
                    out.write(bytes, 0, n);
                }
            } catch (IOException e) {
                return; // the other end has gone
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
