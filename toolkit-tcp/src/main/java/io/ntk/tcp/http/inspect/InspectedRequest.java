package io.ntk.tcp.http.inspect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole request.
 *
 * @param head what came first of it
 * @param body in memory of the heap, which needs no release
 * @param origin the address of the client
 * @param secure whether it came over TLS
 * @param recorded as it came over the wire, if that was kept
 */
record InspectedRequest(
        HttpRequest head,
        ByteBuf body,
        String origin,
        boolean secure,
        @Nullable ByteBuf recorded) {
    /** The path, decoded. */
    String path() {
        return new QueryStringDecoder(target(head.uri())).path();
    }

    Map<String, List<String>> arguments() {
        return new QueryStringDecoder(target(head.uri())).parameters();
    }

    /** The first value of an argument. */
    String argument(String name, String otherwise) {
        List<String> values = arguments().get(name);
        return values == null || values.isEmpty() ? otherwise : values.get(0);
    }

    HttpHeaders headers() {
        return head.headers();
    }

    String url() {
        String host = headers().get(HttpHeaderNames.HOST, "");
        return (secure ? "https://" : "http://") + host + target(head.uri());
    }

    /** What a client knows of a request of its own, in the order of httpbin. */
    Map<String, Object> described() {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("args", single(arguments()));
        RequestForm form = RequestForm.of(this);
        shown.put("data", form.isEmpty() ? text() : "");
        shown.put("files", single(form.files()));
        shown.put("form", single(form.fields()));
        shown.put("headers", shownHeaders());
        shown.put("json", InspectJson.isValid(text()) ? new InspectJson.Raw(text().strip()) : InspectJson.NULL);
        shown.put("method", head.method().name());
        shown.put("origin", origin);
        shown.put("url", url());
        return shown;
    }

    Map<String, Object> shownHeaders() {
        Map<String, Object> shown = new LinkedHashMap<>();
        for (String name : headers().names()) {
            shown.put(name, String.join(",", headers().getAll(name)));
        }
        return shown;
    }

    /** The body as text, or as a data URL when it is not UTF-8. */
    private String text() {
        return RequestForm.text(
                ByteBufUtil.getBytes(body), headers().get(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream"));
    }

    /** A target in origin form: an absolute one (RFC 9112, 3.2.2) without its scheme and authority. */
    static String target(String uri) {
        if (uri.startsWith("/")) {
            return uri;
        }
        int authority = uri.indexOf("://");
        int path = authority < 0 ? -1 : uri.indexOf('/', authority + 3);
        return path < 0 ? "/" : uri.substring(path);
    }

    /** What there is once as it is, what there is several times as a list. */
    static Map<String, Object> single(Map<String, List<String>> values) {
        Map<String, Object> single = new LinkedHashMap<>();
        values.forEach((name, all) -> single.put(name, all.size() == 1 ? all.get(0) : all));
        return single;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
