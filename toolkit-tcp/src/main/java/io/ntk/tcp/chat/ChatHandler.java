package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import io.ntk.tcp.line.LineMessage;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes a connection a member of a chat.
 *
 * <p>Placement: last, behind a {@link io.ntk.tcp.line.LineDecoder}. In: {@link LineMessage}; anything else is passed on.
 * Out: {@link io.netty.buffer.ByteBuf}. The member comes in when the channel becomes active, under TLS when its handshake
 * is done. Line breaks and controls in what it says are taken out; it cannot forge a line of another.
 *
 * <p>Reading stops through the channel's {@link ReadGate} while the member is faster than it may be, while it changes
 * room, while its room is blocked, and while many replies wait for it. The end of the peer's stream, behind the lines that
 * were read, and {@link ConnectionEvent#DRAIN} end it in good order; the others are told. The channel's write buffer water
 * mark is set: the handler keeps what waits beyond 64 KiB in a queue of its own, see {@link RoomOptions}. For a peer that
 * takes nothing at all the pipeline needs a {@link io.ntk.core.WriteStallHandler}. Not sharable.
 */
public final class ChatHandler extends ChannelInboundHandlerAdapter {
    private static final Pattern HTTP = Pattern.compile("[A-Z]+ \\S+ HTTP/1\\.[0-9]");

    private final ChatRooms rooms;
    private final MemberOptions options;
    /* Empty with a decoder that holds back while the gate is paused, but for one line. */
    private @Nullable Queue<LineMessage> waiting;
    private @Nullable Member member;
    private @Nullable CloseCause end;
    private boolean first = true;
    private boolean paused;
    private boolean timed;
    private boolean told;
    private boolean atWork;
    /* What was waited for came while this was at work. */
    private boolean again;
    private long theoreticalArrival;

    /**
     * Makes a handler for one channel.
     *
     * @param rooms where the member comes in
     * @param options how it is treated
     */
    public ChatHandler(ChatRooms rooms, MemberOptions options) {
        this.rooms = requireNonNull(rooms, "rooms");
        this.options = requireNonNull(options, "options");
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls == null || tls.handshakeFuture().isSuccess()) {
            start(ctx);
        }
        ctx.fireChannelActive();
    }

    private void start(ChannelHandlerContext ctx) {
        if (member != null) {
            return;
        }
        ctx.channel()
                .config()
                .setWriteBufferWaterMark(new WriteBufferWaterMark(Outbox.HIGH_WATER / 2, Outbox.HIGH_WATER));
        Member comer = new Member(rooms, ctx, options.format(), () -> proceed(ctx));
        member = comer;
        theoreticalArrival = comer.now();
        comer.enter(rooms.lobby());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        vanish();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        vanish();
        if (paused) {
            paused = false;
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    private void vanish() {
        waiting = null;
        if (member != null) {
            member.closed();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof LineMessage line)) {
            ctx.fireChannelRead(message);
            return;
        }
        boolean idle = waiting == null || waiting.isEmpty();
        if (idle && !atWork && !mustWait(ctx)) {
            handle(ctx, line);
        } else if (member == null || !member.isEnding()) {
            if (waiting == null) {
                waiting = new ArrayDeque<>(1);
            }
            waiting.add(line);
            if (!paused) {
                paused = true;
                ReadGate.of(ctx.channel()).pause(this);
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (member != null) {
            member.flush();
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (member != null && ctx.channel().isWritable()) {
            member.flush();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            end = CloseCause.PEER;
            proceed(ctx);
        } else if (event == ConnectionEvent.DRAIN) {
            waiting = null;
            if (member == null) {
                ctx.fireUserEventTriggered(event);
                return;
            }
            member.notice("the server is closing, goodbye");
            member.end(CloseCause.SHUTDOWN, "");
            member.flush();
        } else {
            if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess()) {
                start(ctx);
            }
            ctx.fireUserEventTriggered(event);
        }
    }

    /** Goes on with what waits as far as that may be, and has more read when nothing waits. */
    private void proceed(ChannelHandlerContext ctx) {
        again = true;
        if (atWork || ctx.isRemoved()) {
            return;
        }
        atWork = true;
        try {
            while (again) {
                again = false;
                Queue<LineMessage> lines = waiting;
                while (lines != null && !lines.isEmpty() && !mustWait(ctx)) {
                    handle(ctx, lines.remove());
                }
            }
        } finally {
            atWork = false;
        }
        if (member != null) {
            member.flush(); // no end of a read follows the answers to what had waited
        }
        if (waiting != null && !waiting.isEmpty()) {
            return;
        }
        waiting = null;
        Member me = member;
        if (end != null) {
            if (me != null) {
                me.end(end, "");
                me.flush();
            } else {
                Closing.afterWrites(ctx);
            }
        }
        if (paused) {
            paused = false;
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    /** Whether the next line has to wait; whatever it waits for calls {@link #proceed}. */
    private boolean mustWait(ChannelHandlerContext ctx) {
        Member me = member;
        if (me == null || me.isBusy()) {
            return true;
        }
        if (me.isEnding()) {
            return false; // it is dropped
        }
        Room room = me.room();
        if (room != null && room.isBlocked()) {
            room.whenOpen(() -> ctx.executor().execute(() -> proceed(ctx)));
            return true;
        }
        if (me.outbox().hasManyReplies()) {
            me.outbox().flush();
        }
        if (me.outbox().hasManyReplies()) {
            me.outbox().whenEmpty(() -> ctx.executor().execute(() -> proceed(ctx)));
            return true;
        }
        return floods(ctx, me);
    }

    /*
     * A token bucket as the generic cell rate algorithm (ITU-T I.371): each line moves the time at which the next would be
     * expected by one interval, and may come so much before it as the burst allows.
     */
    private boolean floods(ChannelHandlerContext ctx, Member me) {
        Flood rate = options.flood();
        long wait = theoreticalArrival - me.now() - (rate.burst() - 1) * rate.interval();
        if (wait <= 0) {
            return false;
        }
        if (!timed) {
            timed = true;
            ctx.executor()
                    .schedule(
                            () -> {
                                timed = false;
                                proceed(ctx);
                            },
                            wait,
                            TimeUnit.NANOSECONDS);
        }
        if (!told) {
            told = true;
            me.notice("slow down: " + rate.perSecond() + " lines a second are passed on; yours wait");
            rooms.tell(new ChatEvent.Flooding(me.peer(), me.nick().name()));
            me.flush();
        }
        return true;
    }

    private void handle(ChannelHandlerContext ctx, LineMessage message) {
        Member me = requireNonNull(member);
        if (me.isEnding()) {
            return;
        }
        theoreticalArrival =
                Math.max(theoreticalArrival, me.now()) + options.flood().interval();
        if (me.format() == ChatFormat.CLASSIC) {
            classic(me, message);
        } else if (message instanceof LineMessage.Rejected rejected) {
            me.error(rejected.reason() + ", not passed on");
        } else if (message instanceof LineMessage.Text line) {
            if (first && HTTP.matcher(line.text()).matches()) {
                CloseCause.mark(ctx.channel(), CloseCause.PROTOCOL);
                me.outbox().close();
                Closing.refuse(ctx, ByteBufUtil.writeUtf8(ctx.alloc(), "error: this is a chat, and no web server\n"));
                return;
            }
            first = false;
            MemberCommand.run(rooms, me, line.text());
        }
    }

    private static void classic(Member me, LineMessage message) {
        if (!(message instanceof LineMessage.Text line)) {
            return; // bad and over-long lines are dropped
        }
        String bare = line.text().strip();
        Room room = me.room();
        if (bare.isEmpty() || bare.toLowerCase(Locale.ROOT).equals("quit")) {
            me.end(CloseCause.LOCAL, "");
            return;
        }
        String text = ChatText.visible(line.text());
        if (!text.isBlank() && room != null) {
            room.say(me, me.nick().name(), ChatMessage.Type.MESSAGE, text);
        }
    }
}
