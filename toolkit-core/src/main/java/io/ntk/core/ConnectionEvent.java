package io.ntk.core;

/** User events that a {@link Server} sends through the pipelines of its connections. */
public enum ConnectionEvent {
    /**
     * The server is closing: finish what is under way, take no more, and close the channel. A handler that understands
     * it does not pass it on; where none does, the channel is closed at once.
     */
    DRAIN
}
