package io.ntk.core;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A running server of any kind: it exists only while it is bound. What runs servers needs to know no more of them. */
public interface NetServer extends AutoCloseable {
    /**
     * Where the server listens, as it was bound: a port that was 0 is the one that the system chose.
     *
     * @return in the order of the options, such as {@code tcp://127.0.0.1:9000} or {@code unix:/run/x.sock}
     */
    List<String> addresses();

    /**
     * Where the server listens, as endpoints that a client can use.
     *
     * @return in the order of the options
     */
    List<Endpoint> endpoints();

    /**
     * What the kernel granted of the socket options, for each listening socket.
     *
     * @return option names and values, in the order of the options' endpoints; the same when the server is closed
     */
    List<Map<String, String>> granted();

    /**
     * The connections that are open.
     *
     * @return a number that others may change at any time; 0 where there are no connections
     */
    int connections();

    /**
     * Done when the server is closed and the listener has been told of everything.
     *
     * @return completing it has no effect on the server
     */
    CompletableFuture<Void> closed();

    /** Closes with the server's own drain time. */
    @Override
    void close();

    /**
     * Closes: stops taking what is new, lets what is under way finish for a time, and cuts the rest. A second call with
     * zero cuts at once what the first still waits for.
     *
     * @param drain how long to wait; zero cuts at once
     */
    void close(Duration drain);
}
