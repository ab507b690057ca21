package io.ntk.tcp.upload.store.folders;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadName;
import java.io.IOException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which names there are in the last used folders, to find those that differ in case or normalisation alone. Thread-safe: who
 * makes a name holds the lock of its folder, {@link #of}, from the question to {@link Names#add}.
 *
 * <p>Memory: 64 folders, and a million names in all of them together, each in a {@link NameTable}. Where that is not enough,
 * the folders that were not used for the longest time are read again when they are; one folder that has more names is read
 * for each question.
 */
final class FolderNames {
    private static final int MAX_FOLDERS = 64;
    private static final int MAX_NAMES = 1_000_000;
    private static final int COUNT_EVERY = 1024;

    private final int maxNames;
    private final Map<Object, Names> folders = new LinkedHashMap<>(16, 0.75f, true);

    FolderNames() {
        this(MAX_NAMES);
    }

    FolderNames(int maxNames) {
        this.maxNames = maxNames;
    }

    /** The names of one folder, which are also the lock for making one in it. */
    Names of(Folder folder) {
        synchronized (folders) {
            Names names = folders.computeIfAbsent(folder.key(), key -> new Names());
            if (folders.size() > MAX_FOLDERS) {
                forgetEldest(folders.size() - MAX_FOLDERS, Integer.MAX_VALUE);
            }
            return names;
        }
    }

    /** Forgets so many folders, and those beyond a number of names; the last used one stays. */
    private void forgetEldest(int count, int most) {
        int left = count;
        long names = folders.values().stream().mapToLong(each -> each.size).sum();
        Iterator<Names> eldest = folders.values().iterator();
        for (int others = folders.size() - 1; others > 0 && (left > 0 || names > most); others--) {
            names -= eldest.next().size;
            eldest.remove();
            left--;
        }
    }

    private void trim() {
        synchronized (folders) {
            forgetEldest(0, maxNames);
        }
    }

    /** How many names are held, in all folders. */
    int size() {
        synchronized (folders) {
            return folders.values().stream().mapToInt(each -> each.size).sum();
        }
    }

    /** The names of one folder by what is the same for names that collide; good while the folder's time is the same. */
    final class Names {
        private NameTable names = new NameTable();
        private @Nullable FileTime time;
        private volatile int size;

        /**
         * Looks at what is at a name. A folder that is as it was read is not asked for a name that it has not got: who is told
         * of nothing has to make the name in a way that fails when somebody was sooner.
         *
         * @return null for nothing
         * @throws UploadException when there is one that differs in case or normalisation alone
         */
        synchronized @Nullable BasicFileAttributes look(Folder in, String name) throws IOException {
            FileTime now = in.modified();
            String folded = UploadName.fold(name);
            String other = now.equals(time) ? names.get(folded) : readAll(in, folded, now);
            if (other == null) {
                return null;
            }
            BasicFileAttributes there = in.attributes(name);
            if (there == null && !other.equals(name) && in.attributes(other) != null) {
                throw new UploadException(
                        UploadError.NAME_COLLISION,
                        name + ": there is " + other + ", which some systems take for the same");
            }
            return there;
        }

        /** Reads the folder, and finds one name in it; where it has too many, none is held. */
        private @Nullable String readAll(Folder in, String folded, FileTime now) throws IOException {
            forget();
            String found = null;
            int count = 0;
            // A stream can be gone through once, so the folder is opened by its own name.
            try (var all = in.stream().newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
                for (Path each : all) {
                    String there = Objects.requireNonNull(each.getFileName()).toString();
                    String key = UploadName.fold(there);
                    found = key.equals(folded) ? there : found;
                    count++;
                    if (count <= maxNames) {
                        names.put(key, there);
                    } else if (count == maxNames + 1) {
                        forget();
                    }
                }
            }
            if (count <= maxNames) {
                time = now;
                size = names.size();
                trim();
            }
            return found;
        }

        private void forget() {
            names = new NameTable();
            size = 0;
            time = null;
        }

        /**
         * A name is about to be made. What others made since the names were looked at changed the time of the folder, as this
         * name is going to: now is the last moment to tell.
         */
        synchronized void expect(Folder in) throws IOException {
            if (!in.modified().equals(time)) {
                forget();
            }
        }

        /** A name has been made. Of a folder whose names are not known it is not noted: it would pass for the only one. */
        synchronized void add(Folder in, String name) throws IOException {
            if (time == null) {
                return;
            }
            names.put(UploadName.fold(name), name);
            time = in.modified();
            size = names.size();
            if (size > maxNames) {
                forget();
            } else if (size % COUNT_EVERY == 0) {
                trim();
            }
        }

        /** There is a name of which {@link #look} knew nothing: others made it while the time of the folder stood still. */
        synchronized void found(String name) {
            if (time != null) {
                names.put(UploadName.fold(name), name);
                size = names.size();
            }
        }
    }
}
