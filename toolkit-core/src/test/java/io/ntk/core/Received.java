package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Gathers what a connection brings: {@code <} when it is active, its bytes as UTF-8, {@code >} at the end of the stream,
 * which it passes on.
 */
final class Received extends ChannelInboundHandlerAdapter {
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    @Override
    public boolean isSharable() {
        return true;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        append("<");
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        append(bytes.toString(StandardCharsets.UTF_8));
        bytes.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            append(">");
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended.complete(text());
    }

    private synchronized void append(String more) {
        text.append(more);
    }

    synchronized String text() {
        return text.toString();
    }

    synchronized void clear() {
        text.setLength(0);
    }

    String toEnd() throws ExecutionException, InterruptedException, TimeoutException {
        return ended.get(30, TimeUnit.SECONDS);
    }
}
