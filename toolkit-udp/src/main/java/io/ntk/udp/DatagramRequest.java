package io.ntk.udp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.ntk.udp.guard.DatagramAnswer;
import java.net.SocketAddress;

/**
 * A datagram, and the way to answer it: at once or later, on any thread.
 *
 * <p>The payload belongs to the batch that it was read with: what is kept beyond the call is copied, since a retained
 * part would hold all of the batch. An answer passes the guard with the size of this request, whenever it is given.
 */
public final class DatagramRequest {
    private final ChannelHandlerContext ctx;
    private final AddressedEnvelope<? extends ByteBuf, ? extends SocketAddress> packet;
    private final KernelDrops drops;
    private final SocketAddress sender;
    private final int bytes;

    DatagramRequest(
            ChannelHandlerContext ctx,
            AddressedEnvelope<? extends ByteBuf, ? extends SocketAddress> packet,
            KernelDrops drops) {
        this.ctx = ctx;
        this.packet = packet;
        this.drops = drops;
        this.sender = packet.sender();
        this.bytes = packet.content().readableBytes();
    }

    /**
     * What was sent.
     *
     * @return valid during the call of the responder; not to be released
     */
    public ByteBuf payload() {
        return packet.content();
    }

    /**
     * Who sent it.
     *
     * @return the address; of an unnamed Unix socket, one with an empty path
     */
    public SocketAddress sender() {
        return sender;
    }

    /**
     * Where it was sent to.
     *
     * @return the address of the channel that received it
     */
    public SocketAddress recipient() {
        return packet.recipient();
    }

    /**
     * How long the payload is.
     *
     * @return bytes, 0 to the limit
     */
    public int bytes() {
        return bytes;
    }

    /**
     * The channel that received it.
     *
     * @return not to be written to directly: the guard would take that for nothing that was asked for
     */
    public Channel channel() {
        return ctx.channel();
    }

    /**
     * Datagrams that the kernel dropped at the sockets of this server since it started.
     *
     * @return live, the same for each request of a server
     */
    public KernelDrops kernelDrops() {
        return drops;
    }

    /**
     * Answers, under all rules of the guard.
     *
     * @param payload released when it is sent, or refused
     */
    public void answer(ByteBuf payload) {
        answer(payload, DatagramAnswer.Trust.NONE);
    }

    /**
     * Answers.
     *
     * @param payload released when it is sent, or refused
     * @param trust whether the peer has shown that it is where it says, so that the rate does not hold for it
     */
    public void answer(ByteBuf payload, DatagramAnswer.Trust trust) {
        if (ctx.executor().inEventLoop()) {
            write(payload, trust);
        } else {
            ctx.executor().execute(() -> write(payload, trust));
        }
    }

    /* The handler flushes at the end of a read; an answer outside of one flushes by itself. */
    private void write(ByteBuf payload, DatagramAnswer.Trust trust) {
        DatagramHandler handler = (DatagramHandler) ctx.handler();
        boolean plain = handler.isReading(this) && trust == DatagramAnswer.Trust.NONE;
        Object answer = plain
                ? DatagramAnswer.packet(payload, sender) // which the guard sees to be an answer to this
                : DatagramAnswer.to(sender, bytes, payload, trust);
        ctx.write(answer, ctx.voidPromise());
        handler.written(ctx);
    }
}
