package io.ntk.tcp.upload.store;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The final answer for one file, the same whenever it is asked for again but for {@link Mark#REPLAYED}.
 *
 * @param name as it was published, below the folder
 * @param size bytes
 * @param crc32c of the whole
 * @param sha256 of the whole, where it was computed
 * @param marks what is true of it
 */
public record Receipt(
        String name, long size, int crc32c, @Nullable Octets sha256, Set<Mark> marks) {
    /** What may be true of a file that is done. */
    public enum Mark {
        /** It survives a power cut. */
        DURABLE,
        /** It got another name than was asked for. */
        RENAMED,
        /** The same file was there. */
        SKIPPED,
        /** It was done before. */
        REPLAYED
    }

    /** Takes a copy. */
    public Receipt {
        marks = Set.copyOf(marks);
    }

    /**
     * A copy that says it was done before.
     *
     * @return the copy
     */
    public Receipt replayed() {
        EnumSet<Mark> more = EnumSet.of(Mark.REPLAYED);
        more.addAll(marks);
        return new Receipt(name, size, crc32c, sha256, more);
    }

    /**
     * A copy with the name that the file gets, and the marks that this makes true of it and no others.
     *
     * @param published the name that it gets
     * @param asked the name that it was to have
     * @param durably whether it survives a power cut
     * @return the copy
     */
    public Receipt named(String published, String asked, boolean durably) {
        EnumSet<Mark> now = EnumSet.noneOf(Mark.class);
        if (durably) {
            now.add(Mark.DURABLE);
        }
        if (!published.equals(asked)) {
            now.add(Mark.RENAMED);
        }
        return new Receipt(published, size, crc32c, sha256, now);
    }
}
