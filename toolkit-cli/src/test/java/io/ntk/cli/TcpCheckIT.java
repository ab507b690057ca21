package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@code ntk tcp check} as a process, which a script waits for. */
class TcpCheckIT {
    @Test
    void waitsUntilThePortIsOpen() throws IOException {
        int port = Ports.free();
        try (var waiting = Packaged.start("tcp", "check", "127.0.0.1", "" + port, "--wait", "20s")) {
            // It opens only after it was told to be closed.
            Await.until("notice", () -> waiting.err().contains("waiting for 127.0.0.1:" + port));
            try (ServerSocket service = new ServerSocket(port, 8, InetAddress.getLoopbackAddress())) {
                var result = waiting.await(Duration.ofSeconds(60));
                assertThat(result.exit()).isZero();
                assertThat(result.text()).contains(service.getLocalPort() + " open");
            }
        }
    }
}
