package io.ntk.core;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The event loops that servers and clients share.
 *
 * <p>Made by {@link #start} they are owned and end with {@link #close}; around a group of the caller's ({@link #of}) they
 * are borrowed, and closing does nothing. One group serves both the accepting and the accepted channels.
 */
public final class EventLoops implements AutoCloseable {
    private final EventLoopGroup group;
    private final Transport transport;
    private final boolean owned;

    private EventLoops(EventLoopGroup group, Transport transport, boolean owned) {
        this.group = group;
        this.transport = transport;
        this.owned = owned;
    }

    /**
     * Makes event loops; their threads start when they are first used.
     *
     * @param transport the transport; {@code AUTO} takes the best that works here
     * @param loops how many, 1 to 1,024; 0 for one per core
     * @return the loops, to be closed by the caller
     * @throws IllegalArgumentException when the transport does not work here; the message says why
     */
    public static EventLoops start(Transport transport, int loops) {
        if (loops < 0 || loops > 1024) {
            throw new IllegalArgumentException("loops: " + loops + " (expected: 0 to 1024)");
        }
        Throwable cause = transport.unavailabilityCause();
        if (cause != null) {
            Throwable root = cause;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new IllegalArgumentException(
                    "transport: " + transport + " (expected: one that works here; this does not: " + root.getMessage()
                            + ")",
                    cause);
        }
        Transport concrete = transport.resolve();
        int count = loops == 0 ? Runtime.getRuntime().availableProcessors() : loops;
        var group = new MultiThreadIoEventLoopGroup(
                count, new DefaultThreadFactory("ntk-" + concrete), concrete.handlerFactory());
        return new EventLoops(group, concrete, true);
    }

    /**
     * Borrows a group, which is never shut down from here.
     *
     * @param group a group of the caller's
     * @return loops whose {@link #close} does nothing
     * @throws IllegalArgumentException when its transport is not known
     */
    public static EventLoops of(EventLoopGroup group) {
        return new EventLoops(group, Transport.of(group), false);
    }

    /**
     * The group.
     *
     * @return the same at every call
     */
    public EventLoopGroup group() {
        return group;
    }

    /**
     * The transport of the group.
     *
     * @return never {@code AUTO}
     */
    public Transport transport() {
        return transport;
    }

    /**
     * Ends owned loops without a quiet period, and returns at once. What is still open on them is closed.
     *
     * @see #terminated
     */
    @Override
    public void close() {
        if (owned && !group.isShuttingDown()) {
            for (EventExecutor loop : group) {
                goRoundOnceMore(loop);
            }
            group.shutdownGracefully(1, TimeUnit.SECONDS.toNanos(2), TimeUnit.NANOSECONDS);
        }
    }

    /*
     * A loop of Netty (4.2.18) closes its channels at the beginning of a round. One that is told to end in the middle of a
     * round, without a quiet period, ends behind it and closes none: their sockets stay open for ever. It goes round once
     * more when it had something to do at the end of the round, and any quiet period, be it a nanosecond.
     */
    private static void goRoundOnceMore(EventExecutor loop) {
        try {
            if (loop instanceof SingleThreadEventExecutor single) {
                single.addShutdownHook(() -> {});
            }
        } catch (RejectedExecutionException e) {
            return; // somebody else has closed it meanwhile
        }
    }

    /**
     * Done when the threads have ended; a process should wait for it before it exits, since leaving while a loop is in
     * native code costs the VM 300 ms.
     *
     * @return never done for borrowed loops that their owner keeps
     */
    public Future<?> terminated() {
        return group.terminationFuture();
    }
}
