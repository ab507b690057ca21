package io.ntk.tcp.upload.server;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadStore;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What comes in one frame, and ends in one entry of DONE whatever becomes of it: small files (PUT) and folders (MKDIR). */
final class WholeFiles {
    private static final int MAX_UNANSWERED = 4096;

    private final UploadStreams streams;
    private final ServerConnection connection;
    private final ServerHandshake peer;
    private final UploadStore store;
    private int unanswered;

    WholeFiles(UploadStreams streams, ServerHandshake peer, UploadStore store) {
        this.streams = streams;
        this.connection = streams.connection();
        this.peer = peer;
        this.store = store;
    }

    boolean isEmpty() {
        return unanswered == 0;
    }

    /** Takes a file; its credit has been used up. */
    void put(UploadFrame.Put put) {
        begin();
        long startedAt = connection.now();
        store.put(peer.caller(), put.request(), put.crc32c(), put.data())
                .whenComplete((receipt, failure) -> connection.onLoop(() -> {
                    streams.credit().giveBack(put.data().size());
                    if (receipt != null) {
                        connection.tellDone(receipt, startedAt);
                    }
                    answer(put.stream(), put.request().path(), receipt, failure);
                }));
    }

    void makeFolder(UploadFrame.MakeFolder make) {
        begin();
        UploadFrame.Folder folder = make.folder();
        CompletableFuture<Receipt> made = store.makeFolder(folder.path(), folder.mode(), folder.modified());
        made.whenComplete(
                (receipt, failure) -> connection.onLoop(() -> answer(make.stream(), folder.path(), receipt, failure)));
    }

    private void begin() {
        if (unanswered >= MAX_UNANSWERED) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, "more than " + MAX_UNANSWERED + " PUTs without DONE");
        }
        unanswered++;
    }

    private void answer(long stream, String path, @Nullable Receipt receipt, @Nullable Throwable failure) {
        unanswered--;
        if (receipt != null) {
            streams.result(Results.of(stream, receipt));
        } else {
            UploadException why = ServerConnection.failure(failure);
            connection.tellFailed(path, why);
            streams.result(Results.of(stream, why));
        }
        streams.settled();
    }
}
