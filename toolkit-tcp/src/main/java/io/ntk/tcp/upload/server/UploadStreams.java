package io.ntk.tcp.upload.server;

import io.netty.buffer.ByteBuf;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a connection: leads each frame and each raw byte to the file that it is for, or throws the bytes away, and
 * gives their credit back when they are done with.
 */
final class UploadStreams {
    private final ServerConnection connection;
    private final ServerHandshake peer;
    private final UploadStore store;
    private final UploadLimits limits;
    private final Credit credit;
    private final Results results;
    private final WholeFiles wholeFiles;
    private final Runnable settled;
    private final Map<Long, UploadStream> streams = new HashMap<>();
    private int opening;
    private long last;
    private boolean closed;
    private Upload.@Nullable Segment segment;
    private int rawToCome;
    private boolean waitsForDisk;

    /**
     * @param settled called when a file has come to its end, or its COMMIT to nothing
     */
    UploadStreams(
            ServerConnection connection,
            ServerHandshake peer,
            UploadStore store,
            UploadLimits limits,
            Runnable settled) {
        this.connection = connection;
        this.peer = peer;
        this.store = store;
        this.limits = limits;
        this.settled = settled;
        this.credit = new Credit(connection, limits.creditBytes());
        this.results = new Results(connection, peer);
        this.wholeFiles = new WholeFiles(this, peer, store);
    }

    ServerConnection connection() {
        return connection;
    }

    Credit credit() {
        return credit;
    }

    /** The highest stream that was opened, 0 for none. */
    long last() {
        return last;
    }

    /** Whether nothing is under way. */
    boolean isEmpty() {
        return streams.isEmpty() && wholeFiles.isEmpty();
    }

    /** Whether an answer is to come without the peer saying anything more. */
    boolean isBusy() {
        return !wholeFiles.isEmpty() || streams.values().stream().anyMatch(UploadStream::isCommitting);
    }

    /** Raw bytes of the frame that is being received. */
    int rawToCome() {
        return rawToCome;
    }

    // ---- frames

    /** Takes a frame that is about a file; false when it is about something else. */
    boolean frame(UploadFrame frame) {
        if (frame instanceof UploadFrame.Data data) {
            data(data);
        } else if (frame instanceof UploadFrame.Put put) {
            put(put);
        } else if (frame instanceof UploadFrame.Open open) {
            open(open);
        } else if (frame instanceof UploadFrame.Commit commit) {
            UploadStream stream = known("COMMIT", commit.stream());
            if (stream != null) {
                stream.commit(commit);
            }
        } else if (frame instanceof UploadFrame.MakeFolder make) {
            begin(make.stream());
            if (!closed) {
                wholeFiles.makeFolder(make);
                pauseWhileFull();
            }
        } else if (frame instanceof UploadFrame.Abort abort) {
            UploadStream stream = streams.get(abort.stream());
            if (stream != null) {
                stream.abort(abort);
            }
        } else {
            return false;
        }
        return true;
    }

    private void put(UploadFrame.Put put) {
        begin(put.stream());
        int bytes = put.data().size();
        if (!peer.can(Capability.PUT)) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "PUT, which was not agreed on");
        }
        if (bytes > limits.maxInlineBytes()) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL,
                    "PUT of " + bytes + " bytes (expected: at most " + limits.maxInlineBytes() + ")");
        }
        credit.use(bytes);
        if (closed) {
            credit.giveBack(bytes);
        } else {
            wholeFiles.put(put);
            pauseWhileFull();
        }
    }

    private void begin(long stream) {
        if (stream <= last) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, "stream " + stream + " (expected: above " + last + ")");
        }
        last = stream;
    }

    /** The file of a stream; null for one that is over. */
    private @Nullable UploadStream known(String frame, long stream) {
        if (stream > last) {
            throw new UploadProtocolException(UploadError.PROTOCOL, frame + " before OPEN");
        }
        return streams.get(stream);
    }

    private void open(UploadFrame.Open open) {
        begin(open.stream());
        if (closed) {
            return; // GOAWAY has said so; its bytes are drained
        }
        var how =
                switch (open.start()) {
                    case NORMAL -> UploadStore.Opening.NORMAL;
                    case OPTIMISTIC -> UploadStore.Opening.OPTIMISTIC;
                    case RESUME -> UploadStore.Opening.RESUME;
                };
        if ((how == UploadStore.Opening.OPTIMISTIC && !peer.can(Capability.OPTIMISTIC))
                || (!open.request().hasSize() && !peer.can(Capability.UNKNOWN_SIZE))) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "OPEN of a kind that was not agreed on");
        }
        if (streams.size() >= limits.maxStreams() || opening >= limits.maxStreams()) {
            connection.send(UploadFrame.Failure.of(
                    open.stream(), UploadError.TOO_MANY_UPLOADS, "as many streams as there may be"));
            return; // nothing of the file has begun, so there is nothing to tell anybody else
        }
        UploadStream stream = new UploadStream(open.stream(), open.request(), this);
        streams.put(open.stream(), stream);
        opening++;
        stream.open(store, peer, how);
        pauseWhileFull();
    }

    /** The store has opened one, or refused it. One that was given up meanwhile counts until then, or they could pile up. */
    void opened() {
        opening--;
    }

    private void data(UploadFrame.Data data) {
        UploadStream stream = known("DATA", data.stream());
        credit.use(data.rawBytes());
        rawToCome = data.rawBytes();
        segment = stream == null ? null : stream.data(data);
    }

    /** Takes raw bytes of the last DATA, and releases them when they are done with. */
    void raw(ByteBuf raw) {
        int bytes = raw.readableBytes();
        rawToCome -= bytes;
        Upload.Segment into = segment;
        if (into == null || connection.life() == ServerConnection.Life.OVER) {
            raw.release();
            credit.giveBack(bytes);
        } else {
            into.write(raw.nioBuffer(), () -> {
                raw.release();
                connection.onLoop(() -> credit.giveBack(bytes));
            });
            pauseWhileFull();
        }
        if (rawToCome == 0) {
            segment = null;
        }
    }

    private void pauseWhileFull() {
        if (!waitsForDisk && store.isFull()) {
            waitsForDisk = true;
            ReadGate.of(connection.channel()).pause(this);
            store.whenRoom(() -> connection.onLoop(this::resume));
        }
    }

    private void resume() {
        waitsForDisk = false;
        ReadGate.of(connection.channel()).resume(this);
    }

    // ---- the ends of files

    void ended(UploadStream stream) {
        streams.remove(stream.number());
    }

    void result(UploadFrame.Result result) {
        results.add(result, !isBusy());
    }

    void settled() {
        settled.run();
    }

    // ---- the end

    /** Takes no more files. */
    void close() {
        closed = true;
    }

    /** Leaves the files that the peer has not committed. */
    void suspendUncommitted() {
        List.copyOf(streams.values()).stream()
                .filter(stream -> !stream.isCommitting())
                .forEach(UploadStream::suspend);
    }

    /** Leaves all files. */
    void suspendAll() {
        List.copyOf(streams.values()).forEach(UploadStream::suspend);
    }

    /** Leaves one that its peer has a fault with. */
    void suspend(long number) {
        UploadStream stream = streams.get(number);
        if (stream != null) {
            stream.suspend();
            settled();
        }
    }

    /** Tells the peer what has come to its end, without waiting for more. */
    void sendResults() {
        results.send();
    }

    /** When the handler leaves its pipeline: reading is nobody's business here any more. */
    void leave() {
        suspendAll();
        ReadGate.of(connection.channel()).resume(this);
    }
}
