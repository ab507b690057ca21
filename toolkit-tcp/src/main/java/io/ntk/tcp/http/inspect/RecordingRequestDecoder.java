package io.ntk.tcp.http.inspect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Netty's decoder, which also keeps the bytes of requests to {@code /echo} as they came.
 *
 * <p>Placement: instead of {@code HttpRequestDecoder}; an {@code HttpResponseEncoder} stands beside it. Out: as that, and a
 * {@link RecordedRequest} ahead of the {@link LastHttpContent} of such a request. Of any other request no more than the
 * head is kept, until it is whole. Limits: those of the decoder for the head, and one for all that is kept; a request
 * beyond it is passed on without a record. Not sharable.
 */
public final class RecordingRequestDecoder extends HttpRequestDecoder {
    private final int maxBytes;
    private final ByteArrayOutputStream record = new ByteArrayOutputStream(512);
    private boolean recording = true;

    /**
     * Makes a decoder for one channel.
     *
     * @param config of the decoding
     * @param maxBytes how much of a request is kept at most
     */
    public RecordingRequestDecoder(HttpDecoderConfig config, int maxBytes) {
        super(config);
        this.maxBytes = maxBytes;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        int from = in.readerIndex();
        int before = out.size();
        super.decode(ctx, in, out);
        keep(in, from, in.readerIndex());
        // One call of the decoder never goes beyond the end of a request.
        for (int i = before; i < out.size(); i++) {
            Object message = out.get(i);
            if (message instanceof HttpRequest request && !InspectPaths.isEcho(request.uri())) {
                drop();
            }
            if (message instanceof LastHttpContent) {
                if (recording) {
                    out.add(i++, new RecordedRequest(Unpooled.wrappedBuffer(record.toByteArray())));
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
