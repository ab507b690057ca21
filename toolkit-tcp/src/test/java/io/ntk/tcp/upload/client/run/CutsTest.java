package io.ntk.tcp.upload.client.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendPlan;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.link.Backoff;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.testsupport.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The connection is cut at every border of a frame, and in the middle of each, in both directions. */
@ExtendWith(LeakCheck.class)
class CutsTest {
    private static final int SEGMENT = 256 * 1024;
    private static final int PREAMBLE_BYTES = 8;
    private static final int HELLO_END = PREAMBLE_BYTES + 12 + 52;
    private static final int HELLO_ACK_END = PREAMBLE_BYTES + 12 + 80;
    private static final CuttingProxy.Fault GREETED = new CuttingProxy.Fault(HELLO_END + 20, false);

    @TempDir
    private Path folder;

    @TempDir
    private Path sources;

    private final EventLoops loops = EventLoops.start(Transport.NIO, 1);
    private SendOptions.Sendfile sendfile = SendOptions.Sendfile.OFF;
    private Server server;

    @BeforeEach
    void start() throws IOException {
        UploadOptions base = UploadOptions.of(folder);
        server = UploadServer.start(
                base.withListen(ListenOptions.loopback(0)
                                .withLimits(base.listen().limits().withDrain(Duration.ofSeconds(1))))
                        .withStore(base.store()
                                .withOnExists(OnExists.OVERWRITE)
                                .withLimits(
                                        new StoreOptions.Limits(10_000, 10_000, 32 << 20, 0, Duration.ofMinutes(10)))),
                NetListener.NONE);
        byte[] bytes = new byte[SEGMENT + 77];
        new Random(1).nextBytes(bytes);
        Files.write(sources.resolve("film"), bytes);
        Files.writeString(sources.resolve("note"), "small");
    }

    @AfterEach
    void stop() {
        loops.close();
        server.close();
    }

    private SendReport send(CuttingProxy proxy, List<SendItem> items) throws Exception {
        SendOptions options = SendOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + proxy.port())))
                .withDurability(Durability.NONE)
                .withPace(new SendOptions.Pace(SEGMENT, 0, Duration.ofSeconds(10)))
                .withSendfile(sendfile);
        Backoff atOnce = new Backoff(Duration.ofSeconds(10), System::nanoTime, most -> 0);
        Sending sending = new Sending(options, loops, items, SendState.inMemory(), SendObserver.NONE, atOnce);
        Thread thread = new Thread(sending, "ntk-upload");
        thread.start();
        SendReport report = sending.report().get(30, TimeUnit.SECONDS);
        thread.join(30_000);
        return report;
    }

    private List<SendItem> tree() throws IOException {
        return SendPlan.of(List.of(sources), "all");
    }

    private List<SendItem> pipe() throws IOException {
        byte[] bytes = Files.readAllBytes(sources.resolve("film"));
        return List.of(new SendItem.Pipe(Channels.newChannel(new ByteArrayInputStream(bytes)), "piped"));
    }

    private interface Items {
        List<SendItem> get() throws IOException;
    }

    /** Cuts a run at each place where a run without cuts has a border, or the middle between two. */
    private void cut(Items items, CuttingProxy.Way way) throws Exception {
        byte[] stream;
        try (CuttingProxy proxy = new CuttingProxy(port(), List.of())) {
            assertThat(send(proxy, items.get()).failures()).isEmpty();
            stream = proxy.first(way);
        }
        List<Integer> places = places(stream);
        assertThat(places).hasSizeGreaterThan(5);
        for (int place : places) {
            List<CuttingProxy.Fault> faults = new ArrayList<>();
            if (place < (way == CuttingProxy.Way.TO_SERVER ? HELLO_END : HELLO_ACK_END)) {
                faults.add(GREETED); // without that the first connection fails for good
            }
            faults.add(new CuttingProxy.Fault(place, false, way));
            try (CuttingProxy proxy = new CuttingProxy(port(), faults)) {
                SendReport report = send(proxy, items.get());
                assertThat(report.failures()).as("cut at " + place).isEmpty();
                assertThat(report.receipts()).hasSize(items.get().size());
            }
        }
    }

    private int port() {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    private static List<Integer> places(byte[] stream) {
        TreeSet<Integer> places = new TreeSet<>(List.of(1, PREAMBLE_BYTES));
        ByteBuffer bytes = ByteBuffer.wrap(stream);
        int at = PREAMBLE_BYTES;
        while (at + 12 <= stream.length) {
            int frame = 4 + bytes.getInt(at);
            boolean data = bytes.get(at + 4) == ScriptedReceiver.DATA;
            places.add(at + frame / 2);
            places.add(at + frame);
            if (data) {
                int raw = bytes.getInt(at + 20);
                places.add(at + frame + raw / 2);
                frame += raw;
                places.add(at + frame);
            }
            at += frame;
        }
        return new ArrayList<>(places.headSet(stream.length));
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void whatTheClientSays(SendOptions.Sendfile how) throws Exception {
        sendfile = how;
        cut(this::tree, CuttingProxy.Way.TO_SERVER);
        assertThat(folder.resolve("all/film")).hasSameBinaryContentAs(sources.resolve("film"));
        assertThat(folder.resolve("all/note")).hasContent("small");
    }

    @Test
    void whatTheServerSays() throws Exception {
        cut(this::tree, CuttingProxy.Way.TO_CLIENT);
        assertThat(folder.resolve("all/film")).hasSameBinaryContentAs(sources.resolve("film"));
    }

    @Test
    void aPipe() throws Exception {
        cut(this::pipe, CuttingProxy.Way.TO_SERVER);
        cut(this::pipe, CuttingProxy.Way.TO_CLIENT);
        assertThat(folder.resolve("piped")).hasSameBinaryContentAs(sources.resolve("film"));
    }
}
