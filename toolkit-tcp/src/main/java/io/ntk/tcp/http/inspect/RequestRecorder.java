package io.ntk.tcp.http.inspect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Keeps the bytes of requests to {@code /echo} for a decoder, which calls it around each of its steps. Of any other request
 * no more than the head is kept, until it is whole. For one channel.
 */
public final class RequestRecorder {
    private final int maxBytes;
    private final ByteArrayOutputStream record = new ByteArrayOutputStream(512);
    private boolean recording = true;

    /**
     * Makes a recorder.
     *
     * @param maxBytes how much of a request is kept at most; a request beyond it has no record
     */
    public RequestRecorder(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Looks at one step of a decoder, which never goes beyond the end of a request.
     *
     * @param in what was decoded from
     * @param from where its reader was before the step
     * @param out what has come out; the end of a request that was kept is replaced by a {@link RecordedLastContent}
     * @param first the first message of the step
     */
    public void step(ByteBuf in, int from, List<Object> out, int first) {
        keep(in, from, in.readerIndex());
        for (int i = first; i < out.size(); i++) {
            Object message = out.get(i);
            if (message instanceof HttpRequest request && !InspectPaths.isEcho(request.uri())) {
                drop();
            }
            if (message instanceof LastHttpContent end) {
                if (recording) {
                    out.set(i, new RecordedLastContent(end, Unpooled.wrappedBuffer(record.toByteArray())));
                }
                record.reset();
                recording = true;
            }
        }
    }

    private void keep(ByteBuf in, int from, int to) {
        if (!recording) {
            return;
        }
        if (record.size() + to - from > maxBytes) {
            drop();
            return;
        }
        try {
            in.getBytes(from, record, to - from);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no disk behind it
        }
    }

    private void drop() {
        recording = false;
        record.reset();
    }
}
