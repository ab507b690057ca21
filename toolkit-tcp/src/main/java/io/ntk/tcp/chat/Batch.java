package io.ntk.tcp.chat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages of a room one behind the other, in one buffer for each format, with an index of where each ends, its number and
 * its sender.
 *
 * <p>Written on the room's event loop, then only read, by any thread; {@link #retain} and {@link #release} hold its buffers.
 */
final class Batch {
    /** What a batch holds at most in any format, but for one entry alone. */
    static final int MAX_BYTES = 64 * 1024;

    private static final int FIRST_CAPACITY = 4;
    private static final int FIRST_BYTES = 512;
    private static final List<ChatFormat> FORMATS = List.of(ChatFormat.values());

    private final String room;
    private final long first;
    private final @Nullable ByteBuf[] buffers = new ByteBuf[FORMATS.size()];
    private final int[][] ends = new int[FORMATS.size()][0]; // empty: not in use
    private long[] seqs = new long[FIRST_CAPACITY];
    private @Nullable Member[] senders = new Member[FIRST_CAPACITY];
    private final Set<Member> speakers = new HashSet<>();
    private int count;
    private int largest;

    /**
     * Starts an empty one.
     *
     * @param room whose it is
     * @param first the position in the room of the entry that comes first
     */
    Batch(String room, long first) {
        this.room = room;
        this.first = first;
    }

    /** Messages of the past in one format. */
    static Batch ofHistory(String room, List<ChatMessage> messages, ChatFormat format) {
        Batch batch = new Batch(room, 0);
        for (ChatMessage message : messages) {
            batch.add(message.seq(), null);
            format.encode(batch.buffer(format), message, message.from());
            batch.close(format);
        }
        return batch;
    }

    String room() {
        return room;
    }

    /** The position in the room of the first entry. */
    long first() {
        return first;
    }

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Whether an entry of a size might make it too large. */
    boolean hasRoomFor(int bytes) {
        return count == 0 || largest + bytes <= MAX_BYTES;
    }

    /** Adds a message in the formats that members have. */
    void add(ChatMessage message, Member sender, int[] membersByFormat) {
        add(message.seq(), sender);
        for (ChatFormat format : FORMATS) {
            if (membersByFormat[format.index()] > 0) {
                format.encode(buffer(format), message, sender.peer());
                close(format);
            }
        }
        speakers.add(sender);
    }

    /** Adds what the server says, which has no number. */
    void addNotice(String text, int[] membersByFormat) {
        add(0, null);
        for (ChatFormat format : FORMATS) {
            if (membersByFormat[format.index()] > 0) {
                format.notice(buffer(format), "notice", room, text);
                close(format);
            }
        }
    }

    private void add(long seq, @Nullable Member sender) {
        if (count == seqs.length) {
            seqs = Arrays.copyOf(seqs, 2 * count);
            senders = Arrays.copyOf(senders, 2 * count);
            for (int i = 0; i < ends.length; i++) {
                ends[i] = ends[i].length == 0 ? ends[i] : Arrays.copyOf(ends[i], 2 * count);
            }
        }
        seqs[count] = seq;
        senders[count] = sender;
        count++;
        for (int i = 0; i < ends.length; i++) {
            if (ends[i].length > 0) {
                ends[i][count - 1] = count == 1 ? 0 : ends[i][count - 2];
            }
        }
    }

    /** The buffer of a format; entries before its first use are empty in it. */
    private ByteBuf buffer(ChatFormat format) {
        int i = format.index();
        ByteBuf buffer = buffers[i];
        if (buffer == null) {
            buffer = ByteBufAllocator.DEFAULT.directBuffer(FIRST_BYTES);
            buffers[i] = buffer;
            ends[i] = new int[seqs.length];
        }
        return buffer;
    }

    private void close(ChatFormat format) {
        int end = buffer(format).writerIndex();
        ends[format.index()][count - 1] = end;
        largest = Math.max(largest, end);
    }

    /** The bytes of some entries in a format. */
    int bytes(ChatFormat format, int from, int to) {
        return end(format, to) - end(format, from);
    }

    private int end(ChatFormat format, int entries) {
        int[] of = ends[format.index()];
        return of.length == 0 || entries == 0 ? 0 : of[entries - 1];
    }

    /** Some entries in a format, sharing memory with all others; the caller releases it. */
    ByteBuf slice(ChatFormat format, int from, int to) {
        ByteBuf buffer = buffers[format.index()];
        if (buffer == null) {
            throw new IllegalStateException("no entries in " + format);
        }
        int start = end(format, from);
        int end = end(format, to);
        return start == 0 && end == buffer.writerIndex()
                ? buffer.retainedDuplicate()
                : buffer.retainedSlice(start, end - start);
    }

    /** An entry's number, 0 when it has none. */
    long seq(int entry) {
        return seqs[entry];
    }

    /** Whether any entry is of this member. */
    boolean isBy(Member member) {
        return speakers.contains(member);
    }

    /** Whether an entry is of this member. */
    boolean isBy(Member member, int entry) {
        return senders[entry] == member;
    }

    /** Adds a reference to a format's buffer. */
    void retain(ChatFormat format) {
        ByteBuf buffer = buffers[format.index()];
        if (buffer != null) {
            buffer.retain();
        }
    }

    /** Gives back a reference to a format's buffer. */
    void release(ChatFormat format) {
        ByteBuf buffer = buffers[format.index()];
        if (buffer != null) {
            buffer.release();
        }
    }

    Batch retain() {
        for (ChatFormat format : FORMATS) {
            retain(format);
        }
        return this;
    }

    void release() {
        for (ChatFormat format : FORMATS) {
            release(format);
        }
    }

    /** What an entry may take at most in any format; a text that is read has at most 4,096 bytes. */
    static int estimate(ChatMessage message) {
        return 512 + 6 * message.text().length();
    }
}
