package io.ntk.core;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is right with what no handler of a pipeline took care of: it closes.
 *
 * <p>Placement: last. The end of the peer's stream and {@link ConnectionEvent#DRAIN} close the connection behind what is
 * still to be written; an exception marks its cause and closes. Sharable.
 */
@Sharable
public final class UnhandledHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(UnhandledHandler.class);

    /** Makes a handler for any number of channels. */
    public UnhandledHandler() {}

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            Closing.afterWrites(ctx);
        } else if (event == ConnectionEvent.DRAIN) {
            CloseCause.mark(ctx.channel(), CloseCause.SHUTDOWN);
            Closing.afterWrites(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        CloseCause.mark(ctx.channel(), causeOf(cause));
        if (CloseCause.of(ctx.channel()) == CloseCause.ERROR) {
            LOG.warn("{} failed, closing: {}", ctx.channel().id().asShortText(), Reason.of(cause), cause);
        } else {
            LOG.debug("{} closing: {}", ctx.channel().id().asShortText(), Reason.of(cause));
        }
        ctx.close();
    }

    private static CloseCause causeOf(Throwable cause) {
        if (cause instanceof SSLException || cause.getCause() instanceof SSLException) {
            return CloseCause.TLS;
        }
        if (cause instanceof DecoderException) {
            // Netty wraps what a decoder throws by mistake in the same exception: that is no fault of the peer's.
            boolean mistake = cause.getClass() == DecoderException.class
                    && cause.getCause() instanceof RuntimeException
                    && !(cause.getCause() instanceof DecoderException);
            return mistake ? CloseCause.ERROR : CloseCause.PROTOCOL;
        }
        return cause instanceof IOException ? CloseCause.RESET : CloseCause.ERROR;
    }
}
