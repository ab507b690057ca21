package io.ntk.tcp.chat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import org.jspecify.annotations.Nullable;

/**
 * What one member is still to be sent, so that nobody waits for it.
 *
 * <p>At most {@value #CHANNEL_BYTES} bytes sit in its channel. Behind that is a queue of references to what all members
 * share, counted in full, and of what is for this member alone. Used on the member's event loop.
 */
final class Outbox {
    /** What sits in the channel at most. */
    static final int CHANNEL_BYTES = 64 * 1024;

    /** Direct replies that wait at most. */
    static final int REPLY_BYTES = 64 * 1024;

    /** A channel stops being writable far enough below {@link #CHANNEL_BYTES} that an entry that does not fit finds it so. */
    static final int HIGH_WATER = 32 * 1024;

    /** Replies that wait until nothing more is read from the member. */
    static final int MANY_REPLIES = 32 * 1024;

    private static final int GAP_BYTES = 512;

    private final Member member;
    private final ChannelHandlerContext ctx;
    private final RoomOptions limits;
    private @Nullable Item head;
    private @Nullable Item tail;
    private int queued;
    private int replies;
    private int unflushed;
    private boolean behind;
    private boolean over;
    private @Nullable Runnable whenEmpty;

    /* Entries from..to of a batch; a text for this member alone (own); or, with neither, a gap. */
    private static final class Item {
        private final String room;
        private final @Nullable Batch batch;
        private final ChatFormat format;
        private final @Nullable ByteBuf own;
        private final boolean reply;
        private int from;
        private int to;
        private long count;
        private long firstSeq;
        private long lastSeq;
        private @Nullable Item next;

        private Item(String room, @Nullable Batch batch, ChatFormat format, @Nullable ByteBuf own, boolean reply) {
            this.room = room;
            this.batch = batch;
            this.format = format;
            this.own = own;
            this.reply = reply;
        }

        private Item before(@Nullable Item rest) {
            next = rest;
            return this;
        }

        private void release() {
            if (batch != null) {
                batch.release(format);
            } else if (own != null) {
                own.release();
            }
        }
    }

    Outbox(Member member, ChannelHandlerContext ctx, RoomOptions limits) {
        this.member = member;
        this.ctx = ctx;
        this.limits = limits;
    }

    boolean isEmpty() {
        return head == null;
    }

    /** Whether so many replies wait that the member should not ask for more. */
    boolean hasManyReplies() {
        return replies > MANY_REPLIES;
    }

    /** Bytes that wait behind the channel. */
    int queuedBytes() {
        return queued;
    }

    /** Whether more bytes can wait without any being dropped. */
    boolean hasRoomFor(int bytes) {
        return head == null || queued + bytes <= limits.sendQueueBytes();
    }

    /** Adds entries of a batch; flushed by {@link #flush}. */
    void add(Batch batch, ChatFormat format, int from, int to) {
        int bytes = batch.bytes(format, from, to);
        if (bytes == 0 || over) {
            return;
        }
        if (head == null && fits(bytes)) {
            write(batch.slice(format, from, to));
            return;
        }
        Item item = new Item(batch.room(), batch, format, null, false);
        item.from = from;
        item.to = to;
        batch.retain(format);
        append(item, bytes);
        drain();
        if (queued > limits.sendQueueBytes()) {
            overflow();
        }
    }

    /** Adds a direct reply, which is never dropped; ownership moves here. */
    void reply(ByteBuf text) {
        own(text, true);
    }

    /** Adds a private message, which the caller has seen to fit. */
    void whisper(ByteBuf text) {
        own(text, false);
    }

    private void own(ByteBuf text, boolean reply) {
        int bytes = text.readableBytes();
        if (over || bytes == 0) {
            text.release();
            return;
        }
        if (head == null && fits(bytes)) {
            write(text);
            return;
        }
        append(new Item("", null, ChatFormat.PLAIN, text, reply), bytes);
        replies += reply ? bytes : 0;
        if (replies > REPLY_BYTES) {
            cut("does not take its replies");
        }
    }

    private void append(Item item, int bytes) {
        if (tail == null) {
            head = item;
        } else {
            tail.next = item;
        }
        tail = item;
        queued += bytes;
    }

    /** Writes what there is room for, and has the channel send it. */
    void flush() {
        boolean more = true;
        while (more && !over) {
            drain();
            more = unflushed > 0;
            if (more) {
                unflushed = 0;
                ctx.flush();
                more = head != null;
            }
        }
        if (head == null && behind) {
            behind = false;
        }
        if (head == null && whenEmpty != null) {
            Runnable action = whenEmpty;
            whenEmpty = null;
            action.run();
        }
    }

