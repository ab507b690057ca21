package io.ntk.tcp.line;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/** How much a client has in flight between a sending thread and the kernel: the thread waits while it is too much. */
final class SendWindow {
    private long inFlight;
    private @Nullable IOException failure;
    private volatile long lastSent = System.nanoTime();

    /**
     * Takes room, once there is some; what is larger than the limit gets it when nothing else is in flight.
     *
     * @param bytes how much; with 0 and a limit of 0 this waits until nothing is in flight
     * @param limit how much may be in flight with it
     * @throws IOException when the connection failed or was closed
     */
    synchronized void take(long bytes, long limit) throws IOException {
        try {
            while (failure == null && inFlight > 0 && inFlight + bytes > limit) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while sending");
        }
        if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
        }
        inFlight += bytes;
    }

    synchronized void give(long bytes) {
        inFlight -= bytes;
        lastSent = System.nanoTime();
        notifyAll();
    }

    /** The first failure stays. */
    synchronized void fail(IOException why) {
        if (failure == null) {
            failure = why;
        }
        notifyAll();
    }

    synchronized boolean isEmpty() {
        return inFlight == 0;
    }

    long lastSent() {
        return lastSent;
    }
}
