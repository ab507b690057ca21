package io.ntk.tcp.chat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.EventExecutor;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.TrafficHandler;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.time.Instant;
import java.util.HexFormat;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One member: its name, its room, and what it is still to be sent. Used on its event loop, but where it says otherwise. */
final class Member {
    private final ChatRooms rooms;
    private final ChannelHandlerContext ctx;
    private final Outbox outbox;
    private final Runnable settled;
    private final String peer;
    private final String identity;
    private volatile Nick nick;
    private volatile String roomName = "";
    private ChatFormat format;
    private @Nullable Room room;
    private Room.@Nullable Branch branch;
    private int slot = -1;
    private long since;
    /* A change of room or format is under way: its callback is still to come. */
    private boolean busy;
    private boolean closed;
    private boolean ending;
    private String parting = "";

    /**
     * Makes a member with a name of its own, in no room.
     *
     * @param settled called each time a change of room or format is done
     */
    Member(ChatRooms rooms, ChannelHandlerContext ctx, ChatFormat format, Runnable settled) {
        this.rooms = rooms;
        this.ctx = ctx;
        this.format = format;
        this.settled = settled;
        this.outbox = new Outbox(this, ctx, rooms.options());
        this.peer = TrafficHandler.name(ctx.channel().remoteAddress());
        this.identity = identity(ctx);
        this.nick = rooms.nicks().guest(this);
    }

    /** Whom a name is held for: the certificate, or else the address. */
    private static String identity(ChannelHandlerContext ctx) {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null) {
            try {
                Certificate[] chain = tls.engine().getSession().getPeerCertificates();
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded());
                return "certificate " + HexFormat.of().formatHex(digest);
            } catch (SSLPeerUnverifiedException e) {
                return TrafficHandler.host(ctx.channel().remoteAddress()); // no certificate was asked for
            } catch (CertificateEncodingException | NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
        return TrafficHandler.host(ctx.channel().remoteAddress());
    }

    /* ---- from any thread ---- */

    String peer() {
        return peer;
    }

    String identity() {
        return identity;
    }

    EventExecutor loop() {
        return ctx.executor();
    }

    ChatRooms.Present present() {
        return new ChatRooms.Present(nick.name(), roomName, peer, outbox.queuedBytes());
    }

    /* ---- on its event loop ---- */

    Nick nick() {
        return nick;
    }

    ChatFormat format() {
        return format;
    }

    @Nullable
    Room room() {
        return room;
    }

    boolean isBusy() {
        return busy;
    }

    boolean isEnding() {
        return ending;
    }

    Outbox outbox() {
        return outbox;
    }

    int slot() {
        return slot;
    }

    void slot(int place) {
        slot = place;
    }

    long now() {
        return ctx.executor().ticker().nanoTime();
    }

    /** Goes into a room in which a place is reserved. */
    void enter(Room target) {
        busy = true;
        target.enter(this, nick.name(), format);
    }

    /** The room let it in, and sends what comes after {@code from}; {@code past} is what came before. */
    void entered(Room into, Room.Branch on, long from, Batch past, int present) {
        busy = false;
        room = into;
        roomName = into.name();
        if (closed) {
            into.leave(this, "", format, null);
            return;
        }
        branch = on;
        since = from;
        on.add(this);
        if (format != ChatFormat.CLASSIC) {
            reply("you are " + nick.name() + " in " + into.name() + " (" + present
                    + (present == 1 ? " member" : " members") + "); /help tells the commands");
            receive(past, 0);
        }
        proceed();
    }

    /** Goes on to another room, in which a place is reserved. */
    void move(Room target) {
        Room from = room;
        if (from == null) {
            rooms.left(target);
            return;
        }
        busy = true;
        from.leave(this, "", format, () -> {
            detach();
            room = null;
            if (closed || ending) {
                rooms.left(target);
                finish();
            } else {
                enter(target);
            }
        });
    }

    void reformat(ChatFormat to) {
        Room in = room;
        if (in == null || to == format) {
            return;
        }
        busy = true;
        in.reformat(this, format, to, () -> {
            busy = false;
            format = to;
            if (closed) {
                in.leave(this, "", format, null);
                return;
            }
            reply("format " + to);
            proceed();
        });
    }

