package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "tpc | unknown command 'tpc' (did you mean tcp?) | ntk",
                "frobnicate | unknown command 'frobnicate' | ntk",
                "tcp srve | unknown command 'srve' (did you mean serve?) | ntk tcp",
                "--verison | unknown option '--verison' (did you mean --version?) | ntk",
                "tcp serve --lisen=3 | unknown option '--lisen=3' (did you mean --listen?) | ntk tcp serve",
                "tcp serve more | unexpected argument 'more' | ntk tcp serve",
                "tcp serve @pom.xml | unexpected argument '@pom.xml' | ntk tcp serve",
                "tcp | 'ntk tcp' needs a command: serve, connect, check | ntk tcp",
                "tcp serve --listen | Missing required parameter for option '--listen' (ENDPOINT) | ntk tcp serve",
                "tcp serve --listen x | Invalid value for option '--listen': \"x\" (expected: HOST:PORT, [V6]:PORT, :PORT, PORT or unix:PATH) | ntk tcp serve",
                "tcp serve --listen 65536 | Invalid value for option '--listen': 65536 (expected: 0 to 65535) | ntk tcp serve",
                "tcp serve --max-connections 0 | Invalid value for option '--max-connections': 0 (expected: at least 1) | ntk tcp serve",
                "tcp serve --loops 1025 | Invalid value for option '--loops': 1025 (expected: 1 to 1024) | ntk tcp serve",
                "tcp serve --tos 256 | Invalid value for option '--tos': 256 (expected: 0 to 255) | ntk tcp serve",
                "tcp serve --linger -2 | Invalid value for option '--linger': -2 (expected: -1 to 65535) | ntk tcp serve",
                "tcp serve --max-line 0 | Invalid value for option '--max-line': 0 (expected: 1 to 16777216) | ntk tcp serve",
                "tcp serve --allow ten | Invalid value for option '--allow': \"ten\" (expected: an IPv4 or IPv6 address, or a block such as 10.0.0.0/8) | ntk tcp serve",
                "tcp serve --transport tcp | Invalid value for option '--transport': \"tcp\" (expected: auto, nio, epoll, io_uring, kqueue) | ntk tcp serve",
                "tcp serve --reply fixed | Invalid value for option '--reply': \"fixed\" (expected: echo, upper, discard, fixed:TEXT, menu:FILE, menu:sample or console) | ntk tcp serve",
                "tcp serve --reply echo:x | Invalid value for option '--reply': \"echo:x\" (expected: echo, upper, discard, fixed:TEXT, menu:FILE, menu:sample or console) | ntk tcp serve",
                "tcp serve --tls | --tls needs a certificate: give --cert FILE and --key FILE, or --self-signed to have one made | ntk tcp serve",
                "tcp serve --cert x | --cert needs --key | ntk tcp serve",
                "tcp serve --key x | --key needs --cert: the certificate of this key | ntk tcp serve",
                "tcp serve --self-signed --cert x | --self-signed and --cert exclude each other | ntk tcp serve",
                "tcp serve --client-ca x | --client-ca needs TLS: give --cert and --key, or --self-signed | ntk tcp serve",
                "tcp serve --quit x | --quit has no meaning with --reply echo, which knows bytes and no lines (expected: with upper, fixed, menu or console) | ntk tcp serve",
                "tcp serve --reply discard --greeting x | --greeting has no meaning with --reply discard, which knows bytes and no lines (expected: with upper, fixed, menu or console) | ntk tcp serve",
                "tcp serve --reply console --workers 2 | --workers: 2 (expected: 1 with --reply console, since one operator answers one line at a time) | ntk tcp serve",
                "help frobnicate | Unknown subcommand 'frobnicate'. | ntk",
                "up --base-port 70000 | Invalid value for option '--base-port': 70000 (expected: 0 to 65535) | ntk up",
            })
    void saysWhatIsWrongAndHowToGetHelp(String args, String message, String command) {
        Ntk.Result result = Ntk.run(args.split(" "));
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).isEqualTo("ntk: " + message + "\nTry '" + command + " --help'.\n");
    }

    @Test
    void withoutArgumentsItShowsTheHelp() {
        Ntk.Result result = Ntk.run();
        assertThat(result.exit()).isZero();
        assertThat(result.out()).startsWith("Examples:\n").contains("tcp").contains("up");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void tellsItsVersion() {
        Ntk.Result result = Ntk.run("--version");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).matches("ntk \\d+\\.\\d+\\.\\d+\\S*\n");
        assertThat(Ntk.run("-V").out()).isEqualTo(result.out());
    }

    @Test
    void quietKeepsErrors() {
        assertThat(Ntk.run("tcp", "serve", "-q", "--tls").err()).startsWith("ntk: --tls needs");
    }

    @Test
    void escapesWhatWasTyped() {
        assertThat(Ntk.run("\u001b[2J").err()).startsWith("ntk: unknown command '\\u001b[2J'");
    }

    @Test
    void showsStackTracesOnDemandOnly() {
        assertThat(Ntk.run("tcp", "serve", "--tls").err()).doesNotContain("at io.ntk");
        assertThat(Ntk.run("tcp", "serve", "--tls", "-vv").err()).contains("at io.ntk");
    }
}
