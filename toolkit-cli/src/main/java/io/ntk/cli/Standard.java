package io.ntk.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * The standard streams of a process, and whether each is a terminal.
 *
 * <p>{@code System.console()} cannot tell: on JDK 17 it looks at input and output together, and not at all at standard
 * error. Here the file behind the descriptor is looked at, which starts no process and loads no native library.
 */
enum Standard {
    IN(0),
    OUT(1),
    ERR(2);

    private static final int FILE_TYPE = 0170000;
    private static final int CHARACTER_DEVICE = 0020000;

    private final int descriptor;

    Standard(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Those that are terminals now. */
    static Set<Standard> terminals() {
        Set<Standard> found = EnumSet.noneOf(Standard.class);
        for (Standard stream : values()) {
            if (stream.isTerminal()) {
                found.add(stream);
            }
        }
        return found;
    }

    private boolean isTerminal() {
        Path link = Path.of("/proc/self/fd/" + descriptor);
        try {
            return Files.isSymbolicLink(link)
                    ? isTerminal(Files.readSymbolicLink(link).toString())
                    : isCharacterDevice(Path.of("/dev/fd/" + descriptor));
        } catch (IOException | UnsupportedOperationException e) {
            return false; // closed, or a system without such files: nothing is said in colour
        }
    }

    /** Linux: the name of the device. */
    static boolean isTerminal(String device) {
        return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
    }

    /** Elsewhere: any character device but the null device. */
    private static boolean isCharacterDevice(Path file) throws IOException {
        int mode = (Integer) Files.getAttribute(file, "unix:mode");
        return (mode & FILE_TYPE) == CHARACTER_DEVICE
                && !Files.getAttribute(file, "unix:rdev").equals(Files.getAttribute(Path.of("/dev/null"), "unix:rdev"));
    }
}
