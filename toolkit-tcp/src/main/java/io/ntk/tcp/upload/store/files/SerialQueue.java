package io.ntk.tcp.upload.store.files;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after another in the order in which they came, on whichever of its threads is free. What tasks share needs no
 * lock: one sees all that those before it did. Thread-safe.
 */
final class SerialQueue {
    private static final Logger LOG = LoggerFactory.getLogger(SerialQueue.class);
    /* Then others have their turn on the thread. */
    private static final int MAX_TASKS_A_TURN = 64;

    private final Executor threads;
    private final Runnable idle;
    /* Guarded by this. */
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;
    private boolean suspended;

    /**
     * @param threads where tasks run
     * @param idle called, on one of the threads, each time nothing is left to do
     */
    SerialQueue(Executor threads, Runnable idle) {
        this.threads = threads;
        this.idle = idle;
    }

    void submit(Runnable task) {
        synchronized (this) {
            tasks.add(task);
            if (running || suspended) {
                return;
            }
            running = true;
        }
        threads.execute(this::turn);
    }

    /** Called by a task that wants to do the next one's work along with its own: takes that out when it is of the kind. */
    synchronized @Nullable Runnable pollIf(Predicate<Runnable> kind) {
        Runnable next = tasks.peek();
        return next != null && kind.test(next) ? tasks.poll() : null;
    }

    /** Called by a task that is not over yet when it returns: no other runs before {@link #resume}. */
    synchronized void suspend() {
        suspended = true;
    }

    /** Goes on; called from any thread. */
    void resume() {
        synchronized (this) {
            suspended = false;
            if (running) {
                return;
            }
            running = true;
        }
        threads.execute(this::turn);
    }

    synchronized boolean isIdle() {
        return !running && !suspended && tasks.isEmpty();
    }

    private void turn() {
        for (int n = 0; n < MAX_TASKS_A_TURN; n++) {
            Runnable task;
            synchronized (this) {
                task = suspended ? null : tasks.poll();
                if (task == null) {
                    running = false;
                }
            }
            if (task == null) {
                idle.run();
                return;
            }
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.warn("a task failed", e);
            }
        }
        threads.execute(this::turn);
    }
}
