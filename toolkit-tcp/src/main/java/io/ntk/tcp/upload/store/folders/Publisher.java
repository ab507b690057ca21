package io.ntk.tcp.upload.store.folders;

import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives parts their names. A link has to be made by path: it is looked up through the open folder afterwards, and undone when
 * it is a foreign one. Thread-safe.
 */
public final class Publisher {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
    private static final int MAX_ATTEMPTS = 10_000;
    /* Of more folders nothing is known, and their parents are synced once more. */
    private static final int MAX_LASTING = 10_000;

    private final Path root;
    private final Path own;
    private final Disk disk;
    private final FolderNames names = new FolderNames();
    /* Folders whose own entries are on the disk. A folder that is not among them was made by somebody else, or for a file that was
     * not to last, and whoever puts a lasting file into it syncs the parent. */
    private final Set<Path> lasting = ConcurrentHashMap.newKeySet();

    /**
     * Makes one; nothing is held open.
     *
     * @param root names are below it
     * @param own where parts are
     * @param disk told of every change
     */
    public Publisher(Path root, Path own, Disk disk) {
        this.root = root;
        this.own = own;
        this.disk = disk;
    }

    /** Told of the name that a part is about to get. */
    @FunctionalInterface
    public interface Announcement {
        /**
         * Notes it.
         *
         * @param path from the root, {@code /} between the components
         * @throws IOException when it cannot be noted; then the name is not given
         */
        void of(String path) throws IOException;
    }

    /**
     * A way to the folders.
     *
     * @return for one thread; the caller closes it
     */
    public FolderWalk walk() {
        return new FolderWalk(root, own, disk, names, lasting);
    }

    /**
     * Gives a part its name; with {@link OnExists#OVERWRITE} the part is gone afterwards, else it has two names.
     *
     * @param walk to the folder of the name
     * @param part in the store's folder
     * @param path the name that was asked for
     * @param policy for a name that is taken, not {@link OnExists#SERVER}
     * @param announcement is told of the name before it is given, and again when another one had to be taken
     * @param changed gets the folders that are to be synced
     * @return the name that it got
     * @throws UploadException when the name is taken and the policy says to leave it, or it cannot be a name here
     * @throws IOException when the disk fails
     */
    public String publish(
            FolderWalk walk,
            Path part,
            String path,
            OnExists policy,
            Announcement announcement,
            Collection<Path> changed)
            throws IOException {
        List<String> components = List.of(path.split("/", -1));
        String name = components.get(components.size() - 1);
        String prefix = path.substring(0, path.length() - name.length());
        Folder parent = walk.open(components.subList(0, components.size() - 1), changed);
        relyOn(components.subList(0, components.size() - 1), changed);
        FolderNames.Names there = names.of(parent);
        synchronized (there) {
            for (int n = 0; n < MAX_ATTEMPTS; n++) {
                String candidate = n == 0 ? name : numbered(name, n);
                BasicFileAttributes old = there.look(parent, candidate);
                refuseFolder(old, candidate);
                if (old != null && policy == OnExists.RENAME) {
                    continue;
                }
                announcement.of(prefix + candidate);
                there.expect(parent);
                if (policy == OnExists.OVERWRITE) {
                    move(walk, part, parent, candidate);
                } else if (!link(part, parent, candidate)) {
                    there.found(candidate);
                    refuseFolder(parent.attributes(candidate), candidate);
                    if (policy == OnExists.RENAME) {
                        continue;
                    }
                    throw new UploadException(UploadError.EXISTS, candidate + " is there already");
                }
                there.add(parent, candidate);
                return prefix + candidate;
            }
        }
        throw new UploadException(UploadError.EXISTS, name + " and " + MAX_ATTEMPTS + " names like it are taken");
    }

