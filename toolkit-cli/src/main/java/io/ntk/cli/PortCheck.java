package io.ntk.cli;

import io.ntk.core.ConnectFailedException;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Connector;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.JsonWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;

/** Asks whether TCP ports are open, some of them at a time. */
final class PortCheck {
    private static final int AT_A_TIME = 128;
    private static final Set<ConnectFailedException.Kind> NO_ANSWER =
            EnumSet.of(ConnectFailedException.Kind.TIMED_OUT, ConnectFailedException.Kind.UNREACHABLE);

    /** What a port said. */
    enum State {
        /** It accepts connections. */
        OPEN,
        /** The host answered that nobody listens. */
        CLOSED,
        /** No answer, or one from something on the way: a firewall drops or rejects. */
        FILTERED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One port's answer, and how long it took. */
    record Result(Endpoint.Inet endpoint, State state, Duration time) {
        JsonWriter json() {
            return new JsonWriter()
                    .field("host", endpoint.host())
                    .field("port", endpoint.port())
                    .field("state", state.toString())
                    .field("milliseconds", time.toNanos() / 1e6);
        }
    }

    private PortCheck() {}

    /**
     * Tries every endpoint once.
     *
     * @return the results, in the order of the endpoints
     * @throws IOException when a name cannot be looked up, or this side cannot connect at all
     */
    static List<Result> run(List<Endpoint.Inet> endpoints, Duration timeout, EventLoops loops)
            throws IOException, InterruptedException {
        Semaphore places = new Semaphore(AT_A_TIME);
        List<CompletableFuture<Result>> asked = new ArrayList<>();
        for (Endpoint.Inet endpoint : endpoints) {
            places.acquire();
            asked.add(one(endpoint, timeout, loops).whenComplete((result, failure) -> places.release()));
        }
        List<Result> results = new ArrayList<>();
        for (CompletableFuture<Result> answer : asked) {
            try {
                results.add(answer.join());
            } catch (CompletionException e) {
                if (e.getCause() instanceof IOException failure) {
                    throw failure;
                }
                throw e;
            }
        }
        return results;
    }

    /**
     * Asks a socket of our own, open and then closed: what a fresh virtual machine takes to load all that connecting
     * needs, a hundred milliseconds, would otherwise be told as the time of the first port.
     */
    static void warmUp(EventLoops loops) throws IOException, InterruptedException {
        List<Endpoint.Inet> own;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            own = List.of(new Endpoint.Inet(Endpoint.LOOPBACK, socket.getLocalPort()));
            run(own, Duration.ofSeconds(2), loops);
        }
        run(own, Duration.ofSeconds(2), loops);
    }

    private static CompletableFuture<Result> one(Endpoint.Inet endpoint, Duration timeout, EventLoops loops) {
        long start = System.nanoTime();
        return Connector.connect(ConnectOptions.to(endpoint).withTimeout(timeout), loops, pipeline -> {})
                .handle((channel, failure) -> {
                    Duration time = Duration.ofNanos(System.nanoTime() - start);
                    if (failure == null) {
                        channel.close();
                        return new Result(endpoint, State.OPEN, time);
                    }
                    return new Result(endpoint, state(failure), time);
                });
    }

    private static State state(Throwable failure) {
        if (failure instanceof ConnectFailedException failed) {
            if (failed.kind() == ConnectFailedException.Kind.REFUSED) {
                return State.CLOSED;
            }
            if (NO_ANSWER.contains(failed.kind())) {
                return State.FILTERED;
            }
        }
        throw new CompletionException(failure);
    }
}
