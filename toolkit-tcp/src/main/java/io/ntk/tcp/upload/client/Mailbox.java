package io.ntk.tcp.upload.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What other threads have for the thread that sends, which alone takes from it. */
final class Mailbox {
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();

    void post(Runnable task) {
        tasks.add(task);
    }

    /** Ends the wait, or the next one. */
    void wake() {
        if (!woken.getAndSet(true)) {
            tasks.add(() -> woken.set(false));
        }
    }

    /** Wakes when it is done, well or not. */
    <T extends @Nullable Object> CompletableFuture<T> wakeAt(CompletableFuture<T> future) {
        future.whenComplete((done, failure) -> wake());
        return future;
    }

    void runAll() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Waits for one task at most so long, and runs it. */
    void await(long nanos) throws InterruptedException {
        Runnable task = tasks.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        if (task != null) {
            task.run();
        }
    }
}
