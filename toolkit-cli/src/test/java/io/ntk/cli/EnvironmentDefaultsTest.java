package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class EnvironmentDefaultsTest {
    private static CommandLine line(Map<String, String> variables) {
        var nowhere = new ByteArrayOutputStream();
        return Commands.all(new Environment(InputStream.nullInputStream(), nowhere, nowhere, Set.of(), variables));
    }

    private static CommandSpec parsed(Map<String, String> variables, String... more) {
        String[] args = new String[2 + more.length];
        args[0] = "tcp";
        args[1] = "serve";
        System.arraycopy(more, 0, args, 2, more.length);
        return line(variables).parseArgs(args).subcommand().subcommand().commandSpec();
    }

    private static TcpServeCommand serve(Map<String, String> variables, String... more) {
        return (TcpServeCommand) parsed(variables, more).userObject();
    }

    @Test
    void namesFollowTheCommandAndTheOption() {
        CommandSpec serve = parsed(Map.of());
        OptionSpec option = serve.findOption("--max-connections");
        assertThat(EnvironmentDefaults.names(option))
                .containsExactly("NTK_TCP_SERVE_MAX_CONNECTIONS", "NTK_MAX_CONNECTIONS");
        assertThat(EnvironmentDefaults.names(serve.findOption("--help"))).isEmpty();
    }

    @Test
    void theNarrowerNameWinsAndTheCommandLineWinsOverBoth() {
        var both = Map.of("NTK_DRAIN", "1s", "NTK_TCP_SERVE_DRAIN", "2s");
        assertThat(serve(Map.of("NTK_DRAIN", "1s")).listen.drain).isEqualTo(Duration.ofSeconds(1));
        assertThat(serve(both).listen.drain).isEqualTo(Duration.ofSeconds(2));
        assertThat(serve(both, "--drain", "3s").listen.drain).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void anEmptyVariableCountsAsNone() {
        assertThat(serve(Map.of("NTK_TCP_SERVE_DRAIN", "", "NTK_DRAIN", "1s")).listen.drain)
                .isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void repeatableOptionsSplitAtCommas() {
        var command = serve(Map.of("NTK_LISTEN", "7000,unix:/tmp/x", "NTK_DENY", "10.0.0.0/8,::1"));
        assertThat(command.listen.where.endpoints)
                .containsExactly(Endpoint.parse("7000"), Endpoint.parse("unix:/tmp/x"));
        assertThat(command.listen.deny).hasSize(2);
        assertThat(serve(Map.of("NTK_LISTEN", "7000"), "--listen", "1", "--listen", "2").listen.where.endpoints)
                .containsExactly(Endpoint.parse("1"), Endpoint.parse("2"));
    }

    @Test
    void flagsTakeTrueAndFalse() {
        assertThat(serve(Map.of("NTK_ONCE", "true")).once).isTrue();
        assertThat(serve(Map.of("NTK_ONCE", "false")).once).isFalse();
        assertThat(serve(Map.of("NTK_NODELAY", "false")).socket.noDelay).isFalse();
        assertThat(serve(Map.of("NTK_NODELAY", "false"), "--nodelay").socket.noDelay)
                .isTrue();
        assertThat(serve(Map.of("NTK_NODELAY", "true"), "--no-nodelay").socket.noDelay)
                .isFalse();
        assertThat(serve(Map.of("NTK_VERBOSE", "true")).output.verbosity()).isEqualTo(Verbosity.DETAILS);
        assertThat(serve(Map.of("NTK_VERBOSE", "true,true")).output.verbosity()).isEqualTo(Verbosity.TRACES);
        assertThat(serve(Map.of("NTK_QUIET", "true")).output.verbosity()).isEqualTo(Verbosity.QUIET);
    }

    @Test
    void aWrongValueNamesItsVariable() {
        Ntk.Result wrong = Ntk.run(Map.of("NTK_TCP_SERVE_LOOPS", "many", "NTK_LOOPS", "2"), "tcp", "serve");
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.err())
                .startsWith("ntk: Invalid value for option '--loops': \"many\" (expected: a whole number) "
                        + "(from NTK_TCP_SERVE_LOOPS)\n");
        assertThat(Ntk.run(Map.of("NTK_TOS", "256"), "tcp", "serve").err()).contains("(from NTK_TOS)");
        assertThat(Ntk.run(Map.of("NTK_TOS", "256"), "tcp", "serve", "--tos", "257")
                        .err())
                .doesNotContain("NTK_TOS");
    }
}
