package io.ntk.core;

/**
 * Who is told what happens: the one place that reports are made from.
 *
 * <p>Called on event loops and other threads of the library, several at a time; an implementation must be thread-safe
 * and must not block. What it throws is logged and goes no further.
 */
@FunctionalInterface
public interface NetListener {
    /** Hears and says nothing. */
    NetListener NONE = event -> {};

    /**
     * Tells of an event.
     *
     * @param event what happened
     */
    void on(NetEvent event);
}
