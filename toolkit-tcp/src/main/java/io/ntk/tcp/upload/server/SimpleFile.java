package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One file of the simple protocol, from its header to its end. The channel is not read while the file is opened or published,
 * nor while more of its bytes wait for the disk than the credit of a connection. On its connection's event loop.
 */
final class SimpleFile {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SEGMENT_BYTES = 4 << 20;

    private final SimpleHeader header;
    private final UploadStore store;
    private final ServerConnection connection;
    private final int maxWaitingBytes;
    private final Turns turns;
    private final long startedAt;
    private State state = State.OPENING;
    private @Nullable Upload upload;
    private Upload.@Nullable Segment segment;
    private int segmentBytes;
    private int segmentLeft;
    private long received;
    private int waiting;
    private boolean behind;
    private boolean waitsForRoom;
    private boolean told;

    private enum State {
        OPENING,
        DATA,
        COMMITTING,
        /** It is done, or has failed, or its connection has left it while it was being published. */
        OVER
    }

    /** Who speaks with its sender. Each is called once at most, and nothing behind {@code done} or {@code failed}. */
    interface Turns {
        /** Its bytes may come. */
        void ready();

        /** All its bytes are there, and are being published. */
        void complete();

        /** It is published. */
        void done();

        void failed(UploadException why);
    }

    SimpleFile(SimpleHeader header, UploadStore store, ServerConnection connection, int maxWaitingBytes, Turns turns) {
        this.header = header;
        this.store = store;
        this.connection = connection;
        this.maxWaitingBytes = maxWaitingBytes;
        this.turns = turns;
        this.startedAt = connection.now();
    }

    // ---- the beginning

    void open() {
        gate();
        byte[] key = new byte[UploadRequest.KEY_BYTES];
        RANDOM.nextBytes(key);
        var request = new UploadRequest(
                Octets.of(key),
                header.size(),
                SEGMENT_BYTES,
                UploadRequest.NO_MODE,
                OnExists.SERVER,
                store.options().durability(),
                Instant.now(),
                1,
                header.path(),
                null);
        Upload begun = store.open(
                UploadPrincipal.caller(connection.channel(), ""),
                request,
                UploadStore.Opening.NORMAL,
                UploadFrame.Data.MAX_SEGMENT_BYTES,
                false);
        upload = begun;
        begun.opened().whenComplete((snapshot, failure) -> connection.onLoop(() -> opened(snapshot, failure)));
    }

    private void opened(Upload.@Nullable Snapshot snapshot, @Nullable Throwable failure) {
        if (state != State.OPENING) {
            return;
        }
        if (snapshot == null) {
            failed(failure);
        } else if (snapshot.receipt() != null) { // its bytes are not needed, and would come all the same
            failed(new UploadException(UploadError.EXISTS, "the same file is there"));
        } else {
            segmentBytes = snapshot.segmentBytes();
            state = State.DATA;
            connection.tell(
                    new UploadEvent.Opened(connection.id(), connection.peer(), header.path(), header.size(), 0));
            if (header.size() == 0) {
                turns.ready();
                commit();
            } else {
                gate();
                turns.ready();
            }
        }
    }

    // ---- its bytes

    /** Whether bytes may come now. */
    boolean takesBytes() {
        return state == State.DATA && missing() > 0;
    }

    /** How many bytes are still to come. */
    long missing() {
        return header.size() - received;
    }

    /** Takes bytes, at most as many as are missing, and owns them from here. */
    void take(ByteBuf bytes) {
        while (bytes.isReadable()) {
            Upload.Segment into = segment;
            if (into == null || segmentLeft == 0) {
                into = begin();
            }
            int count = Math.min(segmentLeft, bytes.readableBytes());
            segmentLeft -= count;
            received += count;
            write(into, bytes.readRetainedSlice(count));
        }
        bytes.release();
        if (missing() == 0) {
            commit();
        }
    }

    private Upload.Segment begin() {
        segmentLeft = (int) Math.min(segmentBytes, missing());
        Upload.Segment begun = requireNonNull(upload).segment(received, segmentLeft, null);
        begun.verdict().whenComplete((verdict, failure) -> {
            if (failure != null) {
                connection.onLoop(() -> failed(failure));
            }
        });
        segment = begun;
        return begun;
    }

    private void write(Upload.Segment into, ByteBuf part) {
        waiting += part.readableBytes();
        behind = behind || waiting >= maxWaitingBytes || store.isFull();
        gate();
        ByteBuffer[] buffers = part.nioBuffers();
        part.retain(buffers.length);
        part.release();
        for (ByteBuffer buffer : buffers) {
            int count = buffer.remaining();
            into.write(buffer, () -> {
                part.release();
                connection.onLoop(() -> written(count));
            });
        }
    }

    private void written(int bytes) {
        waiting -= bytes;
        if (behind && !waitsForRoom && waiting <= maxWaitingBytes / 2) {
            waitsForRoom = true;
            store.whenRoom(() -> connection.onLoop(this::caughtUp));
        }
    }

    private void caughtUp() {
        waitsForRoom = false;
        behind = false;
        gate();
    }

    private void gate() {
        ReadGate gate = ReadGate.of(connection.channel());
        boolean ourTurn = state == State.OPENING || state == State.COMMITTING;
        if (ourTurn || (state == State.DATA && behind)) {
            gate.pause(this);
        } else {
            gate.resume(this);
        }
    }

    // ---- the end

    private void commit() {
        state = State.COMMITTING;
        gate();
        turns.complete();
        requireNonNull(upload)
                .commit(header.size(), null)
                .whenComplete((receipt, failure) -> connection.onLoop(() -> committed(receipt, failure)));
    }

    private void committed(@Nullable Receipt receipt, @Nullable Throwable failure) {
        if (receipt == null) {
            failed(failure);
        } else if (!told) {
            told = true;
            connection.tellDone(receipt, startedAt);
            if (state == State.COMMITTING) {
                over();
                turns.done();
            }
        }
    }

    private void failed(@Nullable Throwable failure) {
        if (told) {
            return;
        }
        UploadException why = ServerConnection.failure(failure);
        boolean wanted = state != State.OVER;
        end(why);
        if (wanted) {
            turns.failed(why);
        }
    }

    /** Deletes it; when it is being published that goes on, and its end is told then. Without effect when it is over. */
    void giveUp(UploadException why) {
        if (state == State.COMMITTING) {
            over();
        } else if (state != State.OVER) {
            end(why);
        }
    }

    private void end(UploadException why) {
        told = true;
        connection.tellFailed(header.path(), why);
        if (upload != null) {
            upload.abort(false); // without effect when its commit came first
        }
        over();
    }

    private void over() {
        state = State.OVER;
        gate();
    }
}
