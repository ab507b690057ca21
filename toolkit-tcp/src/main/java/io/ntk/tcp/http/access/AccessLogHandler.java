package io.ntk.tcp.http.access;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.ntk.core.NetListener;
import io.ntk.core.TrafficHandler;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Tells of each request and what came of it.
 *
 * <p>Placement: right behind the HTTP codec, before everything that answers. In and out: everything is passed on; requests
 * and replies are looked at on their way. One {@link AccessEvent} for each request, in order: when its reply was handed to
 * the transport, or the connection ended. A reply without a request (to one that could not be decoded) has an event too.
 * Limits: one entry for each request that is not answered yet, which what comes before and behind bounds. Not sharable.
 */
public final class AccessLogHandler extends ChannelDuplexHandler {
    private static final int MAX_TEXT = 1024;

    private final String service;
    private final NetListener listener;
    private final Clock clock;
    private final Queue<Entry> entries = new ArrayDeque<>(4);
    /* The entry whose reply is being written, and is no more in the queue. */
    private @Nullable Entry replying;

    /** What is known of a request until its event. */
    private static final class Entry {
        final AccessEvent.Asked asked;
        final long begun = System.nanoTime();
        int status;
        long bytes;
        String user = "";
        boolean told;

        Entry(AccessEvent.Asked asked) {
            this.asked = asked;
        }
    }

    /**
     * Makes a handler for one channel.
     *
     * @param service the name of the service in the events
     * @param listener who is told, on the channel's event loop
     */
    public AccessLogHandler(String service, NetListener listener) {
        this(service, listener, Clock.systemUTC());
    }

    AccessLogHandler(String service, NetListener listener, Clock clock) {
        this.service = requireNonNull(service, "service");
        this.listener = requireNonNull(listener, "listener");
        this.clock = clock;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request && !request.decoderResult().isFailure()) {
            entries.add(new Entry(asked(request)));
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        tellRest(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        tellRest(ctx);
    }

    private void tellRest(ChannelHandlerContext ctx) {
        if (replying != null) {
            tell(ctx, replying, false);
            replying = null;
        }
        for (Entry entry = entries.poll(); entry != null; entry = entries.poll()) {
            tell(ctx, entry, false);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            Entry entry = entries.poll();
            replying = entry == null ? new Entry(AccessEvent.Asked.nothing(clock.instant())) : entry;
            replying.status = response.status().code();
            String user = ctx.channel().attr(BasicAuthHandler.USER).get();
            replying.user = user == null ? "" : user;
        }
        Entry entry = replying;
        if (entry == null) {
            ctx.write(message, promise);
            return;
        }
        entry.bytes += bytes(message);
        if (message instanceof LastHttpContent) {
            replying = null;
            ctx.write(message, promise.unvoid()).addListener(done -> tell(ctx, entry, done.isSuccess()));
        } else {
            ctx.write(message, promise);
        }
    }

    private static long bytes(Object message) {
        if (message instanceof HttpContent content) {
            return content.content().readableBytes();
        }
        if (message instanceof ByteBuf buffer) {
            return buffer.readableBytes();
        }
        return message instanceof FileRegion region ? region.count() : 0;
    }

    private void tell(ChannelHandlerContext ctx, Entry entry, boolean complete) {
        if (entry.told) {
            return;
        }
        entry.told = true;
        AccessEvent.Asked asked = entry.asked;
        listener.on(new AccessEvent(
                service,
                ctx.channel().id().asShortText(),
                TrafficHandler.host(ctx.channel().remoteAddress()),
                new AccessEvent.Asked(
                        asked.time(),
                        asked.method(),
                        asked.target(),
                        asked.version(),
                        entry.user,
                        asked.referer(),
                        asked.agent()),
                new AccessEvent.Told(entry.status, entry.bytes, complete),
                Duration.ofNanos(System.nanoTime() - entry.begun)));
    }

    private AccessEvent.Asked asked(HttpRequest request) {
        HttpHeaders headers = request.headers();
        Instant now = clock.instant();
        return new AccessEvent.Asked(
                now,
                request.method().name(),
                request.uri(),
                request.protocolVersion().text(),
                "",
                cut(headers.get(HttpHeaderNames.REFERER, "")),
                cut(headers.get(HttpHeaderNames.USER_AGENT, "")));
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }
}
