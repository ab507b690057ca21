package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.OpenFiles;
import io.ntk.core.Transport;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    @Test
    void tellsOfEveryTransportWhetherItWorks() {
        Ntk.Result run = Ntk.run("doctor");
        assertThat(run.exit()).isZero();
        assertThat(run.lines())
                .contains("ok   transport    auto is " + Transport.AUTO.resolve(), "ok   transport    nio works");
        String epoll = Transport.EPOLL.isAvailable() ? "ok   transport    epoll works" : "no   transport    epoll does";
        assertThat(run.out()).contains(epoll);
        String kqueue = Transport.KQUEUE.isAvailable() ? "kqueue works" : "kqueue does not work: ";
        assertThat(run.out()).contains(kqueue);
    }

    @Test
    void warnsWhenTheConnectionsAskedForDoNotFit() {
        long limit = OpenFiles.limit();
        assertThat(Ntk.run("doctor", "--max-connections", "" + (limit - 128)).out())
                .contains("ok   open files");
        assertThat(Ntk.run("doctor", "--max-connections", "" + (limit - 127)).out())
                .contains("warn open files")
                .contains("ulimit -n " + (limit + 1));
    }

    @Test
    void readsTheKernelsLimitsWhole() {
        assertThat(Ntk.run("doctor").out())
                .containsPattern("(backlog +the kernel keeps at most \\d{2,} |does not tell)");
    }

    @Test
    void writesOneJsonDocument() {
        Ntk.Result run = Ntk.run("doctor", "--json");
        assertThat(run.lines()).hasSize(1);
        assertThat(run.out())
                .contains("\"event\":\"findings\",\"service\":\"doctor\"")
                .contains("\"about\":\"java\"");
    }
}
