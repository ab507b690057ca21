package io.ntk.tcp.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ReadGate;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets only such requests through to a codec as RFC 9112 allows, and within limits.
 *
 * <p>Placement: behind TLS and right before a {@link io.netty.handler.codec.http.HttpServerCodec}, which forgets what
 * this handler looks at: spacing, folded lines, case, control characters. In and out: {@link ByteBuf}; anything else is
 * passed on. A head goes on when it is complete and sound, a body as it arrives, framing line by line. The limits of the
 * codec must not be lower than those of this handler; its header limit, which counts trailers too, needs twice as much.
 *
 * <p>Failure: at the first violation nothing more goes through. With a {@link PipelineOrderHandler} in the pipeline an
 * {@link HttpViolation} follows what was sound as a user event, and that handler answers when its turn comes; without
 * one the answer is sent at once, and the connection closed. A stream that ends within a request is a violation.
 * {@link HttpProgress#HEAD_BEGUN} is fired when a head has not come in one piece.
 *
 * <p>While the channel's {@link ReadGate} is paused nothing goes through; at most one read waits here. Limits: {@link
 * HttpLimits}, a head and one read are held. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112">RFC 9112</a>
 */
public final class StrictHttpHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(StrictHttpHandler.class);
    /* Between so many requests it is looked at whether the gate is still open. */
    private static final int MAX_REQUESTS_AT_ONCE = 32;

    private final RequestScanner scanner;
    private ByteBuf held = Unpooled.EMPTY_BUFFER;
    private boolean headTold;
    private boolean over;
    private boolean forwarding;
    private @Nullable Object end;
    private @Nullable ReadGate gate;

    /**
     * Makes a handler for one channel.
     *
     * @param limits how much a request may be
     * @param lenient rules that are switched off
     */
    public StrictHttpHandler(HttpLimits limits, Set<Leniency> lenient) {
        this.scanner = new RequestScanner(limits, lenient);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (over) {
            bytes.release();
            return;
        }
        held = held.isReadable() ? ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), held, bytes) : bytes;
        forward(ctx);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent && !over) {
            end = event;
            forward(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        over = true;
        ByteBuf rest = held;
        held = Unpooled.EMPTY_BUFFER;
        if (rest.isReadable()) {
            ctx.fireChannelRead(rest);
        } else {
            rest.release();
        }
    }

    private void forward(ChannelHandlerContext ctx) {
        if (forwarding) {
            return;
        }
        forwarding = true;
        try {
            ReadGate open = gate(ctx);
            boolean more = true;
            while (more && !over && held.isReadable() && !open.isPaused()) {
                more = forwardSome(ctx);
            }
            if (!over && !open.isPaused()) {
                tellOfHead(ctx);
                tellOfEnd(ctx);
            }
        } finally {
            forwarding = false;
        }
    }

    /** Sends on what is sound, up to some requests, and tells whether there may be more. */
    private boolean forwardSome(ChannelHandlerContext ctx) {
        int sound = scanner.scan(held, MAX_REQUESTS_AT_ONCE);
        if (sound > 0) {
            headTold = false;
            ByteBuf all = held;
            if (sound == all.readableBytes()) {
                held = Unpooled.EMPTY_BUFFER;
                ctx.fireChannelRead(all);
            } else {
                ctx.fireChannelRead(all.readRetainedSlice(sound));
            }
        }
        HttpViolation violation = scanner.violation();
        if (violation != null && !over) {
            reject(ctx, violation);
        }
        return sound > 0;
    }

    private void tellOfHead(ChannelHandlerContext ctx) {
        if (held.isReadable() && scanner.inHead() && !headTold) {
            headTold = true;
            ctx.fireUserEventTriggered(HttpProgress.HEAD_BEGUN);
        }
    }

    private void tellOfEnd(ChannelHandlerContext ctx) {
        Object event = end;
        if (event == null) {
            return;
        }
        end = null;
        if (held.isReadable() || !scanner.betweenRequests()) {
            reject(ctx, new HttpViolation(400, "the stream ends within a request"));
        }
        over = true;
        ctx.fireUserEventTriggered(event);
    }

    private void reject(ChannelHandlerContext ctx, HttpViolation violation) {
        over = true;
        drop();
        LOG.debug("{} {} {}", ctx.channel().id().asShortText(), violation.status(), violation.reason());
        if (PipelineOrderHandler.isIn(ctx.pipeline())) {
            ctx.fireUserEventTriggered(violation);
        } else {
            CloseCause.mark(ctx.channel(), CloseCause.PROTOCOL);
            Closing.refuse(ctx, violation.encode(ctx.alloc()));
        }
    }

    private void drop() {
        held.release();
        held = Unpooled.EMPTY_BUFFER;
    }

    /** Asked for at the first read and not before: by then a host has said whether it reads by hand. */
    private ReadGate gate(ChannelHandlerContext ctx) {
        ReadGate known = gate;
        if (known == null) {
            known = ReadGate.of(ctx.channel());
            gate = known;
            known.whenResumed(() -> {
                if (!ctx.isRemoved() && !over && (held.isReadable() || end != null)) {
                    forward(ctx);
                    ctx.fireChannelReadComplete();
                }
            });
        }
        return known;
    }
}
