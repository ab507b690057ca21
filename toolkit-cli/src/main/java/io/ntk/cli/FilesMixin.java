package io.ntk.cli;

import io.ntk.tcp.http.files.FilesOptions;
import io.ntk.tcp.http.files.FilesOptions.Folders;
import io.ntk.tcp.http.files.FilesOptions.HiddenFiles;
import io.ntk.tcp.http.files.FilesOptions.Missing;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The files of a folder over HTTP. What is not given is as the library has it. */
@Section("Files")
final class FilesMixin {
    private static final List<String> OTHERS =
            List.of("--no-listing", "--hidden", "--spa", "--readers", "--file-cache", "--max-gzip", "--max-listed");

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            description =
                    "Serve the files of a folder: index.html or a listing, ranges, conditional requests, compression.")
    @Nullable
    Path dir;

    @Option(names = "--no-listing", description = "A folder without index.html is not found.")
    boolean noListing;

    @Option(names = "--hidden", description = "Serve and list names that begin with a dot; .ntup never.")
    boolean hidden;

    @Option(
            names = "--spa",
            description = "For applications that route in the browser: the top index.html where no file is found."
                    + " Implies --no-listing.")
    boolean spa;

    @Range(min = 1, max = 256)
    @Option(names = "--readers", paramLabel = "N", description = "Threads that read files (default: 4).")
    @Nullable
    Integer readers;

    @Option(
            names = "--file-cache",
            paramLabel = "SIZE",
            converter = Converters.Size.class,
            description = "Memory for files of at most 64KiB (default: 32MiB).")
    @Nullable
    Long fileCache;

    @Option(
            names = "--max-gzip",
            paramLabel = "SIZE",
            converter = Converters.Size.class,
            description = "The largest text that is compressed while it is sent; 0 for none (default: 16MiB).")
    @Nullable
    Long maxGzip;

    @Range(min = 1, max = 100_000)
    @Option(
            names = "--max-listed",
            paramLabel = "N",
            description = "Entries of a folder that a listing looks at (default: 10000).")
    @Nullable
    Integer maxListed;

    /** Null without {@code --dir}; what was typed must have a meaning then, what the environment gives need not. */
    @Nullable
    FilesOptions options(Session session) {
        if (dir == null) {
            for (String option : OTHERS) {
                if (session.typed(option)) {
                    throw new IllegalArgumentException(option + " has no meaning without --dir");
                }
            }
            return null;
        }
        FilesOptions options = FilesOptions.of(dir)
                .withFolders(noListing ? Folders.UNLISTED : Folders.LISTED)
                .withHidden(hidden ? HiddenFiles.SERVED : HiddenFiles.REFUSED)
                .withMissing(spa ? Missing.INDEX : Missing.NOT_FOUND);
        return options.withReaders(readers == null ? options.readers() : readers)
                .withCacheBytes(fileCache == null ? options.cacheBytes() : fileCache)
                .withMaxGzipBytes(maxGzip == null ? options.maxGzipBytes() : maxGzip)
                .withMaxListed(maxListed == null ? options.maxListed() : maxListed);
    }
}
