package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.UploadException;

/**
 * What one upload takes of the space: bytes that are kept for it, and bytes that its part has. Once it is given back nothing
 * changes any more. Not thread-safe.
 */
public final class Reservation {
    private final Space space;
    private long reserved;
    private long written;
    private boolean over;

    private Reservation(Space space) {
        this.space = space;
    }

    /**
     * For a new upload.
     *
     * @param space of which it takes
     * @param bytes that are kept for it, at least 0
     * @return to be given back
     * @throws UploadException when there is not that much
     */
    public static Reservation of(Space space, long bytes) {
        Reservation reservation = new Reservation(space);
        reservation.atLeast(bytes);
        return reservation;
    }

    /**
     * For one whose part is there; the rest is reserved as it comes.
     *
     * @param space of which it takes
     * @param bytes that its part has
     * @return to be given back
     */
    public static Reservation written(Space space, long bytes) {
        Reservation reservation = new Reservation(space);
        reservation.written = bytes;
        space.discard(-bytes);
        return reservation;
    }

    /**
     * Sees to it that so much can be written.
     *
     * @param bytes from now on
     * @throws UploadException when there is not that much
     */
    public void atLeast(long bytes) {
        if (reserved < bytes) {
            space.reserve(bytes - reserved);
            reserved = bytes;
        }
    }

    /**
     * Bytes were written.
     *
     * @param bytes how many; less than zero for those that will be written again
     */
    public void write(long bytes) {
        if (!over) {
            space.write(bytes);
            reserved -= bytes;
            written += bytes;
        }
    }

    /** Nothing is kept for it any longer; what comes all the same reserves for itself. */
    public void expire() {
        space.unreserve(reserved);
        reserved = 0;
    }

    /** Its part is a file now. */
    public void publish() {
        space.publish(written);
        written = 0;
        release();
    }

    /** Gives everything back. */
    public void release() {
        expire();
        space.discard(written);
        written = 0;
        over = true;
    }
}
