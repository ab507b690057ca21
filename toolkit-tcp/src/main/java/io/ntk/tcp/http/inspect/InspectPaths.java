package io.ntk.tcp.http.inspect;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.METHOD_NOT_ALLOWED;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_IMPLEMENTED;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_MODIFIED;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.PRECONDITION_FAILED;
import static io.netty.handler.codec.http.HttpResponseStatus.UNAUTHORIZED;
import static io.ntk.tcp.http.inspect.InspectedRequest.utf8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.ntk.core.Escaped;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.GZIPOutputStream;

/** What each path answers. Knows no channel. */
final class InspectPaths {
    private static final int MAX_LINES = 100;
    private static final int MAX_DRIPS = 10_000;
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD);
    private static final String INDEX = """
            /anything, /anything/...   the request as JSON
            /headers                   its headers
            /ip                        where it came from
            /status/CODE[,CODE...]     that status
            /delay/SECONDS             as /anything, later
            /bytes/N                   N random bytes
            /stream/N                  N lines of JSON
            /drip?numbytes=10&duration=2&delay=0&code=200
                                       a byte now and then
            /redirect/N                N redirects
            /basic-auth/USER/PASSWORD  200 for them, else 401
            /etag/E                    honours If-None-Match and If-Match
            /gzip                      the request as JSON, compressed
            /echo                      the request, byte for byte
            """;

    private final InspectOptions options;

    InspectPaths(InspectOptions options) {
        this.options = options;
    }

    static boolean isEcho(String uri) {
        return new QueryStringDecoder(InspectedRequest.target(uri)).rawPath().equals("/echo");
    }

    /** The reply to a request; for what it cannot be, the reason as a reply. */
    InspectReply answer(InspectedRequest request) {
        List<String> path;
        try {
            path = Arrays.asList(request.path().substring(1).split("/", -1));
            request.arguments();
        } catch (IllegalArgumentException e) {
            return text(BAD_REQUEST, "the target is not well encoded\n");
        }
        String rest = path.size() == 2 ? path.get(1) : "";
        try {
            return switch (path.get(0)) {
                case "" -> path.size() == 1 ? text(OK, INDEX) : unknown();
                case "anything" -> json(request.described());
                case "headers" -> only(request, path, 1, json(Map.of("headers", request.shownHeaders())));
                case "ip" -> only(request, path, 1, json(Map.of("origin", request.origin())));
                case "status" -> path.size() == 2 ? status(rest) : unknown();
                case "delay" -> path.size() == 2 ? delay(request, rest) : unknown();
                case "bytes" -> path.size() == 2 ? bytes(request, number(rest, "N")) : unknown();
                case "stream" -> path.size() == 2 ? stream(request, number(rest, "N")) : unknown();
                case "drip" -> path.size() == 1 ? drip(request) : unknown();
                case "redirect" -> path.size() == 2 ? redirect(number(rest, "N")) : unknown();
                case "basic-auth" -> path.size() == 3 ? basicAuth(request, path.get(1), path.get(2)) : unknown();
                case "etag" -> path.size() == 2 ? etag(request, rest) : unknown();
                case "gzip" -> only(request, path, 1, gzip(request));
                case "echo" -> path.size() == 1 ? echo(request) : unknown();
                default -> unknown();
            };
        } catch (IllegalArgumentException e) {
            return text(BAD_REQUEST, Escaped.text(String.valueOf(e.getMessage())) + "\n");
        }
    }

    /** For paths that only show: GET and HEAD, and nothing behind. */
    private static InspectReply only(InspectedRequest request, List<String> path, int size, InspectReply reply) {
        if (path.size() != size) {
            return unknown();
        }
        if (SAFE.contains(request.head().method())) {
            return reply;
        }
        HttpHeaders headers = headers(TEXT).set(HttpHeaderNames.ALLOW, "GET, HEAD, OPTIONS");
        if (request.head().method().equals(HttpMethod.OPTIONS)) {
            return new InspectReply.Whole(OK, headers, Unpooled.EMPTY_BUFFER);
        }
        return new InspectReply.Whole(METHOD_NOT_ALLOWED, headers, buffer("only GET and HEAD are of use here\n"));
    }

    private static InspectReply status(String codes) {
        List<Integer> choices = new ArrayList<>();
        for (String choice : codes.split(",", -1)) {
            int colon = choice.indexOf(':');
            int code = number(colon < 0 ? choice : choice.substring(0, colon), "CODE");
            int weight = colon < 0 ? 1 : number(choice.substring(colon + 1), "WEIGHT");
            if (code < 200 || code > 599) {
                throw new IllegalArgumentException("CODE: " + code + " (expected: 200 to 599)");
            }
            if (weight > 100 || choices.size() > 10_000) {
                throw new IllegalArgumentException("WEIGHT: " + weight + " (expected: 0 to 100)");
            }
            for (int i = 0; i < weight; i++) {
                choices.add(code);
            }
        }
        if (choices.isEmpty()) {
            throw new IllegalArgumentException("CODE: all of weight 0");
        }
        return status(choices.get(ThreadLocalRandom.current().nextInt(choices.size())));
    }

    private static InspectReply status(int code) {
        HttpHeaders headers = headers(TEXT);
        switch (code) {
            case 301, 302, 303, 305, 307, 308 -> headers.set(HttpHeaderNames.LOCATION, "/redirect/1");
            case 401 -> headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"ntk\"");
            case 405 -> headers.set(HttpHeaderNames.ALLOW, "");
            case 407 -> headers.set(HttpHeaderNames.PROXY_AUTHENTICATE, "Basic realm=\"ntk\"");
            case 426 -> headers.set(HttpHeaderNames.UPGRADE, "HTTP/2.0");
            default -> {}
        }
        return new InspectReply.Whole(HttpResponseStatus.valueOf(code), headers, Unpooled.EMPTY_BUFFER);
    }

    private InspectReply delay(InspectedRequest request, String seconds) {
        return new InspectReply.Later(time(seconds, "SECONDS"), json(request.described()));
    }

    private InspectReply bytes(InspectedRequest request, int count) {
        String seed = request.argument("seed", "");
        Random random = seed.isEmpty() ? new Random() : new Random(number(seed, "seed"));
        byte[] bytes = new byte[Math.min(count, options.maxReplyBytes())];
        random.nextBytes(bytes);
        return new InspectReply.Whole(OK, headers("application/octet-stream"), Unpooled.wrappedBuffer(bytes));
    }

    private InspectReply stream(InspectedRequest request, int count) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("id", 0);
        shown.put("args", InspectedRequest.single(request.arguments()));
        shown.put("headers", request.shownHeaders());
        shown.put("origin", request.origin());
        shown.put("url", request.url());
        List<byte[]> lines = new ArrayList<>();
        int size = 0;
        for (int id = 0; id < Math.min(count, MAX_LINES); id++) {
            shown.put("id", id);
            byte[] line = utf8(InspectJson.line(shown));
            size += line.length;
            if (size > options.maxReplyBytes()) {
                break;
            }
            lines.add(line);
        }
        return new InspectReply.Stream(headers(JSON), lines);
    }

    private InspectReply drip(InspectedRequest request) {
        int count = Math.min(number(request.argument("numbytes", "10"), "numbytes"), MAX_DRIPS);
        int code = number(request.argument("code", "200"), "code");
        if (code < 200 || code > 599 || count == 0) {
            throw new IllegalArgumentException(
                    count == 0 ? "numbytes: 0 (expected: > 0)" : "code: " + code + " (expected: 200 to 599)");
        }
        Duration delay = time(request.argument("delay", "0"), "delay");
        Duration duration = time(request.argument("duration", "2"), "duration");
        if (delay.plus(duration).compareTo(options.maxDelay()) > 0) {
            duration = options.maxDelay().minus(delay);
        }
        return new InspectReply.Later(
                delay, new InspectReply.Drip(HttpResponseStatus.valueOf(code), count, duration.dividedBy(count)));
    }

    private static InspectReply redirect(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("N: " + count + " (expected: > 0)");
        }
        HttpHeaders headers =
                headers(TEXT).set(HttpHeaderNames.LOCATION, count == 1 ? "/anything" : "/redirect/" + (count - 1));
        return new InspectReply.Whole(FOUND, headers, Unpooled.EMPTY_BUFFER);
    }

    private static InspectReply basicAuth(InspectedRequest request, String user, String password) {
        byte[] expected = utf8("Basic " + Base64.getEncoder().encodeToString(utf8(user + ":" + password)));
        byte[] given = utf8(request.headers().get(HttpHeaderNames.AUTHORIZATION, ""));
        if (MessageDigest.isEqual(expected, given)) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("authenticated", true);
            shown.put("user", user);
            return json(shown);
        }
        HttpHeaders headers = headers(TEXT).set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"ntk\"");
        return new InspectReply.Whole(UNAUTHORIZED, headers, Unpooled.EMPTY_BUFFER);
    }

    /* RFC 9110, 13.1.1 and 13.1.2: If-Match compares strongly, If-None-Match weakly. */
    private static InspectReply etag(InspectedRequest request, String tag) {
        if (!tag.chars().allMatch(c -> c == 0x21 || (c >= 0x23 && c != 0x7f && c < 0x100))) {
            throw new IllegalArgumentException("E: characters that an entity tag cannot have (expected: none of them)");
        }
        String etag = '"' + tag + '"';
        List<String> match = tags(request, HttpHeaderNames.IF_MATCH);
        List<String> noneMatch = tags(request, HttpHeaderNames.IF_NONE_MATCH);
        InspectReply.Whole shown = json(request.described());
        shown.headers().set(HttpHeaderNames.ETAG, etag);
        if (!match.isEmpty() && !match.contains(etag) && !match.contains("*")) {
            return new InspectReply.Whole(PRECONDITION_FAILED, shown.headers(), Unpooled.EMPTY_BUFFER);
        }
        if (noneMatch.contains(etag) || noneMatch.contains("W/" + etag) || noneMatch.contains("*")) {
            boolean safe = SAFE.contains(request.head().method());
            return new InspectReply.Whole(
                    safe ? NOT_MODIFIED : PRECONDITION_FAILED, shown.headers(), Unpooled.EMPTY_BUFFER);
        }
        return shown;
    }

    private static List<String> tags(InspectedRequest request, CharSequence header) {
        return request.headers().getAll(header).stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .toList();
    }

    private static InspectReply gzip(InspectedRequest request) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("gzipped", true);
        shown.put("headers", request.shownHeaders());
        shown.put("method", request.head().method().name());
        shown.put("origin", request.origin());
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(utf8(InspectJson.pretty(shown)));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no disk behind it
        }
        HttpHeaders headers = headers(JSON).set(HttpHeaderNames.CONTENT_ENCODING, "gzip");
        return new InspectReply.Whole(OK, headers, Unpooled.wrappedBuffer(packed.toByteArray()));
    }

    private static InspectReply echo(InspectedRequest request) {
        ByteBuf recorded = request.recorded();
        if (recorded == null) {
            return text(NOT_IMPLEMENTED, "the bytes of this request were not kept\n");
        }
        return new InspectReply.Whole(OK, headers("application/octet-stream"), recorded);
    }

    private static InspectReply unknown() {
        return text(NOT_FOUND, "there is no such path; these are:\n" + INDEX);
    }

    static InspectReply.Whole text(HttpResponseStatus status, String text) {
        return new InspectReply.Whole(status, headers(TEXT), buffer(text));
    }

    private static InspectReply.Whole json(Map<String, Object> shown) {
        return new InspectReply.Whole(OK, headers(JSON), buffer(InspectJson.pretty(shown)));
    }

    private static ByteBuf buffer(String text) {
        return Unpooled.wrappedBuffer(utf8(text));
    }

    private static HttpHeaders headers(String type) {
        return DefaultHttpHeadersFactory.headersFactory().newHeaders().set(HttpHeaderNames.CONTENT_TYPE, type);
    }

    private static int number(String text, String name) {
        if (!text.matches("\\d{1,9}")) {
            throw new IllegalArgumentException(name + ": " + text + " (expected: a whole number of at most 9 digits)");
        }
        return Integer.parseInt(text);
    }

    /** Seconds with decimals, lowered to the longest delay. */
    private Duration time(String text, String name) {
        if (!text.matches("\\d{1,9}(\\.\\d{1,9})?")) {
            throw new IllegalArgumentException(name + ": " + text + " (expected: seconds, such as 1 or 0.5)");
        }
        Duration time = Duration.ofNanos((long) (Double.parseDouble(text) * 1e9));
        return time.compareTo(options.maxDelay()) < 0 ? time : options.maxDelay();
    }
}
