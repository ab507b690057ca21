package io.ntk.tcp.upload.store.folders;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A folder that is held open: what is done through it is done there, wherever its path leads by then.
 *
 * @param path where it was found
 * @param stream the open folder; closed with this
 * @param key what tells it from other folders
 */
public record Folder(Path path, SecureDirectoryStream<Path> stream, Object key) implements Closeable {
    /** Opens a folder by its path; the caller closes it. */
    static Folder open(Path path) throws IOException {
        return of(path, secure(path));
    }

    /** One that is open already, and closed when this fails. */
    static Folder of(Path path, SecureDirectoryStream<Path> stream) throws IOException {
        try {
            Object key = stream.getFileAttributeView(BasicFileAttributeView.class)
                    .readAttributes()
                    .fileKey();
            return new Folder(path, stream, Objects.requireNonNull(key, "fileKey"));
        } catch (IOException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    /** Opens a folder, in a way that it can be walked safely; the caller closes it. */
    @SuppressWarnings("unchecked") // the only kind of SecureDirectoryStream that a provider gives
    static SecureDirectoryStream<Path> secure(Path folder) throws IOException {
        DirectoryStream<Path> stream = folder.getFileSystem().provider().newDirectoryStream(folder, entry -> true);
        if (stream instanceof SecureDirectoryStream<?> secure) {
            return (SecureDirectoryStream<Path>) secure;
        }
        stream.close();
        throw new IOException("this system cannot walk folders without following links");
    }

    /**
     * Syncs a folder: the names in it, not what they name.
     *
     * @param folder by its path
     * @throws IOException when it is not there, or the disk fails
     */
    public static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * What tells a file from others, whatever its name is.
     *
     * @param path by which it is found; a link is not followed
     * @return null where there is none
     * @throws IOException when it cannot be looked at
     */
    public static @Nullable Object key(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** When something was last made in it, or deleted. */
    FileTime modified() throws IOException {
        return stream.getFileAttributeView(BasicFileAttributeView.class)
                .readAttributes()
                .lastModifiedTime();
    }

    /** What is at a name; null for nothing. */
    @Nullable
    BasicFileAttributes attributes(String name) throws IOException {
        try {
            return stream.getFileAttributeView(Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
