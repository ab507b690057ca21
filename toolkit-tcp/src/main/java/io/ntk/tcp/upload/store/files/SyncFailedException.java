package io.ntk.tcp.upload.store.files;

import java.io.IOException;

/** A failed sync: what was written may be lost although it can be read. Trying again would succeed, and mean nothing. */
final class SyncFailedException extends IOException {
    private static final long serialVersionUID = 1;

    private SyncFailedException(IOException cause) {
        super(cause);
    }

    /** Work that syncs. */
    interface Sync {
        void run() throws IOException;
    }

    /** Does it, and says so where it fails. */
    static void guard(Sync sync) throws SyncFailedException {
        try {
            sync.run();
        } catch (IOException e) {
            throw new SyncFailedException(e);
        }
    }
}