    /** Takes another name; null, or why it cannot be. */
    @Nullable
    String rename(Nick to) {
        Nick from = nick;
        String problem = rooms.nicks().change(this, from, to, now());
        if (problem == null && !from.equals(to)) {
            nick = to;
            Room in = room;
            if (in != null) {
                in.rename(this, from.name(), to.name());
            }
        }
        return problem;
    }

    /** Adds a batch of its room, less its own lines where the format is without. */
    void receive(Batch batch) {
        int from = (int) Math.max(0, since - batch.first());
        if (format.echoes() || !batch.isBy(this)) {
            receive(batch, from);
            return;
        }
        int start = from;
        for (int i = from; i < batch.count(); i++) {
            if (batch.isBy(this, i)) {
                outbox.add(batch, format, start, i);
                start = i + 1;
            }
        }
        outbox.add(batch, format, start, batch.count());
    }

    /** Adds the entries of a batch from one on. */
    void receive(Batch batch, int from) {
        if (from < batch.count() && !closed) {
            outbox.add(batch, format, from, batch.count());
        }
    }

    void reply(String text) {
        tell("reply", text);
    }

    void error(String text) {
        tell("error", text);
    }

    void notice(String text) {
        tell("notice", text);
    }

    private void tell(String type, String text) {
        if (closed) {
            return;
        }
        ByteBuf out = ctx.alloc().buffer(128);
        format.notice(out, type, roomName, text);
        outbox.reply(out);
    }

    /** Adds a private message; what comes of it is told to its sender on the sender's loop. */
    void whisper(Member from, String name, String text) {
        ByteBuf out = ctx.alloc().buffer(128);
        format.whisper(out, Instant.now(), name, text);
        boolean taken = !closed && outbox.hasRoomFor(out.readableBytes());
        if (taken) {
            outbox.whisper(out);
            flush();
        } else {
            out.release();
        }
        String to = nick.name();
        from.loop().execute(() -> {
            if (taken) {
                from.reply("sent to " + to);
            } else {
                from.error(to + " does not keep up; it was not sent");
            }
            from.flush();
        });
    }

    void flush() {
        if (!closed) {
            outbox.flush();
        }
    }

    /** Leaves in good order: gets what was said until here, and is closed. */
    void end(CloseCause cause, String words) {
        if (ending || closed) {
            return;
        }
        ending = true;
        parting = words;
        CloseCause.mark(ctx.channel(), cause);
        if (!busy) {
            depart();
        }
    }

    /** A change of room or format is done. */
    private void proceed() {
        if (ending) {
            depart();
        } else {
            settled.run();
            flush();
        }
    }

    private void depart() {
        Room in = room;
        if (in == null) {
            finish();
        } else {
            busy = true;
            in.leave(this, parting, format, this::finish);
        }
    }

    private void finish() {
        busy = false;
        detach();
        room = null;
        if (!closed) {
            outbox.whenEmpty(() -> Closing.afterWrites(ctx));
        }
    }

    void kicked(String reason) {
        if (!closed) {
            notice("you were disconnected by the operator" + (reason.isEmpty() ? "" : ": " + reason));
            end(CloseCause.LOCAL, reason.isEmpty() ? "disconnected by the operator" : reason);
        }
    }

    /** The channel is closed. */
    void closed() {
        if (closed) {
            return;
        }
        closed = true;
        detach();
        outbox.close();
        rooms.nicks().free(this, nick, now());
        Room in = room;
        if (in != null && !busy) {
            in.leave(this, parting, format, null);
        }
    }

    private void detach() {
        if (branch != null) {
            branch.remove(this);
            branch = null;
        }
    }

    void slow(long bytes) {
        rooms.tell(new ChatEvent.Slow(peer, nick.name(), bytes));
    }

    void skipped(String in, long count, long firstSeq, long lastSeq) {
        rooms.tell(new ChatEvent.Skipped(peer, nick.name(), in, count, firstSeq, lastSeq));
    }

    void cut(String why) {
        rooms.tell(new ChatEvent.Dropped(peer, nick.name(), why));
    }
}
