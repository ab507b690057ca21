package io.ntk.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the help pages that the program holds, and the man pages and completion scripts beside it; run by the build. */
public final class Documents {
    private Documents() {}

    /**
     * Writes the help pages into a folder, or the others below a folder {@code share}.
     *
     * @param args {@code help} and the folder; or {@code share}, the folder, the version and the date of the program
     */
    public static void main(String[] args) throws IOException {
        switch (args[0]) {
            case "help" -> help(Path.of(args[1]));
            case "share" -> share(Path.of(args[1]), args[2], args[3]);
            default -> throw new IllegalArgumentException("first argument: " + args[0] + " (expected: help or share)");
        }
    }

    private static void help(Path folder) throws IOException {
        for (var command : CommandText.visible(Commands.all(Environment.none()).getCommandSpec())) {
            write(folder.resolve(HelpPages.name(command)), HelpPages.render(command));
        }
    }

    private static void share(Path share, String version, String time) throws IOException {
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
