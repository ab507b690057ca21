package io.ntk.tcp.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.tcp.line.LineMessage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whose first line is {@code /pass SECRET}.
 *
 * <p>Placement: behind the framing, before a {@link ChatHandler}, which learns that the channel is active only when the
 * line has come; then this handler leaves. In: {@link LineMessage}. Another line, or a wrong secret, gets one line and the
 * connection is closed; so it is when nothing comes in time. The comparison takes the same time wherever the two differ.
 * Not sharable.
 */
public final class PasswordHandler extends ChannelInboundHandlerAdapter {
    private static final String COMMAND = "/pass ";

    private final byte[] digest;
    private final Duration deadline;
    private @Nullable Future<?> timer;
    private @Nullable SslHandshakeCompletionEvent secured;
    private boolean refused;

    /**
     * Makes a handler for one channel.
     *
     * @param password the secret
     * @param deadline the time for the line, zero for no limit
     */
    public PasswordHandler(String password, Duration deadline) {
        this.digest = digest(password);
        this.deadline = deadline;
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (!deadline.isZero()) {
            timer = ctx.executor()
                    .schedule(
                            () -> refuse(ctx, CloseCause.HANDSHAKE_TIMEOUT, "no password in time"),
                            deadline.toNanos(),
                            TimeUnit.NANOSECONDS);
        }
        // Told to those behind when the password has come.
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof LineMessage)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (refused) {
            return;
        }
        boolean asked = message instanceof LineMessage.Text line && line.text().startsWith(COMMAND);
        if (!asked) {
            refuse(ctx, CloseCause.PROTOCOL, "the first line must be /pass and the password");
        } else if (message instanceof LineMessage.Text line
                && MessageDigest.isEqual(digest, digest(line.text().substring(COMMAND.length())))) {
            ctx.fireChannelActive();
            if (secured != null) {
                ctx.fireUserEventTriggered(secured);
            }
            ctx.pipeline().remove(this);
        } else {
            refuse(ctx, CloseCause.PROTOCOL, "wrong password");
        }
    }

    private void refuse(ChannelHandlerContext ctx, CloseCause cause, String why) {
        if (!refused && ctx.channel().isActive() && !ctx.isRemoved()) {
            refused = true;
            CloseCause.mark(ctx.channel(), cause);
            Closing.refuse(ctx, ByteBufUtil.writeUtf8(ctx.alloc(), "error: " + why + "\n"));
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            Closing.afterWrites(ctx);
        } else if (event == ConnectionEvent.DRAIN) {
            CloseCause.mark(ctx.channel(), CloseCause.SHUTDOWN);
            Closing.afterWrites(ctx);
        } else if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess()) {
            secured = done; // those behind would let the peer in: told to them when the password has come
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
