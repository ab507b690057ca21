package io.ntk.tcp.upload.server;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.store.UploadError;

/**
 * The credit of one connection. Every byte of it is at one of three places: {@code left} to the peer, {@code out} (used up by
 * raw bytes that are to come, or wait for the disk), or {@code due} (done with, and not yet given back); together they are
 * always the whole.
 */
final class Credit {
    /* Credit is given back in portions of at least this part of the whole, so that it costs few frames. */
    private static final int PORTION = 8;

    private final ServerConnection connection;
    private final int whole;
    private int left;
    private int out;
    private int due;
    private int lastUse;

    Credit(ServerConnection connection, int whole) {
        this.connection = connection;
        this.whole = whole;
        this.left = whole;
    }

    /**
     * Uses up what a frame announces.
     *
     * @throws UploadProtocolException when the peer has not that much
     */
    void use(int bytes) {
        if (bytes > left) {
            throw new UploadProtocolException(UploadError.PROTOCOL, bytes + " raw bytes with a credit of " + left);
        }
        left -= bytes;
        out += bytes;
        lastUse = bytes;
    }

    /** Takes bytes back that were written, or thrown away; at a good moment the peer is told. */
    void giveBack(int bytes) {
        out -= bytes;
        due += bytes;
        int now = take();
        if (now > 0) {
            connection.send(new UploadFrame.Ack(UploadFrame.CONNECTION, 0, 0, 0, now));
        }
    }

    /** What the caller is to tell the peer now; 0 when it is no good moment. */
    int take() {
        if (!isWorthwhile() || connection.life() != ServerConnection.Life.OPEN || !connection.canAnswer()) {
            return 0;
        }
        int bytes = due;
        left += bytes;
        due = 0;
        return bytes;
    }

    /** A segment goes out whole: with credit for less than one like the last the peer can begin nothing. */
    private boolean isWorthwhile() {
        int portion = whole / PORTION;
        boolean segmentCanBegin = lastUse > portion && left < lastUse && left + due >= lastUse;
        return out == 0 || due >= Math.max(portion, lastUse) || segmentCanBegin;
    }
}
