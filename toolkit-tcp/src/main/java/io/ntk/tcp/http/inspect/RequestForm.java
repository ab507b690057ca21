package io.ntk.tcp.http.inspect;

import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a form sent.
 *
 * @param fields the fields and their values
 * @param files the files that were sent with it, as text
 */
record RequestForm(Map<String, List<String>> fields, Map<String, List<String>> files) {
    private static final RequestForm NONE = new RequestForm(Map.of(), Map.of());
    private static final int MAX_FIELDS = 1_000;
    private static final int MAX_BUFFERED_BYTES = 1 << 20;

    /** The form in a body, or an empty one when there is none or it is broken. */
    static RequestForm of(InspectedRequest request) {
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "").toLowerCase(Locale.ROOT);
        if (type.startsWith("application/x-www-form-urlencoded")) {
            String body = request.body().toString(StandardCharsets.UTF_8);
            return new RequestForm(
                    new QueryStringDecoder(body, StandardCharsets.UTF_8, false, MAX_FIELDS).parameters(), Map.of());
        }
        return type.startsWith("multipart/form-data") ? multipart(request) : NONE;
    }

    boolean isEmpty() {
        return fields.isEmpty() && files.isEmpty();
    }

    private static RequestForm multipart(InspectedRequest request) {
        FullHttpRequest whole = new DefaultFullHttpRequest(
                request.head().protocolVersion(),
                request.head().method(),
                request.head().uri(),
                request.body().duplicate(),
                request.headers(),
                new DefaultHttpHeaders());
        HttpPostMultipartRequestDecoder decoder = null;
        try {
            decoder = new HttpPostMultipartRequestDecoder(
                    new DefaultHttpDataFactory(false), whole, StandardCharsets.UTF_8, MAX_FIELDS, MAX_BUFFERED_BYTES);
            return read(decoder.getBodyHttpDatas());
        } catch (IOException | RuntimeException e) {
            return NONE; // the body is then shown as it is
        } finally {
            if (decoder != null) {
                decoder.destroy();
            }
        }
    }

    private static RequestForm read(List<InterfaceHttpData> parts) throws IOException {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        Map<String, List<String>> files = new LinkedHashMap<>();
        for (InterfaceHttpData part : parts) {
            if (part instanceof FileUpload file) {
                files.computeIfAbsent(file.getName(), name -> new ArrayList<>())
                        .add(text(file.get(), file.getContentType()));
            } else if (part instanceof Attribute field) {
                fields.computeIfAbsent(field.getName(), name -> new ArrayList<>())
                        .add(field.getValue());
            }
        }
        return new RequestForm(fields, files);
    }

    /** UTF-8 as text, anything else as a data URL (RFC 2397). */
    static String text(byte[] bytes, String type) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(bytes);
        }
    }
}
