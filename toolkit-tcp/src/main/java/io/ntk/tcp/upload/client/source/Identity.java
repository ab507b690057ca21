package io.ntk.tcp.upload.client.source;

import io.ntk.tcp.upload.store.UploadRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What tells one content of a file from another.
 *
 * @param size in bytes
 * @param modified when it was written last
 * @param file device and inode, where the system has them
 */
public record Identity(long size, Instant modified, String file) {
    /* In the order of the bits. */
    private static final List<PosixFilePermission> PERMISSIONS = List.copyOf(EnumSet.allOf(PosixFilePermission.class));

    /**
     * What one look at a file tells.
     *
     * @param identity of its content
     * @param mode its permissions as the protocol has them
     */
    public record Look(Identity identity, int mode) {}

    /**
     * Looks at a file once, for its permissions too.
     *
     * @param path of the file
     * @return what there is to see
     * @throws IOException when there is nothing to see, or no regular file
     */
    public static Look look(Path path) throws IOException {
        PosixFileAttributeView posix = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (posix == null) {
            return new Look(of(Files.readAttributes(path, BasicFileAttributes.class)), UploadRequest.NO_MODE);
        }
        PosixFileAttributes attributes = posix.readAttributes();
        return new Look(of(attributes), mode(attributes));
    }

    /**
     * Looks at a file.
     *
     * @param path of the file
     * @return its identity now
     * @throws IOException when there is nothing to see, or no regular file
     */
    public static Identity of(Path path) throws IOException {
        return of(Files.readAttributes(path, BasicFileAttributes.class));
    }

    private static Identity of(BasicFileAttributes attributes) throws IOException {
        if (!attributes.isRegularFile()) {
            throw new IOException("not a regular file");
        }
        return new Identity(
                attributes.size(), attributes.lastModifiedTime().toInstant(), String.valueOf(attributes.fileKey()));
    }

    /**
     * Of what is read once.
     *
     * @return of unknown size, and as of now
     */
    public static Identity ofPipe() {
        return new Identity(UploadRequest.UNKNOWN_SIZE, Instant.now(), "");
    }

    /**
     * The permissions of a folder, as the protocol has them.
     *
     * @param path of the folder
     * @return the lower nine bits, or {@link UploadRequest#NO_MODE} where the system has none
     * @throws IOException when there is nothing to see
     */
    public static int mode(Path path) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        return view == null ? UploadRequest.NO_MODE : mode(view.readAttributes());
    }

    private static int mode(PosixFileAttributes attributes) {
        Set<PosixFilePermission> permissions = attributes.permissions();
        int mode = 0;
        for (int i = 0; i < PERMISSIONS.size(); i++) {
            mode |= permissions.contains(PERMISSIONS.get(i)) ? 0400 >> i : 0;
        }
        return mode;
    }

    /* Written out: those of a record are made when they are first called, which takes 15 ms of each short run. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Identity that
                && size == that.size
                && modified.equals(that.modified)
                && file.equals(that.file);
    }

    @Override
    public int hashCode() {
        return Objects.hash(size, modified, file);
    }

    /** What an upload is remembered by, and keys of small files are made of: another text means another content. */
    @Override
    public String toString() {
        return size + " bytes of " + modified.getEpochSecond() + "." + modified.getNano() + " in " + file;
    }
}
