package io.ntk.tcp.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.ntk.tcp.http.inspect.RequestRecorder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * What {@link io.netty.handler.codec.http.HttpServerCodec} is, and two things more: it takes a {@link
 * PreparedReply.Message}, and it sends those of one flush as one buffer. It leaves checks to the {@link StrictHttpHandler}
 * before it.
 */
final class HttpCodec extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {
    private static final int MAX_GATHERED_BYTES = 64 * 1024;
    private static final int FIRST_BYTES = 512;

    /* For each request whose reply has not begun: whether it is a HEAD. */
    private final Queue<Boolean> heads = new ArrayDeque<>(4);

    private final boolean takesPrepared;

    /**
     * Makes a codec for one channel.
     *
     * @param limits of a head
     * @param recordedBytes how much of a request is kept as it came; 0 for nothing
     * @param takesPrepared whether a {@link PreparedReply.Message} reaches it from the handler that makes it
     */
    HttpCodec(HttpLimits limits, int recordedBytes, boolean takesPrepared) {
        this.takesPrepared = takesPrepared;
        HttpDecoderConfig config = new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLineBytes())
                .setMaxHeaderSize(2 * limits.headerBytes())
                .setHeadersFactory(DefaultHttpHeadersFactory.headersFactory().withValidation(false))
                .setTrailersFactory(DefaultHttpHeadersFactory.trailersFactory().withValidation(false));
        init(new Decoder(config, recordedBytes > 0 ? new RequestRecorder(recordedBytes) : null), new Encoder());
    }

    boolean takesPrepared() {
        return takesPrepared;
    }

    private final class Decoder extends HttpRequestDecoder {
        private final @Nullable RequestRecorder recorder;

        Decoder(HttpDecoderConfig config, @Nullable RequestRecorder recorder) {
            super(config);
            this.recorder = recorder;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            int from = in.readerIndex();
            int first = out.size();
            super.decode(ctx, in, out);
            if (recorder != null) {
                recorder.step(in, from, out, first);
            }
        }

        @Override
        protected HttpMessage createMessage(String[] initialLine) throws Exception {
            HttpMessage message = super.createMessage(initialLine);
            heads.add(initialLine[0].equals("HEAD"));
            return message;
        }
    }

    private final class Encoder extends HttpResponseEncoder {
        private @Nullable ByteBuf gathered;

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws Exception {
            if (message.getClass() == PreparedReply.Message.class) {
                gather(ctx, (PreparedReply.Message) message, promise);
            } else {
                send(ctx);
                super.write(ctx, message, promise);
            }
        }

        @Override
        public void flush(ChannelHandlerContext ctx) {
            send(ctx);
            ctx.flush();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) throws Exception {
            if (gathered != null) {
                gathered.release();
                gathered = null;
            }
            super.handlerRemoved(ctx);
        }

        private void gather(ChannelHandlerContext ctx, PreparedReply.Message message, ChannelPromise promise) {
            heads.poll();
            ByteBuf buffer = gathered;
            if (buffer == null) {
                buffer = ctx.alloc().ioBuffer(Math.max(FIRST_BYTES, message.bytes().length));
                gathered = buffer;
            }
            buffer.writeBytes(message.bytes());
            ByteBuf rest = message.rest();
            if (rest != null) {
                send(ctx);
                ctx.write(rest.duplicate(), promise);
            } else if (!promise.isVoid()) {
                gathered = null;
                ctx.write(buffer, promise);
            } else if (buffer.readableBytes() >= MAX_GATHERED_BYTES) {
                send(ctx);
            }
        }

        private void send(ChannelHandlerContext ctx) {
            ByteBuf buffer = gathered;
            if (buffer != null) {
                gathered = null;
                ctx.write(buffer, ctx.voidPromise());
            }
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpResponse response) {
            if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
                return super.isContentAlwaysEmpty(response);
            }
            return Boolean.TRUE.equals(heads.poll()) || super.isContentAlwaysEmpty(response);
        }
    }
}
