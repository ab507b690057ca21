package io.ntk.tcp.upload.client.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.TlsClientOptions;
import io.ntk.core.TlsOptions;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.source.Digests;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.Durability;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A sparse file that is larger than 32 bits can tell, with something else around each place where a number could be cut off.
 * Takes some 4 GiB of the disk and a minute; by hand: {@code -Dntk.long=true}, and {@code -Djava.io.tmpdir} for another disk.
 */
@EnabledIfSystemProperty(named = "ntk.long", matches = "true", disabledReason = "only with -Dntk.long=true")
class LargeFileIT {
    private static final int SEGMENT = 4 << 20;
    private static final long SIZE = (4L << 30) + SEGMENT + 1;

    private enum Way {
        NIO(Transport.NIO, SendOptions.Sendfile.OFF),
        NIO_SENDFILE(Transport.NIO, SendOptions.Sendfile.ON),
        EPOLL(Transport.EPOLL, SendOptions.Sendfile.OFF),
        EPOLL_SENDFILE(Transport.EPOLL, SendOptions.Sendfile.ON),
        IO_URING(Transport.IO_URING, SendOptions.Sendfile.ON),
        TLS(Transport.EPOLL, SendOptions.Sendfile.ON);

        private final Transport transport;
        private final SendOptions.Sendfile sendfile;

        Way(Transport transport, SendOptions.Sendfile sendfile) {
            this.transport = transport;
            this.sendfile = sendfile;
        }
    }

    @TempDir
    private Path folder;

    private Path source() throws IOException {
        Path file = folder.resolve("source");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            for (long at : List.of(0L, (2L << 30) - 4, (4L << 30) - 4, SIZE - 8)) {
                channel.write(ByteBuffer.allocate(8).putLong(0, at + 0x1234_5678_9ABC_DEFL), at);
            }
        }
        assertThat(file).hasSize(SIZE);
        return file;
    }

    private static long crc(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer.clear()) >= 0) {
                crc.update(buffer.flip());
            }
        }
        return crc.getValue();
    }

    private static String sha256(Path file) throws IOException {
        var digest = Digests.sha256();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer.clear()) >= 0) {
                digest.update(buffer.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @ParameterizedTest
    @EnumSource
    void arrivesWhole(Way way) throws Exception {
        Assumptions.assumeTrue(way.transport.isAvailable(), way.transport + " is not available here");
        Path source = source();
        Path inbox = Files.createDirectory(folder.resolve("inbox"));
        ListenOptions listen = ListenOptions.loopback(0)
                .withTransport(way.transport, 1)
                .withTls(way == Way.TLS ? TlsOptions.selfSigned() : null);
        UploadOptions receiver = UploadOptions.of(inbox).withListen(listen);
        try (Server server = UploadServer.start(receiver, NetListener.NONE);
                EventLoops loops = EventLoops.start(way.transport, 1)) {
            ConnectOptions connect = ConnectOptions.to(server.endpoints().get(0));
            if (way == Way.TLS) {
                connect =
                        connect.withTls(TlsClientOptions.DEFAULTS.withVerification(TlsClientOptions.Verification.NONE));
            }
            SendOptions options = SendOptions.to(connect)
                    .withDurability(Durability.NONE)
                    .withPace(new SendOptions.Pace(SEGMENT, 0, Duration.ofMinutes(1)))
                    .withSendfile(way.sendfile);
            long start = System.nanoTime();
            SendReport report = UploadClient.send(options, loops, SendPlan.of(List.of(source), ""), SendObserver.NONE)
                    .get(5, TimeUnit.MINUTES);
            System.out.printf("%s: %d bytes in %.1f s%n", way, SIZE, (System.nanoTime() - start) / 1e9);
            assertThat(report.failures()).isEmpty();
            assertThat(report.reconnects()).isZero();
            SendReport.Receipt receipt = report.receipts().get(0);
            assertThat(receipt.size()).isEqualTo(SIZE);
            assertThat(receipt.sha256()).isEqualTo(sha256(source));
        }
        assertThat(inbox.resolve("source")).hasSize(SIZE);
        assertThat(crc(inbox.resolve("source"))).isEqualTo(crc(source));
    }
}
