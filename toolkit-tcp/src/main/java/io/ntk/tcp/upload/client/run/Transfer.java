package io.ntk.tcp.upload.client.run;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.source.Identity;
import io.ntk.tcp.upload.client.source.PipeRing;
import io.ntk.tcp.upload.client.source.RunningDigest;
import io.ntk.tcp.upload.client.source.Segment;
import io.ntk.tcp.upload.client.source.SourceFile;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.UploadRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How one item stands. Belongs to the thread that sends. */
final class Transfer {
    /** What came of beginning it. */
    enum Begun {
        /** It is on a stream. */
        YES,
        /** There is no room for it now. */
        LATER,
        /** Its source changed meanwhile: it is to be begun from the start. */
        AGAIN,
        /** It has failed. */
        NEVER
    }

    final SendItem item;

    /* Of the whole run. */
    long notBefore;
    int renewals;
    int failures;
    int staleEpochs;
    boolean resumed;

    /* Of a content that is sent in segments, until it ends. */
    @Nullable
    Identity identity;

    int mode = UploadRequest.NO_MODE;

    @Nullable
    SourceFile file;

    @Nullable
    PipeRing pipe;

    @Nullable
    SendState state;

    @Nullable
    CompletableFuture<@Nullable Octets> digest;

    /* What completes the digest, where it is made of what is sent. */
    @Nullable
    RunningDigest running;

    /* Of a pipe: segments that were asked for on this connection. */
    int wanted;

    int segmentBytes;
    private int[] crcs = {};
    private final BitSet known = new BitSet();

    /* Of one connection. */
    long stream;
    boolean optimistic;
    boolean bound;
    boolean committed;
    boolean answered;
    BitSet todo = new BitSet();
    long acked;

    @Nullable
    CompletableFuture<Boolean> check;

    private final BitSet told = new BitSet();
    private int[] toldCrcs = {};

    /* Of a small one: what it is to have. */
    long smallSize = -1;

    @Nullable
    Octets smallDigest;

    Transfer(SendItem item) {
        this.item = item;
    }

    String source() {
        if (item instanceof SendItem.File one) {
            return one.source().toString();
        }
        return item instanceof SendItem.Folder one ? one.source().toString() : "-";
    }

    boolean isOpened() {
        return file != null || pipe != null;
    }

    boolean isSmall() {
        return smallSize >= 0;
    }

    /** Bytes of the whole, or -1 while nobody knows. */
    long size() {
        if (pipe != null) {
            return pipe.isEnded() ? pipe.bytes() : -1;
        }
        return identity == null ? 0 : identity.size();
    }

    /** Whether DATA and COMMIT may go out. */
    boolean isSendable() {
        return (bound || optimistic) && !committed && !answered;
    }

    /** The receiver has verified so many bytes from the start; whether that is progress. */
    boolean verified(long contiguous) {
        if (contiguous <= acked) {
            return false;
        }
        acked = contiguous;
        failures = 0;
        Objects.requireNonNull(state).verified(contiguous);
        return true;
    }

    /** Segments are missing: there will be another COMMIT. */
    void commitIsVoid() {
        committed = false;
    }

    /** The receiver knows the file: it wants no data, and DONE follows. */
    void isKnown() {
        answered = true;
    }

    /** Read from a pipe, of which nothing is remembered. */
    void from(PipeRing ring, CompletableFuture<@Nullable Octets> whole) {
        pipe = ring;
        digest = whole;
        state = SendState.inMemory();
    }

    /** Opens the source, which is then closed with this. */
    void from(Path source, SendState remembered) throws IOException {
        state = remembered;
        acked = 0;
        file = SourceFile.open(source);
    }

    int length(int segment) {
        if (pipe != null) {
            Segment held = pipe.segment(segment);
            return held == null ? 0 : held.size();
        }
        return (int) Math.min(segmentBytes, size() - (long) segment * segmentBytes);
    }

    /** The bytes before the first that has not gone out on this connection, or that is to go out again. */
    long sent() {
        int next = todo.nextSetBit(0);
        if (pipe != null) {
            return (long) (next < 0 ? wanted : next) * segmentBytes;
        }
        return next < 0 ? size() : (long) next * segmentBytes;
    }

