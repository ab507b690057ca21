package io.ntk.tcp.upload.client;

import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;

/** One thing to send. */
public sealed interface SendItem {
    /**
     * Its name at the receiver.
     *
     * @return components joined by {@code /}
     */
    String name();

    /**
     * A regular file.
     *
     * @param source where it is
     * @param name at the receiver
     * @param size when it was looked at, for the progress; it may have changed since
     */
    record File(Path source, String name, long size) implements SendItem {}

    /**
     * A folder, without what is in it.
     *
     * @param source where it is
     * @param name at the receiver
     */
    record Folder(Path source, String name) implements SendItem {}

    /**
     * What can be read once, and whose size nobody knows.
     *
     * @param source blocking; not closed
     * @param name at the receiver
     */
    record Pipe(ReadableByteChannel source, String name) implements SendItem {}
}
