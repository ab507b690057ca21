package io.ntk.tcp.upload.store.admission;

import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadName;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.folders.FolderWalk;
import io.ntk.tcp.upload.store.folders.Publisher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is refused before the first byte, so that nothing is sent in vain: names, sizes, policies, names that are taken.
 * Thread-safe.
 */
public final class Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
    private static final int READ_BYTES = 1 << 18;

    private final StoreOptions options;
    private final Path root;
    private final Publisher publisher;

    /**
     * Nothing is held open.
     *
     * @param options what is taken
     * @param root names are below it
     * @param publisher who leads to their folders
     */
    public Admission(StoreOptions options, Path root, Publisher publisher) {
        this.options = options;
        this.root = root;
        this.publisher = publisher;
    }

    /**
     * Looks at one file that is about to come, as {@link #admit(FolderWalk, UploadRequest)} does.
     *
     * @param request the file
     * @return as there
     * @throws IOException when the disk fails
     */
    public @Nullable Receipt admit(UploadRequest request) throws IOException {
        try (FolderWalk walk = publisher.walk()) {
            return admit(walk, request);
        }
    }

    /**
     * Looks at a file that is about to come.
     *
     * @param walk to the folder that it would be in
     * @param request the file
     * @return null when it may come; the receipt where the same file is there and the policy is to skip it
     * @throws UploadException when it would be refused in the end
     * @throws IOException when the disk fails
     */
    public @Nullable Receipt admit(FolderWalk walk, UploadRequest request) throws IOException {
        List<String> components = components(request.path());
        if (request.size() > options.maxFileBytes()) {
            throw new UploadException(
                    UploadError.TOO_LARGE,
                    "a file may have " + options.maxFileBytes() + " bytes",
                    options.maxFileBytes(),
                    request.size());
        }
        return existing(walk, request, components);
    }

    /**
     * Ends a file that could not get its name: it is skipped after all when the one that came first is the same.
     *
     * @param request the file
     * @param why it got none
     * @param done gets the answer
     */
    public void conclude(UploadRequest request, UploadException why, CompletableFuture<Receipt> done) {
        Receipt same = null;
        if (why.error() == UploadError.EXISTS && policy(request) == OnExists.SKIP_SAME) {
            try (FolderWalk walk = publisher.walk()) {
                same = existing(walk, request, components(request.path()));
            } catch (IOException | UploadException e) {
                LOG.debug("not the same: {}", e.getMessage());
            }
        }
        if (same == null) {
            done.completeExceptionally(why);
        } else {
            done.complete(same);
        }
    }

    /**
     * Takes a name apart.
     *
     * @param path the name, hostile
     * @return at least one component
     * @throws UploadException when a rule is broken, or the name cannot be written in this system's character set
     */
    public List<String> components(String path) {
        List<String> components = UploadName.components(path, options.hidden());
        try {
            if (!root.resolve(path).normalize().startsWith(root)) { // the rules above see to that, and are many
                throw new UploadException(UploadError.BAD_PATH, "a name that leads out of the folder");
            }
        } catch (InvalidPathException e) {
            throw new UploadException(
                    UploadError.BAD_PATH, "a name that the server's character set has no letters for");
        }
        return components;
    }

    /**
     * The policy that holds: the sender's, unless it leaves that to the server.
     *
     * @param request the file
     * @return not {@link OnExists#SERVER}
     * @throws UploadException when the sender's is laxer than the server's
     */
    public OnExists policy(UploadRequest request) {
        OnExists asked = request.policy();
        if (!asked.isAllowedUnder(options.onExists())) {
            throw new UploadException(
                    UploadError.FORBIDDEN,
                    "the server's policy is " + options.onExists() + ", and " + asked + " is laxer");
        }
        return asked == OnExists.SERVER ? options.onExists() : asked;
    }

    /** Looks at who has the name, and refuses as the policy says. */
    private @Nullable Receipt existing(FolderWalk walk, UploadRequest request, List<String> components)
            throws IOException {
        OnExists policy = policy(request);
        BasicFileAttributes there = walk.look(components);
        if (there == null) {
            return null;
        }
        if (there.isDirectory()) {
            throw new UploadException(UploadError.TYPE_CONFLICT, request.path() + " is a folder");
        }
        return switch (policy) {
            case OVERWRITE, RENAME -> null;
            case SKIP_SAME -> {
                if (there.isRegularFile() && isSame(walk, there, request, components)) {
                    yield new Receipt(
                            request.path(), there.size(), 0, request.sha256(), EnumSet.of(Receipt.Mark.SKIPPED));
                }
                throw new UploadException(UploadError.EXISTS, request.path() + " is there already, and differs");
            }
            case REJECT, SERVER -> throw new UploadException(UploadError.EXISTS, request.path() + " is there already");
        };
    }

    private static boolean isSame(
            FolderWalk walk, BasicFileAttributes there, UploadRequest request, List<String> components)
            throws IOException {
        if (there.size() != request.size()) {
            return false;
        }
        Octets sha256 = request.sha256();
        if (sha256 == null) {
            return there.lastModifiedTime().toInstant().getEpochSecond()
                    == request.modified().getEpochSecond();
        }
        try (FileChannel channel = walk.read(components)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
            while (channel.read(buffer) >= 0) {
                digest.update(buffer.flip());
                buffer.clear();
            }
            return sha256.equals(Octets.of(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }
}
