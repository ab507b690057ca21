package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a {@link DatagramResponder}.
 *
 * <p>Placement: last, behind a {@link io.ntk.udp.guard.ReflectionGuardHandler} unless the network is closed. In:
 * datagrams ({@link AddressedEnvelope} of a {@link ByteBuf}, with a sender), released after the call; anything else is
 * passed on. Out: answers, flushed once a read. What the responder throws is an exception of the pipeline. Not sharable.
 */
public final class DatagramHandler extends ChannelInboundHandlerAdapter {
    private final DatagramResponder responder;
    private final Supplier<KernelDrops> drops;
    private boolean reading;
    private @Nullable DatagramRequest current;

    /**
     * Makes a handler for one channel, whose requests know of no drops.
     *
     * @param responder what is said
     */
    public DatagramHandler(DatagramResponder responder) {
        this(responder, () -> KernelDrops.UNKNOWN);
    }

    /**
     * Makes a handler for one channel.
     *
     * @param responder what is said
     * @param drops where requests get it from what the kernel dropped; asked for each
     */
    public DatagramHandler(DatagramResponder responder, Supplier<KernelDrops> drops) {
        this.responder = requireNonNull(responder, "responder");
        this.drops = requireNonNull(drops, "drops");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof AddressedEnvelope<?, ?> envelope)
                || !(envelope.content() instanceof ByteBuf)
                || envelope.sender() == null) {
            ctx.fireChannelRead(message);
            return;
        }
        reading = true;
        try {
            @SuppressWarnings("unchecked") // just looked at
            var packet = (AddressedEnvelope<ByteBuf, SocketAddress>) envelope;
            current = new DatagramRequest(ctx, packet, drops.get());
            responder.received(current);
        } finally {
            current = null;
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        reading = false;
        ctx.flush();
        ctx.fireChannelReadComplete();
    }

    boolean isReading(DatagramRequest request) {
        return request == current;
    }

    /** An answer was written: within a read it waits for the end of that. */
    void written(ChannelHandlerContext ctx) {
        if (!reading) {
            ctx.flush();
        }
    }
}
