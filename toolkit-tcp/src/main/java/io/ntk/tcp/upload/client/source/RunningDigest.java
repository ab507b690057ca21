package io.ntk.tcp.upload.client.source;

import io.ntk.tcp.upload.store.Octets;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;

/**
 * The SHA-256 of a file that is sent from its start: of what is read for its segments anyway, so that the file is not read
 * once more. What is read again, since a segment was refused, is passed over. Belongs to the thread that sends.
 */
public final class RunningDigest {
    private final MessageDigest digest = Digests.sha256();
    private final CompletableFuture<Octets> whole = new CompletableFuture<>();
    private final long size;
    private long digested;

    /**
     * Makes one that has taken nothing.
     *
     * @param size of the file, in bytes
     */
    public RunningDigest(long size) {
        this.size = size;
        completeAtTheEnd();
    }

    /**
     * The digest of the whole.
     *
     * @return done when all of the file was taken
     */
    public CompletableFuture<Octets> whole() {
        return whole;
    }

    /**
     * Takes what was read.
     *
     * @param offset of the first byte in the file, no further than what was taken before
     * @param bytes from its position to its limit; neither is moved
     * @throws IllegalStateException when bytes in between were left out
     */
    public void take(long offset, ByteBuffer bytes) {
        if (offset > digested) {
            throw new IllegalStateException("bytes " + digested + " to " + offset + " were left out");
        }
        long known = digested - offset;
        if (known < bytes.remaining()) {
            ByteBuffer fresh = bytes.duplicate();
            fresh.position(fresh.position() + (int) known);
            digested += fresh.remaining();
            digest.update(fresh);
            completeAtTheEnd();
        }
    }

    private void completeAtTheEnd() {
        if (digested == size && !whole.isDone()) {
            whole.complete(Octets.of(digest.digest()));
        }
    }
}
