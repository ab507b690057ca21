package io.ntk.tcp.upload.server;

import io.netty.util.concurrent.Future;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.UploadError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Lets the peer hear of us, and gives it up when it is dead, never says who it is, or sends a payload too slowly. Time in
 * which the channel is not read counts for none of what a peer has to say; a peer that takes nothing is dead as one that says
 * nothing.
 *
 * <p>One timer looks at the earliest time at which something may be due. What becomes due by something that happens (a
 * payload begins) is no earlier than the shortest of all times from then on, so that a look after that time is soon enough.
 */
final class Liveness {
    private static final int HEARTBEATS_OF_THE_DEAD = 3;

    private final ServerConnection connection;
    private final UploadLimits limits;
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

    Liveness(ServerConnection connection, UploadLimits limits, Ending ending) {
        this.connection = connection;
        this.limits = limits;
        this.ending = ending;
        this.heartbeat = limits.heartbeat().toNanos();
        this.silence = HEARTBEATS_OF_THE_DEAD * heartbeat;
        this.window = limits.minRate().window().toNanos();
    }

    void start() {
        startedAt = connection.now();
        heardAt = startedAt;
        schedule(startedAt);
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** The peer has proved who it is. */
    void known() {
        known = true;
    }

    /** Something came: a frame, or that many raw bytes. */
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
    void paused() {
        paused = true;
        pausedAt = connection.now();
    }

    /** The channel is read again: what was not read was nobody's silence. */
    void resumed() {
        if (paused) {
            paused = false;
            long time = connection.now() - pausedAt;
            heardAt += time;
            windowAt += time;
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
        if (known && now - connection.saidAt() >= heartbeat) {
            connection.send(new UploadFrame.Ping(now));
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
                    "nobody has said who it is for " + limits.handshake().toSeconds() + " s");
        } else if (!paused && now - heardAt >= silence) {
            ending.fail(UploadError.TIMEOUT, "nothing was heard for three heartbeats");
        } else if (blocked && now - blockedAt >= silence) {
            ending.fail(UploadError.TIMEOUT, "nothing was taken for three heartbeats");
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
        if (known) {
            next = Math.min(next, connection.saidAt() + heartbeat - now);
        } else {
            next = Math.min(next, startedAt + limits.handshake().toNanos() - now);
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
