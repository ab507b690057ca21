package io.ntk.tcp.http.files;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.ntk.tcp.http.files.FilesOptions.Folders;
import io.ntk.tcp.http.files.FilesOptions.Missing;
import io.ntk.tcp.http.files.Variant.Coding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A folder that is served: its files, what is kept of them in memory, and the threads that read the rest. One for all
 * connections; thread-safe. Closing it lets the threads end; replies that still need them are cut.
 */
public final class SharedFolder implements AutoCloseable {
    private static final int LOOKS = 3;
    private static final RequestPath TOP = new RequestPath(List.of(), true, "");
    private static final String INDEX = "index.html";

    private final FilesOptions options;
    private final ResourceCache cache;
    private final ThreadPoolExecutor readers;
    private final AtomicLong buffered = new AtomicLong();
    private volatile Stamp stamp = Stamp.at(0);

    /** The time of a reply, in words too. */
    record Stamp(long seconds, AsciiString text) {
        static Stamp at(long seconds) {
            return new Stamp(seconds, AsciiString.of(HttpDates.text(seconds)));
        }
    }

    private SharedFolder(FilesOptions options) {
        this.options = options;
        this.cache = new ResourceCache(options.cacheBytes());
        this.readers = new ThreadPoolExecutor(
                options.readers(),
                options.readers(),
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), // a connection has one question in it at most
                new DefaultThreadFactory("ntk-files", true));
        readers.allowCoreThreadTimeOut(true);
    }

    /**
     * Opens a folder.
     *
     * @param options what of it is served, and how
     * @return the folder, to be closed when the last connection has ended
     * @throws UncheckedIOException when it is no folder, or cannot be read
     */
    public static SharedFolder open(FilesOptions options) {
        try (OpenFolder root = OpenFolder.root(options.root())) {
            if (root == null) {
                boolean there = Files.exists(options.root());
                boolean folder = Files.isDirectory(options.root());
                String why = there ? folder ? "permission denied" : "not a folder" : "no such folder";
                throw new UncheckedIOException(new IOException("cannot serve " + options.root() + ": " + why));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    new IOException("cannot serve " + options.root() + ": " + e.getMessage(), e));
        }
        return new SharedFolder(options);
    }

    /** Takes no more questions; the threads end when they have done what they were given. */
    @Override
    public void close() {
        readers.shutdown();
    }

    /** Where {@link #answer} is called. */
    Executor readers() {
        return readers;
    }

    /** Bytes that were read and are not sent yet, of all connections. */
    AtomicLong buffered() {
        return buffered;
    }

    /** The time, in whole seconds. */
    Stamp now() {
        long seconds = System.currentTimeMillis() / 1000;
        Stamp last = stamp;
        if (last.seconds != seconds) {
            last = Stamp.at(seconds);
            stamp = last;
        }
        return last;
    }

    /** The reply where it takes no look at the file system, else null. Never waits. */
    @Nullable
    Answer fromMemory(HttpRequest request) {
        if (!isRead(request.method())) {
            return Answer.methods(request.method());
        }
        Resource known = cache.fresh(RequestPath.pathOf(request.uri()));
        if (known == null) {
            return null;
        }
        Answer answer = Answer.of(known, request, now().seconds());
        if (!answer.lacksBytes()) {
            return answer;
        }
        byte[] bytes = answer.variant() == null ? null : answer.variant().bytes();
        return bytes == null ? null : answer.with(bytes);
    }

    private static boolean isRead(HttpMethod method) {
        return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    }

    /**
     * The reply; waits for the file system.
     *
     * @throws IOException when that failed for another reason than that something is not there
     */
    Answer answer(HttpRequest request) throws IOException {
        RequestPath path = RequestPath.parse(request.uri(), options.hidden());
        Answer answer = path == null ? null : find(path, request);
        if (answer == null && path != null) {
            cache.remove(path.text());
        }
        if (answer == null && options.missing() == Missing.INDEX && isPage(request, path)) {
            answer = find(TOP, request);
        }
        return answer == null ? Answer.plain(HttpResponseStatus.NOT_FOUND, request.method()) : answer;
    }

    /** A browser says that it wants a page; others are taken to want one where the last name has no ending. */
    private static boolean isPage(HttpRequest request, @Nullable RequestPath path) {
        List<String> accept = request.headers().getAll(HttpHeaderNames.ACCEPT);
        boolean bare = path == null || path.segments().isEmpty() || path.last().indexOf('.') < 0;
        return bare || accept.stream().anyMatch(field -> field.contains("text/html"));
    }

    private @Nullable Answer find(RequestPath path, HttpRequest request) throws IOException {
        int folders = path.segments().size() - (path.folder() ? 0 : 1);
        try (OpenFolder parent = OpenFolder.walk(options.root(), path.segments().subList(0, folders))) {
            if (parent == null) {
                return null;
            }
            if (path.folder()) {
                Answer index = file(parent, path.text(), INDEX, request);
                return index != null || !lists() ? index : page(parent, path, request);
            }
            Path name = RequestPath.nameOf(path.last());
            BasicFileAttributes found = parent.look(name);
            if (found == null || !found.isDirectory()) {
                return found == null ? null : file(parent, path.text(), path.last(), request);
            }
            try (OpenFolder folder = parent.enter(name)) {
                return folder != null && isServed(folder) ? Answer.moved(path, request.method()) : null;
            }
        }
    }

    private boolean lists() {
        return options.folders() == Folders.LISTED && options.missing() == Missing.NOT_FOUND;
    }

    private boolean isServed(OpenFolder folder) throws IOException {
        BasicFileAttributes index = folder.look(RequestPath.nameOf(INDEX));
        return lists() || (index != null && index.isRegularFile());
    }

    private @Nullable Answer page(OpenFolder folder, RequestPath path, HttpRequest request) throws IOException {
        FolderPage kind = FolderPage.of(path, request);
        Resource known = cache.fresh(kind.key());
        if (known == null) {
            known = cache.refresh(kind.make(folder, options));
        }
        Answer answer = Answer.of(known, request, now().seconds());
        byte[] whole = known.plain().bytes();
        return answer.lacksBytes() && whole != null ? complete(known, answer, whole) : answer;
    }

    /**
     * The file, looked at before it is opened and once more after: the same at both looks, it is the one that was opened
     * between them, and what is said of it is true.
     */
    private @Nullable Answer file(OpenFolder folder, String key, String segment, HttpRequest request)
            throws IOException {
        for (int look = 1; look <= LOOKS; look++) {
            Resource seen = Resource.look(folder, key, segment, options);
            if (seen == null) {
                return null;
            }
            Resource known = cache.refresh(seen);
            Answer answer = Answer.of(known, request, now().seconds());
            Variant variant = answer.variant();
            if (variant == null || !answer.lacksBytes()) {
                return answer;
            }
            byte[] kept = variant.bytes();
            if (kept != null) {
                return answer.with(kept);
            }
            Answer filled = fill(folder, known, answer, variant, look == LOOKS);
            if (filled != null) {
                return filled;
            }
        }
        throw new IOException("it changes faster than it can be read");
    }

    /** Null when the file is no longer the one that the answer is about. A file that only grows is taken at last. */
    private @Nullable Answer fill(OpenFolder folder, Resource known, Answer answer, Variant variant, boolean lastLook)
            throws IOException {
        FileChannel file = open(folder, variant);
        if (file == null) {
            return null;
        }
        boolean taken = false;
        try {
            if (variant.size() > FilesOptions.MAX_SMALL_BYTES) {
                BasicFileAttributes found = folder.look(variant.name());
                taken = variant.isStill(found) || (lastLook && file.size() >= variant.size());
                return taken ? answer.with(file) : null;
            }
            byte[] whole = read(file, (int) variant.size());
            boolean still = whole != null && variant.isStill(folder.look(variant.name()));
            if (whole == null || (!still && !lastLook)) {
                return null;
            }
            return still ? complete(known, answer, whole) : answer.with(coded(variant, whole));
        } finally {
            if (!taken) {
                file.close();
            }
        }
    }

    /** Null when it is gone, or is something else by now. */
    private static @Nullable FileChannel open(OpenFolder folder, Variant variant) throws IOException {
        try {
            return folder.open(variant.name());
        } catch (IOException e) {
            if (variant.isStill(folder.look(variant.name()))) {
                throw e;
            }
            return null;
        }
    }

    private Answer complete(Resource known, Answer answer, byte[] whole) throws IOException {
        Variant variant = answer.variant();
        if (variant == null) {
            return answer;
        }
        byte[] kept = variant.bytes();
        byte[] bytes = kept == null ? coded(variant, whole) : kept;
        cache.keep(known, variant, bytes);
        return answer.with(bytes);
    }

    private static byte[] coded(Variant variant, byte[] whole) throws IOException {
        if (variant.coding() != Coding.GZIP_MADE) {
            return whole;
        }
        var packed = new ByteArrayOutputStream(whole.length / 2);
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(whole);
        }
        return packed.toByteArray();
    }

    /** Null when there is less than that. */
    private static byte @Nullable [] read(FileChannel file, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (file.read(bytes) < 0) {
                return null;
            }
        }
        return bytes.array();
    }
}
