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
import java.util.List;
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
    private long notBefore;
    private int renewals;
    private int failures;
    private int staleEpochs;
    private boolean resumed;

    /* Of a content that is sent in segments, until it ends. */
    private @Nullable Identity identity;
    private int mode = UploadRequest.NO_MODE;
    private @Nullable SourceFile file;
    private @Nullable PipeRing pipe;
    private @Nullable SendState state;
    private @Nullable CompletableFuture<@Nullable Octets> digest;
    private @Nullable RunningDigest running; // what completes the digest, where it is made of what is sent
    private int segmentBytes;
    private int[] crcs = {};
    private final BitSet known = new BitSet();
    private long acked;

    private OnStream on = new OnStream(0);

    /* Of one stream of one connection: the next one begins with nothing of it. */
    private static final class OnStream {
        final long number;
        final BitSet todo = new BitSet();
        final BitSet told = new BitSet();
        int[] toldCrcs = {};
        boolean optimistic;
        boolean bound;
        boolean committed;
        boolean answered;
        int wanted; // of a pipe: segments that were asked for

        @Nullable
        CompletableFuture<Boolean> check;

        long smallSize = -1;

        @Nullable
        Octets smallDigest;

        OnStream(long number) {
            this.number = number;
        }
    }

    Transfer(SendItem item) {
        this.item = item;
    }

    String source() {
        if (item instanceof SendItem.File one) {
            return one.source().toString();
        }
        return item instanceof SendItem.Folder one ? one.source().toString() : "-";
    }

    // ---- the whole run

    /** Its turn comes when a pause has passed; 0 for none. */
    void pauseUntil(long nanoTime) {
        notBefore = nanoTime;
    }

    boolean isDue(long now) {
        return notBefore == 0 || notBefore <= now;
    }

    /** Nanoseconds until its pause has passed; very many when it has none. */
    long pauseLeft(long now) {
        return notBefore == 0 ? Long.MAX_VALUE : notBefore - now;
    }

    /** It has failed once more; how often since there was progress. */
    int failedAgain() {
        return ++failures;
    }

    /** It is to begin anew once more; how often in all. */
    int renewedAgain() {
        return ++renewals;
    }

    int renewals() {
        return renewals;
    }

    /** The receiver knows a higher epoch; how often in all. */
    int staleAgain() {
        return ++staleEpochs;
    }

    /** Whether the receiver had some of it when it was opened. */
    boolean isResumed() {
        return resumed;
    }

    // ---- a content

    /** What it is now, before it is opened. */
    void look(Identity.Look look) {
        identity = look.identity();
        mode = look.mode();
    }

    @Nullable
    Identity identity() {
        return identity;
    }

    /** Whether its content is still the one that was looked at. */
    boolean isStill(Identity now) {
        return now.equals(identity);
    }

    boolean isOpened() {
        return file != null || pipe != null;
    }

    @Nullable
    SourceFile file() {
        return file;
    }

    @Nullable
    PipeRing pipe() {
        return pipe;
    }

    @Nullable
    SendState state() {
        return state;
    }

    int segmentBytes() {
        return segmentBytes;
    }

    /** The SHA-256 of all of it, which may be on its way; null where none is wanted. */
    @Nullable
    CompletableFuture<@Nullable Octets> digest() {
        return digest;
    }

    /** What is to take all that is read for segments, or null. */
    @Nullable
    RunningDigest running() {
        return running;
    }

    /** Its digest is made of what is sent. */
    void digestWhileSending(RunningDigest taking) {
        running = taking;
        digest = taking.whole().thenApply(octets -> octets);
    }

    /** Its digest is made elsewhere. */
    void digestElsewhere(CompletableFuture<@Nullable Octets> whole) {
        running = null;
        digest = whole;
    }

    /** Bytes from the start that the receiver has verified. */
    long acked() {
        return acked;
    }

    /** Bytes of the whole, or -1 while nobody knows. */
    long size() {
        if (pipe != null) {
            return pipe.isEnded() ? pipe.bytes() : -1;
        }
        return identity == null ? 0 : identity.size();
    }

    // ---- one stream

    /** It is on a stream, which has nothing of any before. */
    void begin(long stream) {
        on = new OnStream(stream);
    }

    /** It is on a stream, in one frame. */
    void beginSmall(long stream, long bytes, @Nullable Octets sha256) {
        begin(stream);
        on.smallSize = bytes;
        on.smallDigest = sha256;
    }

    /** It is on no stream. */
    void unbind() {
        begin(0);
    }

    long stream() {
        return on.number;
    }

    boolean isSmall() {
        return on.smallSize >= 0;
    }

    /** Of what went out in one frame. */
    long smallSize() {
        return on.smallSize;
    }

    @Nullable
    Octets smallDigest() {
        return on.smallDigest;
    }

    /** All of it goes out before the receiver has said what it has. */
    void sendOptimistically() {
        on.optimistic = true;
        wantAll();
    }

    boolean isOptimistic() {
        return on.optimistic;
    }

    /** The receiver has opened it. */
    void bind() {
        on.bound = true;
    }

    boolean isBound() {
        return on.bound;
    }

    /** Whether DATA and COMMIT may go out. */
    boolean isSendable() {
        return (on.bound || on.optimistic) && !on.committed && !on.answered;
    }

    /** The receiver has so many bytes from the start, by what it opens with. */
    void has(long contiguous) {
        acked = contiguous;
    }

    /** What the receiver has is compared with what is here. */
    void compare(CompletableFuture<Boolean> same) {
        on.check = same;
    }

    /** Whether what the receiver had is what is here; waits for it. */
    boolean isSame() {
        return on.check == null || on.check.join();
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
        on.committed = false;
    }

    /** COMMIT goes out. */
    void commit() {
        on.committed = true;
    }

    /** The receiver knows the file: it wants no data, and DONE follows. */
    void isKnown() {
        on.answered = true;
    }

    boolean isAnswered() {
        return on.answered;
    }

    /** Whether the receiver may say that it is done. */
    boolean awaitsEnd() {
        return on.committed || on.answered;
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
        int next = on.todo.nextSetBit(0);
        if (pipe != null) {
            return (long) (next < 0 ? on.wanted : next) * segmentBytes;
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
        on.todo.clear();
        if (pipe != null) {
            on.wanted = pipe.arrived(); // asked once: what arrives after that is wanted later
            on.todo.set(pipe.freed(), on.wanted);
        } else {
            on.todo.set(0, segments(size(), segmentBytes));
        }
    }

    /** All that the receiver does not have is to be sent, as far as it is here. */
    void wantMissing() {
        resumed |= !on.told.isEmpty();
        wantAll();
        on.todo.andNot(on.told);
    }

    /** What has arrived of a pipe since it was last asked is to be sent. */
    void wantArrived() {
        if (pipe != null && isSendable()) {
            int from = Math.max(on.wanted, pipe.freed());
            int arrived = pipe.arrived();
            if (arrived > from) {
                on.todo.set(from, arrived);
            }
            on.wanted = Math.max(on.wanted, arrived);
        }
    }

    /** The receiver refuses segments, which are to be sent again; those that cannot be are passed over. */
    void wantAgain(List<UploadFrame.Refused> refused) {
        long size = size();
        int segments = size >= 0
                ? segments(size, segmentBytes)
                : Objects.requireNonNull(pipe).arrived();
        for (UploadFrame.Refused each : refused) {
            if (each.segment() < segments) {
                on.todo.set((int) each.segment());
            }
        }
        if (pipe != null) {
            on.todo.clear(0, pipe.freed());
        }
    }

    /** The first segment that is to be sent, or -1. */
    int next() {
        return on.todo.nextSetBit(0);
    }

    /** A segment goes out. */
    void goesOut(int segment, int crc) {
        on.todo.clear(segment);
        know(segment, crc);
    }

    /** Whether all of it has gone out, and all is known that a COMMIT waits for. */
    boolean isToCommit() {
        return isSendable() && on.todo.isEmpty() && isAtItsEnd() && isDone(digest) && isDone(on.check);
    }

    /** The last segment of a pipe may arrive, and with it the end, after the look at what has arrived. */
    private boolean isAtItsEnd() {
        return pipe == null || pipe.failure() != null || (pipe.isEnded() && on.wanted >= pipe.arrived());
    }

    void sizeSegments(int bytes) {
        segmentBytes = bytes;
        known.clear();
        crcs = new int[0];
    }

    private void know(int segment, int crc) {
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
            on.told.set(range.first(), range.first() + range.count());
        }
        for (UploadFrame.Crcs each : opened.crcs()) {
            if (each.first() < 0 || each.first() > segments - each.crcs().size()) {
                return false;
            }
            for (int i = 0; i < each.crcs().size(); i++) {
                on.toldCrcs = grown(on.toldCrcs, each.first() + i);
                on.toldCrcs[each.first() + i] = each.crcs().get(i);
            }
        }
        return true;
    }

    /** The sums of what the receiver has, by segment. */
    int[] toldCrcs() {
        return on.told.isEmpty() ? on.toldCrcs : grown(on.toldCrcs, on.told.length() - 1);
    }

    /** What the receiver has and this process has not read yet; null when something differs already. */
    @Nullable
    BitSet unread() {
        BitSet told = on.told;
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
        resumed = false;
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

    private static boolean isDone(@Nullable CompletableFuture<?> future) {
        return future == null || future.isDone();
    }
}
