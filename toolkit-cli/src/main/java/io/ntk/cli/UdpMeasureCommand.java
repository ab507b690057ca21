package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.JsonWriter;
import io.ntk.core.Ndjson;
import io.ntk.core.Reason;
import io.ntk.udp.measure.Expectation;
import io.ntk.udp.measure.MeasureClient;
import io.ntk.udp.measure.MeasureOptions;
import io.ntk.udp.measure.MeasureOptions.Load;
import io.ntk.udp.measure.MeasureOptions.Mode;
import io.ntk.udp.measure.MeasureReport;
import io.ntk.udp.measure.MeasureReport.Interval;
import io.ntk.udp.measure.MeasureReport.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk udp measure}: loss, order and latency of a way through the network. */
@Command(
        name = "measure",
        description = {
            "Measures loss, order and round-trip times against \"ntk udp serve --reply measure\", or with --plain against"
                    + " any UDP echo, which cannot tell in which direction datagrams were lost.",
            "",
            "Datagrams leave at their times, whether those before were answered or not. Round trips are counted from the"
                    + " time of sending and from the time when it should have been. Ctrl-C ends it with a report.",
            "",
            "--assert takes comparisons with commas between them, as 'loss<1%%,p99<5ms'. Figures: sent, missed, received,"
                    + " loss, loss-up, loss-down, late, duplicates, reordered, max-extent, drops-here, drops-there, as"
                    + " numbers or with %% of what was sent; min, p50, p90, p99, p99.9, max, mean (of the round trips,"
                    + " with intended- in front from the intended time, with timer- the timer's error) and jitter, with"
                    + " ns, us, ms or s. Comparisons: < <= > >= =. A figure that is unknown fulfils none."
        })
@Examples({
    "ntk udp measure 127.0.0.1:9001                     # 1,000 a second for 10 s",
    "ntk udp measure host:9001 --rate 50000 --size 1200 --for 1m --warm-up 2s",
    "ntk udp measure host:7 --plain                     # against any UDP echo",
    "ntk udp measure :9001 --assert 'loss<1%,p99<5ms'   # exit code 3 if not",
    "ntk udp measure :9001 --histogram --hgrm rtt.hgrm  # the whole distribution",
})
final class UdpMeasureCommand implements Verb {
    private static final String SERVICE = "udp";

    @Parameters(index = "0", paramLabel = "ENDPOINT", description = "HOST:PORT, [V6]:PORT or PORT (loopback).")
    @Nullable
    Endpoint endpoint;

    @Range(min = 1, max = Load.MAX_PER_SECOND)
    @Option(names = "--rate", paramLabel = "N", description = "Datagrams a second (default: 1000).")
    int rate = 1000;

