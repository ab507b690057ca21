package io.ntk.tcp.upload.client.run;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.link.Link;
import io.ntk.tcp.upload.client.link.Pacer;
import io.ntk.tcp.upload.client.source.Identity;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.UploadRequest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What goes out in one frame: small files and folders, many of them before the first answer. Their keys follow from the run's,
 * so that a file that is sent again after a crash is known to the receiver. Belongs to the thread that sends.
 */
final class SmallItems {
    private final SendOptions options;
    private final Link link;
    private final Transfers transfers;
    private final Recovery recovery;
    private final Tally tally;
    private final Pacer pacer;
    private final Octets runKey;

    /**
     * Makes one.
     *
     * @param runKey from which those of files follow
     */
    SmallItems(
            SendOptions options,
            Link link,
            Transfers transfers,
            Recovery recovery,
            Tally tally,
            Pacer pacer,
            Octets runKey) {
        this.options = options;
        this.link = link;
        this.transfers = transfers;
        this.recovery = recovery;
        this.tally = tally;
        this.pacer = pacer;
        this.runKey = runKey;
    }

    boolean takes(Identity identity) {
        return identity.size() <= link.maxInline() && link.can(Capability.PUT);
    }

    Transfer.Begun begin(Transfer transfer, SendItem.Folder folder) throws IOException {
        if (transfers.isFullOfSmall()) {
            return Transfer.Begun.LATER;
        }
        int mode = Identity.mode(folder.source());
        Instant modified = Files.getLastModifiedTime(folder.source()).toInstant();
        // Its files are to be put into it.
        int usable = mode == UploadRequest.NO_MODE ? mode : mode | 0700;
        transfers.beginSmall(transfer, link.stream(), 0, null);
        link.write(
                new UploadFrame.MakeFolder(transfer.stream(), new UploadFrame.Folder(usable, modified, folder.name())));
        return Transfer.Begun.YES;
    }

    Transfer.Begun begin(Transfer transfer, SendItem.File file, Identity identity) throws IOException {
        if (transfers.isFullOfSmall() || identity.size() > link.credit()) {
            return Transfer.Begun.LATER;
        }
        Octets content = read(file.source(), (int) identity.size());
        if (content == null) {
            if (recovery.isChangedOnceMore(transfer)) {
                return Transfer.Begun.AGAIN;
            }
            throw new IOException("it changes while it is being sent");
        }
        boolean digest = options.digest() == SendOptions.Digest.SHA256;
        Octets sha256 = digest ? content.sha256() : null;
        Octets told = link.can(Capability.SHA256) ? sha256 : null;
        UploadRequest request = transfer.request(options, key(file, identity), 1, told);
        int size = content.size();
        transfers.beginSmall(transfer, link.stream(), size, sha256);
        link.take(size);
        tally.sent(size);
        pacer.count(size);
        link.write(new UploadFrame.Put(transfer.stream(), request, content.crc32c(), content));
        return Transfer.Begun.YES;
    }

    /** All of a file; null when it has another size. */
    private static @Nullable Octets read(Path source, int size) throws IOException {
        try (FileChannel file = FileChannel.open(source, StandardOpenOption.READ)) {
            Octets content = Octets.read(file, size);
            return content.size() == size && file.size() == size ? content : null;
        }
    }

    /** The same for the same content in the same run, also when the run is begun again after a crash. */
    private Octets key(SendItem.File file, Identity identity) {
        String text = String.join("\0", runKey.hex(), file.name(), identity.toString());
        return Octets.of(SendState.hash(text).buffer().limit(UploadRequest.KEY_BYTES));
    }
}
