package io.ntk.tcp.upload.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives parts their names. Folders are walked one component at a time through open folders, following no link; what had to
 * be done by path (a new folder, a link) is looked up through the open folder afterwards, and undone when it is a foreign one.
 */
final class Publisher {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
    private static final int MAX_ATTEMPTS = 10_000;
    private static final int MAX_INDEXES = 64;
    private static final int MAX_INDEXED_NAMES = 200_000;

    private final Path root;
    private final Path own;
    private final Disk disk;
    /* What names there are, for the last used folders. */
    private final Map<Object, NameIndex> indexes = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, NameIndex> eldest) {
            return size() > MAX_INDEXES;
        }
    };

    Publisher(Path root, Path own, Disk disk) {
        this.root = root;
        this.own = own;
        this.disk = disk;
    }

    /** The names of one folder by what is the same for names that collide; good while the folder's time is the same. */
    private static final class NameIndex {
        private final Map<String, String> names = new HashMap<>();
        private @Nullable FileTime time;
    }

    /** A folder that is held open. */
    record Folder(Path path, SecureDirectoryStream<Path> stream, Object key) implements Closeable {
        @Override
        public void close() throws IOException {
            stream.close();
        }

        @Nullable
        BasicFileAttributes attributes(String name) throws IOException {
            try {
                return stream.getFileAttributeView(
                                Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
            } catch (NoSuchFileException e) {
                return null;
            }
        }
    }

    /** Told of the name that a part is about to get. */
    interface Announcement {
        void of(String path) throws IOException;
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

    private static Folder folder(Path path, SecureDirectoryStream<Path> stream) throws IOException {
        Object key = stream.getFileAttributeView(BasicFileAttributeView.class)
                .readAttributes()
                .fileKey();
        return new Folder(path, stream, Objects.requireNonNull(key, "fileKey"));
    }

    private Folder root() throws IOException {
        return folder(root, secure(root));
    }

    /** Finds a folder; null where a component is missing. */
    @Nullable
    Folder find(List<String> components) throws IOException {
        return walk(components, null);
    }

    /**
     * Opens a folder, and makes what is missing of it.
     *
     * @param changed gets the folders that are to be synced for it
     */
    Folder open(List<String> components, Collection<Path> changed) throws IOException {
        return Objects.requireNonNull(walk(components, changed));
    }

    private @Nullable Folder walk(List<String> components, @Nullable Collection<Path> changed) throws IOException {
        Folder folder = root();
        try {
            for (String name : components) {
                Folder next = step(folder, name, changed);
                folder.close();
                if (next == null) {
                    return null;
                }
                folder = next;
            }
            return folder;
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private @Nullable Folder step(Folder in, String name, @Nullable Collection<Path> changed) throws IOException {
        Path path = in.path().resolve(name);
        BasicFileAttributes there = in.attributes(name);
        boolean made = false;
        if (there == null) {
            if (changed == null) {
                refuseCollision(in, name);
                return null;
            }
            made = make(in, name, path);
            changed.add(in.path());
            there = in.attributes(name);
            if (there == null) {
                Files.deleteIfExists(path);
                throw foreign(path);
            }
        }
        if (!there.isDirectory()) {
            throw new UploadException(
                    UploadError.TYPE_CONFLICT, name + (there.isSymbolicLink() ? " is a link" : " is no folder"));
        }
        Folder next = folder(path, in.stream().newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
        if (made && !next.key().equals(key(path))) {
            next.close();
            throw foreign(path);
        }
        return next;
    }

    private boolean make(Folder in, String name, Path path) throws IOException {
        NameIndex index = index(in);
        synchronized (index) {
            refuseCollision(in, name, index);
            try {
                disk.about(Disk.Step.MAKE_FOLDER, path);
                Files.createDirectory(path);
                added(in, index, name);
                return true;
            } catch (FileAlreadyExistsException e) {
                return false; // another upload was sooner
            } catch (NoSuchFileException e) {
                throw foreign(path);
            }
        }
    }

    private static @Nullable Object key(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static UploadException foreign(Path path) {
        return new UploadException(
                UploadError.FORBIDDEN, path.getFileName() + ": somebody changed a folder above it meanwhile");
    }

    /** Refuses a name that differs from an existing one in case or normalisation alone. */
    void refuseCollision(Folder in, String name) throws IOException {
        NameIndex index = index(in);
        synchronized (index) {
            refuseCollision(in, name, index);
        }
    }

    private static void refuseCollision(Folder in, String name, NameIndex index) throws IOException {
        FileTime now = time(in);
        if (!now.equals(index.time)) {
            index.names.clear();
            // A stream can be gone through once, so the folder is opened by its own name.
            try (var names = in.stream().newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
                for (Path each : names) {
                    String there = Objects.requireNonNull(each.getFileName()).toString();
                    index.names.put(UploadName.fold(there), there);
                }
            }
            index.time = now;
        }
        String other = index.names.get(UploadName.fold(name));
        if (index.names.size() > MAX_INDEXED_NAMES) {
            index.time = null;
            index.names.clear();
        }
        if (other != null && !other.equals(name) && in.attributes(other) != null && in.attributes(name) == null) {
            throw new UploadException(
                    UploadError.NAME_COLLISION,
                    name + ": there is " + other + ", which some systems take for the same");
        }
    }

    private static void added(Folder in, NameIndex index, String name) throws IOException {
        index.names.put(UploadName.fold(name), name);
        index.time = time(in);
    }

    private static FileTime time(Folder in) throws IOException {
        return in.stream()
                .getFileAttributeView(BasicFileAttributeView.class)
                .readAttributes()
                .lastModifiedTime();
    }

    private NameIndex index(Folder in) {
        synchronized (indexes) {
            return indexes.computeIfAbsent(in.key(), key -> new NameIndex());
        }
    }

    /**
     * Gives a part its name; the part is gone afterwards.
     *
     * @param part in the store's folder
     * @param path the name that was asked for
     * @param policy for a name that is taken, not {@link OnExists#SERVER}
     * @param announcement is told of the name before it is given, and again when another one had to be taken
     * @param changed gets the folders that are to be synced
     * @return the name that it got
     */
    String publish(Path part, String path, OnExists policy, Announcement announcement, Collection<Path> changed)
            throws IOException {
        List<String> components = List.of(path.split("/", -1));
        String name = components.get(components.size() - 1);
        List<String> parents = components.subList(0, components.size() - 1);
        String prefix = path.substring(0, path.length() - name.length());
        try (Folder parent = open(parents, changed)) {
            changed.add(parent.path());
            NameIndex index = index(parent);
            synchronized (index) {
                for (int n = 0; n < MAX_ATTEMPTS; n++) {
                    String candidate = n == 0 ? name : UploadName.numbered(name, n);
                    refuseCollision(parent, candidate, index);
                    BasicFileAttributes there = parent.attributes(candidate);
                    if (there != null && there.isDirectory()) {
                        throw new UploadException(UploadError.TYPE_CONFLICT, candidate + " is a folder");
                    }
                    if (there != null && policy == OnExists.RENAME) {
                        continue;
                    }
                    announcement.of(prefix + candidate);
                    if (policy == OnExists.OVERWRITE) {
                        move(part, parent, candidate);
                    } else if (!link(part, parent, candidate)) {
                        if (policy == OnExists.RENAME) {
                            continue;
                        }
                        throw new UploadException(UploadError.EXISTS, candidate + " is there already");
                    }
                    added(parent, index, candidate);
                    return prefix + candidate;
                }
            }
        }
        throw new UploadException(UploadError.EXISTS, name + " and " + MAX_ATTEMPTS + " names like it are taken");
    }

    /** Replaces in one step, through the open folders. */
    private void move(Path part, Folder parent, String name) throws IOException {
        disk.about(Disk.Step.MOVE, parent.path().resolve(name));
        try (var parts = secure(own)) {
            parts.move(Objects.requireNonNull(part.getFileName()), parent.stream(), Path.of(name));
        }
    }

    /** Takes a name that nobody has, or says that somebody has it. */
    private boolean link(Path part, Folder parent, String name) throws IOException {
        Path target = parent.path().resolve(name);
        disk.about(Disk.Step.LINK, target);
        try {
            Files.createLink(target, part);
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (NoSuchFileException e) {
            throw foreign(target);
        }
        BasicFileAttributes linked = parent.attributes(name);
        Object own = key(part);
        if (linked == null || !Objects.equals(linked.fileKey(), own)) {
            if (Objects.equals(key(target), own)) {
                Files.deleteIfExists(target);
            }
            throw foreign(target);
        }
        return true;
    }

    /**
     * Takes a name back that a link has given to a part, since nobody may be told of it: the disk failed to sync the folder.
     * What is another file by now stays, and so does what replaced an older one, which is gone for good.
     */
    void withdraw(String path, Path part) {
        List<String> components = List.of(path.split("/", -1));
        String name = components.get(components.size() - 1);
        try (Folder parent = find(components.subList(0, components.size() - 1))) {
            BasicFileAttributes there = parent == null ? null : parent.attributes(name);
            if (parent != null && there != null && Objects.equals(there.fileKey(), key(part))) {
                parent.stream().deleteFile(Path.of(name));
            }
        } catch (IOException e) {
            LOG.warn("cannot take the name {} back: {}", name, e.toString());
        }
    }

    /** Syncs folders, each once. */
    void force(Collection<Path> folders) throws IOException {
        Set<Path> each = new LinkedHashSet<>(folders);
        for (Path folder : each) {
            disk.about(Disk.Step.FORCE_FOLDER, folder);
            forceFolder(folder);
        }
    }

    static void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** What is at a name; null for nothing, or where a folder above it is missing. */
    @Nullable
    BasicFileAttributes look(List<String> components) throws IOException {
        String name = components.get(components.size() - 1);
        try (Folder parent = find(components.subList(0, components.size() - 1))) {
            if (parent == null) {
                return null;
            }
            refuseCollision(parent, name);
            return parent.attributes(name);
        }
    }

    /** The bytes of a file, to compare them. */
    FileChannel read(List<String> components) throws IOException {
        String name = components.get(components.size() - 1);
        try (Folder parent = find(components.subList(0, components.size() - 1))) {
            if (parent == null) {
                throw new NoSuchFileException(name);
            }
            var channel = parent.stream()
                    .newByteChannel(Path.of(name), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            return (FileChannel) channel;
        }
    }
}
