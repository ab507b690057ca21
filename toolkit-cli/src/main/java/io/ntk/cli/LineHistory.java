package io.ntk.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lines that a person typed, in a file that only they can read: {@code chat-history} in the {@link StateFolder}. At
 * most 1,000 lines are kept. Where the folder cannot be used there is no history but this run's; nobody is told, since
 * nothing that was asked for failed.
 */
final class LineHistory {
    static final int MAX_LINES = 1000;

    private static final int MAX_FILE_BYTES = 8 * 1024 * 1024;

    private @Nullable Path file;

    private LineHistory(@Nullable Path file) {
        this.file = file;
    }

    /** The history of a user, whose variables tell where it is. */
    static LineHistory of(Map<String, String> variables) {
        Path state = StateFolder.of(variables);
        return new LineHistory(state == null ? null : state.resolve("chat-history"));
    }

    /** The last lines, the oldest first; also shortens a file that has become long. */
    List<String> load() {
        Path from = file;
        if (from == null || !Files.isRegularFile(from)) {
            return List.of();
        }
        try {
            if (Files.size(from) > MAX_FILE_BYTES) {
                throw new IOException(from + " is no history of ours");
            }
            Deque<String> last = new ArrayDeque<>();
            List<String> all = new String(Files.readAllBytes(from), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.chars().noneMatch(Character::isISOControl))
                    .toList();
            all.subList(Math.max(0, all.size() - MAX_LINES), all.size()).forEach(last::add);
            if (all.size() > 2 * MAX_LINES) {
                replace(from, last);
            }
            return List.copyOf(last);
        } catch (IOException e) {
            file = null;
            return List.of();
        }
    }

    /** Adds a line. */
    void add(String line) {
        Path to = file;
        if (to == null) {
            return;
        }
        try {
            if (!Files.exists(to)) {
                Files.createDirectories(
                        to.toAbsolutePath().getParent(),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                Files.createFile(
                        to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(to, line + "\n", StandardOpenOption.APPEND);
        } catch (IOException | UnsupportedOperationException e) {
            file = null;
        }
    }

    private static void replace(Path file, Iterable<String> lines) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Path shorter = Files.createTempFile(folder, "chat-history", ".tmp"); // 0600
        try {
            Files.write(shorter, lines);
            Files.move(shorter, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(shorter);
        }
    }
}
