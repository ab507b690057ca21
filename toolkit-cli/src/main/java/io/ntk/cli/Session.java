package io.ntk.cli;

import io.ntk.core.EventLoops;
import io.ntk.core.NetServer;
import io.ntk.core.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.ParseResult;

/**
 * What one run of one command has to work with.
 *
 * @param environment the streams and the variables
 * @param output who speaks
 * @param stop what may end the run early
 * @param parsed the command line of the verb
 */
record Session(Environment environment, Output output, Stop stop, ParseResult parsed) {
    private static final Duration PATIENCE_WITH_LOOPS = Duration.ofSeconds(1);

    /** Whether an option was on the command line, and not only in the environment. */
    boolean typed(String option) {
        return parsed.hasMatchedOption(option);
    }

    /** Event loops for clients; they end before the process exits, which saves it 300 ms in the VM. */
    EventLoops loops(Transport transport, int count) {
        EventLoops loops = EventLoops.start(transport, count);
        stop.atEnd(() -> {
            loops.close();
            Stop.await(loops.terminated(), PATIENCE_WITH_LOOPS);
        });
        return loops;
    }

    /**
     * Runs servers until they close by themselves, or until the run is asked to end: then they drain, and are cut when
     * it is asked again.
     *
     * @param starts each starts one server; when one fails, those before it are closed
     * @return how the run ended
     */
    ExitCode serve(List<? extends Supplier<? extends NetServer>> starts) {
        stop.take();
        List<NetServer> servers = start(starts);
        servers.forEach(this::describe);
        var ended =
                CompletableFuture.allOf(servers.stream().map(NetServer::closed).toArray(CompletableFuture<?>[]::new));
        CompletableFuture<ExitCode> end = ended.thenApply(done -> ExitCode.DONE);
        stop.insisted().thenRun(() -> close(servers, Close.CUT));
        ExitCode exit = end.applyToEither(stop.asked(), code -> code).join();
        if (exit == ExitCode.OUTPUT_CLOSED || exit == ExitCode.FAILED) {
            close(servers, Close.CUT);
        } else if (!ended.isDone()) {
            sayDraining(servers);
            close(servers, Close.DRAIN);
        }
        return exit;
    }

    private enum Close {
        DRAIN,
        CUT
    }

    private static List<NetServer> start(List<? extends Supplier<? extends NetServer>> starts) {
        List<NetServer> servers = new ArrayList<>();
        try {
            for (Supplier<? extends NetServer> start : starts) {
                servers.add(start.get());
            }
        } catch (RuntimeException e) {
            close(servers, Close.CUT);
            throw e;
        }
        return servers;
    }

    /** All at once, since each may take its drain time. */
    private static void close(List<NetServer> servers, Close how) {
        List<Thread> threads = new ArrayList<>();
        for (NetServer server : servers) {
            Thread thread = new Thread(() -> close(server, how), "ntk-close");
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void close(NetServer server, Close how) {
        if (how == Close.CUT) {
            server.close(Duration.ZERO);
        } else {
            server.close();
        }
    }

    private void sayDraining(List<NetServer> servers) {
        int open = servers.stream().mapToInt(NetServer::connections).sum();
        if (open > 0 && !output.json()) {
            output.notice("closing: waiting for %d %s (once more to cut)"
                    .formatted(open, open == 1 ? "connection" : "connections"));
        }
    }

    private void describe(NetServer server) {
        if (output.verbosity().atLeast(Verbosity.DETAILS)) {
            for (Map<String, String> granted : server.granted()) {
                output.detail("granted by the kernel: "
                        + granted.entrySet().stream()
                                .map(option -> option.getKey() + " " + option.getValue())
                                .collect(Collectors.joining(", ")));
            }
        }
    }
}
