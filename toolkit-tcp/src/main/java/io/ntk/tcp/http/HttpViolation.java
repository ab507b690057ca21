package io.ntk.tcp.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * What is wrong with a request, and the answer to it, behind which the connection is closed. It travels through the
 * pipeline as a user event to the {@link PipelineOrderHandler}, which sends the answer when its turn comes.
 *
 * @param status 400 to 599
 * @param reason a few words in ASCII without anything that the peer sent
 */
public record HttpViolation(int status, String reason) {
    /** RFC 9110, 15.5.6: which methods there are. */
    static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /** The answer as a message for a codec. */
    FullHttpResponse response() {
        ByteBuf body = Unpooled.copiedBuffer(reason + "\n", StandardCharsets.US_ASCII);
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), body);
        response.headers()
                .set(HttpHeaderNames.DATE, HttpDate.now())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        if (status == 405) {
            response.headers().set(HttpHeaderNames.ALLOW, METHODS);
        }
        return response;
    }

    /** The answer as bytes, for a place before the codec. */
    ByteBuf encode(ByteBufAllocator allocator) {
        String body = reason + "\n";
        String head = "HTTP/1.1 " + HttpResponseStatus.valueOf(status) + "\r\nDate: " + HttpDate.now()
                + "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                + body.length() + (status == 405 ? "\r\nAllow: " + METHODS : "") + "\r\n\r\n";
        return ByteBufUtil.writeAscii(allocator, head + body);
    }
}
