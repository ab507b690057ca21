package io.ntk.tcp.http.files;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A folder that is open: what is looked at or opened in it is in this very folder, whatever is renamed or linked
 * meanwhile.
 *
 * <p>On Linux this is {@link SecureDirectoryStream} ({@code openat} and {@code fstatat}, never following a link). Where
 * the platform has none, the real path is compared before and after each opening, which leaves a gap that only somebody
 * who can write to the folder could use. A name is always looked at before it is opened, since the opening of a FIFO
 * waits for a writer.
 */
sealed interface OpenFolder extends Closeable {
    Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    /** What has this name: a link is not followed. Null when there is nothing, or nothing that may be seen. */
    @Nullable
    BasicFileAttributes look(Path name) throws IOException;

    /** Opens a folder in this one; null when it is none. */
    @Nullable
    OpenFolder enter(Path name) throws IOException;

    /** Opens a file that was looked at; null when it is gone. */
    @Nullable
    FileChannel open(Path name) throws IOException;

    /** The names in it, in no order; only once. */
    Iterator<Path> names();

    /** Opens the root; null when it is not there. */
    static @Nullable OpenFolder root(Path root) throws IOException {
        try {
            Path real = root.toRealPath();
            DirectoryStream<Path> stream = stream(real);
            return stream instanceof SecureDirectoryStream<Path> secure
                    ? new Secure(secure)
                    : new Compared(real, stream);
        } catch (NoSuchFileException | AccessDeniedException | NotDirectoryException e) {
            return null;
        }
    }

    @SuppressWarnings("StreamResourceLeak") // the OpenFolder that gets it closes it
    private static DirectoryStream<Path> stream(Path folder) throws IOException {
        return Files.newDirectoryStream(folder);
    }

    /** Opens the folder that a list of names leads to; null when it is not there. */
    static @Nullable OpenFolder walk(Path root, List<String> segments) throws IOException {
        OpenFolder folder = root(root);
        for (String segment : segments) {
            if (folder == null) {
                return null;
            }
            try (OpenFolder parent = folder) {
                folder = parent.enter(RequestPath.nameOf(segment));
            }
        }
        return folder;
    }

    /** By file descriptors. */
    record Secure(SecureDirectoryStream<Path> stream) implements OpenFolder {
        @Override
        public @Nullable BasicFileAttributes look(Path name) throws IOException {
            try {
                return stream.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
            } catch (NoSuchFileException | AccessDeniedException | NotDirectoryException e) {
                return null;
            }
        }

        @Override
        public @Nullable OpenFolder enter(Path name) throws IOException {
            BasicFileAttributes found = look(name);
            if (found == null || !found.isDirectory()) {
                return null;
            }
            try {
                return new Secure(stream.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS));
            } catch (NoSuchFileException | AccessDeniedException | NotDirectoryException e) {
                return null;
            }
        }

        @Override
        public @Nullable FileChannel open(Path name) throws IOException {
            return fileOf(() -> stream.newByteChannel(name, READ));
        }

        @Override
        public Iterator<Path> names() {
            return stream.iterator();
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }

    /** By comparing real paths. */
    record Compared(Path folder, DirectoryStream<Path> stream) implements OpenFolder {
        @Override
        public @Nullable BasicFileAttributes look(Path name) throws IOException {
            try {
                return Files.readAttributes(folder.resolve(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            } catch (NoSuchFileException | AccessDeniedException e) {
                return null;
            }
        }

        @Override
        public @Nullable OpenFolder enter(Path name) throws IOException {
            BasicFileAttributes found = look(name);
            Path child = folder.resolve(name);
            if (found == null || !found.isDirectory() || !child.toRealPath().equals(child)) {
                return null;
            }
            try {
                return new Compared(child, OpenFolder.stream(child));
            } catch (NoSuchFileException | AccessDeniedException | NotDirectoryException e) {
                return null;
            }
        }

        @Override
        public @Nullable FileChannel open(Path name) throws IOException {
            Path child = folder.resolve(name);
            FileChannel file = fileOf(() -> Files.newByteChannel(child, READ));
            if (file != null && !child.toRealPath().equals(child)) {
                file.close();
                return null;
            }
            return file;
        }

        @Override
        public Iterator<Path> names() {
            return stream.iterator();
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }

    /** An opening that may fail. */
    interface Opening {
        SeekableByteChannel open() throws IOException;
    }

    private static @Nullable FileChannel fileOf(Opening opening) throws IOException {
        SeekableByteChannel channel;
        try {
            channel = opening.open();
        } catch (NoSuchFileException | AccessDeniedException e) {
            return null;
        }
        if (channel instanceof FileChannel file) {
            return file;
        }
        channel.close();
        throw new IOException("the file system has no file channels");
    }
}
