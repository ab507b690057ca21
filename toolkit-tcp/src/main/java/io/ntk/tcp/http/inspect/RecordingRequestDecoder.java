package io.ntk.tcp.http.inspect;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.List;

/**
 * Netty's decoder, which also keeps the bytes of requests to {@code /echo} as they came.
 *
 * <p>Placement: instead of {@code HttpRequestDecoder}; an {@code HttpResponseEncoder} stands beside it. Out: as that, but
 * such a request ends with a {@link RecordedLastContent}. Limits: those of the decoder for the head, and one for all that
 * is kept. Not sharable.
 */
public final class RecordingRequestDecoder extends HttpRequestDecoder {
    private final RequestRecorder recorder;

    /**
     * Makes a decoder for one channel.
     *
     * @param config of the decoding
     * @param maxBytes how much of a request is kept at most; a request beyond it has no record
     */
    public RecordingRequestDecoder(HttpDecoderConfig config, int maxBytes) {
        super(config);
        this.recorder = new RequestRecorder(maxBytes);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        int from = in.readerIndex();
        int first = out.size();
        super.decode(ctx, in, out);
        recorder.step(in, from, out, first);
    }
}
