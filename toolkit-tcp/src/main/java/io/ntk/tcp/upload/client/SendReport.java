package io.ntk.tcp.upload.client;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param receipts of what the receiver has
 * @param failures what it has not, and why
 * @param sentBytes raw bytes that went out, those that went twice counted twice
 * @param reconnects how often the connection was made again
 */
public record SendReport(List<Receipt> receipts, List<Failure> failures, long sentBytes, int reconnects) {
    /** What can be said of a file that is done. */
    public enum Mark {
        /** It is on the receiver's disk. */
        DURABLE,
        /** It got another name than was asked for. */
        RENAMED,
        /** The same file was there. */
        SKIPPED,
        /** It was done before, by an earlier run. */
        REPLAYED,
        /** Some of it was there already. */
        RESUMED,
        /** It was sent by a protocol that confirms nothing. */
        UNCONFIRMED
    }

    /**
     * The receiver's word on a file.
     *
     * @param source as it was given
     * @param name as it was published
     * @param size bytes
     * @param sha256 of the whole in hex, where it was computed
     * @param marks what else is known
     */
    public record Receipt(
            String source, String name, long size, @Nullable String sha256, Set<Mark> marks) {
        /** Takes a copy. */
        public Receipt {
            marks = Set.copyOf(marks);
        }
    }

    /**
     * A file that was not sent.
     *
     * @param source as it was given
     * @param name that it was to have
     * @param code of {@link io.ntk.tcp.upload.store.UploadError}, or 0 for a fault on this side
     * @param why for people; may quote the receiver, so hostile until escaped
     */
    public record Failure(String source, String name, int code, String why) {}

    /** Takes copies. */
    public SendReport {
        receipts = List.copyOf(receipts);
        failures = List.copyOf(failures);
    }
}
