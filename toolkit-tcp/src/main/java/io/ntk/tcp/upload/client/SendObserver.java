package io.ntk.tcp.upload.client;

/** Told how sending goes, on the thread that sends: it must not block. */
public interface SendObserver {
    /** Not interested. */
    SendObserver NONE = new SendObserver() {};

    /** What sending waits for. */
    enum Waiting {
        /** The disk or the pipe on this side. */
        SOURCE,
        /** The way to the receiver. */
        NETWORK,
        /** The receiver, which has no room for more: its disk, or its work on what it has. */
        RECEIVER,
        /** A connection, which was lost. */
        CONNECTION
    }

    /**
     * How far it is.
     *
     * @param verifiedBytes that the receiver has, of what is under way and done
     * @param totalBytes of everything, or -1 where a pipe is among it
     * @param filesDone sent, skipped or failed
     * @param filesTotal of all
     * @param waiting for what
     */
    record Progress(long verifiedBytes, long totalBytes, int filesDone, int filesTotal, Waiting waiting) {}

    /**
     * Some ten times a second.
     *
     * @param progress now
     */
    default void progress(Progress progress) {}

    /**
     * A file is done.
     *
     * @param receipt the receiver's word on it
     */
    default void done(SendReport.Receipt receipt) {}

    /**
     * A file failed for good.
     *
     * @param failure which and why
     */
    default void failed(SendReport.Failure failure) {}

    /**
     * Something went wrong, and is tried again.
     *
     * @param why for people; may quote the receiver, so hostile until escaped
     */
    default void retrying(String why) {}
}
