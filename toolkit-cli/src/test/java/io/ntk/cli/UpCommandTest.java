package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class UpCommandTest {
    @Test
    void startsEveryServerAndSaysHowToTryIt() throws Exception {
        try (var ntk = Ntk.start("up", "--base-port", "0")) {
            assertThat(ntk.exchange("x")).isEqualTo("x");
            assertThat(ntk.out()).startsWith("listening tcp tcp://127.0.0.1:");
            ntk.awaitErr("try tcp: echo hello | ntk tcp connect :" + ntk.port());
            ntk.awaitErr("try upload: echo hi | ntk upload send - :");
            ntk.stop(ExitCode.INTERRUPTED);
            assertThat(ntk.await().exit()).isEqualTo(130);
        }
    }

    @Test
    void namesTheServerWhosePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ntk.Result result = Ntk.run("up", "--base-port", Integer.toString(taken.getLocalPort()));
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err())
                    .startsWith("ntk: cannot start tcp: cannot listen on 127.0.0.1:" + taken.getLocalPort())
                    .endsWith("; --base-port moves all servers\n");
        }
    }
}
