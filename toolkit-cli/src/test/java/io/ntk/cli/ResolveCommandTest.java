package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResolveCommandTest {
    @Test
    void findsTheAddressesAndNamesOfLocalhost() {
        Ntk.Result run = Ntk.run("resolve", "localhost");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.lines())
                .contains("localhost canonical localhost", "localhost name localhost", "localhost address 127.0.0.1");
    }

    @Test
    void findsTheNameOfAnAddress() {
        Ntk.Result run = Ntk.run("resolve", "127.0.0.1");
        assertThat(run.lines()).contains("127.0.0.1 canonical localhost", "127.0.0.1 address 127.0.0.1");
    }

    @Test
    void writesAddressesOfSixInTheirShortForm() {
        assertThat(Ntk.run("resolve", "0:0:0:0:0:0:0:1").lines()).contains("0:0:0:0:0:0:0:1 address ::1");
    }

    @Test
    void tellsOfTheOthersWhenOneIsUnknown() {
        Ntk.Result run = Ntk.run("resolve", "nosuch.invalid", "localhost");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("ntk: cannot resolve nosuch.invalid: unknown host\n");
        assertThat(run.lines()).contains("localhost address 127.0.0.1");
    }

    @Test
    void showsNoControlCharactersOfAName() {
        Ntk.Result run = Ntk.run("resolve", "--service", "\u001b[2J");
        assertThat(run.err()).isEqualTo("ntk: cannot resolve \\u001b[2J: unknown service\n");
    }

    @Test
    void translatesServicesAndPorts() {
        Ntk.Result run = Ntk.run("resolve", "--service", "http/tcp", "--service", "HTTPS/tcp", "--port", "22/tcp");
        assertThat(run.exit()).isZero();
        assertThat(run.lines())
                .containsExactly(
                        "http/tcp service http 80/tcp", "HTTPS/tcp service https 443/tcp", "22/tcp service ssh 22/tcp");
    }

    @Test
    void failsOnAnUnknownService() {
        Ntk.Result run = Ntk.run("resolve", "--service", "no-such-service");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("cannot resolve no-such-service: unknown service");
    }

    @Test
    void writesOneJsonDocument() {
        Ntk.Result run = Ntk.run("resolve", "localhost", "--port", "22/tcp", "--json");
        assertThat(run.lines()).hasSize(1);
        assertThat(run.out())
                .contains("\"event\":\"resolved\",\"service\":\"resolve\",\"results\":[{")
                .contains("\"port\":22,\"protocol\":\"tcp\"")
                .contains("\"asked\":\"localhost\",\"canonical\":\"localhost\"");
    }

    @Test
    void refusesWhatMakesNoQuestion() {
        for (List<String> arguments : List.of(
                List.<String>of(),
                List.of("--type", "MX", "localhost"),
                List.of("--dns", "127.0.0.1", "--type", "XYZ", "localhost"),
                List.of("--port", "65536"),
                List.of("--port", "ssh"),
                List.of("--dns", "unix:/s", "localhost"),
                List.of("--timeout", "0", "localhost"))) {
            String[] all = new String[arguments.size() + 1];
            all[0] = "resolve";
            for (int i = 0; i < arguments.size(); i++) {
                all[i + 1] = arguments.get(i);
            }
            assertThat(Ntk.run(all).exit()).as(arguments.toString()).isEqualTo(2);
        }
    }
}
