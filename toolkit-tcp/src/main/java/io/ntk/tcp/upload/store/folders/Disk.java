package io.ntk.tcp.upload.store.folders;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Told of every change before it is made; what it throws happens in place of the change. The seam for faults in tests. Called
 * on any thread of the store, so it is thread-safe.
 */
@FunctionalInterface
public interface Disk {
    /** Changes nothing. */
    Disk REAL = (step, path) -> {};

    /** The changes that a store makes. */
    enum Step {
        /** A part is made. */
        CREATE_PART,
        /** A journal is made, or a log of small files. */
        CREATE_JOURNAL,
        /** Bytes of a part. */
        WRITE,
        /** A record that is neither of the two below. */
        JOURNAL,
        /** Permissions and time of a part. */
        ATTRIBUTES,
        /** A part is synced. */
        FORCE_PART,
        /** The store's own folder is synced. */
        FORCE_STORE,
        /** The record that a name is about to be given. */
        JOURNAL_COMMITTING,
        /** A journal is synced, or a log of small files. */
        FORCE_JOURNAL,
        /** A folder for a name is made. */
        MAKE_FOLDER,
        /** A part gets a name that nobody has. */
        LINK,
        /** A part gets a name in place of what may have it. */
        MOVE,
        /** A folder of a name is synced. */
        FORCE_FOLDER,
        /** A part is deleted. */
        DELETE_PART,
        /** The record that a file has its name. */
        JOURNAL_COMPLETE,
        /** A journal is deleted, or a log of small files. */
        DELETE_JOURNAL
    }

    /**
     * Before the change.
     *
     * @param step which one
     * @param path of what is changed; for a record in a log of small files, the store's own folder
     * @throws IOException in place of the change, as if the disk had failed
     */
    void about(Step step, Path path) throws IOException;
}
