package io.ntk.tcp.http.files;

import static java.util.Objects.requireNonNull;

import java.nio.file.FileSystems;
import java.nio.file.Path;

/**
 * What of a folder is served, and how.
 *
 * @param root the folder; it may itself be a symbolic link, which is followed anew at each look
 * @param folders what a folder without {@code index.html} is answered with
 * @param hidden whether names that begin with a dot exist for clients; {@code .ntup} never does
 * @param missing what a path without a file is answered with
 * @param readers threads that read what does not come from memory, 1 to 256
 * @param cacheBytes what small files may take of memory, 0 to 1 GiB
 * @param maxListed entries of a folder that a listing looks at, 1 to 100,000
 * @param maxGzipBytes the largest text file that is compressed while it is sent; 0 for none
 */
public record FilesOptions(
        Path root,
        Folders folders,
        HiddenFiles hidden,
        Missing missing,
        int readers,
        long cacheBytes,
        int maxListed,
        long maxGzipBytes) {
    /** What a folder without {@code index.html} is answered with. */
    public enum Folders {
        /** A page of its entries. */
        LISTED,
        /** As if it was not there. */
        UNLISTED
    }

    /** Names that begin with a dot. */
    public enum HiddenFiles {
        /** As if they were not there. */
        REFUSED,
        /** Like others. */
        SERVED
    }

    /** What a path without a file is answered with. */
    public enum Missing {
        /** 404. */
        NOT_FOUND,
        /**
         * The root's {@code index.html}, where the path looks like a page: for applications that route in the browser.
         * Folders are not listed then.
         */
        INDEX
    }

    /** The largest file that is kept in memory and answered on the event loop. */
    public static final int MAX_SMALL_BYTES = 64 * 1024;

    /** The working folder, listed, nothing hidden, 4 readers, 32 MiB of memory, 10,000 entries, gzip up to 16 MiB. */
    public static final FilesOptions DEFAULTS = new FilesOptions(
            Path.of(""),
            Folders.LISTED,
            HiddenFiles.REFUSED,
            Missing.NOT_FOUND,
            4,
            32L * 1024 * 1024,
            10_000,
            16L * 1024 * 1024);

    /** Checks the bounds. */
    public FilesOptions {
        requireNonNull(root, "root");
        requireNonNull(folders, "folders");
        requireNonNull(hidden, "hidden");
        requireNonNull(missing, "missing");
        if (root.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException("root: " + root + " (expected: a folder of the default file system)");
        }
        requireWithin("readers", readers, 1, 256);
        requireWithin("cacheBytes", cacheBytes, 0, 1L << 30);
        requireWithin("maxListed", maxListed, 1, 100_000);
        requireWithin("maxGzipBytes", maxGzipBytes, 0, Long.MAX_VALUE);
    }

    private static void requireWithin(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }

    /**
     * The defaults for a folder.
     *
     * @param root the folder
     * @return the options
     */
    public static FilesOptions of(Path root) {
        return new FilesOptions(
                root,
                DEFAULTS.folders,
                DEFAULTS.hidden,
                DEFAULTS.missing,
                DEFAULTS.readers,
                DEFAULTS.cacheBytes,
                DEFAULTS.maxListed,
                DEFAULTS.maxGzipBytes);
    }

    /**
     * A copy that answers folders differently.
     *
     * @param other how
     * @return the copy
     */
    public FilesOptions withFolders(Folders other) {
        return new FilesOptions(root, other, hidden, missing, readers, cacheBytes, maxListed, maxGzipBytes);
    }

    /**
     * A copy that treats hidden names differently.
     *
     * @param other how
     * @return the copy
     */
    public FilesOptions withHidden(HiddenFiles other) {
        return new FilesOptions(root, folders, other, missing, readers, cacheBytes, maxListed, maxGzipBytes);
    }

    /**
     * A copy that answers differently for what is not there.
     *
     * @param other how
     * @return the copy
     */
    public FilesOptions withMissing(Missing other) {
        return new FilesOptions(root, folders, hidden, other, readers, cacheBytes, maxListed, maxGzipBytes);
    }

    /**
     * A copy with another number of reading threads.
     *
     * @param n how many
     * @return the copy
     */
    public FilesOptions withReaders(int n) {
        return new FilesOptions(root, folders, hidden, missing, n, cacheBytes, maxListed, maxGzipBytes);
    }

    /**
     * A copy with another bound of memory for small files.
     *
     * @param bytes how much
     * @return the copy
     */
    public FilesOptions withCacheBytes(long bytes) {
        return new FilesOptions(root, folders, hidden, missing, readers, bytes, maxListed, maxGzipBytes);
    }

    /**
     * A copy with another bound of listings.
     *
     * @param entries how many are looked at
     * @return the copy
     */
    public FilesOptions withMaxListed(int entries) {
        return new FilesOptions(root, folders, hidden, missing, readers, cacheBytes, entries, maxGzipBytes);
    }

    /**
     * A copy with another bound of compression.
     *
     * @param bytes the largest text file that is compressed while it is sent; 0 for none
     * @return the copy
     */
    public FilesOptions withMaxGzipBytes(long bytes) {
        return new FilesOptions(root, folders, hidden, missing, readers, cacheBytes, maxListed, bytes);
    }
}
