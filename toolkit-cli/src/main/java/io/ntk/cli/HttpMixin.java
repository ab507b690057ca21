package io.ntk.cli;

import static java.util.Objects.requireNonNullElse;

import io.ntk.core.ListenOptions;
import io.ntk.tcp.http.HttpLimits;
import io.ntk.tcp.http.HttpOptions;
import io.ntk.tcp.http.HttpTimeouts;
import io.ntk.tcp.http.Leniency;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What HTTP servers grant a request. What is not given is as the library has it. */
@Section("HTTP")
final class HttpMixin {
    @Range(min = 0)
    @Option(
            names = "--max-body",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "The largest body of a request (default: 1MiB).")
    @Nullable
    Integer maxBody;

    @Range(min = 64, max = HttpLimits.MAX_HEAD_BYTES)
    @Option(
            names = "--max-request-line",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "The longest request line (default: 8KiB).")
    @Nullable
    Integer maxRequestLine;

    @Range(min = 64, max = HttpLimits.MAX_HEAD_BYTES)
    @Option(
            names = "--max-headers-size",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "All header lines of a request (default: 16KiB).")
    @Nullable
    Integer maxHeadersSize;

    @Range(min = 1, max = HttpLimits.MAX_HEAD_BYTES)
    @Option(names = "--max-headers", paramLabel = "N", description = "Header lines of a request (default: 100).")
    @Nullable
    Integer maxHeaders;

    @Range(min = 1)
    @Option(names = "--max-requests", paramLabel = "N", description = "Requests on a connection (default: 1000000).")
    @Nullable
    Integer maxRequests;

    @Option(names = "--header-timeout", paramLabel = "TIME", description = "Time for a request's head (default: 10s).")
    @Nullable
    Duration headerTimeout;

    @Option(names = "--request-timeout", paramLabel = "TIME", description = "Time for a request (default: 60s).")
    @Nullable
    Duration requestTimeout;

    @Option(
            names = "--lenient-authority",
            description = "Of a target http://HOST/ and another Host the target counts, as RFC 9112 has it.")
    boolean lenientAuthority;

    @Option(names = "--lenient-target", description = "Let bytes beyond ASCII pass in targets.")
    boolean lenientTarget;

    /** The options for a server; --idle is the time between requests here. */
    HttpOptions options(ListenOptions listen) {
        HttpTimeouts times = HttpTimeouts.DEFAULTS;
        times = times.withRequest(
                requireNonNullElse(headerTimeout, times.header()), requireNonNullElse(requestTimeout, times.request()));
        Duration idle = listen.limits().idle();
        if (!idle.isZero()) {
            times = times.withIdle(idle, idle);
        }
        Set<Leniency> lenient = EnumSet.noneOf(Leniency.class);
        if (lenientAuthority) {
            lenient.add(Leniency.AUTHORITY);
        }
        if (lenientTarget) {
            lenient.add(Leniency.TARGET);
        }
        return HttpOptions.DEFAULTS
                .withListen(listen.withLimits(listen.limits().withIdle(Duration.ZERO)))
                .withLimits(limits())
                .withTimeouts(times)
                .withLenient(lenient);
    }

    private HttpLimits limits() {
        HttpLimits base = HttpLimits.DEFAULTS;
        return base.withHead(
                        requireNonNullElse(maxRequestLine, base.requestLineBytes()),
                        requireNonNullElse(maxHeadersSize, base.headerBytes()),
                        requireNonNullElse(maxHeaders, base.headers()))
                .withBodyBytes(maxBody == null ? base.bodyBytes() : maxBody)
                .withRequests(requireNonNullElse(maxRequests, base.requests()));
    }
}
