package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts unfinished uploads, in all and of each owner; null is an owner whom nobody counts. Thread-safe. */
public final class Owners {
    private final StoreOptions.Limits limits;
    /* Guarded by this. */
    private final Map<String, Integer> unfinished = new HashMap<>();
    private int inAll;

    /**
     * Nobody has any at first.
     *
     * @param limits how many there may be
     */
    public Owners(StoreOptions.Limits limits) {
        this.limits = limits;
    }

    /**
     * Counts an upload that begins.
     *
     * @param owner whose it is
     * @throws UploadException when there are as many as there may be
     */
    public synchronized void begin(@Nullable String owner) {
        int of = owner == null ? 0 : unfinished.getOrDefault(owner, 0);
        if (inAll >= limits.unfinished() || of >= limits.unfinishedPerOwner()) {
            throw new UploadException(UploadError.TOO_MANY_UPLOADS, "as many unfinished uploads as there may be");
        }
        recovered(owner);
    }

    /**
     * Counts one that was there at the start, whatever the limits are now.
     *
     * @param owner whose it is
     */
    public synchronized void recovered(@Nullable String owner) {
        inAll++;
        if (owner != null) {
            unfinished.merge(owner, 1, Integer::sum);
        }
    }

    /**
     * Counts one that ends.
     *
     * @param owner whose it was
     */
    public synchronized void end(@Nullable String owner) {
        inAll--;
        if (owner != null) {
            unfinished.computeIfPresent(owner, (key, n) -> n > 1 ? Integer.valueOf(n - 1) : null);
        }
    }
}
