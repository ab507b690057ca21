package io.ntk.cli;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ProxyOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How clients of streams connect. */
@Section("Connection")
final class ConnectMixin {
    @Option(names = "--timeout", paramLabel = "TIME", description = "How long connecting may take (default: 10s).")
    Duration timeout = Duration.ofSeconds(10);

    @Option(
            names = "--proxy",
            paramLabel = "URL",
            description =
                    "Connect through socks5://[USER@]HOST:PORT or http://[USER@]HOST:PORT; the password comes from"
                            + " the variable NTK_PROXY_PASSWORD.")
    @Nullable
    String proxy;

    @Option(names = "--source", paramLabel = "ADDRESS[:PORT]", description = "Connect from this address of yours.")
    @Nullable
    String source;

    /**
     * The options for a client, without TLS and socket options.
     *
     * @throws IllegalArgumentException when a value is none; the message names the option
     */
    ConnectOptions options(Session session, Endpoint endpoint) {
        if (timeout.isZero()) {
            throw new IllegalArgumentException("--timeout: 0 (expected: > 0)");
        }
        ConnectOptions options = ConnectOptions.to(endpoint).withTimeout(timeout);
        if (source != null) {
            options = options.withSource(Converters.source(source));
        }
        if (proxy != null) {
            ProxyOptions through = ProxyOptions.parse(proxy);
            String password = session.environment().variables().get("NTK_PROXY_PASSWORD");
            options = options.withProxy(password == null ? through : through.withPassword(password));
        }
        return options;
    }
}
