package io.ntk.tcp.upload.client.run;

import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.store.Octets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the items of a run are: waiting for their turn, on a stream of the connection, or at their end and no longer here.
 * Belongs to the thread that sends.
 */
final class Transfers {
    private static final int MAX_SMALL_WITHOUT_ANSWER = 4096;

    private final Deque<Transfer> waiting = new ArrayDeque<>();
    private final Map<Long, Transfer> streams = new LinkedHashMap<>();
    private final List<Transfer> large = new ArrayList<>();
    private int small;

    Transfers(List<SendItem> items) {
        for (SendItem item : items) {
            waiting.add(new Transfer(item));
        }
    }

    /** Those whose turn has not come, in order. */
    Deque<Transfer> waiting() {
        return waiting;
    }

    /** Those that are sent in segments, in order. */
    List<Transfer> large() {
        return large;
    }

    /** Those on a stream; a copy. */
    List<Transfer> begun() {
        return new ArrayList<>(streams.values());
    }

    boolean isIdle() {
        return streams.isEmpty();
    }

    @Nullable
    Transfer on(long stream) {
        return streams.get(stream);
    }

    boolean isFullOfSmall() {
        return small >= MAX_SMALL_WITHOUT_ANSWER;
    }

    /** It goes out in one frame. */
    void beginSmall(Transfer transfer, long stream, long bytes, @Nullable Octets sha256) {
        transfer.beginSmall(stream, bytes, sha256);
        small++;
        streams.put(stream, transfer);
    }

    /** It goes out in segments. */
    void beginLarge(Transfer transfer, long stream) {
        transfer.begin(stream);
        streams.put(stream, transfer);
        large.add(transfer);
    }

    /** Its stream has ended. */
    void forget(Transfer transfer) {
        boolean was = streams.remove(transfer.stream(), transfer);
        large.remove(transfer);
        if (was && transfer.isSmall()) {
            small--;
        }
    }

    /** It waits again, before the others. */
    void requeue(Transfer transfer, long notBefore) {
        transfer.unbind();
        transfer.pauseUntil(notBefore);
        waiting.addFirst(transfer);
    }

    /** The connection has ended, and all streams with it. */
    void requeueAll() {
        List<Transfer> begun = begun();
        streams.clear();
        large.clear();
        small = 0;
        for (int i = begun.size() - 1; i >= 0; i--) {
            requeue(begun.get(i), 0);
        }
    }

    /** Bytes that the receiver has of what is under way. */
    long acked() {
        long bytes = 0;
        for (Transfer transfer : large) {
            bytes += transfer.acked();
        }
        return bytes;
    }
}