    /** The n-th name to try when a name is taken: {@code a (1).txt}. */
    static String numbered(String name, int n) {
        int dot = name.lastIndexOf('.');
        String stem = dot <= 0 ? name : name.substring(0, dot);
        String end = dot <= 0 ? "" : name.substring(dot);
        String number = " (" + n + ")";
        while ((stem + number + end).getBytes(StandardCharsets.UTF_8).length > UploadName.MAX_COMPONENT_BYTES
                && stem.length() > 1) {
            stem = stem.substring(0, stem.offsetByCodePoints(stem.length(), -1));
        }
        return stem + number + end;
    }

    /** Replaces in one step, through the open folders. */
    private void move(FolderWalk walk, Path part, Folder parent, String name) throws IOException {
        disk.about(Disk.Step.MOVE, parent.path().resolve(name));
        try {
            walk.parts().stream().move(Objects.requireNonNull(part.getFileName()), parent.stream(), Path.of(name));
        } catch (FileSystemException e) {
            refuseFolder(parent.attributes(name), name); // made since the names were looked at
            throw e;
        }
    }

    private static void refuseFolder(@Nullable BasicFileAttributes there, String name) {
        if (there != null && there.isDirectory()) {
            throw new UploadException(UploadError.TYPE_CONFLICT, name + " is a folder");
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
            throw FolderWalk.foreign(target);
        }
        BasicFileAttributes linked = parent.attributes(name);
        Object wanted = Folder.key(part);
        if (linked == null || !Objects.equals(linked.fileKey(), wanted)) {
            if (Objects.equals(Folder.key(target), wanted)) {
                Files.deleteIfExists(target);
            }
            throw FolderWalk.foreign(target);
        }
        return true;
    }

    /**
     * Takes a name back that a link has given to a part, since nobody may be told of it: the disk failed to sync the folder.
     * What is another file by now stays, and so does what replaced an older one, which is gone for good.
     *
     * @param walk to the folder of the name
     * @param path the name
     * @param part in the store's folder, which still has its own name
     */
    public void withdraw(FolderWalk walk, String path, Path part) {
        List<String> components = List.of(path.split("/", -1));
        String name = components.get(components.size() - 1);
        try {
            Folder parent = walk.parent(components);
            BasicFileAttributes there = parent == null ? null : parent.attributes(name);
            if (parent != null && there != null && Objects.equals(there.fileKey(), Folder.key(part))) {
                parent.stream().deleteFile(Path.of(name));
            }
        } catch (IOException e) {
            LOG.warn("cannot take the name {} back: {}", name, e.toString());
        }
    }

    /**
     * What is to be synced so that a folder lasts, with what is in it: itself, and the parents of all above it that are not known
     * to last.
     *
     * @param components of the folder from the root; it exists
     * @param changed gets the folders that are to be synced
     */
    public void relyOn(List<String> components, Collection<Path> changed) {
        Path above = root;
        for (String component : components) {
            Path folder = above.resolve(component);
            if (!lasting.contains(folder)) {
                changed.add(above);
            }
            above = folder;
        }
        changed.add(above);
    }

    /**
     * Syncs folders, each once.
     *
     * @param folders by their paths
     * @throws IOException when the disk fails; some may be synced
     */
    public void force(Collection<Path> folders) throws IOException {
        Set<Path> each = new LinkedHashSet<>(folders);
        for (Path folder : each) {
            disk.about(Disk.Step.FORCE_FOLDER, folder);
            Folder.force(folder);
        }
        if (lasting.size() + each.size() > MAX_LASTING) {
            lasting.clear();
        }
        each.stream().filter(folder -> each.contains(folder.getParent())).forEach(lasting::add);
    }

    /**
     * Syncs the folders that a published name is in, after a crash that may have come before that.
     *
     * @param name as it was published
     * @param changed others to sync
     * @throws IOException when the disk fails; some may be synced
     */
    public void forceFoldersOf(String name, Collection<Path> changed) throws IOException {
        List<Path> folders = new ArrayList<>(changed);
        Path each = root;
        folders.add(each);
        String[] components = name.split("/", -1);
        for (int i = 0; i < components.length - 1; i++) {
            each = each.resolve(components[i]);
            if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
                folders.add(each);
            }
        }
        force(folders);
    }
}