    /** Runs something as soon as nothing waits behind the channel. */
    void whenEmpty(Runnable action) {
        whenEmpty = action;
        flush();
    }

    /** Releases everything. */
    void close() {
        over = true;
        while (head != null) {
            head.release();
            head = head.next;
        }
        tail = null;
        queued = 0;
        replies = 0;
    }

    private boolean fits(int bytes) {
        ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
        if (buffer == null) {
            return true; // closed: the write will fail and release it
        }
        long pending = Math.max(buffer.totalPendingWriteBytes(), unflushed);
        return pending == 0 || pending + bytes <= CHANNEL_BYTES;
    }

    private void write(ByteBuf bytes) {
        unflushed += bytes.readableBytes();
        ctx.write(bytes, ctx.voidPromise());
    }

    /** Moves from the queue to the channel, whole entries only. */
    private void drain() {
        while (head != null && !over) {
            Item item = head;
            if (item.batch != null) {
                int fitting = fitting(item.batch, item);
                if (fitting > item.from) {
                    queued -= item.batch.bytes(item.format, item.from, fitting);
                    write(item.batch.slice(item.format, item.from, fitting));
                    item.from = fitting;
                }
                if (item.from < item.to) {
                    return;
                }
                item.batch.release(item.format);
            } else if (item.own != null) {
                int bytes = item.own.readableBytes();
                if (!fits(bytes)) {
                    return;
                }
                queued -= bytes;
                replies -= item.reply ? bytes : 0;
                write(item.own);
            } else {
                if (!ctx.channel().isWritable() || !fits(GAP_BYTES)) {
                    return; // it may still grow
                }
                ByteBuf notice = ctx.alloc().buffer(64);
                item.format.skipped(notice, item.room, item.count, item.firstSeq, item.lastSeq);
                write(notice);
                member.skipped(item.room, item.count, item.firstSeq, item.lastSeq);
            }
            head = item.next;
            tail = head == null ? null : tail;
        }
    }

    /** Up to which entry an item can be written now. */
    private int fitting(Batch batch, Item item) {
        if (fits(batch.bytes(item.format, item.from, item.to))) {
            return item.to;
        }
        int to = item.from;
        while (to < item.to && fits(batch.bytes(item.format, item.from, to + 1))) {
            to++;
        }
        return to;
    }

    private void overflow() {
        if (!behind) {
            behind = true;
            member.slow(queued);
        }
        if (limits.slow() == RoomOptions.Slow.DISCONNECT) {
            cut("does not keep up");
            return;
        }
        Item before = null;
        Item item = head;
        while (item != null && queued > limits.sendQueueBytes()) {
            if (item.batch != null) {
                item = drop(item.batch, before, item);
            }
            before = item;
            item = item.next;
        }
    }

    /*
     * Takes entries from the oldest end of an item until enough are gone, and leaves a gap in their place: one that is
     * there already grows. Returns what stands before the next item that may be looked at.
     */
    private Item drop(Batch batch, @Nullable Item before, Item item) {
        Item gap = before != null && before.count > 0 && before.room.equals(item.room) ? before : null;
        boolean grown = gap != null;
        if (gap == null) {
            gap = new Item(item.room, null, item.format, null, false);
        }
        while (item.from < item.to && queued > limits.sendQueueBytes()) {
            queued -= batch.bytes(item.format, item.from, item.from + 1);
            long seq = batch.seq(item.from);
            if (seq > 0) {
                gap.firstSeq = gap.count == 0 ? seq : gap.firstSeq;
                gap.lastSeq = seq;
                gap.count++;
            }
            item.from++;
        }
        Item rest = item.from < item.to ? item : item.next;
        if (rest != item) {
            batch.release(item.format);
        }
        Item last = before;
        if (grown || gap.count > 0) {
            if (!grown) {
                if (before == null) {
                    head = gap;
                } else {
                    before.next = gap;
                }
            }
            last = gap;
        }
        if (last == null) {
            head = rest;
            tail = rest == null ? null : tail;
            // Only what has no number went, and nothing stands before it.
            return new Item("", null, item.format, null, false).before(rest);
        }
        last.next = rest;
        if (rest == null) {
            tail = last;
        }
        return last;
    }

    private void cut(String why) {
        CloseCause.mark(ctx.channel(), CloseCause.STALLED);
        member.cut(why);
        close();
        Channel channel = ctx.channel();
        Closing.reset(channel);
    }
}
