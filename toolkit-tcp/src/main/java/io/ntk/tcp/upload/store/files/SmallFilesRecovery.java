package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.Folder;
import io.ntk.tcp.upload.store.folders.FolderWalk;
import io.ntk.tcp.upload.store.log.SmallFileEntry;
import io.ntk.tcp.upload.store.log.SmallFileEntry.Kind;
import io.ntk.tcp.upload.store.log.SmallFilesLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of small files after a crash: those that were complete stay in the log, those that were about to get their name
 * have it, or get it now, or are forgotten; and the log says so from then on.
 */
final class SmallFilesRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(SmallFilesRecovery.class);

    private final FileStore store;
    private final SmallFilesLog log;

    SmallFilesRecovery(FileStore store, SmallFilesLog log) {
        this.store = store;
        this.log = log;
    }

    /** Once, before any file comes. */
    void run() throws IOException {
        Map<String, SmallFileEntry> open = new LinkedHashMap<>();
        log.readAll(entry -> {
            if (entry.kind() == Kind.PREPARED) {
                open.put(entry.part(), entry);
            } else {
                open.remove(entry.part());
            }
        });
        if (!open.isEmpty()) {
            log.beginBatch();
        }
        for (SmallFileEntry entry : open.values()) {
            SmallFileEntry end = end(entry);
            log.append(end.kind() == Kind.COMPLETE ? Step.JOURNAL_COMPLETE : Step.JOURNAL, end);
        }
        log.endBatch();
        deleteParts();
    }

    private void deleteParts() throws IOException {
        List<Path> parts;
        try (Stream<Path> all = Files.list(store.own())) {
            parts = all.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.startsWith(SmallFilesLog.PREFIX) && name.endsWith(".part");
                    })
                    .toList();
        }
        parts.forEach(part -> store.delete(Step.DELETE_PART, part));
    }

    private SmallFileEntry end(SmallFileEntry entry) throws IOException {
        Path part = store.own().resolve(entry.part());
        try (FolderWalk walk = store.publisher().walk()) {
            Receipt receipt = publish(walk, entry, part);
            if (receipt != null) {
                store.delete(Step.DELETE_PART, part);
                return entry.with(Kind.COMPLETE, receipt);
            }
        } catch (UploadException e) {
            LOG.warn("{} cannot be published after a crash: {}", entry.id(), e.getMessage());
        }
        store.delete(Step.DELETE_PART, part);
        return entry.with(Kind.UNDONE, entry.receipt());
    }

    /** The receipt of a file that has its name, or gets it; null for one that is lost. */
    private @Nullable Receipt publish(FolderWalk walk, SmallFileEntry entry, Path part) throws IOException {
        Receipt announced = entry.receipt();
        List<String> components = List.of(announced.name().split("/", -1));
        BasicFileAttributes target = walk.look(components);
        Set<Path> changed = new LinkedHashSet<>();
        Receipt[] receipt = {announced};
        if (!Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
            // It has its name, unless another file has that, or a power cut took it.
            if (target == null || !target.isRegularFile()) {
                return null;
            }
            try (FileChannel content = walk.read(components)) {
                if (!isContent(content, announced)) {
                    return null;
                }
            }
        } else if (target == null || !Objects.equals(target.fileKey(), Folder.key(part))) {
            try (FileChannel content =
                    FileChannel.open(part, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                if (!isContent(content, announced)) {
                    return null; // never synced, and spoiled by a power cut
                }
            }
            store.publisher()
                    .publish(
                            walk,
                            part,
                            entry.path(),
                            entry.policy(),
                            name -> {
                                boolean durably = announced.marks().contains(Receipt.Mark.DURABLE);
                                receipt[0] = announced.named(name, entry.path(), durably);
                                log.append(Step.JOURNAL_COMMITTING, entry.with(Kind.PREPARED, receipt[0]));
                                log.force();
                            },
                            changed);
        }
        store.publisher().forceFoldersOf(receipt[0].name(), changed);
        return receipt[0];
    }

    private static boolean isContent(FileChannel content, Receipt receipt) throws IOException {
        if (content.size() != receipt.size()) {
            return false;
        }
        CRC32C sum = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(content.size() + 1, 1 << 16));
        while (content.read(buffer) >= 0) {
            sum.update(buffer.flip());
            buffer.clear();
        }
        return (int) sum.getValue() == receipt.crc32c();
    }
}
