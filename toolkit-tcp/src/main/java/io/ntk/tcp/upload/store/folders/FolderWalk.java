package io.ntk.tcp.upload.store.folders;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to folders below the root: one component at a time through open folders, following no link. What is found is held
 * open until this is closed, so that the files of a batch share it; a folder whose place another one takes meanwhile is still
 * the one that was found. A new folder has to be made by path: it is looked up through the open one afterwards, and is
 * refused when it is a foreign one. Used by one thread.
 */
public final class FolderWalk implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(FolderWalk.class);
    private static final int MAX_HELD = 64;

    private final Path root;
    private final Path own;
    private final Disk disk;
    private final FolderNames names;
    private final Set<Path> lasting;
    /* By what leads to them; those that were used last are the last. */
    private final Map<List<String>, Folder> held = new LinkedHashMap<>(16, 0.75f, true);

    private @Nullable Folder parts;

    /**
     * @param lasting folders whose entries are on the disk; those that are made are none of them
     */
    FolderWalk(Path root, Path own, Disk disk, FolderNames names, Set<Path> lasting) {
        this.root = root;
        this.own = own;
        this.disk = disk;
        this.names = names;
        this.lasting = lasting;
    }

    /** The store's own folder, where parts are. */
    Folder parts() throws IOException {
        Folder there = parts;
        if (there == null) {
            there = Folder.open(own);
            parts = there;
        }
        return there;
    }

    /** Finds a folder, which is good until the next is found; null where a component is missing. */
    @Nullable
    Folder find(List<String> components) throws IOException {
        return walk(components, null);
    }

    /**
     * Finds a folder, which is good until the next is found, and makes what is missing of it.
     *
     * @param components from the root
     * @param changed gets the folders that are to be synced for it
     * @return held by this
     * @throws UploadException when a component is a link or a file, collides with another name, or was swapped meanwhile
     * @throws IOException when the disk fails
     */
    public Folder open(List<String> components, Collection<Path> changed) throws IOException {
        return Objects.requireNonNull(walk(components, changed));
    }

    /** The folder that a name is in; null where a component above it is missing. */
    @Nullable
    Folder parent(List<String> name) throws IOException {
        return find(name.subList(0, name.size() - 1));
    }

    private @Nullable Folder walk(List<String> components, @Nullable Collection<Path> changed) throws IOException {
        Folder there = held.get(components);
        if (there != null) {
            return there;
        }
        if (components.isEmpty()) {
            return hold(components, Folder.open(root));
        }
        int last = components.size() - 1;
        Folder above = walk(components.subList(0, last), changed);
        Folder next = above == null ? null : step(above, components.get(last), changed);
        return next == null ? null : hold(components, next);
    }

    private Folder hold(List<String> components, Folder folder) throws IOException {
        held.put(List.copyOf(components), folder);
        if (held.size() > MAX_HELD) {
            var each = held.values().iterator();
            Folder eldest = each.next();
            each.remove();
            eldest.close();
        }
        return folder;
    }

    private @Nullable Folder step(Folder in, String name, @Nullable Collection<Path> changed) throws IOException {
        Path path = in.path().resolve(name);
        BasicFileAttributes there = in.attributes(name);
        boolean made = false;
        if (there == null) {
            if (changed == null) {
                names.of(in).look(in, name); // which refuses one that collides
                return null;
            }
            made = make(in, name, path);
            changed.add(in.path());
            there = in.attributes(name);
            if (there == null) {
                if (made) {
                    Files.deleteIfExists(path);
                }
                throw foreign(path);
            }
        }
        if (!there.isDirectory()) {
            throw new UploadException(
                    UploadError.TYPE_CONFLICT, name + (there.isSymbolicLink() ? " is a link" : " is no folder"));
        }
        Folder next = Folder.of(path, in.stream().newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
        if (made && !next.key().equals(Folder.key(path))) {
            next.close();
            throw foreign(path);
        }
        return next;
    }

    private boolean make(Folder in, String name, Path path) throws IOException {
        FolderNames.Names there = names.of(in);
        synchronized (there) {
            if (there.look(in, name) != null) {
                return false;
            }
            try {
                disk.about(Disk.Step.MAKE_FOLDER, path);
                there.expect(in);
                lasting.remove(path); // one of that name may have been deleted by hand
                Files.createDirectory(path);
                there.add(in, name);
                return true;
            } catch (FileAlreadyExistsException e) {
                there.found(name);
                return false; // somebody else was sooner
            } catch (NoSuchFileException e) {
                throw foreign(path);
            }
        }
    }

    /** What is said of a folder or a link that turned out to be at another place. */
    static UploadException foreign(Path path) {
        return new UploadException(
                UploadError.FORBIDDEN, path.getFileName() + ": somebody changed a folder above it meanwhile");
    }

    /**
     * What is at a name.
     *
     * @param name its components from the root, at least one
     * @return null for nothing, or where a folder above it is missing
     * @throws UploadException when a name that is there differs in case or normalisation alone, or a folder above it is none
     * @throws IOException when the disk fails
     */
    public @Nullable BasicFileAttributes look(List<String> name) throws IOException {
        Folder parent = parent(name);
        if (parent == null) {
            return null;
        }
        return names.of(parent).look(parent, name.get(name.size() - 1));
    }

    /**
     * The bytes of a file, to compare them.
     *
     * @param name its components from the root, at least one
     * @return the caller closes it
     * @throws IOException when there is no such file, or it is a link
     */
    public FileChannel read(List<String> name) throws IOException {
        Folder parent = parent(name);
        if (parent == null) {
            throw new NoSuchFileException(String.join("/", name));
        }
        Path last = Path.of(name.get(name.size() - 1));
        return (FileChannel)
                parent.stream().newByteChannel(last, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public void close() {
        held.values().forEach(FolderWalk::close);
        held.clear();
        if (parts != null) {
            close(parts);
            parts = null;
        }
    }

    private static void close(Folder folder) {
        try {
            folder.close();
        } catch (IOException e) {
            LOG.debug("cannot close {}", folder.path(), e);
        }
    }
}
