package io.ntk.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the man pages and the completion scripts of the distribution; run by the build. */
public final class Documents {
    private Documents() {}

    /**
     * Writes them below a folder {@code share}.
     *
     * @param args the folder, the version and the date of the program
     */
    public static void main(String[] args) throws IOException {
        write(Path.of(args[0]), args[1], args[2]);
    }

    private static void write(Path share, String version, String time) throws IOException {
        var root = Commands.all(Environment.none()).getCommandSpec();
        for (var command : CommandText.visible(root)) {
            var page = ManPage.of(command, version, time.substring(0, "2026-11-21".length()));
            write(share.resolve("man/man1/" + ManPage.name(command) + ".1"), page);
        }
        for (var shell : Shell.values()) {
            write(share.resolve(shell.path), Completions.script(shell, root));
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
