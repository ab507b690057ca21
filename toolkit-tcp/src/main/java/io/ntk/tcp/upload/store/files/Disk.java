package io.ntk.tcp.upload.store.files;

import java.io.IOException;
import java.nio.file.Path;

/** Told of every change before it is made; what it throws happens in place of the change. The seam for faults in tests. */
@FunctionalInterface
interface Disk {
    /** Changes nothing. */
    Disk REAL = (step, path) -> {};

    /** The changes that a store makes. */
    enum Step {
        CREATE_PART,
        CREATE_JOURNAL,
        WRITE,
        JOURNAL,
        ATTRIBUTES,
        FORCE_PART,
        FORCE_STORE,
        JOURNAL_COMMITTING,
        FORCE_JOURNAL,
        MAKE_FOLDER,
        LINK,
        MOVE,
        FORCE_FOLDER,
        DELETE_PART,
        JOURNAL_COMPLETE,
        DELETE_JOURNAL
    }

    /** Before the change. */
    void about(Step step, Path path) throws IOException;
}
