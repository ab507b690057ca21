package io.ntk.tcp.upload.client.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.NetUtil;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendOptions.Sendfile;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LinkTest {
    private static final SocketAddress HERE = port("192.0.2.1");

    private static SocketAddress port(String address) {
        return new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(address), 9003);
    }

    /** A channel that says whom it connects. */
    private static EmbeddedChannel between(SocketAddress local, SocketAddress remote) {
        return new EmbeddedChannel() {
            @Override
            protected SocketAddress localAddress0() {
                return local;
            }

            @Override
            protected SocketAddress remoteAddress0() {
                return remote;
            }
        };
    }

    private static boolean sendsFiles(Sendfile wanted, SocketAddress remote) {
        EmbeddedChannel channel = between(HERE, remote);
        try {
            return Link.sendsFiles(wanted, channel);
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void letsTheKernelReadForOtherMachinesAlone() {
        assertThat(sendsFiles(Sendfile.AUTO, port("192.0.2.2"))).isTrue();
        assertThat(sendsFiles(Sendfile.AUTO, port("2001:db8::2"))).isTrue();
        assertThat(sendsFiles(Sendfile.AUTO, port("127.0.0.1"))).isFalse();
        assertThat(sendsFiles(Sendfile.AUTO, port("::1"))).isFalse();
        assertThat(sendsFiles(Sendfile.AUTO, port("192.0.2.1"))).isFalse();
        assertThat(sendsFiles(Sendfile.AUTO, new DomainSocketAddress("/tmp/s"))).isFalse();
    }

    @Test
    void doesAsItIsTold() {
        assertThat(sendsFiles(Sendfile.ON, port("127.0.0.1"))).isTrue();
        assertThat(sendsFiles(Sendfile.OFF, port("192.0.2.2"))).isFalse();
    }

    @Test
    void neverBehindTls() throws Exception {
        EmbeddedChannel channel = between(HERE, port("192.0.2.2"));
        channel.pipeline().addLast(SslContextBuilder.forClient().build().newHandler(channel.alloc()));
        assertThat(Link.sendsFiles(Sendfile.ON, channel)).isFalse();
        channel.finishAndReleaseAll();
    }

    // ---- who waits for room

    private static final int PIECE = 1 << 20;
    private static final int PIECES = 24; // more than the kernel keeps, and not so many that they are let out unasked
    private static final int HELLO_BYTES = 8 + 12 + 52;
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Mailbox mailbox = new Mailbox();

    /** Greets, and reads on once it is to. */
    private static final class Reader implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final CountDownLatch reading = new CountDownLatch(1);

        Reader() throws IOException {
            Thread thread = new Thread(this::run, "reader");
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try (Socket socket = listener.accept()) {
                socket.getInputStream().readNBytes(HELLO_BYTES);
                socket.getOutputStream().write(greeting());
                reading.await();
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException | InterruptedException e) {
                return; // the test fails for want of it
            }
        }

        private static byte[] greeting() {
            EmbeddedChannel encoder = new EmbeddedChannel(new UploadFrameEncoder());
            int segment = UploadFrame.Data.MIN_SEGMENT_BYTES;
            encoder.writeOutbound(
                    new UploadFrame.Preamble(),
                    new UploadFrame.HelloAck(
                            1,
                            false,
                            1,
                            0,
                            65_536,
                            0,
                            segment,
                            segment,
                            2 * segment,
                            1,
                            15,
                            1,
                            Octets.of(new byte[32]),
                            List.of()));
            ByteBuf all = Unpooled.buffer();
            for (ByteBuf next = encoder.readOutbound(); next != null; next = encoder.readOutbound()) {
                all.writeBytes(next);
                next.release();
            }
            encoder.finish();
            return ByteBufUtil.getBytes(all);
        }

        void read() {
            reading.countDown();
        }

        @Override
        public void close() throws IOException {
            read();
            listener.close();
        }
    }

    private Link connected(Reader reader, EventLoops loops) throws Exception {
        Endpoint endpoint = Endpoint.parse("127.0.0.1:" + reader.listener.getLocalPort());
        SendOptions options = SendOptions.to(ConnectOptions.to(endpoint));
        Link link = new Link(options, loops, mailbox, Backoff.of(LONG), new Link.Owner() {
            @Override
            public void frame(UploadFrame frame) {
                throw new AssertionError("frame: " + frame);
            }

            @Override
            public void lost(Breakdown why) {
                throw new AssertionError("lost: " + why);
            }
        });
        link.connect();
        return link;
    }

    /** Waits for as long as it takes, which is not all of the time there is. */
    private void awaitWake() throws InterruptedException {
        long end = System.nanoTime() + LONG.toNanos();
        mailbox.await(LONG.toNanos());
        assertThat(end - System.nanoTime()).as("time left").isPositive();
    }

    @Test
    void wakesWhoWaitsOnceThereIsRoomAndNotBefore() throws Exception {
        try (Reader reader = new Reader();
                EventLoops loops = EventLoops.start(Transport.NIO, 1)) {
            Link link = connected(reader, loops);
            link.write(new UploadFrame.Data(1, 0, PIECES * PIECE, 0));
            for (int i = 0; i < PIECES; i++) {
                link.write(Unpooled.wrappedBuffer(new byte[PIECE]));
            }
            link.flush();
            assertThat(link.hasRoom(PIECE)).isFalse();
            reader.read();
            awaitWake();
            assertThat(link.inFlight()).isLessThanOrEqualTo(PIECE);
            link.close();
            link.awaitEnd();
        }
    }

    @Test
    void wakesEachTimeTheLastByteHasGoneOut() throws Exception {
        try (Reader reader = new Reader();
                EventLoops loops = EventLoops.start(Transport.NIO, 1)) {
            Link link = connected(reader, loops);
            reader.read();
            for (int i = 0; i < 2000; i++) {
                assertThat(link.hasRoom(-1)).isFalse();
                link.write(Unpooled.wrappedBuffer(new byte[1]));
                link.flush();
                while (!link.hasRoom(0)) {
                    awaitWake();
                }
                mailbox.runAll();
            }
            link.close();
            link.awaitEnd();
        }
    }
}
