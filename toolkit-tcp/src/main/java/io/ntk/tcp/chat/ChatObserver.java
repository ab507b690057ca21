package io.ntk.tcp.chat;

/**
 * Is told of every numbered message: what keeps a transcript, counts, or passes messages on.
 *
 * <p>Called on the event loop of the message's room, for one room in the order of its numbers, for different rooms on
 * several threads at a time; it must not block. What it throws is logged and goes no further.
 */
@FunctionalInterface
public interface ChatObserver {
    /** Sees nothing. */
    ChatObserver NONE = message -> true;

    /**
     * Takes a message.
     *
     * @param message what was said
     * @return false when no more can be taken for now: nothing more is read from the room's members until {@link
     *     #whenReady} has called back; messages that were read already still come
     */
    boolean said(ChatMessage message);

    /**
     * Runs something once, as soon as more can be taken; from any thread.
     *
     * @param action must not be blocked; run at once when more can be taken now
     */
    default void whenReady(Runnable action) {
        action.run();
    }
}
