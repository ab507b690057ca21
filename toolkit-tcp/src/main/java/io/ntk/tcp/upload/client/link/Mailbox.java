package io.ntk.tcp.upload.client.link;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What other threads have for the thread that sends, which alone takes from it. */
public final class Mailbox {
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();

    /** Makes an empty one. */
    public Mailbox() {}

    /** Has something done, in order. May be called on any thread. */
    void post(Runnable task) {
        tasks.add(task);
    }

    /** Ends the wait, or the next one. May be called on any thread. */
    public void wake() {
        if (!woken.getAndSet(true)) {
            tasks.add(() -> woken.set(false));
        }
    }

    /**
     * Wakes when it is done, well or not.
     *
     * @param future what is waited for
     * @param <T> what comes of it
     * @return the same
     */
    public <T extends @Nullable Object> CompletableFuture<T> wakeAt(CompletableFuture<T> future) {
        future.whenComplete((done, failure) -> wake());
        return future;
    }

    /** Does all that has come, without waiting. */
    public void runAll() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /**
     * Waits for one task, and runs it.
     *
     * @param nanos at most so long; none below 1
     * @throws InterruptedException when the thread is interrupted
     */
    public void await(long nanos) throws InterruptedException {
        Runnable task = tasks.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        if (task != null) {
            task.run();
        }
    }
}
