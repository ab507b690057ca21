package io.ntk.tcp.upload.client.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.source.Digests;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the real server, on loopback. */
@ExtendWith(LeakCheck.class)
class UploadClientTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    @TempDir
    private Path sources;

    @TempDir
    private Path states;

    private UploadOptions server() {
        UploadOptions base = UploadOptions.of(folder);
        return base.withListen(ListenOptions.loopback(0)
                        .withLimits(base.listen().limits().withDrain(Duration.ofSeconds(1))))
                .withStore(base.store()
                        .withLimits(new StoreOptions.Limits(10_000, 10_000, 32 << 20, 0, Duration.ofMinutes(10))));
    }

    private SendOptions to(Server server) {
        return SendOptions.to(ConnectOptions.to(server.endpoints().get(0)))
                .withState(states)
                .withPace(new SendOptions.Pace(256 * 1024, 0, Duration.ofSeconds(10)));
    }

    private Path source(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        Path file = sources.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private static SendReport send(SendOptions options, List<SendItem> items) throws Exception {
        return UploadClient.send(options, items, SendObserver.NONE).get(30, TimeUnit.SECONDS);
    }

    private static SendReport send(SendOptions options, Path... files) throws Exception {
        return send(options, SendPlan.of(List.of(files), ""));
    }

    private static String sha256(Path file) throws IOException {
        return HexFormat.of().formatHex(Digests.sha256().digest(Files.readAllBytes(file)));
    }

    @ParameterizedTest
    @EnumSource
    void sendsOneFile(SendOptions.Sendfile sendfile) throws Exception {
        Path file = source("film.bin", 5 * MIB + 17);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-02-03T04:05:06Z")));
        try (Server server = serve(server())) {
            SendReport.Receipt receipt =
                    UploadClient.send(to(server).withSendfile(sendfile), file).get(30, TimeUnit.SECONDS);
            assertThat(receipt.name()).isEqualTo("film.bin");
            assertThat(receipt.sha256()).isEqualTo(sha256(file));
            assertThat(receipt.marks()).containsExactly(SendReport.Mark.DURABLE);
        }
        assertThat(folder.resolve("film.bin")).hasSameBinaryContentAs(file);
        assertThat(Files.getLastModifiedTime(folder.resolve("film.bin"))).isEqualTo(Files.getLastModifiedTime(file));
        assertThat(states).isEmptyDirectory();
    }

    private static Server serve(UploadOptions options) {
        return UploadServer.start(options, NetListener.NONE);
    }

    @Test
    void sendsAFolderOfSmallAndLargeFiles() throws Exception {
        List<Path> files = new ArrayList<>();
        for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 262_144, 262_145, 3 * MIB}) {
            files.add(source("photos/of " + size + "/ä" + size, size));
        }
        Files.createDirectories(sources.resolve("photos/empty"));
        try (Server server = serve(server())) {
            SendReport report = send(to(server), SendPlan.of(List.of(sources.resolve("photos")), "my/"));
            assertThat(report.failures()).isEmpty();
            assertThat(report.receipts()).hasSize(8 + 8 + 2);
        }
        for (Path file : files) {
            assertThat(folder.resolve("my").resolve(sources.relativize(file))).hasSameBinaryContentAs(file);
        }
        assertThat(folder.resolve("my/photos/empty")).isEmptyDirectory();
        assertThat(states).isEmptyDirectory();
    }

    @Test
    void sendsMoreSmallFilesThanMayBeWithoutAnswer() throws Exception {
        for (int i = 0; i < 5000; i++) {
            Files.writeString(sources.resolve("f" + i), "file " + i);
        }
        try (Server server = serve(server())) {
            SendReport report = send(
                    to(server).withDurability(io.ntk.tcp.upload.store.Durability.NONE),
                    SendPlan.of(List.of(sources), "all"));
            assertThat(report.failures()).isEmpty();
            assertThat(report.receipts()).hasSize(5001);
        }
        assertThat(folder.resolve("all/f4999")).hasContent("file 4999");
    }

    @Test
    void sendsAPipe() throws Exception {
        for (int size : new int[] {0, 1, 262_144, 3 * MIB + 5}) {
            Path file = source("pipe" + size, size);
            try (Server server = serve(server())) {
                var pipe = new SendItem.Pipe(
                        Channels.newChannel(new ByteArrayInputStream(Files.readAllBytes(file))), "p" + size);
                SendReport report = send(to(server), List.of(pipe));
                assertThat(report.failures()).isEmpty();
                assertThat(report.receipts().get(0).sha256()).isEqualTo(sha256(file));
            }
            assertThat(folder.resolve("p" + size)).hasSameBinaryContentAs(file);
        }
    }

    @Test
    void obeysThePolicies() throws Exception {
        Path small = source("small", 100);
        Path large = source("large", MIB);
        try (Server server = serve(server().withStore(server().store().withOnExists(OnExists.OVERWRITE)))) {
            assertThat(send(to(server), small, large).failures()).isEmpty();
            SendReport rejected = send(to(server).withOnExists(OnExists.REJECT), small, large);
            assertThat(rejected.failures()).extracting(SendReport.Failure::code).containsExactlyInAnyOrder(201, 201);
            SendReport skipped = send(to(server).withOnExists(OnExists.SKIP_SAME), small, large);
            assertThat(skipped.receipts())
                    .allMatch(receipt -> receipt.marks().contains(SendReport.Mark.SKIPPED))
                    .hasSize(2);
            SendReport renamed = send(to(server).withOnExists(OnExists.RENAME), small, large);
            assertThat(renamed.receipts())
                    .extracting(SendReport.Receipt::name)
                    .containsExactlyInAnyOrder("small (1)", "large (1)");
            Files.writeString(small, "other");
            assertThat(send(to(server), small).failures()).isEmpty();
            assertThat(folder.resolve("small")).hasContent("other");
        }
        try (Server server = serve(server())) {
            SendReport forbidden = send(to(server).withOnExists(OnExists.OVERWRITE), large);
            assertThat(forbidden.failures())
                    .extracting(SendReport.Failure::code)
                    .containsExactly(204);
        }
    }

    @Test
    void provesTheKeyAndWantsItProven() throws Exception {
        Octets key = Octets.of("0123456789abcdef".getBytes(UTF_8));
        Octets other = Octets.of("0123456789abcdeF".getBytes(UTF_8));
        Path file = source("secret", 10);
        try (Server server = serve(server().withKey(key))) {
            assertThat(send(to(server).withKey(key), file).failures()).isEmpty();
            assertThatThrownBy(() -> send(to(server).withKey(other), file))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("not the proof of our key");
            assertThatThrownBy(() -> send(to(server), file)).hasMessageContaining("the server wants a key");
        }
        try (Server server = serve(server())) {
            assertThatThrownBy(() -> send(to(server).withKey(key), file)).hasMessageContaining("wants no key");
        }
    }

    @Test
    void refusesNamesBeforeTheFirstByte() throws Exception {
        Path bad = source("a:b", 1);
        assertThatThrownBy(() -> SendPlan.of(List.of(bad), ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a:b");
        Path good = source("x", 1);
        assertThatThrownBy(() -> SendPlan.of(List.of(good, good), "")).hasMessageContaining("one source for each name");
        assertThatThrownBy(() -> SendPlan.of(List.of(good, bad), "to"))
                .hasMessageContaining("expected: a / at the end");
    }

    @Test
    void saysWhyThereIsNoConnection() throws Exception {
        Path file = source("f", 1);
        int port;
        try (Server server = serve(server())) {
            port = ((Endpoint.Inet) server.endpoints().get(0)).port();
        }
        SendOptions options = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)));
        assertThatThrownBy(() -> send(options, file)).hasMessageContaining("connection refused");
    }

    @Test
    void keepsToARateWithSmallFilesToo() throws Exception {
        for (int i = 0; i < 6; i++) {
            source("many/f" + i, 50_000);
        }
        try (Server server = serve(server())) {
            long start = System.nanoTime();
            SendReport report = send(
                    to(server).withPace(new SendOptions.Pace(256 * 1024, 600_000, Duration.ofSeconds(10))),
                    SendPlan.of(List.of(sources.resolve("many")), ""));
            assertThat(report.failures()).isEmpty();
            assertThat(System.nanoTime() - start).isGreaterThan(400_000_000L);
        }
    }

    @Test
    void keepsToARate() throws Exception {
        Path file = source("slow", 300_000);
        try (Server server = serve(server())) {
            long start = System.nanoTime();
            SendReport report =
                    send(to(server).withPace(new SendOptions.Pace(256 * 1024, 600_000, Duration.ofSeconds(10))), file);
            assertThat(report.failures()).isEmpty();
            assertThat(System.nanoTime() - start).isGreaterThan(400_000_000L);
        }
    }
}
