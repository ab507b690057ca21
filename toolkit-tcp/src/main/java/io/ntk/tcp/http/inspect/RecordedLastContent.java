package io.ntk.tcp.http.inspect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.LastHttpContent;

/** The end of a request, which also has all of the request as it came over the wire. */
public final class RecordedLastContent extends DefaultLastHttpContent {
    private final ByteBuf recorded;

    /**
     * Takes the place of the end of a request.
     *
     * @param end as it was decoded; ownership moves here
     * @param recorded the head, and the body in its transfer coding; in memory of the heap, which needs no release
     */
    public RecordedLastContent(LastHttpContent end, ByteBuf recorded) {
        super(end.content());
        this.recorded = requireNonNull(recorded, "recorded");
        trailingHeaders().set(end.trailingHeaders());
        setDecoderResult(end.decoderResult());
    }

    /**
     * The request as it came.
     *
     * @return a view with indices of its own
     */
    public ByteBuf recorded() {
        return recorded.duplicate();
    }
}
