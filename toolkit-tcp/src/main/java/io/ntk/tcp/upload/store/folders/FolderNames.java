package io.ntk.tcp.upload.store.folders;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadName;
import java.io.IOException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which names there are in the last used folders, to find those that differ in case or normalisation alone. Thread-safe: who
 * makes a name holds the lock of its folder, {@link #of}, from the question to {@link Names#add}.
 */
final class FolderNames {
    private static final int MAX_FOLDERS = 64;
    private static final int MAX_NAMES = 200_000;

    private final Map<Object, Names> folders = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Names> eldest) {
            return size() > MAX_FOLDERS;
        }
    };

    /** The names of one folder, which are also the lock for making one in it. */
    Names of(Folder folder) {
        synchronized (folders) {
            return folders.computeIfAbsent(folder.key(), key -> new Names());
        }
    }

    /** The names of one folder by what is the same for names that collide; good while the folder's time is the same. */
    static final class Names {
        private final Map<String, String> names = new HashMap<>();
        private @Nullable FileTime time;

        /**
         * Refuses a name that differs from an existing one in case or normalisation alone.
         *
         * @throws UploadException when it does
         */
        synchronized void refuseCollision(Folder in, String name) throws IOException {
            FileTime now = in.modified();
            if (!now.equals(time)) {
                readAll(in);
                time = now;
            }
            String other = names.get(UploadName.fold(name));
            if (names.size() > MAX_NAMES) {
                time = null;
                names.clear();
            }
            if (other != null && !other.equals(name) && in.attributes(other) != null && in.attributes(name) == null) {
                throw new UploadException(
                        UploadError.NAME_COLLISION,
                        name + ": there is " + other + ", which some systems take for the same");
            }
        }

        private void readAll(Folder in) throws IOException {
            names.clear();
            // A stream can be gone through once, so the folder is opened by its own name.
            try (var all = in.stream().newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
                for (Path each : all) {
                    String there = Objects.requireNonNull(each.getFileName()).toString();
                    names.put(UploadName.fold(there), there);
                }
            }
        }

        /** A name has been made. */
        synchronized void add(Folder in, String name) throws IOException {
            names.put(UploadName.fold(name), name);
            time = in.modified();
        }
    }
}
