package io.ntk.tcp.http.files;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import io.ntk.tcp.http.files.Variant.Coding;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A reply: what is said of it and the pieces of its content. What belongs to the connection ({@code Date},
 * {@code Connection}) is added when it is written.
 *
 * @param status the status
 * @param headers the fields; this reply's own
 * @param pieces the content in order; empty for none
 * @param variant what the pieces without bytes of their own are pieces of
 * @param file where to read them; open, and to be closed by who has the answer; null when all is in memory
 */
record Answer(
        HttpResponseStatus status,
        HttpHeaders headers,
        List<Piece> pieces,
        @Nullable Variant variant,
        @Nullable FileChannel file) {
    static final AsciiString NOSNIFF_NAME = AsciiString.cached("x-content-type-options");
    static final AsciiString NOSNIFF = AsciiString.cached("nosniff");
    private static final HttpHeadersFactory UNCHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);
    private static final AsciiString ALLOWED = AsciiString.cached("GET, HEAD, OPTIONS");

    /** A part of the content: in memory where it has bytes, else in the file. */
    static final class Piece {
        private final byte @Nullable [] bytes;
        private final long from;
        private final long to;

        Piece(byte @Nullable [] bytes, long from, long to) {
            this.bytes = bytes;
            this.from = from;
            this.to = to;
        }

        static Piece text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return new Piece(bytes, 0, bytes.length);
        }

        byte @Nullable [] bytes() {
            return bytes;
        }

        /** Its first byte there. */
        long from() {
            return from;
        }

        /** One past its last byte. */
        long to() {
            return to;
        }

        long length() {
            return to - from;
        }
    }

    /** Empty; what is put in is our own, and not checked again. */
    static HttpHeaders fields() {
        return UNCHECKED.newHeaders();
    }

    /** A reply that says no more than its status. */
    static Answer plain(HttpResponseStatus status, HttpMethod method) {
        Piece text = Piece.text(status + "\n");
        HttpHeaders headers = fields().add(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .add(HttpHeaderNames.CONTENT_LENGTH, text.length())
                .add(NOSNIFF_NAME, NOSNIFF);
        List<Piece> pieces = method.equals(HttpMethod.HEAD) ? List.of() : List.of(text);
        return new Answer(status, headers, pieces, null, null);
    }

    /** To OPTIONS, and to methods that are not served. */
    static Answer methods(HttpMethod method) {
        if (method.equals(HttpMethod.OPTIONS)) {
            HttpHeaders headers = fields().add(HttpHeaderNames.ALLOW, ALLOWED);
            return new Answer(HttpResponseStatus.NO_CONTENT, headers, List.of(), null, null);
        }
        Answer answer = plain(HttpResponseStatus.METHOD_NOT_ALLOWED, method);
        answer.headers.add(HttpHeaderNames.ALLOW, ALLOWED);
        return answer;
    }

    /** A folder without its slash. The query is kept; a target with anything but visible ASCII never gets here. */
    static Answer moved(RequestPath path, HttpMethod method) {
        Answer answer = plain(HttpResponseStatus.MOVED_PERMANENTLY, method);
        String query = path.query().chars().allMatch(c -> c > ' ' && c <= '~') ? path.query() : "";
        answer.headers.add(HttpHeaderNames.LOCATION, path.text() + "/" + (query.isEmpty() ? "" : "?" + query));
        return answer;
    }

    /**
     * To GET and HEAD of a resource, conditions and ranges considered (RFC 9110, 13 and 14).
     *
     * @param now seconds since 1970
     */
    static Answer of(Resource resource, HttpRequest request, long now) {
        Variant variant = resource.choose(request);
        if (variant == null) {
            return plain(HttpResponseStatus.NOT_ACCEPTABLE, request.method());
        }
        long modified = Math.min(variant.modifiedSeconds(), now);
        Conditions conditions = new Conditions(variant.etag(), modified, now);
        switch (conditions.check(request.headers(), variant.isFile())) {
            case NOT_MODIFIED -> {
                HttpHeaders headers = fields();
                variant.validators(headers, resource);
                notLater(headers, variant, now);
                return new Answer(HttpResponseStatus.NOT_MODIFIED, headers, List.of(), variant, null);
            }
            case FAILED -> {
                return plain(HttpResponseStatus.PRECONDITION_FAILED, request.method());
            }
            case PROCEED -> {}
        }
        HttpHeaders headers = variant.head(resource).copy();
        notLater(headers, variant, now);
        if (request.method().equals(HttpMethod.HEAD)) {
            length(headers, variant);
            if (!headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
                headers.add(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            }
            return new Answer(HttpResponseStatus.OK, headers, List.of(), variant, null);
        }
        List<ByteRange> ranges = ranges(variant, request, conditions);
        if (ranges == null) {
            length(headers, variant);
            return new Answer(
                    HttpResponseStatus.OK, headers, List.of(new Piece(null, 0, variant.size())), variant, null);
        }
        return partial(headers, ranges, variant);
    }

    /** A time of change that is yet to come is told as now (RFC 9110, 8.8.2.1). */
    private static void notLater(HttpHeaders headers, Variant variant, long now) {
        if (variant.modifiedSeconds() > now) {
            headers.set(HttpHeaderNames.LAST_MODIFIED, HttpDates.text(now));
        }
    }

    private static void length(HttpHeaders headers, Variant variant) {
        byte[] bytes = variant.bytes();
        if (variant.coding() != Coding.GZIP_MADE || bytes != null) {
            headers.add(HttpHeaderNames.CONTENT_LENGTH, bytes == null ? variant.size() : bytes.length);
        }
    }

    private static @Nullable List<ByteRange> ranges(Variant variant, HttpRequest request, Conditions conditions) {
        List<String> fields = request.headers().getAll(HttpHeaderNames.RANGE);
        if (fields.size() != 1 || !variant.hasRanges() || !conditions.rangeApplies(request.headers())) {
            return null;
        }
        return ByteRange.parse(fields.get(0), variant.size());
    }

    private static Answer partial(HttpHeaders headers, List<ByteRange> ranges, Variant variant) {
        if (ranges.isEmpty()) {
            Answer answer = plain(HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE, HttpMethod.GET);
            answer.headers.add(HttpHeaderNames.CONTENT_RANGE, "bytes */" + variant.size());
            return answer;
        }
        List<Piece> pieces = new ArrayList<>();
        if (ranges.size() == 1) {
            ByteRange one = ranges.get(0);
            headers.add(HttpHeaderNames.CONTENT_RANGE, one.contentRange(variant.size()));
            pieces.add(new Piece(null, one.from(), one.to()));
        } else {
            String boundary = UUID.randomUUID().toString();
            String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
            for (ByteRange range : ranges) {
                pieces.add(Piece.text("\r\n--" + boundary + "\r\nContent-Type: " + type + "\r\nContent-Range: "
                        + range.contentRange(variant.size()) + "\r\n\r\n"));
                pieces.add(new Piece(null, range.from(), range.to()));
            }
            pieces.add(Piece.text("\r\n--" + boundary + "--\r\n"));
            headers.set(HttpHeaderNames.CONTENT_TYPE, "multipart/byteranges; boundary=" + boundary);
        }
        headers.add(
                HttpHeaderNames.CONTENT_LENGTH,
                pieces.stream().mapToLong(Piece::length).sum());
        return new Answer(HttpResponseStatus.PARTIAL_CONTENT, headers, pieces, variant, null);
    }

    /** Whether there is content that is not in memory. */
    boolean lacksBytes() {
        for (Piece piece : pieces) {
            if (piece.bytes == null) {
                return true;
            }
        }
        return false;
    }

    /** The same with its content in memory. */
    Answer with(byte[] bytes) {
        if (pieces.size() == 1) {
            Piece only = pieces.get(0);
            boolean made = variant != null && variant.coding() == Coding.GZIP_MADE;
            if (made && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
                headers.add(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
            }
            Piece whole = new Piece(bytes, only.from, made ? bytes.length : only.to);
            return new Answer(status, headers, List.of(whole), variant, null);
        }
        List<Piece> all = new ArrayList<>(pieces.size());
        pieces.forEach(piece -> all.add(piece.bytes == null ? new Piece(bytes, piece.from, piece.to) : piece));
        return new Answer(status, headers, all, variant, null);
    }

    /** The same with its content in a file; what is to be compressed on its way is chunked. */
    Answer with(FileChannel open) {
        if (isPacked()) {
            headers.add(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        return new Answer(status, headers, pieces, variant, open);
    }

    /** Whether the file is to be compressed on its way. */
    boolean isPacked() {
        return variant != null && variant.coding() == Coding.GZIP_MADE;
    }

    /** Gives up what is open. */
    void discard() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
