package io.ntk.tcp.upload.client;

import io.ntk.core.Escaped;
import io.ntk.core.Reason;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadName;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * From sources to what is sent under which name. Every name is checked by the rules of receivers, so that none is refused
 * after half of a folder; whether hidden names are taken, and what exists already, only the receiver knows.
 *
 * <p>A folder is gone through without following links. What is neither a file nor a folder is left out.
 */
public final class SendPlan {
    private SendPlan() {}

    /**
     * Makes the list of what to send.
     *
     * @param sources files and folders
     * @param to empty to keep the sources' own names; ending in {@code /} for a folder to put them into; else the name of the
     *     only source
     * @return what to send, folders before what is in them
     * @throws IOException when a source cannot be read
     * @throws IllegalArgumentException when a name is refused, or two sources would have the same one
     */
    public static List<SendItem> of(List<Path> sources, String to) throws IOException {
        boolean folder = to.isEmpty() || to.endsWith("/");
        if (!folder && sources.size() != 1) {
            throw new IllegalArgumentException(
                    "to: " + to + " (expected: a / at the end, for " + sources.size() + " sources)");
        }
        List<SendItem> items = new ArrayList<>();
        for (Path source : sources) {
            Path last = source.toAbsolutePath().normalize().getFileName();
            String name = folder ? to + (last == null ? "" : last) : to;
            add(source, name, items);
        }
        check(items);
        return items;
    }

    /**
     * Checks names.
     *
     * @param items what is to be sent
     * @throws IllegalArgumentException when a name is refused, or two items would have the same one, or such as differ in case
     *     or normalisation alone
     */
    public static void check(List<? extends SendItem> items) {
        Map<String, String> names = new HashMap<>();
        for (SendItem item : items) {
            String why = UploadName.refusal(item.name(), StoreOptions.Hidden.ALLOWED);
            if (why != null) {
                throw new IllegalArgumentException("name: " + Escaped.text(item.name()) + " (refused: " + why + ")");
            }
            String other = names.put(UploadName.fold(item.name()), item.name());
            if (other != null) {
                throw new IllegalArgumentException("name: " + Escaped.text(item.name())
                        + (other.equals(item.name())
                                ? " (expected: one source for each name)"
                                : " (refused: there is " + Escaped.text(other)
                                        + ", which some systems take for the same)"));
            }
        }
    }

    private static void add(Path source, String name, List<SendItem> items) throws IOException {
        if (Files.isRegularFile(source)) {
            items.add(new SendItem.File(source, name, Files.size(source)));
        } else if (Files.isDirectory(source)) {
            walk(source, name, items);
        } else {
            throw new IOException(
                    Files.exists(source) ? "neither a file nor a folder: " + source : "no such file: " + source);
        }
    }

    private static void walk(Path root, String name, List<SendItem> items) throws IOException {
        Path real = root.toRealPath();
        for (Map.Entry<Path, BasicFileAttributes> each : tree(real).entrySet()) {
            Path path = each.getKey();
            String below = real.relativize(path).toString().replace('\\', '/');
            String full = below.isEmpty() ? name : name + "/" + below;
            BasicFileAttributes attributes = each.getValue();
            if (attributes.isDirectory()) {
                items.add(new SendItem.Folder(path, full));
            } else if (attributes.isRegularFile()) {
                items.add(new SendItem.File(path, full, attributes.size()));
            }
        }
    }

    /** All that is in a folder and itself, in the order of names, folders before what is in them. */
    private static SortedMap<Path, BasicFileAttributes> tree(Path root) throws IOException {
        SortedMap<Path, BasicFileAttributes> tree = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                tree.put(folder, attributes);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                tree.put(file, attributes);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                throw new IOException(Reason.of(e), e); // which names the file
            }
        });
        return tree;
    }
}
