package io.ntk.tcp.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@link FixedReply} as the bytes of one second, in every form that a client may need. */
final class PreparedReply {
    /** What is said of the connection. */
    enum Connection {
        /** Nothing: HTTP/1.1 goes on by itself. */
        UNSAID,
        KEEP_ALIVE,
        CLOSE
    }

    /* Up to here a body is sent in one piece with its head. */
    private static final int MAX_JOINED_BYTES = 8 * 1024;

    /** One form: a message for {@link HttpCodec} alone. */
    static final class Message {
        private final PreparedReply reply;
        private final boolean head;
        private final byte[] bytes;
        private final @Nullable ByteBuf rest;

        private Message(PreparedReply reply, boolean head, byte[] bytes, @Nullable ByteBuf rest) {
            this.reply = reply;
            this.head = head;
            this.bytes = bytes;
            this.rest = rest;
        }

        /** The head, and the body behind it if that is small. */
        byte[] bytes() {
            return bytes;
        }

        /** The body if it is not small, else null. */
        @Nullable
        ByteBuf rest() {
            return rest;
        }

        Message with(Connection connection) {
            return reply.message(head, connection);
        }
    }

    private final FixedReply reply;
    private final ByteBuf body;
    private final String head;
    private final Map<Connection, Message> toGet = new EnumMap<>(Connection.class);
    private final Map<Connection, Message> toHead = new EnumMap<>(Connection.class);

    /**
     * Prepares a reply.
     *
     * @param reply the reply
     * @param body its body as {@link #direct} gave it
     * @param date the value of Date
     */
    PreparedReply(FixedReply reply, ByteBuf body, String date) {
        this.reply = reply;
        this.body = reply.bodiless() ? Unpooled.EMPTY_BUFFER : body;
        StringBuilder text = new StringBuilder(200)
                .append("HTTP/1.1 ")
                .append(HttpResponseStatus.valueOf(reply.status()))
                .append("\r\nDate: ")
                .append(date)
                .append("\r\n");
        if (!reply.type().isEmpty() && !reply.bodiless()) {
            text.append("Content-Type: ").append(reply.type()).append("\r\n");
        }
        if (reply.status() != 204 && reply.status() != 304) {
            text.append("Content-Length: ").append(this.body.readableBytes()).append("\r\n");
        }
        reply.headers()
                .forEach((name, value) ->
                        text.append(name).append(": ").append(value).append("\r\n"));
        this.head = text.toString();
    }

    /** A body outside the heap, where sending it copies nothing; nobody needs to release it. */
    static ByteBuf direct(FixedReply reply) {
        byte[] bytes = reply.body().bytes();
        ByteBuffer outside = ByteBuffer.allocateDirect(bytes.length);
        outside.put(bytes).flip();
        return Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(outside));
    }

    Message message(boolean forHead, Connection connection) {
        Map<Connection, Message> known = forHead ? toHead : toGet;
        Message message = known.get(connection);
        if (message == null) {
            message = encode(forHead, connection);
            known.put(connection, message);
        }
        return message;
    }

    private Message encode(boolean forHead, Connection connection) {
        String said =
                switch (connection) {
                    case UNSAID -> "";
                    case KEEP_ALIVE -> "Connection: keep-alive\r\n";
                    case CLOSE -> "Connection: close\r\n";
                };
        byte[] start = (head + said + "\r\n").getBytes(StandardCharsets.US_ASCII);
        int length = body.readableBytes();
        if (forHead || length == 0 || length > MAX_JOINED_BYTES) {
            return new Message(this, forHead, start, forHead || length == 0 ? null : body);
        }
        byte[] all = new byte[start.length + length];
        System.arraycopy(start, 0, all, 0, start.length);
        body.getBytes(body.readerIndex(), all, start.length, length);
        return new Message(this, false, all, null);
    }

    /** The reply for any codec. */
    FullHttpResponse response() {
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), body.duplicate());
        reply.headers().forEach((name, value) -> response.headers().set(name, value));
        response.headers().set(HttpHeaderNames.DATE, HttpDate.now());
        if (!reply.type().isEmpty() && !reply.bodiless()) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, reply.type());
        }
        if (reply.status() != 204 && reply.status() != 304) {
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        }
        return response;
    }
}
