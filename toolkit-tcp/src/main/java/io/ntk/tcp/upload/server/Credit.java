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
    /*
     * Credit is given back in portions, so that it costs few frames: of an eighth of the whole, and of a segment where that is
     * more, since the peer can begin with nothing less.
     */
    private static final int SMALLEST_PORTION = 8;

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
        boolean worthwhile = due >= Math.max(whole / SMALLEST_PORTION, lastUse) || out == 0;
        if (worthwhile && due > 0 && connection.life() == ServerConnection.Life.OPEN && connection.canAnswer()) {
            connection.send(new UploadFrame.Ack(UploadFrame.CONNECTION, 0, 0, 0, take()));
        }
    }

    /** What is due, which the caller is about to tell the peer. */
    int take() {
        int bytes = due;
        left += bytes;
        due = 0;
        return bytes;
    }
}
