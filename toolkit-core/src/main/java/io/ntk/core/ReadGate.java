package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Decides whether a channel reads: it does exactly while nobody has a reason against it.
 *
 * <p>Handlers that paused reading each for themselves would undo one another; through the one gate of their channel they
 * cannot. A host that reads by hand (auto-read off when the gate is first asked for) keeps reading by hand: its gate
 * changes nothing. A channel whose input has ended is not read any more, whatever reasons are taken back. Use it on the
 * channel's event loop only.
 */
public final class ReadGate {
    private static final AttributeKey<ReadGate> KEY = AttributeKey.valueOf(ReadGate.class, "gate");

    private final Channel channel;
    private final boolean byHand;
    private final Set<Object> reasons = Collections.newSetFromMap(new IdentityHashMap<>(4));
    private boolean heldOpen;
    private Runnable resumed = () -> {};
    private Runnable paused = () -> {};

    private ReadGate(Channel channel) {
        this.channel = channel;
        this.byHand = !channel.config().isAutoRead();
    }

    /**
     * The gate of a channel.
     *
     * @param channel the channel
     * @return the same gate at every call
     */
    public static ReadGate of(Channel channel) {
        ReadGate gate = channel.attr(KEY).get();
        if (gate == null) {
            gate = new ReadGate(channel);
            channel.attr(KEY).set(gate);
        }
        return gate;
    }

    /**
     * Gives a reason not to read; what the current read has taken from the socket still arrives.
     *
     * @param reason compared by identity, usually the handler; giving it twice is giving it once
     */
    public void pause(Object reason) {
        if (!heldOpen && reasons.add(requireNonNull(reason, "reason")) && reasons.size() == 1) {
            paused.run();
            autoRead(false);
        }
    }

    /**
     * Takes a reason back; the channel reads again when it was the last.
     *
     * @param reason as given to {@link #pause}; one that was not given is ignored
     */
    public void resume(Object reason) {
        if (reasons.remove(reason) && reasons.isEmpty()) {
            resumed.run();
            if (reasons.isEmpty()) {
                autoRead(true);
            }
        }
    }

    /**
     * Runs an action each time the last reason was taken back, before the channel reads: a decoder goes on there with
     * the bytes that it held back meanwhile. The channel does not read when the action gives a reason anew.
     *
     * @param action added to those that were given before
     */
    public void whenResumed(Runnable action) {
        Runnable earlier = resumed;
        resumed = () -> {
            earlier.run();
            action.run();
        };
    }

    /**
     * Runs an action each time the first reason was given: time goes on from there that is none of the peer's.
     *
     * @param action added to those that were given before
     */
    public void whenPaused(Runnable action) {
        Runnable earlier = paused;
        paused = () -> {
            earlier.run();
            action.run();
        };
    }

    /**
     * Tells whether anybody has a reason not to read.
     *
     * @return true while reading is paused
     */
    public boolean isPaused() {
        return !reasons.isEmpty();
    }

    /** Drops all reasons, and ignores those to come: for a channel that is only read to be emptied before its close. */
    void holdOpen() {
        heldOpen = true;
        if (!reasons.isEmpty()) {
            reasons.clear();
            autoRead(true);
        }
    }

    /** Whether nothing can come any more, though the channel is open. */
    static boolean inputHasEnded(Channel channel) {
        return channel instanceof DuplexChannel duplex && duplex.isInputShutdown();
    }

    /*
     * Netty's epoll (4.2.18) takes a socket without input and without waiting output out of its set, and fails with
     * ENOENT when it is to be read again: the channel would be closed, and what is still to be answered lost. Our own event
     * loops prevent that (KeepingEpollHandler), those of an application do not.
     */
    private void autoRead(boolean on) {
        if (!byHand && !(on && inputHasEnded(channel))) {
            channel.config().setAutoRead(on);
        }
    }
}
