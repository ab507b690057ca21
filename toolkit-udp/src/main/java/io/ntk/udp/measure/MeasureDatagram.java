package io.ntk.udp.measure;

import io.netty.buffer.ByteBuf;

/**
 * The header that every datagram of a measurement begins with: {@value #HEADER_BYTES} bytes, big-endian. What follows is
 * padding and has no meaning.
 *
 * <p>Times are nanoseconds of a monotonic clock with an origin that only its host knows: a difference means something
 * between two times of the same host alone.
 *
 * @param flags a sum of {@link #ANSWER}, {@link #HELLO}, {@link #END} and {@link #WARM_UP}
 * @param token 0 in a hello, else what the responder's answer to it gave
 * @param sequence which datagram this is; warm-up datagrams and measured ones are numbered apart
 * @param intendedNanos when it should have been sent, by the client's clock
 * @param sentNanos when it was sent, by the client's clock
 * @param receivedNanos when the responder received it, by the responder's clock; 0 in a request
 * @param answeredNanos when the responder answered, by the responder's clock; 0 in a request
 * @param distinct how many different sequences the responder has received in this session, warm-up left out
 * @param bitmap the last 64 sequences: bit 0 is the highest received, bit n the one n below it
 * @param kernelDrops datagrams that the kernel dropped at the responder's sockets, {@link #UNKNOWN} when it cannot tell
 */
public record MeasureDatagram(
        int flags,
        long token,
        long sequence,
        long intendedNanos,
        long sentNanos,
        long receivedNanos,
        long answeredNanos,
        long distinct,
        long bitmap,
        long kernelDrops) {
    /*
     *  0  4e 54 4b 4d   magic, NTKM
     *  4  01            version
     *  5  ..            flags
     *  6  00 00         zero
     *  8  token         16 sequence     24 intended      32 sent
     * 40  received      48 answered     56 distinct      64 bitmap     72 kernel drops
     */
    /** The length of the header, and of the shortest datagram. */
    public static final int HEADER_BYTES = 80;

    /** The longest payload of UDP over IPv4. */
    public static final int MAX_BYTES = 65_507;

    /** Flag: from the responder. */
    public static final int ANSWER = 1;

    /** Flag: asks for a token. */
    public static final int HELLO = 2;

    /** Flag: asks for the final counts. */
    public static final int END = 4;

    /** Flag: not to be counted. */
    public static final int WARM_UP = 8;

    /** The kernel's drops where they cannot be told. */
    public static final long UNKNOWN = -1;

    private static final int MAGIC = 0x4e54_4b4d;
    private static final int VERSION = 1;
    private static final int KNOWN_FLAGS = ANSWER | HELLO | END | WARM_UP;
    private static final int FLAGS_AT = 5;
    private static final int TOKEN_AT = 8;
    private static final int RECEIVED_AT = 40;

    /** Checks the flags. */
    public MeasureDatagram {
        if ((flags & ~KNOWN_FLAGS) != 0) {
            throw new IllegalArgumentException("flags: " + flags + " (expected: 0 to " + KNOWN_FLAGS + ")");
        }
    }

    /**
     * A request, with nothing of the responder in it.
     *
     * @param flags a sum of flags
     * @param token 0 in a hello
     * @param sequence which
     * @param intendedNanos when it should have been sent
     * @param sentNanos when it was sent
     * @return the header
     */
    public static MeasureDatagram request(int flags, long token, long sequence, long intendedNanos, long sentNanos) {
        return new MeasureDatagram(flags, token, sequence, intendedNanos, sentNanos, 0, 0, 0, 0, 0);
    }

    /**
     * Tells whether a flag is set.
     *
     * @param flag one of the flags
     * @return whether it is
     */
    public boolean is(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * Reads a datagram. The indices of the buffer stay as they are.
     *
     * @param datagram the whole payload, from the reader index on
     * @return its header
     * @throws MeasureProtocolException when it is too short, or magic, version, flags or the zero are others
     */
    public static MeasureDatagram decode(ByteBuf datagram) {
        int at = datagram.readerIndex();
        if (datagram.readableBytes() < HEADER_BYTES) {
            throw new MeasureProtocolException(
                    "length: " + datagram.readableBytes() + " (expected: at least " + HEADER_BYTES + " bytes)");
        }
        if (datagram.getInt(at) != MAGIC) {
            throw new MeasureProtocolException("magic: %08x (expected: %08x)".formatted(datagram.getInt(at), MAGIC));
        }
        if (datagram.getByte(at + 4) != VERSION) {
            throw new MeasureProtocolException(
                    "version: " + datagram.getUnsignedByte(at + 4) + " (expected: " + VERSION + ")");
        }
        int flags = datagram.getUnsignedByte(at + FLAGS_AT);
        if ((flags & ~KNOWN_FLAGS) != 0) {
            throw new MeasureProtocolException("flags: " + flags + " (expected: 0 to " + KNOWN_FLAGS + ")");
        }
        if (datagram.getShort(at + 6) != 0) {
            throw new MeasureProtocolException("bytes 6 and 7: not zero (expected: zero)");
        }
        return new MeasureDatagram(
                flags,
                datagram.getLong(at + TOKEN_AT),
                datagram.getLong(at + 16),
                datagram.getLong(at + 24),
                datagram.getLong(at + 32),
                datagram.getLong(at + RECEIVED_AT),
                datagram.getLong(at + 48),
                datagram.getLong(at + 56),
                datagram.getLong(at + 64),
                datagram.getLong(at + 72));
    }

    /**
     * Writes the header at the writer index, which moves behind it.
     *
     * @param out room for {@value #HEADER_BYTES} bytes
     */
    public void encode(ByteBuf out) {
        out.writeInt(MAGIC).writeByte(VERSION).writeByte(flags).writeShort(0);
        out.writeLong(token).writeLong(sequence).writeLong(intendedNanos).writeLong(sentNanos);
        out.writeLong(receivedNanos).writeLong(answeredNanos);
        out.writeLong(distinct).writeLong(bitmap).writeLong(kernelDrops);
    }

    /**
     * Turns a request into the answer to it, in place: its length, its sequence and its times stay. The indices of the
     * buffer stay as they are.
     *
     * @param datagram a request that {@link #decode} took
     */
    void encodeAnswer(ByteBuf datagram) {
        int at = datagram.readerIndex();
        datagram.setByte(at + FLAGS_AT, flags).setLong(at + TOKEN_AT, token);
        datagram.setLong(at + RECEIVED_AT, receivedNanos).setLong(at + 48, answeredNanos);
        datagram.setLong(at + 56, distinct).setLong(at + 64, bitmap).setLong(at + 72, kernelDrops);
    }
}
