package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Ndjson;
import io.ntk.core.Transport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk tcp check}: is a port open, and wait until it is. */
@Command(
        name = "check",
        description = {
            "Asks whether TCP ports are open, and can wait until they are.",
            "A port is open (it accepts), closed (nobody listens) or filtered (no answer in time)."
        })
@Examples({
    "ntk tcp check localhost 5432              # open, closed or filtered",
    "ntk tcp check localhost 5432 --wait 30s   # wait for it, else exit 124",
    "ntk tcp check 127.0.0.1 22 80 8000-8010   # several ports at once",
})
final class TcpCheckCommand implements Verb {
    static final int MAX_PORTS = 1024;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration SHORTEST_PATIENCE = Duration.ofMillis(1);
    private static final Duration MAX_WAIT = Duration.ofDays(365);

    @Parameters(index = "0", paramLabel = "HOST", description = "A name or an address.")
    String host = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "PORT[-PORT]",
            description = "Ports and ranges, at most 1024 ports in all.")
    List<String> ports = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long each port may take to answer (default 2s).")
    Duration timeout = Duration.ofSeconds(2);

    @Option(names = "--wait", paramLabel = "TIME", description = "Ask again until all are open, for so long at most.")
    @Nullable
    Duration wait;

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException, InterruptedException {
        if (timeout.isZero()) {
            throw new IllegalArgumentException("--timeout: 0 (expected: > 0)");
        }
        List<Endpoint.Inet> endpoints = endpoints();
        EventLoops loops = session.loops(Transport.NIO, 1);
        PortCheck.warmUp(loops);
        Map<Endpoint.Inet, PortCheck.Result> results = new LinkedHashMap<>();
        boolean inTime = ask(endpoints, results, loops, session.output());
        report(List.copyOf(results.values()), session.output());
        boolean open = results.values().stream().allMatch(result -> result.state() == PortCheck.State.OPEN);
        if (open) {
            return ExitCode.DONE;
        }
        return inTime ? ExitCode.UNEXPECTED : ExitCode.DEADLINE;
    }

    /** Asks every endpoint, and those that are not open again while there is time; false when that ran out. */
    private boolean ask(
            List<Endpoint.Inet> endpoints,
            Map<Endpoint.Inet, PortCheck.Result> results,
            EventLoops loops,
            Output output)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + longest().toNanos();
        Duration pause = FIRST_PAUSE;
        List<Endpoint.Inet> left = endpoints;
        while (true) {
            Duration patience = patience(end);
            boolean hurried = patience.compareTo(timeout) < 0;
            List<PortCheck.Result> answers = PortCheck.run(left, patience, loops);
            answers.forEach(
                    answer -> results.merge(answer.endpoint(), answer, (before, now) -> latest(before, now, hurried)));
            left = answers.stream()
                    .filter(answer -> answer.state() != PortCheck.State.OPEN)
                    .map(PortCheck.Result::endpoint)
                    .toList();
            if (left.isEmpty() || wait == null) {
                return true;
            }
            if (System.nanoTime() + pause.toNanos() >= end) {
                return false;
            }
            if (pause.equals(FIRST_PAUSE)) {
                output.notice(
                        "waiting for " + left.get(0) + (left.size() == 1 ? "" : " and " + (left.size() - 1) + " more"));
            }
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** What is known of a port: no answer within what was left of the time says less than an earlier answer. */
    static PortCheck.Result latest(PortCheck.Result before, PortCheck.Result now, boolean hurried) {
        return hurried && now.state() == PortCheck.State.FILTERED ? before : now;
    }

    private Duration longest() {
        return wait == null ? Duration.ZERO : wait.compareTo(MAX_WAIT) < 0 ? wait : MAX_WAIT;
    }

    /** How long a port may take: no longer than there is to wait, but for a wait of zero, which asks once. */
    private Duration patience(long end) {
        if (longest().isZero()) {
            return timeout;
        }
        Duration left = Duration.ofNanos(Math.max(SHORTEST_PATIENCE.toNanos(), end - System.nanoTime()));
        return left.compareTo(timeout) < 0 ? left : timeout;
    }

    private void report(List<PortCheck.Result> results, Output output) {
        if (output.json()) {
            output.document(Ndjson.start("tcp", "check", Instant.now())
                    .objects(
                            "ports",
                            results.stream().map(PortCheck.Result::json).toList()));
            return;
        }
        for (PortCheck.Result result : results) {
            output.data(String.format(
                    Locale.ROOT,
                    "%s %s %.1f ms",
                    result.endpoint(),
                    result.state(),
                    result.time().toNanos() / 1e6));
        }
    }

    private List<Endpoint.Inet> endpoints() {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String plain = bracketed ? host.substring(1, host.length() - 1) : host;
        List<Endpoint.Inet> endpoints = new ArrayList<>();
        for (String range : ports) {
            int dash = range.indexOf('-');
            int first = port(dash < 0 ? range : range.substring(0, dash), range);
            int last = dash < 0 ? first : port(range.substring(dash + 1), range);
            if (last < first || endpoints.size() + last - first >= MAX_PORTS) {
                throw new IllegalArgumentException(
                        "PORT: " + range + " (expected: FIRST-LAST, at most " + MAX_PORTS + " ports in all)");
            }
            for (int port = first; port <= last; port++) {
                endpoints.add(new Endpoint.Inet(plain, port));
            }
        }
        return endpoints.stream().distinct().toList();
    }

    private static int port(String text, String range) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > 65_535) {
            throw new IllegalArgumentException(
                    "PORT: " + range + " (expected: 1 to 65535, or a range such as 8000-8010)");
        }
        return Integer.parseInt(text);
    }
}