    @Range(min = 80, max = 65_507)
    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "The payload of each, 80 to 65507 bytes (default: 200).")
    Integer size = 200;

    @Option(names = "--for", paramLabel = "TIME", description = "How long is measured (default: 10s).")
    Duration duration = Duration.ofSeconds(10);

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            description = "Send for so long before that; it is in no figure (default: 0).")
    Duration warmUp = Duration.ZERO;

    @Option(names = "--plain", description = "Against any echo.")
    boolean plain;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "An answer is late after so long; so long the missing ones are waited for at the end"
                    + " (default: 1s).")
    Duration timeout = Duration.ofSeconds(1);

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            description = "How long the first answer is waited for; none is exit code 124 (default: 5s).")
    Duration patience = Duration.ofSeconds(5);

    @Range(min = 1)
    @Option(
            names = "--receive-buffer",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Ask for so large a socket buffer; what is granted is in the report (default: 4MiB).")
    Integer receiveBuffer = 4 * 1024 * 1024;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            description = "So often, an event with --json, and on a terminal the progress (default: 1s).")
    Duration interval = Duration.ofSeconds(1);

    @Option(names = "--histogram", description = "Show round trips as a histogram.")
    boolean histogram;

    @Option(
            names = "--hgrm",
            paramLabel = "FILE",
            description = "Write the distribution of round trips, in microseconds, for HdrHistogram's plotter.")
    @Nullable
    String hgrm;

    @Option(names = "--hgrm-intended", paramLabel = "FILE", description = "The same from the intended times.")
    @Nullable
    String hgrmIntended;

    @Option(
            names = "--assert",
            paramLabel = "LIST",
            description = "What must hold, else exit code 3, as 'loss=0,p99<5ms'; see above.")
    @Nullable
    String expected;

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException, InterruptedException {
        MeasureOptions options = options();
        List<Expectation> expectations = expectations();
        Path file = path("--hgrm", hgrm);
        Path fileIntended = path("--hgrm-intended", hgrmIntended);
        if (interval.compareTo(Duration.ofMillis(10)) < 0) {
            throw new IllegalArgumentException("--interval: " + interval.toMillis() + "ms (expected: at least 10ms)");
        }
        MeasureReport report;
        try (MeasureClient client = MeasureClient.start(options)) {
            session.stop().take();
            session.stop().asked().thenAccept(code -> end(client, code));
            session.stop().insisted().thenRun(client::close);
            report = follow(session, client);
        }
        tell(session.output(), options, report, expectations);
        if (file != null) {
            write(file, report.times().roundTrip().hgrm());
        }
        if (fileIntended != null) {
            write(fileIntended, report.times().fromIntended().hgrm());
        }
        return exit(session, report, expectations);
    }

    /** Ends it with a report, or at once when nobody can read that. */
    private static void end(MeasureClient client, ExitCode why) {
        client.stop();
        if (why == ExitCode.OUTPUT_CLOSED || why == ExitCode.FAILED) {
            client.close();
        }
    }

    private MeasureOptions options() {
        if (!(endpoint instanceof Endpoint.Inet inet)) {
            throw new IllegalArgumentException(
                    "ENDPOINT: " + endpoint + " (expected: HOST:PORT, [V6]:PORT or PORT; a Unix socket loses nothing)");
        }
        return MeasureOptions.to(inet)
                .withLoad(new Load(rate, size, duration, warmUp))
                .withMode(plain ? Mode.PLAIN : Mode.RESPONDER)
                .withTimeout(timeout)
                .withPatience(patience)
                .withReceiveBuffer(receiveBuffer);
    }

    private List<Expectation> expectations() {
        try {
            return expected == null ? List.of() : Expectation.parse(expected);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    String.valueOf(e.getMessage()).replaceFirst("^expectation", "--assert"), e);
        }
    }

    private static @Nullable Path path(String option, @Nullable String text) {
        try {
            return text == null ? null : Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(option + ": " + e.getReason(), e);
        }
    }

    /** Tells of each interval until the end. */
    private MeasureReport follow(Session session, MeasureClient client) throws IOException, InterruptedException {
        CompletableFuture<MeasureReport> end = client.report();
        Output out = session.output();
        boolean progress = session.environment().terminals().contains(Standard.ERR)
                && !out.json()
                && out.verbosity().atLeast(Verbosity.NORMAL);
        long start = System.nanoTime();
        for (long tick = 1; ; tick++) {
            try {
                long left = start + tick * interval.toNanos() - System.nanoTime();
                MeasureReport report = end.get(Math.max(0, left), TimeUnit.NANOSECONDS);
                if (progress) {
                    out.prompt("\r\u001b[K");
                    out.settle(); // the report is for another stream
                }
                return report;
            } catch (TimeoutException e) {
                Interval part = client.takeInterval();
                if (out.json()) {
                    JsonWriter event = Ndjson.start(SERVICE, "interval", Instant.now());
                    part.describe(event);
                    out.document(event);
                } else if (progress) {
                    out.prompt("\r" + MeasureText.progress(part, interval) + "\u001b[K");
                }
            } catch (ExecutionException e) {
                throw Failure.of(e);
            }
        }
    }

    private static void write(Path file, String text) throws IOException {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new IOException("cannot write " + file + ": " + Reason.of(e), e);
        }
    }

    private void tell(Output out, MeasureOptions options, MeasureReport report, List<Expectation> expectations) {
        if (out.json()) {
            JsonWriter document = Ndjson.start(SERVICE, "report", Instant.now());
            report.describe(document);
            document.objects(
                    "expectations",
                    expectations.stream().map(each -> json(each, report)).toList());
            out.document(document);
        } else if (report.counts().sent() > 0) {
            MeasureText.lines(options, report).forEach(out::data);
            if (histogram) {
                MeasureText.histogram(report.times().roundTrip()).forEach(out::data);
            }
        }
        for (Expectation each : expectations) {
            if (!each.holds(report)) {
                out.always("ntk: not so: " + each.text() + " (it was " + MeasureText.value(each, report) + ")");
            }
        }
    }

    private static JsonWriter json(Expectation expectation, MeasureReport report) {
        OptionalDouble value = expectation.value(report);
        return new JsonWriter()
                .field("expectation", expectation.text())
                .field("holds", expectation.holds(report))
                .field("value", value.isPresent() ? value.getAsDouble() : Double.NaN);
    }

    private ExitCode exit(Session session, MeasureReport report, List<Expectation> expectations) {
        if (session.stop().asked().isDone()) {
            return session.stop().asked().join();
        }
        if (report.outcome() == Outcome.UNREACHABLE) {
            session.output().error("cannot measure " + report.endpoint() + ": nobody listens there (port unreachable)");
            return ExitCode.FAILED;
        }
        if (report.outcome() == Outcome.NO_ANSWER) {
            session.output()
                    .error(
                            "no answer from " + report.endpoint()
                                    + (plain
                                            ? " (is an echo there?)"
                                            : " in " + EventText.time(patience)
                                                    + " (is \"ntk udp serve --reply measure\" there? --plain is for any echo)"));
            return ExitCode.DEADLINE;
        }
        boolean held = expectations.stream().allMatch(each -> each.holds(report));
        return held ? ExitCode.DONE : ExitCode.UNEXPECTED;
    }
}
