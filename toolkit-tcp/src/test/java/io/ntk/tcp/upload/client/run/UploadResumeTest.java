package io.ntk.tcp.upload.client.run;

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
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Over a way that cuts and spoils. */
@ExtendWith(LeakCheck.class)
class UploadResumeTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    @TempDir
    private Path sources;

    @TempDir
    private Path states;

    private Server server;
    private SendOptions.Sendfile sendfile = SendOptions.Sendfile.OFF;
    private final long seed = System.nanoTime();

    @BeforeEach
    void start() {
        UploadOptions base = UploadOptions.of(folder);
        server = UploadServer.start(
                base.withListen(ListenOptions.loopback(0)
                                .withLimits(base.listen().limits().withDrain(Duration.ofSeconds(1))))
                        .withStore(base.store()
                                .withLimits(
                                        new StoreOptions.Limits(10_000, 10_000, 32 << 20, 0, Duration.ofMinutes(10)))),
                NetListener.NONE);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int port() {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    private SendOptions to(int port) {
        return SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)))
                .withState(states)
                .withSendfile(sendfile)
                .withPace(new SendOptions.Pace(256 * 1024, 0, Duration.ofSeconds(10)));
    }

    private Path source(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(sources.resolve(name), bytes);
    }

    private static SendReport send(SendOptions options, List<SendItem> items) throws Exception {
        return UploadClient.send(options, items, SendObserver.NONE).get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void goesOnAfterCuts(SendOptions.Sendfile how) throws Exception {
        sendfile = how;
        Path file = source("film", 6 * MIB + 1);
        for (int i = 0; i < 20; i++) {
            Files.writeString(sources.resolve("s" + i), "small " + i);
        }
        try (CuttingProxy proxy = new CuttingProxy(port(), CuttingProxy.cuts(seed, 5, 3 * MIB))) {
            SendReport report = send(to(proxy.port()), SendPlan.of(List.of(sources), "all"));
            assertThat(report.failures()).as("seed " + seed).isEmpty();
            assertThat(report.receipts()).hasSize(22);
        }
        assertThat(folder.resolve("all/film")).hasSameBinaryContentAs(file);
        assertThat(folder.resolve("all/s19")).hasContent("small 19");
    }

    @Test
    void sendsAPipeOverCuts() throws Exception {
        Path file = source("film", 6 * MIB + 1);
        try (CuttingProxy proxy = new CuttingProxy(port(), CuttingProxy.cuts(seed, 4, 3 * MIB))) {
            var pipe =
                    new SendItem.Pipe(Channels.newChannel(new ByteArrayInputStream(Files.readAllBytes(file))), "piped");
            SendReport report = send(to(proxy.port()), List.of(pipe));
            assertThat(report.failures()).as("seed " + seed).isEmpty();
        }
        assertThat(folder.resolve("piped")).hasSameBinaryContentAs(file);
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void sendsASpoiledSegmentAgain(SendOptions.Sendfile how) throws Exception {
        sendfile = how;
        Path file = source("film", 2 * MIB);
        var fault = new CuttingProxy.Fault(MIB, true);
        try (CuttingProxy proxy = new CuttingProxy(port(), List.of(fault))) {
            SendReport report = send(to(proxy.port()), SendPlan.of(List.of(file), ""));
            assertThat(report.failures()).isEmpty();
            assertThat(report.sentBytes()).isGreaterThan(2 * MIB);
        }
        assertThat(folder.resolve("film")).hasSameBinaryContentAs(file);
    }

    /** Sends until the receiver has something, and is cancelled. */
    private void sendSome(List<SendItem> items) {
        AtomicLong verified = new AtomicLong();
        SendOptions slow = to(port()).withPace(new SendOptions.Pace(256 * 1024, 2 * MIB, Duration.ofSeconds(10)));
        CompletableFuture<SendReport> report = UploadClient.send(slow, items, new SendObserver() {
            @Override
            public void progress(Progress progress) {
                verified.set(progress.verifiedBytes());
            }
        });
        Await.until("some of it", () -> verified.get() > MIB);
        report.cancel(false);
        Await.until("the locks are free", () -> {
            try (SendState state = SendState.open(states, "any")) {
                return state != null && server.connections() == 0;
            } catch (IOException e) {
                return false;
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void aLaterRunGoesOn(SendOptions.Sendfile how) throws Exception {
        sendfile = how;
        Path file = source("film", 24 * MIB);
        List<SendItem> items = SendPlan.of(List.of(file), "");
        sendSome(items);
        assertThat(folder.resolve("film")).doesNotExist();
        SendReport report = send(to(port()), items);
        assertThat(report.failures()).isEmpty();
        assertThat(report.receipts().get(0).marks()).contains(SendReport.Mark.RESUMED);
        assertThat(report.sentBytes()).isLessThan(24 * MIB);
        assertThat(folder.resolve("film")).hasSameBinaryContentAs(file);
    }

    @Test
    void aChangedSourceBeginsAnew() throws Exception {
        Path file = source("film", 24 * MIB);
        var time = Files.getLastModifiedTime(file);
        List<SendItem> items = SendPlan.of(List.of(file), "");
        sendSome(items);
        byte[] changed = Files.readAllBytes(file);
        changed[7] ^= 1;
        Files.write(file, changed, StandardOpenOption.WRITE);
        Files.setLastModifiedTime(file, time); // as if nobody had been at it
        SendReport report = send(to(port()), items);
        assertThat(report.failures()).isEmpty();
        assertThat(report.sentBytes()).isGreaterThanOrEqualTo(24 * MIB);
        assertThat(folder.resolve("film")).hasSameBinaryContentAs(file);
    }

    @Test
    void refusesToSendTheSameTwiceAtATime() throws Exception {
        Path file = source("film", 24 * MIB);
        List<SendItem> items = SendPlan.of(List.of(file), "");
        SendOptions slow = to(port()).withPace(new SendOptions.Pace(256 * 1024, MIB, Duration.ofSeconds(10)));
        CompletableFuture<SendReport> first = UploadClient.send(slow, items, SendObserver.NONE);
        assertThatThrownBy(() -> send(slow, items)).hasMessageContaining("already being sent");
        first.cancel(false);
        Await.until("gone", () -> server.connections() == 0);
    }
}
