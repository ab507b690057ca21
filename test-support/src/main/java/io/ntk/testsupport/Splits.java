package io.ntk.testsupport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Feeds a decoder the same bytes in one piece, in two pieces cut at every point, and byte by byte: a stream has no
 * borders, so the outcome must be the same.
 */
public final class Splits {
    private Splits() {}

    /**
     * Decodes the bytes in every way.
     *
     * @param bytes the whole input, at most a few hundred bytes
     * @param channels makes a channel with a fresh decoder
     * @return the messages, of which buffers are given as {@code hex:…}
     * @throws AssertionError when a way of cutting gives other messages than one piece
     */
    public static List<Object> sameAtEverySplit(byte[] bytes, Supplier<EmbeddedChannel> channels) {
        List<Object> expected = decode(List.of(bytes), channels.get());
        for (int cut = 1; cut < bytes.length; cut++) {
            List<byte[]> halves =
                    List.of(Arrays.copyOfRange(bytes, 0, cut), Arrays.copyOfRange(bytes, cut, bytes.length));
            requireSame(expected, decode(halves, channels.get()), "cut at " + cut);
        }
        List<byte[]> single = new ArrayList<>();
        for (byte b : bytes) {
            single.add(new byte[] {b});
        }
        requireSame(expected, decode(single, channels.get()), "byte by byte");
        return expected;
    }

    /**
     * Decodes pieces, each arriving by itself, ends the stream (an input shutdown), and closes the channel.
     *
     * @param pieces the input
     * @param channel a channel with a fresh decoder; closed when this returns
     * @return the messages, of which buffers are given as {@code hex:…}
     */
    public static List<Object> decode(List<byte[]> pieces, EmbeddedChannel channel) {
        for (byte[] piece : pieces) {
            channel.writeInbound(Unpooled.copiedBuffer(piece));
        }
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        channel.finish();
        List<Object> messages = new ArrayList<>();
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            messages.add(message instanceof ByteBuf buffer ? hex(buffer) : message);
        }
        channel.releaseOutbound();
        return messages;
    }

    private static String hex(ByteBuf buffer) {
        try {
            return "hex:" + ByteBufUtil.hexDump(buffer);
        } finally {
            buffer.release();
        }
    }

    private static void requireSame(List<Object> expected, List<Object> actual, String how) {
        if (!expected.equals(actual)) {
            throw new AssertionError(how + ": " + actual + " (in one piece: " + expected + ")");
        }
    }
}
