package io.ntk.testsupport;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What this process has open. */
public final class OpenFiles {
    private static final String DESCRIPTORS = "/proc/self/fd";

    private OpenFiles() {}

    /**
     * What each descriptor leads to: a path, or a kind and a number, as {@code socket:[41234]}.
     *
     * @return empty where the system has no list of them
     */
    public static List<String> targets() {
        String[] all = new File(DESCRIPTORS).list();
        return Stream.of(all == null ? new String[0] : all)
                .map(OpenFiles::target)
                .toList();
    }

    /**
     * What is open at or below a path.
     *
     * @param path of a file or folder, without links
     * @return the paths, one for each descriptor
     */
    public static List<String> below(Path path) {
        return targets().stream()
                .filter(target -> target.startsWith("/") && Path.of(target).startsWith(path))
                .toList();
    }

    private static String target(String descriptor) {
        try {
            return Objects.toString(Files.readSymbolicLink(Path.of(DESCRIPTORS, descriptor)));
        } catch (IOException e) {
            return "closed meanwhile";
        }
    }
}
