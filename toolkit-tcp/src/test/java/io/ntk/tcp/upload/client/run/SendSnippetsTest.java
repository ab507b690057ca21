package io.ntk.tcp.upload.client.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.testsupport.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The code that documents show, compiled and run. */
@ExtendWith(LeakCheck.class)
class SendSnippetsTest {
    @Test
    void sendsAFile(@TempDir Path folder, @TempDir Path state, @TempDir Path sources) throws Exception {
        Path film = Files.write(sources.resolve("film.mkv"), new byte[300_000]);
        UploadOptions served = UploadOptions.of(folder).withListen(ListenOptions.loopback(0));
        try (Server server = UploadServer.start(served, NetListener.NONE)) {
            Endpoint endpoint = server.endpoints().get(0);
            // snippet: send-a-file
            SendOptions options = SendOptions.to(ConnectOptions.to(endpoint)).withState(state);
            CompletableFuture<SendReport.Receipt> sending = UploadClient.send(options, film);
            SendReport.Receipt receipt = sending.get(1, TimeUnit.MINUTES); // its name there, size, SHA-256, durable?
            // end
            assertThat(receipt.name()).isEqualTo("film.mkv");
            assertThat(receipt.size()).isEqualTo(300_000);
            assertThat(receipt.sha256()).hasSize(64);
            assertThat(receipt.marks()).containsExactly(SendReport.Mark.DURABLE);
        }
        assertThat(folder.resolve("film.mkv")).hasSameBinaryContentAs(film);
    }
}
