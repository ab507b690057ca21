package io.ntk.tcp.upload.server;

import io.netty.util.concurrent.Future;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.store.UploadError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Lets the peer hear of us, and gives it up when it is dead, never comes to the end of its beginning, or sends a payload too
 * slowly. Time in which the channel is not read counts for none of what a peer has to say; a peer that takes nothing is dead as
 * one that says nothing.
 *
 * <p>One timer looks at the earliest time at which something may be due. What becomes due by something that happens (a
 * payload begins) is no earlier than the shortest of all times from then on, so that a look after that time is soon enough.
 */
final class Liveness {
    private final ServerConnection connection;
    private final UploadLimits limits;
    private final @Nullable Runnable ping;
    private final Ending ending;
    private final long heartbeat;
    private final long silence;
    private final long window;
    private boolean known;
    private boolean paused;
    private boolean blocked;
    private boolean receiving;
    private long startedAt;
    private long heardAt;
    private long pausedAt;
    private long blockedAt;
    private long windowAt;
    private long windowBytes;
    private @Nullable Future<?> timer;

    /** What ends a connection. */
    interface Ending {
        void fail(UploadError error, String why);
    }

    /**
     * @param ping lets the peer hear of us; null for a protocol that has nothing to say between answers
     */
    Liveness(ServerConnection connection, UploadLimits limits, @Nullable Runnable ping, Ending ending) {
        this.connection = connection;
        this.limits = limits;
        this.ping = ping;
        this.ending = ending;
        this.heartbeat = limits.heartbeat().toNanos();
        this.silence = limits.silence().toNanos();
        this.window = limits.minRate().window().toNanos();
    }

    /** Follows when the channel is read; once, before {@link #start}. */
    void watch(ReadGate gate) {
        gate.whenPaused(this::paused);
        gate.whenResumed(this::resumed);
        if (gate.isPaused()) {
            paused();
        }
    }

    /** The time begins to run; a second call changes nothing. */
    void start() {
        if (timer != null) {
            return;
        }
        startedAt = connection.now();
        heardAt = startedAt;
        schedule(startedAt);
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** The peer has come to the end of its beginning: it has proved who it is, or said what it sends. */
    void known() {
        known = true;
    }

    /** The peer begins anew, and has the handshake's time for it. */
    void begins() {
        known = false;
        startedAt = connection.now();
        stop();
        schedule(startedAt);
    }

    /** Something came: part of a frame, or that many raw bytes. */
    void heard(int rawBytes) {
        heardAt = connection.now();
        windowBytes += rawBytes;
    }

    /** A payload begins, or one has ended. */
    void receiving(boolean payload) {
        receiving = payload;
        windowAt = connection.now();
        windowBytes = 0;
    }

    /** The channel is not read from here on. */
    private void paused() {
        paused = true;
        pausedAt = connection.now();
    }

    /** The channel is read again: what was not read was nobody's silence. */
    private void resumed() {
        if (paused) {
            paused = false;
            long now = connection.now();
            heardAt += now - Math.max(pausedAt, heardAt); // what was read already may be heard of during the pause
            windowAt += now - Math.max(pausedAt, windowAt);
        }
    }

    /** Whether the peer takes nothing, and nothing more may be written. */
    void blocked(boolean now) {
        if (now && !blocked) {
            blockedAt = connection.now();
        }
        blocked = now;
    }

    private void look() {
        long now = connection.now();
        if (connection.life() == ServerConnection.Life.OVER) {
            return;
        }
        if (ping != null && known && now - connection.saidAt() >= heartbeat) {
            ping.run();
        }
        if (connection.life() == ServerConnection.Life.OPEN && isGivenUp(now)) {
            return;
        }
        schedule(now);
    }

    private boolean isGivenUp(long now) {
        if (!known && now - startedAt >= limits.handshake().toNanos()) {
            ending.fail(
                    UploadError.TIMEOUT,
                    "the beginning takes more than " + limits.handshake().toSeconds() + " s");
        } else if (!paused && now - heardAt >= silence) {
            ending.fail(
                    UploadError.TIMEOUT,
                    "nothing was heard for " + limits.silence().toSeconds() + " s");
        } else if (blocked && now - blockedAt >= silence) {
            ending.fail(
                    UploadError.TIMEOUT,
                    "nothing was taken for " + limits.silence().toSeconds() + " s");
        } else if (receiving && !paused && now - windowAt >= window) {
            UploadLimits.MinRate rate = limits.minRate();
            if (windowBytes < rate.bytes()) {
                ending.fail(UploadError.TOO_SLOW, "slower than " + rate.bytesPerSecond() + " bytes a second");
                return true;
            }
            windowAt = now;
            windowBytes = 0;
            return false;
        } else {
            return false;
        }
        return true;
    }

    private void schedule(long now) {
        long next = Math.min(heartbeat, window);
        if (!known) {
            next = Math.min(next, startedAt + limits.handshake().toNanos() - now);
        } else if (ping != null) {
            next = Math.min(next, connection.saidAt() + heartbeat - now);
        }
        if (!paused) {
            next = Math.min(next, heardAt + silence - now);
            next = receiving ? Math.min(next, windowAt + window - now) : next;
        }
        if (blocked) {
            next = Math.min(next, blockedAt + silence - now);
        }
        timer = connection.after(Duration.ofNanos(Math.max(1, next)), this::look);
    }
}