    static int segments(long size, int segmentBytes) {
        return (int) ((size + segmentBytes - 1) / segmentBytes);
    }

    /** How many segments lie below a number of bytes; the last one may be short. */
    int wholeSegments(long bytes) {
        long size = size();
        return size >= 0 && bytes >= size
                ? segments(size, segmentBytes)
                : (int) Math.min(Integer.MAX_VALUE, bytes / segmentBytes);
    }

    /** What OPEN or PUT say of it. */
    UploadRequest request(SendOptions options, Octets key, long epoch, @Nullable Octets sha256) {
        Identity known = identity == null ? Identity.ofPipe() : identity;
        return new UploadRequest(
                key,
                known.size(),
                segmentBytes,
                mode,
                options.onExists(),
                options.durability(),
                known.modified(),
                epoch,
                item.name(),
                sha256);
    }

    /** All of it is to be sent, as far as it is here. */
    void wantAll() {
        todo = new BitSet();
        if (pipe != null) {
            wanted = pipe.arrived(); // asked once: what arrives after that is wanted later
            todo.set(pipe.freed(), wanted);
        } else {
            todo.set(0, segments(size(), segmentBytes));
        }
    }

    void sizeSegments(int bytes) {
        segmentBytes = bytes;
        known.clear();
        crcs = new int[0];
    }

    /** Remembers the sum of what was read for a segment. */
    void know(int segment, int crc) {
        crcs = grown(crcs, segment);
        crcs[segment] = crc;
        known.set(segment);
    }

    private static int[] grown(int[] array, int index) {
        return index < array.length ? array : Arrays.copyOf(array, Math.max(index + 1, 2 * array.length));
    }

    /** Takes one frame of what the receiver has; the bounds are checked against how many segments there can be. */
    boolean take(UploadFrame.Opened opened, int segments) {
        for (UploadFrame.Range range : opened.ranges()) {
            if (range.first() < 0 || range.count() < 1 || range.first() > segments - range.count()) {
                return false;
            }
            told.set(range.first(), range.first() + range.count());
        }
        for (UploadFrame.Crcs each : opened.crcs()) {
            if (each.first() < 0 || each.first() > segments - each.crcs().size()) {
                return false;
            }
            for (int i = 0; i < each.crcs().size(); i++) {
                toldCrcs = grown(toldCrcs, each.first() + i);
                toldCrcs[each.first() + i] = each.crcs().get(i);
            }
        }
        return true;
    }

    /** What the receiver has. */
    BitSet told() {
        return told;
    }

    int[] toldCrcs() {
        return told.isEmpty() ? toldCrcs : grown(toldCrcs, told.length() - 1);
    }

    /** What the receiver has and this process has not read yet; null when something differs already. */
    @Nullable
    BitSet unread() {
        BitSet unread = (BitSet) told.clone();
        int[] theirs = toldCrcs();
        for (int s = told.nextSetBit(0); s >= 0; s = told.nextSetBit(s + 1)) {
            if (known.get(s)) {
                if (crcs[s] != theirs[s]) {
                    return null;
                }
                unread.clear(s);
            }
        }
        return unread;
    }

    /** Forgets what belongs to a connection. */
    void unbind() {
        stream = 0;
        optimistic = false;
        bound = false;
        committed = false;
        answered = false;
        wanted = 0;
        todo = new BitSet();
        check = null;
        told.clear();
        toldCrcs = new int[0];
    }

    /** Begins anew with another key, and with the file as it is now. */
    void renew() throws IOException {
        SendState remembered = state;
        if (pipe != null) {
            Objects.requireNonNull(remembered).renew();
        } else {
            if (remembered != null) {
                remembered.delete();
            }
            close();
        }
        acked = 0;
    }

    /** Gives back what it holds; what is remembered of it stays. */
    void close() throws IOException {
        known.clear();
        digest = null;
        running = null;
        identity = null;
        SourceFile opened = file;
        SendState remembered = state;
        file = null;
        state = null;
        if (opened != null) {
            opened.release();
        }
        if (remembered != null) {
            remembered.close();
        }
    }

    static boolean isDone(@Nullable CompletableFuture<?> future) {
        return future == null || future.isDone();
    }
}
