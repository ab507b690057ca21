package io.ntk.tcp.upload.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** To a server of twenty lines in python3. */
@ExtendWith(LeakCheck.class)
class SimpleUploadTest {
    @TempDir
    private Path sources;

    private static Programs.Running server(String answer) {
        Programs.require("python3");
        try {
            String script = Path.of(SimpleUploadTest.class
                            .getResource("/upload/tutorial_server.py")
                            .toURI())
                    .toString();
            return Programs.start("python3", script, answer);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private SendReport send(Programs.Running server, int... sizes) throws IOException, InterruptedException {
        Await.until("a port", () -> server.text().contains("\n"));
        return send(server.text().lines().findFirst().orElseThrow().substring("port ".length()), sizes);
    }

    private SendReport send(String port, int... sizes) throws IOException, InterruptedException {
        for (int size : sizes) {
            Files.write(sources.resolve("f" + size), new byte[size]);
        }
        List<SendItem> items = SendPlan.of(List.of(sources), "d");
        try (EventLoops loops = EventLoops.start(Transport.NIO, 1)) {
            return SimpleUpload.send(
                    ConnectOptions.to(Endpoint.parse("127.0.0.1:" + port)),
                    loops,
                    items,
                    Duration.ofSeconds(10),
                    SendObserver.NONE);
        }
    }

    @Test
    void sendsAndDoesNotCallItConfirmed() throws Exception {
        try (Programs.Running server = server("go ahead")) {
            SendReport report = send(server, 0, 5, 1_000_000);
            assertThat(report.failures()).isEmpty();
            assertThat(report.receipts()).hasSize(3).allMatch(receipt -> receipt.marks()
                    .contains(SendReport.Mark.UNCONFIRMED));
            assertThat(server.await(Duration.ofSeconds(10)).text())
                    .contains("d/f0 0\n", "d/f5 5\n", "d/f1000000 1000000\n");
        }
    }

    @Test
    void sendsNothingAfterAnError() throws Exception {
        try (Programs.Running server = server("error 201 there is such a file")) {
            SendReport report = send(server, 5, 6);
            assertThat(report.receipts()).isEmpty();
            assertThat(report.failures()).hasSize(2).allMatch(each -> each.why().contains("there is such a file"));
        }
    }

    /** As a server does that cannot publish what it took, and ends in good order. */
    @Test
    void doesNotCallSentWhatIsRefusedBehindTheGoAhead() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> served = CompletableFuture.runAsync(() -> {
                try (Socket socket = listener.accept()) {
                    socket.setSoTimeout(10_000);
                    socket.getInputStream().readNBytes("d/f5|5\n".length());
                    socket.getOutputStream().write("ready\n".getBytes(StandardCharsets.US_ASCII));
                    socket.getInputStream().readNBytes(5);
                    socket.getOutputStream()
                            .write("error 201 f5 is there already\n".getBytes(StandardCharsets.US_ASCII));
                    socket.shutdownOutput();
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            SendReport report = send("" + listener.getLocalPort(), 5);
            served.get(10, TimeUnit.SECONDS);
            assertThat(report.receipts()).isEmpty();
            assertThat(report.failures())
                    .singleElement()
                    .extracting(SendReport.Failure::why)
                    .isEqualTo("the server said: error 201 f5 is there already");
        }
    }
}
