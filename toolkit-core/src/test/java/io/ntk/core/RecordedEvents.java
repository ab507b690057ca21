package io.ntk.core;

import io.ntk.testsupport.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A listener that keeps what it hears, and lets a test wait for it. */
final class RecordedEvents implements NetListener {
    static final Duration DEADLINE = Await.DEADLINE;

    private final List<NetEvent> events = new ArrayList<>();

    @Override
    public synchronized void on(NetEvent event) {
        events.add(event);
        notifyAll();
    }

    synchronized <T extends NetEvent> List<T> all(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    <T extends NetEvent> T await(Class<T> type) throws InterruptedException {
        return await(type, event -> true);
    }

    <T extends NetEvent> T await(Class<T> type, Predicate<T> condition) throws InterruptedException {
        return await(type, condition, 1).get(0);
    }

    /** Waits until so many events fit, and returns all that do. */
    synchronized <T extends NetEvent> List<T> await(Class<T> type, Predicate<T> condition, int count)
            throws InterruptedException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        List<T> fitting = all(type).stream().filter(condition).toList();
        while (fitting.size() < count) {
            long millis = (end - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new AssertionError("waited for " + count + " " + type.getSimpleName() + ", heard " + events);
            }
            wait(millis);
            fitting = all(type).stream().filter(condition).toList();
        }
        return fitting;
    }
}
