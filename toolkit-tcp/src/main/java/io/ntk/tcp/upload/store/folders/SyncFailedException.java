package io.ntk.tcp.upload.store.folders;

import java.io.IOException;

/** A failed sync: what was written may be lost although it can be read. Trying again would succeed, and mean nothing. */
public final class SyncFailedException extends IOException {
    private static final long serialVersionUID = 1;

    private SyncFailedException(IOException cause) {
        super(cause);
    }

    /** Work that syncs. */
    @FunctionalInterface
    public interface Sync {
        /**
         * Does it.
         *
         * @throws IOException when the disk fails
         */
        void run() throws IOException;
    }

    /**
     * Does it, and says so where it fails.
     *
     * @param sync work that syncs
     * @throws SyncFailedException in place of any {@link IOException} of it
     */
    public static void guard(Sync sync) throws SyncFailedException {
        try {
            sync.run();
        } catch (IOException e) {
            throw new SyncFailedException(e);
        }
    }
}
