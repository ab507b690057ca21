package io.ntk.udp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.ntk.udp.guard.DatagramAnswer;
import io.ntk.udp.guard.ReflectionGuardHandler;

/**
 * Sends every datagram back to its sender.
 *
 * <p>Placement: last, behind a {@link ReflectionGuardHandler} unless the network is closed. In: datagrams ({@link
 * AddressedEnvelope} of a {@link ByteBuf}, with a sender); anything else is passed on. Ownership of the payload moves to
 * the write. Answers are flushed once a read, in a batch. Sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc862">RFC 862</a>
 */
@ChannelHandler.Sharable
public final class DatagramEchoHandler extends ChannelInboundHandlerAdapter {
    /** Makes a handler for any number of channels. */
    public DatagramEchoHandler() {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof DatagramPacket packet) {
            ctx.write(new DatagramPacket(packet.content(), packet.sender()), ctx.voidPromise());
        } else if (message instanceof AddressedEnvelope<?, ?> packet
                && packet.content() instanceof ByteBuf payload
                && packet.sender() != null) {
            ctx.write(DatagramAnswer.packet(payload, packet.sender()), ctx.voidPromise());
        } else {
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
        ctx.fireChannelReadComplete();
    }
}
