package io.ntk.tcp.upload.server;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The ends of files that the peer is to be told of, in as few DONE frames as there can be without keeping it waiting. */
final class Results {
    private static final Duration LONGEST_WAIT = Duration.ofMillis(20);
    private static final int FRAME_BYTES = 16;
    private static final int RESULT_BYTES = 64;
    private static final int MAX_UTF8_BYTES_A_CHAR = 3;

    private final ServerConnection connection;
    private final ServerHandshake handshake;
    private final List<UploadFrame.Result> waiting = new ArrayList<>();
    private boolean scheduled;

    Results(ServerConnection connection, ServerHandshake handshake) {
        this.connection = connection;
        this.handshake = handshake;
    }

    /**
     * Adds one.
     *
     * @param last whether no other is to be expected soon, so that nothing is gained by waiting
     */
    void add(UploadFrame.Result result, boolean last) {
        waiting.add(result);
        if (last || waiting.size() >= UploadFrame.Done.MAX_RESULTS) {
            send();
        } else if (!scheduled) {
            scheduled = true;
            connection.after(LONGEST_WAIT, this::timeIsUp);
        }
    }

    /** The end of a file that is there. */
    static UploadFrame.Result of(long stream, Receipt receipt) {
        int flags = 0;
        for (Receipt.Mark mark : receipt.marks()) {
            flags |= switch (mark) {
                case DURABLE -> UploadFrame.Result.DURABLE;
                case RENAMED -> UploadFrame.Result.RENAMED;
                case SKIPPED -> UploadFrame.Result.SKIPPED;
                case REPLAYED -> UploadFrame.Result.REPLAYED;
            };
        }
        return new UploadFrame.Result(
                stream, 0, flags, receipt.size(), receipt.crc32c(), receipt.sha256(), receipt.name());
    }

    /** The end of a file that was not taken. */
    static UploadFrame.Result of(long stream, UploadException why) {
        return new UploadFrame.Result(stream, why.error().code(), 0, 0, 0, null, why.getMessage());
    }

    private void timeIsUp() {
        scheduled = false;
        send();
    }

    /** Sends what waits, as many frames as the peer's limit makes of it. */
    void send() {
        if (waiting.isEmpty() || !connection.canAnswer()) {
            return;
        }
        List<UploadFrame.Result> some = new ArrayList<>();
        int bytes = FRAME_BYTES;
        for (UploadFrame.Result result : waiting) {
            int size = RESULT_BYTES + MAX_UTF8_BYTES_A_CHAR * result.name().length();
            if (!some.isEmpty() && bytes + size > handshake.maxPeerFrameBytes()) {
                connection.send(new UploadFrame.Done(some));
                some.clear();
                bytes = FRAME_BYTES;
            }
            some.add(result);
            bytes += size;
        }
        waiting.clear();
        connection.send(new UploadFrame.Done(some));
    }
}
