package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufUtil;
import io.ntk.core.CloseCause;
import io.ntk.core.ConnectFailedException;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.TlsClientOptions;
import io.ntk.core.TlsOptions;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class TcpClientTest {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final WritableByteChannel sink = Channels.newChannel(received);
    private ServerSocket listening;

    static List<Transport> transports() {
        return Peer.transports();
    }

    @BeforeEach
    void listen() throws IOException {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        listening.setSoTimeout(30_000);
    }

    @AfterEach
    void stopListening() throws IOException {
        listening.close();
    }

    @Test
    void carriesBytesBothWaysUntilBothHaveEnded() throws Exception {
        Events events = new Events();
        try (TcpClient client = TcpClient.connect(options(), sink, events);
                Socket peer = listening.accept()) {
            client.send(bytes("ping"));
            client.shutdownOutput();
            assertThat(peer.getInputStream().readAllBytes()).isEqualTo("ping".getBytes(UTF_8));
            assertThat(client.closed().isDone()).isFalse();
            peer.getOutputStream().write("pong".getBytes(UTF_8));
            peer.shutdownOutput();
            assertThat(client.closed().get(30, TimeUnit.SECONDS)).isEqualTo(new TcpClient.End(CloseCause.PEER, 4, 4));
            assertThat(received).hasToString("pong");
            assertThat(events.await(NetEvent.Closed.class).cause()).isEqualTo(CloseCause.PEER);
        }
    }

    @Test
    void takesASocketThatMetItselfForARefusal() throws IOException {
        var nobody = new Endpoint.Inet(Endpoint.LOOPBACK, listening.getLocalPort());
        listening.close();
        ConnectOptions toItself = ConnectOptions.to(nobody).withSource(nobody);
        assertThatThrownBy(() -> TcpClient.connect(toItself, sink, NetListener.NONE))
                .isInstanceOfSatisfying(ConnectFailedException.class, failure -> assertThat(failure.kind())
                        .isEqualTo(ConnectFailedException.Kind.REFUSED))
                .hasMessage("cannot connect to " + nobody + ": connection refused (the socket met itself)");
    }

    @Test
    void closesAtOnceAgainstAPeerThatTakesNothingWhenThereIsNoGrace() throws Exception {
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            CompletableFuture<Void> sending =
                    CompletableFuture.runAsync(() -> send(client, ByteBuffer.allocate(64 << 20)));
            Await.until("the peer is too slow", () -> client.quiet().toMillis() > 100);
            client.close(Duration.ZERO);
            client.closed().get(30, TimeUnit.SECONDS);
            assertThat(sending).failsWithin(Duration.ofSeconds(30));
            assertThat(peer.isConnected()).isTrue();
        }
    }

    @Test
    void goesOnSendingWhenThePeerHasEnded() throws Exception {
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            peer.getOutputStream().write("early".getBytes(UTF_8));
            peer.shutdownOutput();
            client.inputEnded().get(30, TimeUnit.SECONDS);
            assertThat(received).hasToString("early");
            client.send(bytes("late"));
            client.shutdownOutput();
            assertThat(peer.getInputStream().readAllBytes()).isEqualTo("late".getBytes(UTF_8));
            client.closed().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void sendsEverythingBeforeItCloses() throws Exception {
        byte[] bytes = random(4 << 20);
        TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
        try (Socket peer = listening.accept()) {
            var reading = readAll(peer);
            client.send(ByteBuffer.wrap(bytes));
            client.close();
            assertThat(reading.get(30, TimeUnit.SECONDS)).isEqualTo(bytes);
            assertThat(client.closed().get(30, TimeUnit.SECONDS).cause()).isEqualTo(CloseCause.LOCAL);
        }
    }

    @Test
    void holdsTheSenderBackWhileThePeerReadsNothing() throws Exception {
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            AtomicLong sent = new AtomicLong();
            var sending = CompletableFuture.runAsync(() -> {
                ByteBuffer piece = ByteBuffer.allocate(1 << 20);
                for (int i = 0; i < 64; i++) {
                    send(client, piece.clear());
                    sent.addAndGet(piece.capacity());
                }
                client.shutdownOutput();
            });
            Await.until("something was sent", () -> sent.get() > 0);
            long before = -1;
            while (before < sent.get()) {
                before = sent.get();
                long now = before;
                Await.within(Duration.ofMillis(500), () -> sent.get() > now);
            }
            assertThat(before).isLessThan(64L << 20);
            assertThat(readAll(peer).get(30, TimeUnit.SECONDS)).hasSize(64 << 20);
            sending.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void holdsThePeerBackWhileTheSinkIsSlow() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        AtomicLong taken = new AtomicLong();
        WritableByteChannel slow = sink(bytes -> {
            LatchedSink.await(open);
            taken.addAndGet(bytes.remaining());
            bytes.position(bytes.limit());
        });
        int total = 64 << 20;
        try (TcpClient client = TcpClient.connect(options(), slow, NetListener.NONE);
                Socket peer = listening.accept()) {
            var writing = CompletableFuture.runAsync(() -> write(peer, new byte[total]));
            Await.until("the queue fills", () -> client.traffic().bytesIn() > 1 << 19);
            assertThat(Await.within(
                            Duration.ofMillis(500), () -> client.traffic().bytesIn() > 8 << 20))
                    .isFalse();
            assertThat(writing.isDone()).isFalse();
            open.countDown();
            writing.get(30, TimeUnit.SECONDS);
            peer.shutdownOutput();
            client.inputEnded().get(30, TimeUnit.SECONDS);
            assertThat(taken).hasValue(total);
        }
    }

    @Test
    void endsWithTheExceptionOfTheSink() throws Exception {
        WritableByteChannel broken = sink(bytes -> {
            throw new IOException("stdout is closed");
        });
        try (TcpClient client = TcpClient.connect(options(), broken, NetListener.NONE);
                Socket peer = listening.accept()) {
            peer.getOutputStream().write(1);
            assertThatThrownBy(() -> client.closed().get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(new IOException("stdout is closed"));
            assertThatThrownBy(() -> client.send(bytes("x"))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void tellsTheSenderOfAReset() throws Exception {
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE)) {
            reset(listening.accept());
            assertThat(client.closed().get(30, TimeUnit.SECONDS).cause()).isEqualTo(CloseCause.RESET);
            assertThatThrownBy(() -> client.send(bytes("x")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the connection is closed: reset");
        }
    }

    @Test
    void wakesABlockedSenderWhenThePeerIsGone() throws Exception {
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            var sending = CompletableFuture.runAsync(() -> {
                while (true) {
                    send(client, ByteBuffer.allocate(1 << 20));
                }
            });
            Await.until("bytes are under way", () -> client.traffic().bytesOut() > 1 << 20);
            reset(peer);
            assertThatThrownBy(() -> sending.get(30, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
            assertThat(client.closed().get(30, TimeUnit.SECONDS).cause()).isEqualTo(CloseCause.RESET);
        }
    }

    @Test
    void saysWhyItCannotConnect() throws IOException {
        ConnectOptions options = options();
        listening.close();
        assertThatThrownBy(() -> TcpClient.connect(options, sink, NetListener.NONE))
                .isInstanceOfSatisfying(ConnectFailedException.class, e -> assertThat(e.kind())
                        .isEqualTo(ConnectFailedException.Kind.REFUSED));
    }

    @ParameterizedTest
    @MethodSource("transports")
    void sendsPartsOfFilesIntact(Transport transport, @TempDir Path folder) throws Exception {
        byte[] bytes = random(5 << 20);
        Path path = Files.write(folder.resolve("file"), bytes);
        try (EventLoops loops = EventLoops.start(transport, 1);
                FileChannel file = FileChannel.open(path);
                TcpClient client = TcpClient.connect(options(), loops, sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            var reading = readAll(peer);
            client.send(file, 1, 1);
            client.send(file, 4097, (3 << 20) + 1);
            client.send(file, bytes.length, 0);
            client.send(bytes("|"));
            client.send(file, bytes.length - 1, 1);
            client.shutdownOutput();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            expected.write(bytes, 1, 1);
            expected.write(bytes, 4097, (3 << 20) + 1);
            expected.write('|');
            expected.write(bytes, bytes.length - 1, 1);
            assertThat(reading.get(30, TimeUnit.SECONDS)).isEqualTo(expected.toByteArray());
            assertThat(file.isOpen()).isTrue();
            assertThat(file.position()).isZero();
            peer.shutdownOutput();
            client.closed().get(30, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void failsForAPartThatTheFileDoesNotHave(Transport transport, @TempDir Path folder) throws Exception {
        Path path = Files.write(folder.resolve("file"), random(1000));
        try (EventLoops loops = EventLoops.start(transport, 1);
                FileChannel file = FileChannel.open(path);
                TcpClient client = TcpClient.connect(options(), loops, sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            var reading = readAll(peer);
            assertThatThrownBy(() -> client.send(file, 500, 501)).isInstanceOf(IOException.class);
            client.shutdownOutput();
            assertThat(reading.get(30, TimeUnit.SECONDS)).hasSizeLessThanOrEqualTo(500);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void sendsAPartBehindFourGibibytes(Transport transport, @TempDir Path folder) throws Exception {
        Path path = folder.resolve("sparse");
        long far = (4L << 30) + 12_345;
        try (FileChannel file = FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.SPARSE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
                EventLoops loops = EventLoops.start(transport, 1);
                TcpClient client = TcpClient.connect(options(), loops, sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            file.write(bytes("far away"), far);
            var reading = readAll(peer);
            client.send(file, far - 1, 9);
            client.shutdownOutput();
            assertThat(reading.get(30, TimeUnit.SECONDS)).isEqualTo("\0far away".getBytes(UTF_8));
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void pumpsAFileFromWhereItStands(Transport transport, @TempDir Path folder) throws Exception {
        byte[] bytes = random(3 << 20);
        Path path = Files.write(folder.resolve("file"), bytes);
        try (EventLoops loops = EventLoops.start(transport, 1);
                FileChannel file = FileChannel.open(path);
                TcpClient client = TcpClient.connect(options(), loops, sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            var reading = readAll(peer);
            file.position(10);
            assertThat(client.pump(file)).isEqualTo(bytes.length - 10);
            assertThat(file.position()).isEqualTo(bytes.length);
            assertThat(client.pump(file)).isZero();
            client.shutdownOutput();
            assertThat(reading.get(30, TimeUnit.SECONDS)).isEqualTo(Arrays.copyOfRange(bytes, 10, bytes.length));
        }
    }

    @Test
    void pumpsWhatIsNoFile() throws Exception {
        byte[] bytes = random(3 << 20);
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            var reading = readAll(peer);
            Pipe pipe = Pipe.open();
            var filling = CompletableFuture.runAsync(() -> fill(pipe, bytes));
            assertThat(client.pump(pipe.source())).isEqualTo(bytes.length);
            assertThat(client.pump(Channels.newChannel(new ByteArrayInputStream(bytes, 0, 100))))
                    .isEqualTo(100);
            client.shutdownOutput();
            assertThat(reading.get(30, TimeUnit.SECONDS)).isEqualTo(concat(bytes, Arrays.copyOf(bytes, 100)));
            filling.get(30, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void echoesThroughTls(Transport transport, @TempDir Path folder) throws Exception {
        byte[] bytes = random(8 << 20);
        Path path = Files.write(folder.resolve("file"), bytes);
        ListenOptions listen = ListenOptions.loopback(0).withTls(TlsOptions.selfSigned());
        try (Server server = StreamServer.start(StreamService.ECHO, listen);
                EventLoops loops = EventLoops.start(transport, 1);
                FileChannel file = FileChannel.open(path);
                TcpClient client = TcpClient.connect(
                        ConnectOptions.to(server.endpoints().get(0))
                                .withTls(
                                        TlsClientOptions.DEFAULTS.withVerification(TlsClientOptions.Verification.NONE)),
                        loops,
                        sink,
                        NetListener.NONE)) {
            client.pump(file);
            client.shutdownOutput();
            assertThat(client.closed().get(30, TimeUnit.SECONDS).cause()).isEqualTo(CloseCause.PEER);
            assertThat(ByteBufUtil.hexDump(received.toByteArray(), 0, 16)).isEqualTo(ByteBufUtil.hexDump(bytes, 0, 16));
            assertThat(Arrays.equals(received.toByteArray(), bytes)).isTrue();
        }
    }

    @Test
    void connectsToUnixSockets(@TempDir Path folder) throws Exception {
        Endpoint endpoint = new Endpoint.Unix(folder.resolve("s"));
        try (Server server = StreamServer.start(StreamService.ECHO, ListenOptions.on(endpoint));
                TcpClient client = TcpClient.connect(ConnectOptions.to(endpoint), sink, NetListener.NONE)) {
            client.send(bytes("abc"));
            Await.until("the echo", () -> received.size() == 3);
            assertThat(server.addresses()).containsExactly(endpoint.toString());
        }
    }

    @Test
    void tellsHowLongItHasBeenQuiet() throws Exception {
        try (TcpClient client = TcpClient.connect(options(), sink, NetListener.NONE);
                Socket peer = listening.accept()) {
            Await.until("quiet", () -> client.quiet().compareTo(Duration.ofMillis(300)) > 0);
            Await.until("not quiet while it is sent something", () -> {
                write(peer, new byte[1]);
                return client.quiet().compareTo(Duration.ofMillis(300)) < 0;
            });
            Await.until("quiet again", () -> client.quiet().compareTo(Duration.ofMillis(300)) > 0);
            Await.until("not quiet while it sends something", () -> {
                send(client, bytes("x"));
                return client.quiet().compareTo(Duration.ofMillis(300)) < 0;
            });
            assertThat(client.granted()).containsEntry("nodelay", "true");
        }
    }

    @Test
    void letsASlowSinkFinishWhenItIsClosed() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        AtomicBoolean wrote = new AtomicBoolean();
        WritableByteChannel slow = sink(bytes -> {
            LatchedSink.await(open);
            bytes.position(bytes.limit());
            wrote.set(true);
        });
        TcpClient client = TcpClient.connect(options(), slow, NetListener.NONE);
        try (Socket peer = listening.accept()) {
            peer.getOutputStream().write(1);
            Await.until("arrived", () -> client.traffic().bytesIn() == 1);
            var closing = CompletableFuture.runAsync(client::close);
            open.countDown();
            closing.get(30, TimeUnit.SECONDS);
            assertThat(wrote).isTrue();
        }
    }

    private ConnectOptions options() {
        return ConnectOptions.to(new Endpoint.Inet("127.0.0.1", listening.getLocalPort()));
    }

    private interface LatchedSink {
        void write(ByteBuffer bytes) throws IOException;

        static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static WritableByteChannel sink(LatchedSink writing) {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                int before = bytes.remaining();
                writing.write(bytes);
                return before - bytes.remaining();
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
    }

    private static CompletableFuture<byte[]> readAll(Socket peer) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                InputStream in = peer.getInputStream();
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void reset(Socket peer) throws IOException {
        peer.setSoLinger(true, 0);
        peer.close();
    }

    private static void write(Socket peer, byte[] bytes) {
        try {
            OutputStream out = peer.getOutputStream();
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(TcpClient client, ByteBuffer bytes) {
        try {
            client.send(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void fill(Pipe pipe, byte[] bytes) {
        try (Pipe.SinkChannel out = pipe.sink()) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                out.write(rest);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    @Test
    void sendsEverythingToAPeerThatHasEndedItsOutput() throws Exception {
        byte[] blob = new byte[32 * 1024 * 1024];
        try (java.net.ServerSocket listener =
                new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            var received = java.util.concurrent.CompletableFuture.supplyAsync(() -> {
                try (java.net.Socket socket = listener.accept()) {
                    socket.shutdownOutput();
                    // The client stands still meanwhile: kernel and window are full.
                    java.util.concurrent.locks.LockSupport.parkNanos(
                            Duration.ofMillis(300).toNanos());
                    return (long) socket.getInputStream().readAllBytes().length;
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Endpoint endpoint = new Endpoint.Inet("127.0.0.1", listener.getLocalPort());
            var sink = java.nio.channels.Channels.newChannel(java.io.OutputStream.nullOutputStream());
            try (TcpClient client = TcpClient.connect(ConnectOptions.to(endpoint), sink, NetListener.NONE)) {
                client.inputEnded().get(30, TimeUnit.SECONDS);
                client.send(ByteBuffer.wrap(blob));
                client.shutdownOutput();
                assertThat(received.get(30, TimeUnit.SECONDS)).isEqualTo(blob.length);
                client.closed().get(30, TimeUnit.SECONDS);
            }
        }
    }
}
