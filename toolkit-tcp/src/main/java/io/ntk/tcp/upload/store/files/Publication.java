package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.folders.Folder;
import io.ntk.tcp.upload.store.folders.FolderWalk;
import io.ntk.tcp.upload.store.folders.SyncFailedException;
import io.ntk.tcp.upload.store.log.Journal;
import io.ntk.tcp.upload.store.log.JournalContent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a part whose bytes are all verified becomes a file, and the same after a crash in between.
 *
 * <pre>{@code
 * mode and time → sync the part and .ntup → record COMMITTING, synced → the name → sync its folders
 * → the part's own name goes → record COMPLETE
 * }</pre>
 *
 * <p>Before COMMITTING the upload is as it was. From there on the record says under which name to look: when the part is
 * gone, or is the same file as the one of that name, it was published; else it is published now.
 */
final class Publication {
    private static final Logger LOG = LoggerFactory.getLogger(Publication.class);

    private final FileStore store;
    private final UploadRequest request;
    private final OnExists policy;

    Publication(FileStore store, UploadRequest request, OnExists policy) {
        this.store = store;
        this.request = request;
        this.policy = policy;
    }

    /**
     * Publishes a part.
     *
     * @param unnamed the receipt but for the name and what becomes of it
     * @return the whole receipt
     * @throws SyncFailedException when the disk failed to sync; the name is as it was before, unless it was replaced
     */
    Receipt publish(Part part, Receipt unnamed) throws IOException {
        boolean durably = request.durability() != Durability.NONE;
        store.disk().about(Step.ATTRIBUTES, part.path());
        Files.setPosixFilePermissions(part.path(), store.folder().permissions(request));
        Files.setLastModifiedTime(part.path(), FileTime.from(request.modified()));
        if (durably) {
            SyncFailedException.guard(() -> {
                store.disk().about(Step.FORCE_PART, part.path());
                part.channel().force(true);
                store.disk().about(Step.FORCE_STORE, store.own());
                Folder.force(store.own());
            });
        }
        Set<Path> changed = new LinkedHashSet<>();
        Receipt[] receipt = {unnamed};
        try (FolderWalk walk = store.publisher().walk()) {
            store.publisher()
                    .publish(
                            walk,
                            part.path(),
                            request.path(),
                            policy,
                            name -> {
                                receipt[0] = unnamed.named(name, request.path(), durably);
                                announce(part.journal(), receipt[0], durably);
                            },
                            changed);
            if (durably) {
                force(walk, changed, receipt[0].name(), part.path());
            }
        }
        store.delete(Step.DELETE_PART, part.path());
        complete(part.journal(), receipt[0]);
        return receipt[0];
    }

    private void force(FolderWalk walk, Set<Path> folders, String name, Path part) throws IOException {
        try {
            SyncFailedException.guard(() -> store.publisher().force(folders));
        } catch (SyncFailedException e) {
            store.publisher().withdraw(walk, name, part);
            throw e;
        }
    }

    private static void announce(Journal journal, Receipt receipt, boolean durably) throws IOException {
        journal.append(Step.JOURNAL_COMMITTING, Journal.COMMITTING, receipt);
        if (durably) {
            SyncFailedException.guard(journal::force);
        }
    }

    /* The file is there, whatever becomes of the record: without it the next start finds that out again. */
    private static void complete(Journal journal, Receipt receipt) {
        try {
            journal.append(Step.JOURNAL_COMPLETE, Journal.COMPLETE, receipt);
        } catch (IOException e) {
            LOG.warn("cannot note that {} is complete: {}", receipt.name(), e.toString());
        }
    }

    /**
     * Ends what a crash broke off behind COMMITTING. What was never synced is not published after the machine has started anew:
     * nobody knows what of it has reached the disk.
     *
     * @param announced the receipt of that record
     * @return the receipt that holds; null when the file is not there, nor will be
     */
    @Nullable
    Receipt recover(Path part, Path log, JournalContent content, Receipt announced) throws IOException {
        boolean durably = announced.marks().contains(Receipt.Mark.DURABLE);
        Set<Path> changed = new LinkedHashSet<>();
        Receipt[] receipt = {announced};
        try (Journal journal = Journal.reopen(log, content.goodBytes(), store.disk());
                FolderWalk walk = store.publisher().walk()) {
            BasicFileAttributes target = walk.look(List.of(announced.name().split("/", -1)));
            boolean gone = !Files.exists(part, LinkOption.NOFOLLOW_LINKS);
            if (gone && (target == null || target.size() != announced.size()) && !durably) {
                return null; // a power cut took what nobody had promised to keep
            }
            if (!gone && (target == null || !Objects.equals(target.fileKey(), Folder.key(part)))) {
                if (!durably && !store.folder().isOfThisBoot(content.header().boot())) {
                    return null;
                }
                store.publisher()
                        .publish(
                                walk,
                                part,
                                request.path(),
                                policy,
                                name -> {
                                    receipt[0] = announced.named(name, request.path(), durably);
                                    announce(journal, receipt[0], true);
                                },
                                changed);
            }
            store.publisher().forceFoldersOf(receipt[0].name(), changed);
            store.delete(Step.DELETE_PART, part);
            complete(journal, receipt[0]);
            return receipt[0];
        } catch (UploadException e) {
            LOG.warn("{} cannot be published after a crash: {}", part.getFileName(), e.getMessage());
            return null;
        }
    }
}
