package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadRequest;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last of the final answers, to be given again without a look at the journals and logs. The oldest are forgotten beyond
 * 16,384, and beyond 8 MiB. Thread-safe.
 */
public final class Receipts {
    private static final int MAX_RECEIPTS = 16_384;
    private static final long MAX_BYTES = 8L << 20;
    /* What one takes beside its names, at two bytes a letter. */
    private static final int RECEIPT_BYTES = 450;

    private final int most;
    private final long mostBytes;

    /* Guarded by this; the oldest first. */
    private final Map<String, Done> receipts = new LinkedHashMap<>();
    private long bytes;

    /** None at first. */
    public Receipts() {
        this(MAX_RECEIPTS, MAX_BYTES);
    }

    Receipts(int most, long mostBytes) {
        this.most = most;
        this.mostBytes = mostBytes;
    }

    /**
     * A receipt, and what the upload was.
     *
     * @param receipt the answer
     * @param path the name that was asked for
     * @param epoch of the last opening
     * @param at when it was done, or found to be
     */
    public record Done(Receipt receipt, String path, long epoch, Instant at) {
        /** Keeps one name where both are the same. */
        public Done {
            if (receipt.name().equals(path)) {
                path = receipt.name();
            }
        }

        int bytes() {
            return RECEIPT_BYTES
                    + 2 * (path.length() + (isSameName() ? 0 : receipt.name().length()));
        }

        @SuppressWarnings("ReferenceEquality") // whether there are two of them in memory
        private boolean isSameName() {
            return path == receipt.name();
        }

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
        Done before = receipts.put(id, done);
        bytes += done.bytes() - (before == null ? 0 : before.bytes());
        Iterator<Done> oldest = receipts.values().iterator();
        while (receipts.size() > most || (bytes > mostBytes && receipts.size() > 1)) {
            bytes -= oldest.next().bytes();
            oldest.remove();
        }
    }

    /**
     * Forgets the old.
     *
     * @param time of the first that stays
     */
    public synchronized void forgetBefore(Instant time) {
        Iterator<Done> each = receipts.values().iterator();
        while (each.hasNext()) {
            Done done = each.next();
            if (done.at().isBefore(time)) {
                bytes -= done.bytes();
                each.remove();
            }
        }
    }
}
