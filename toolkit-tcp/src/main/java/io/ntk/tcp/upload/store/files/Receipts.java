package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadRequest;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The final answers, to be given again. The oldest are forgotten beyond 100,000. Thread-safe. */
final class Receipts {
    private static final int MAX_RECEIPTS = 100_000;

    /* Guarded by this. */
    private final Map<String, Done> receipts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Done> eldest) {
            return size() > MAX_RECEIPTS;
        }
    };

    /** A receipt, and what the upload was. */
    record Done(Receipt receipt, String path, long epoch, Instant at) {
        static Done of(Receipt receipt, UploadRequest request) {
            return new Done(receipt, request.path(), request.epoch(), Instant.now());
        }

        Done withEpoch(long other) {
            return new Done(receipt, path, other, at);
        }
    }

    synchronized @Nullable Done of(String id) {
        return receipts.get(id);
    }

    synchronized void put(String id, Done done) {
        receipts.put(id, done);
    }

    synchronized void forgetBefore(Instant time) {
        receipts.values().removeIf(done -> done.at().isBefore(time));
    }
}
