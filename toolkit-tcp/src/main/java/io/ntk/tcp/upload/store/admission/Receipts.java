package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadRequest;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The final answers, to be given again. The oldest are forgotten beyond 100,000. Thread-safe. */
public final class Receipts {
    private static final int MAX_RECEIPTS = 100_000;

    /* Guarded by this. */
    private final Map<String, Done> receipts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Done> eldest) {
            return size() > MAX_RECEIPTS;
        }
    };

    /** None at first. */
    public Receipts() {}

    /**
     * A receipt, and what the upload was.
     *
     * @param receipt the answer
     * @param path the name that was asked for
     * @param epoch of the last opening
     * @param at when it was done, or found to be
     */
    public record Done(Receipt receipt, String path, long epoch, Instant at) {
        /**
         * One that is done now.
         *
         * @param receipt the answer
         * @param request what was asked for
         * @return with the epoch of the request
         */
        public static Done of(Receipt receipt, UploadRequest request) {
            return new Done(receipt, request.path(), request.epoch(), Instant.now());
        }

        /**
         * A copy for another opening.
         *
         * @param other 0 to 4294967295
         * @return the copy
         */
        public Done withEpoch(long other) {
            return new Done(receipt, path, other, at);
        }
    }

    /**
     * Finds one.
     *
     * @param id of the key
     * @return null where none is known
     */
    public synchronized @Nullable Done of(String id) {
        return receipts.get(id);
    }

    /**
     * Notes one, in place of the one that there was.
     *
     * @param id of the key
     * @param done the answer
     */
    public synchronized void put(String id, Done done) {
        receipts.put(id, done);
    }

    /**
     * Forgets the old.
     *
     * @param time of the first that stays
     */
    public synchronized void forgetBefore(Instant time) {
        receipts.values().removeIf(done -> done.at().isBefore(time));
    }
}
