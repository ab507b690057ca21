package io.ntk.tcp.upload.store.files;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.log.SmallFileEntry;
import io.ntk.tcp.upload.store.log.SmallFileEntry.Kind;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One small file on its way. Belongs to the thread that works on its batch. */
final class SmallFile {
    final String id;
    final UploadRequest request;
    final int crc32c;
    final Octets data;
    final CompletableFuture<Receipt> done = new CompletableFuture<>();

    /* Null until it is admitted. */
    @Nullable
    Path part;

    /* What the log has of it; null until then. */
    @Nullable
    SmallFileEntry prepared;

    /* Whether the space knows of it. */
    boolean charged;

    SmallFile(String id, UploadRequest request, int crc32c, Octets data) {
        this.id = id;
        this.request = request;
        this.crc32c = crc32c;
        this.data = data;
    }

    boolean durably() {
        return request.durability() != Durability.NONE;
    }

    Path part() {
        return Objects.requireNonNull(part, "part");
    }

    SmallFileEntry prepared() {
        return Objects.requireNonNull(prepared, "prepared");
    }

    /** What the log is to say of it. */
    SmallFileEntry entry(OnExists policy, String name) {
        Receipt receipt = new Receipt(name, data.size(), crc32c, null, Set.of());
        return new SmallFileEntry(
                Kind.PREPARED,
                id,
                String.valueOf(part().getFileName()),
                request.epoch(),
                request.path(),
                policy,
                receipt.named(name, request.path(), durably()));
    }

    boolean isUnderWay() {
        return part != null && !done.isDone();
    }
}
