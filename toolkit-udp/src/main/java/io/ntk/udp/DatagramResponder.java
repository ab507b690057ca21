package io.ntk.udp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Locale;

/**
 * What a datagram service says. Made for lambdas: {@code request -> request.answer(…)}.
 *
 * <p>It is called on the event loop of the channel, for one datagram at a time, and must not block. It answers none,
 * once or several times, now or later; what it throws is told to the listener, and the peer hears nothing. A datagram
 * that was cut ({@link DatagramOptions#maxDatagramBytes}) is not given to it.
 */
@FunctionalInterface
public interface DatagramResponder {
    /** Says nothing. */
    DatagramResponder NONE = request -> {};

    /** Sends each datagram back; a server has {@link DatagramEchoHandler} for it. */
    DatagramResponder ECHO = request -> request.answer(request.payload().retain());

    /**
     * Takes a datagram.
     *
     * @param request the datagram, and the way to answer; its payload is valid during the call unless retained
     */
    void received(DatagramRequest request);

    /**
     * Sends each datagram back in upper case. Text is raised by the rules of Unicode that hold for no language in
     * particular, of other bytes the ASCII letters alone.
     *
     * @return the responder
     */
    static DatagramResponder upper() {
        return request -> {
            ByteBuf payload = request.payload();
            ByteBuf answer = request.channel().alloc().directBuffer(payload.readableBytes());
            if (ByteBufUtil.isText(payload, UTF_8)) {
                answer.writeCharSequence(payload.toString(UTF_8).toUpperCase(Locale.ROOT), UTF_8);
            } else {
                payload.forEachByte(b -> {
                    answer.writeByte(b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b);
                    return true;
                });
            }
            request.answer(answer);
        };
    }

    /**
     * Answers each datagram with the same text.
     *
     * @param text the payload
     * @return the responder
     */
    static DatagramResponder fixed(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return request -> request.answer(
                request.channel().alloc().directBuffer(bytes.length).writeBytes(bytes));
    }
}
