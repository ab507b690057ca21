package io.ntk.cli;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What ends a run before it is done by itself: a signal, or a standard output that is gone. Thread-safe.
 *
 * <p>By default the run ends at once: what was registered is done, and the process exits. A command that has more to
 * do then (a server drains) takes that over with {@link #take}.
 */
final class Stop {
    private final Consumer<ExitCode> exit;
    private final CompletableFuture<ExitCode> asked = new CompletableFuture<>();
    private final CompletableFuture<ExitCode> insisted = new CompletableFuture<>();
    private final Deque<Runnable> endings = new ArrayDeque<>();
    private boolean taken;

    /**
     * Starts with nothing asked.
     *
     * @param exit ends the process; called at most for a run that took nothing over, or at the third time
     */
    Stop(Consumer<ExitCode> exit) {
        this.exit = exit;
    }

    /** Asks the run to end with a code; the second time, to end at once; the third time it is ended. */
    void ask(ExitCode code) {
        boolean handled;
        synchronized (this) {
            handled = taken;
        }
        if (!handled) {
            asked.complete(code);
            close();
            exit.accept(code);
        } else if (!asked.complete(code) && !insisted.complete(code)) {
            exit.accept(code);
        }
    }

    /** From now on the caller ends the run in its own way when it is asked to. */
    synchronized void take() {
        taken = true;
    }

    /** The code of what ends the run from outside, whatever the run itself comes to meanwhile; null where nothing does. */
    synchronized @Nullable ExitCode ending() {
        return taken ? null : asked.getNow(null);
    }

    /** Done when the run is asked to end. */
    CompletableFuture<ExitCode> asked() {
        return asked;
    }

    /** Done when the run is asked a second time. */
    CompletableFuture<ExitCode> insisted() {
        return insisted;
    }

    /** Registers what is to be done before the process exits, the last one first; it must not take long, nor throw. */
    synchronized void atEnd(Runnable ending) {
        endings.push(ending);
    }

    /** Does what was registered. */
    void close() {
        while (true) {
            Runnable next;
            synchronized (this) {
                next = endings.poll();
            }
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    /** Waits for a future for a time. */
    static void await(java.util.concurrent.Future<?> future, Duration atMost) {
        try {
            future.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            return; // it was worth a short wait only
        }
    }
}
