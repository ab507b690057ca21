package io.ntk.udp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.ReferenceCountUtil;
import io.ntk.core.AccessList;
import io.ntk.core.ReadGate;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What every datagram server has first: it counts, keeps to the access list, tells of datagrams, and knows those that are
 * too long.
 *
 * <p>Placement: first. In: datagrams; those of senders that may not, those that are too long, and those beyond the number
 * that is wanted are released, all others passed on. Out: a datagram without payload is sent here ({@link
 * EmptyDatagram}), an answer to a Unix peer without a name fails. While more waits to be sent than the channel should
 * hold, reading stops. Not sharable.
 */
final class DatagramFrontHandler extends ChannelDuplexHandler {
    private final DatagramNews news;
    private final DatagramTraffic traffic;
    private final AccessList access;
    private final boolean everyone;
    private final int maxDatagramBytes;
    private final @Nullable DatagramQuota quota;

    /* Of this read, or since the last flush: added to the totals at its end. */
    private long received;
    private long bytesIn;
    private long sent;
    private long bytesOut;

    DatagramFrontHandler(DatagramOptions options, DatagramNews news, @Nullable DatagramQuota quota) {
        this.news = news;
        this.traffic = news.traffic();
        this.access = options.listen().access();
        this.everyone = access.equals(AccessList.ALL);
        this.maxDatagramBytes = options.maxDatagramBytes();
        this.quota = quota;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof AddressedEnvelope<?, ?> packet && packet.content() instanceof ByteBuf payload) {
            received++;
            bytesIn += payload.readableBytes();
            if (isTaken(packet.sender(), payload)) {
                ctx.fireChannelRead(message);
            } else {
                ReferenceCountUtil.release(message);
            }
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private boolean isTaken(@Nullable SocketAddress sender, ByteBuf payload) {
        if (!everyone && !access.permits(sender)) {
            news.denied(sender);
            return false;
        }
        if (quota != null && !quota.take()) {
            return false;
        }
        boolean whole = payload.readableBytes() <= maxDatagramBytes;
        if (!whole) {
            news.truncated(sender, maxDatagramBytes);
        }
        if (news.wantsDatagrams()) {
            ByteBuffer copy = ByteBuffer.allocate(Math.min(payload.readableBytes(), maxDatagramBytes));
            payload.getBytes(payload.readerIndex(), copy);
            news.received(sender, copy.flip(), whole);
        }
        return whole;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        traffic.received.add(received);
        traffic.bytesIn.add(bytesIn);
        received = 0;
        bytesIn = 0;
        ctx.fireChannelReadComplete();
        if (quota != null) {
            quota.readComplete();
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof AddressedEnvelope<?, ?> packet) || !(packet.content() instanceof ByteBuf payload)) {
            ctx.write(message, promise);
            return;
        }
        SocketAddress recipient = packet.recipient();
        if (recipient instanceof DomainSocketAddress unix && unix.path().isEmpty()) {
            fail(ctx, message, promise, new IOException("it has no address: it has to bind its socket to a path"));
            return;
        }
        sent++;
        bytesOut += payload.readableBytes();
        if (payload.isReadable() || recipient == null) {
            ctx.write(message, promise);
            return;
        }
        flush(ctx); // so that it does not overtake what was written before it
        try {
            EmptyDatagram.send(ctx.channel(), recipient);
            ReferenceCountUtil.release(message);
            promise.trySuccess();
        } catch (IOException e) {
            fail(ctx, message, promise, e);
        }
    }

    private static void fail(ChannelHandlerContext ctx, Object message, ChannelPromise promise, IOException why) {
        ReferenceCountUtil.release(message);
        if (!promise.tryFailure(why)) {
            ctx.fireExceptionCaught(why);
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        traffic.sent.add(sent);
        traffic.bytesOut.add(bytesOut);
        sent = 0;
        bytesOut = 0;
        ctx.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            ReadGate.of(ctx.channel()).resume(this);
        } else {
            ReadGate.of(ctx.channel()).pause(this);
        }
        ctx.fireChannelWritabilityChanged();
    }
}
