package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/**
 * Tells a peer that speaks TLS to a plain port, or plain text to a TLS port, what is wrong, and closes.
 *
 * <p>Placement: on a plain port before the framing of a protocol whose first byte is never 0x16; on a TLS port before
 * the TLS handler. It looks at the first byte that arrives: 0x16 starts every TLS handshake record. A TLS peer gets the
 * alert {@code unexpected_message}, a plain one the line {@code error: this port speaks TLS}, or what the protocol says
 * of {@link RefusalReason#NOT_TLS}. A peer that fits is passed on, and the handler leaves. The cause is {@link
 * CloseCause#TLS}. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-5.1">RFC 8446, 5.1</a>
 */
public final class TlsMismatchHandler extends ChannelInboundHandlerAdapter {
    /** What the port speaks. */
    public enum Port {
        /** No TLS. */
        PLAIN,
        /** TLS. */
        TLS
    }

    private static final int HANDSHAKE_RECORD = 0x16;

    private final Port port;
    private final RefusalAnswer toPlain;

    /**
     * Makes a handler for one channel.
     *
     * @param port what the port speaks
     */
    public TlsMismatchHandler(Port port) {
        this(port, RefusalAnswer.LINE);
    }

    private TlsMismatchHandler(Port port, RefusalAnswer toPlain) {
        this.port = requireNonNull(port, "port");
        this.toPlain = requireNonNull(toPlain, "toPlain");
    }

    /**
     * Makes a handler for one channel of a TLS port, with words of its protocol for plain peers.
     *
     * @param answer what such a peer is told, in plain
     * @return the handler
     */
    public static TlsMismatchHandler onTlsPort(RefusalAnswer answer) {
        return new TlsMismatchHandler(Port.TLS, answer);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes) || !bytes.isReadable()) {
            ctx.fireChannelRead(message);
            return;
        }
        byte first = bytes.getByte(bytes.readerIndex());
        boolean tls = first == HANDSHAKE_RECORD;
        if (tls == (port == Port.TLS)) {
            ctx.fireChannelRead(message);
            ctx.pipeline().remove(this);
            return;
        }
        ReferenceCountUtil.release(message);
        CloseCause.mark(ctx.channel(), CloseCause.TLS);
        // Before the TLS handler in the pipeline: the answer leaves as it is, and the TLS handler sees nothing more.
        Closing.refusePlain(ctx, answer(ctx, first));
    }

    private ByteBuf answer(ChannelHandlerContext ctx, byte first) {
        return port == Port.TLS
                ? toPlain.to(first).encode(ctx.alloc(), RefusalReason.NOT_TLS)
                : TlsAlert.UNEXPECTED_MESSAGE.encode(ctx.alloc());
    }
}
