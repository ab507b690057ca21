package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests as RFC 9112 writes them, byte for byte, and finds the first thing that is wrong.
 *
 * <p>It decodes nothing. It tells how many bytes from the front are sound: whole heads, parts of bodies, whole chunk
 * lines and trailer lines. What is behind them is not known yet, or is the violation. Cutting the input elsewhere
 * changes nothing in that. A line is looked at again from its start when more of it has come; nothing is allocated.
 */
final class RequestScanner {
    /** The longest chunk line with its extensions, its CRLF not counted. */
    static final int MAX_CHUNK_LINE_BYTES = 256;

    private static final int MAX_METHOD_BYTES = 32;
    private static final int MAX_SIZE_DIGITS = 16;
    private static final int MAX_EMPTY_LINES = 2;
    private static final int FIRST_LOOK_BYTES = 4 * 1024;
    private static final int INCOMPLETE = -1;
    private static final int WRONG = -2;
    private static final byte[] VERSION = "HTTP/d.d\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final boolean[] TOKEN = new boolean[256];
    private static final boolean[] VALUE = new boolean[256];
    private static final boolean[] TARGET = new boolean[256];
    private static final boolean[] HOST = new boolean[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            TOKEN[c] = alphanumeric || (c < 128 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
            VALUE[c] = (c >= 0x20 && c != 0x7f) || c == '\t';
            TARGET[c] = c > 0x20 && c < 0x7f && c != '#';
            HOST[c] = alphanumeric || (c < 128 && "-._~!$&'()*+,;=%".indexOf(c) >= 0);
        }
    }

    private static final FastThreadLocal<byte[]> WINDOW = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[HttpLimits.MAX_HEAD_BYTES + MAX_CHUNK_LINE_BYTES];
        }
    };

    private enum State {
        START,
        REQUEST_LINE,
        HEADERS,
        BODY,
        CHUNK_LINE,
        CHUNK_DATA,
        CHUNK_END,
        TRAILERS
    }

    private final HttpLimits limits;
    private final boolean lenientAuthority;
    private final boolean lenientTarget;
    private State state = State.START;
    /* Bytes of a head that were looked at and wait for the rest of it. */
    private int ahead;
    private int requests;
    private @Nullable HttpViolation violation;
    /* The window: bytes of the input from an offset on. */
    private byte[] window = new byte[0];
    private int windowEnd;
    /* Of the request at hand. */
    private int emptyLines;
    private boolean oneDotZero;
    private @Nullable String authority;
    private String defaultPort = "";
    private @Nullable String host;
    private int hosts;
    private long contentLength;
    private @Nullable String coding;
    private boolean unmetExpectation;
    private int headerCount;
    private int headerBytes;
    private long left;
    private long body;

    RequestScanner(HttpLimits limits, Set<Leniency> lenient) {
        this.limits = requireNonNull(limits, "limits");
        this.lenientAuthority = lenient.contains(Leniency.AUTHORITY);
        this.lenientTarget = lenient.contains(Leniency.TARGET);
    }

    /** What is wrong, or null as long as nothing is; final. */
    @Nullable
    HttpViolation violation() {
        return violation;
    }

    /** Requests that the last scan went through to their ends. */
    int requests() {
        return requests;
    }

    /** Whether the input may end behind what was found sound. */
    boolean betweenRequests() {
        return state == State.START && ahead == 0;
    }

    /** Whether a head has begun and is not complete. */
    boolean inHead() {
        return (state == State.START && ahead > 0) || state == State.REQUEST_LINE || state == State.HEADERS;
    }

    /**
     * Looks at the input.
     *
     * @param in what was not sound at the last scan, and more behind it; not changed
     * @param maxRequests where to stop
     * @return sound bytes from its front
     */
    int scan(ByteBuf in, int maxRequests) {
        int start = in.readerIndex();
        int available = in.readableBytes();
        int at = ahead;
        int sound = 0;
        int windowAt = 0;
        windowEnd = 0;
        requests = 0;
        window = WINDOW.get();
        while (violation == null && requests < maxRequests && at < available) {
            if (state == State.BODY || state == State.CHUNK_DATA) {
                at += pass(available - at);
                sound = at;
                continue;
            }
            if (at - windowAt >= windowEnd) {
                windowAt = at;
                load(in, start + at, Math.min(FIRST_LOOK_BYTES, available - at));
            }
            int before = requests;
            int next = line(at - windowAt);
            if (next == INCOMPLETE && windowAt + windowEnd < available && windowEnd < window.length) {
                windowAt = at;
                load(in, start + at, Math.min(window.length, available - at));
                next = line(0);
            }
            if (next < 0) {
                break;
            }
            at = windowAt + next;
            if (requests > before || state.compareTo(State.HEADERS) > 0) {
                sound = at;
            }
        }
        ahead = at - sound;
        window = VERSION; // not to be touched outside a scan
        return sound;
    }

    private void load(ByteBuf in, int index, int length) {
        in.getBytes(index, window, 0, length);
        windowEnd = length;
    }

    private int pass(int available) {
        int taken = (int) Math.min(left, available);
        left -= taken;
        if (left == 0) {
            if (state == State.BODY) {
                endRequest();
            } else {
                state = State.CHUNK_END;
            }
        }
        return taken;
    }

    private void endRequest() {
        state = State.START;
        emptyLines = 0;
        requests++;
    }

    /* Reads one line at an offset of the window, and gives the offset behind it. */
    private int line(int at) {
        return switch (state) {
            case START -> start(at);
            case REQUEST_LINE -> requestLine(at);
            case HEADERS -> header(at, false);
            case CHUNK_LINE -> chunkLine(at);
            case CHUNK_END -> chunkEnd(at);
            case TRAILERS -> header(at, true);
            case BODY, CHUNK_DATA -> throw new IllegalStateException("no line: " + state);
        };
    }

    private int wrong(int status, String reason) {
        violation = new HttpViolation(status, reason);
        return WRONG;
    }

    /** RFC 9112, 2.2: an empty line before a request is passed over. */
    private int start(int at) {
        byte first = window[at];
        if (first != '\r') {
            if (!TOKEN[first & 0xff]) {
                return wrong(400, "a request does not begin with such a byte");
            }
            beginRequest();
            return requestLine(at);
        }
        int next = lineEnd(at);
        if (next > 0 && ++emptyLines > MAX_EMPTY_LINES) {
            return wrong(400, "too many empty lines before a request");
        }
        return next;
    }

    private void beginRequest() {
        state = State.REQUEST_LINE;
        oneDotZero = false;
        authority = null;
        host = null;
        hosts = 0;
        contentLength = -1;
        coding = null;
        unmetExpectation = false;
        headerCount = 0;
        headerBytes = 0;
        body = 0;
    }

    /** CR LF and nothing else. */
    private int lineEnd(int at) {
        if (window[at] != '\r') {
            return wrong(400, "a line must end in CR LF");
        }
        if (at + 1 == windowEnd) {
            return INCOMPLETE;
        }
        return window[at + 1] == '\n' ? at + 2 : wrong(400, "CR without LF");
    }

    /* method SP request-target SP HTTP-version CRLF (RFC 9112, 3) */
    private int requestLine(int at) {
        int end = Math.min(windowEnd, at + limits.requestLineBytes() + 2);
        int afterMethod = at;
        while (afterMethod < end && TOKEN[window[afterMethod] & 0xff]) {
            afterMethod++;
        }
        if (afterMethod - at > MAX_METHOD_BYTES) {
            return wrong(501, "unknown method");
        }
        if (afterMethod == end) {
            return cut(at, end);
        }
        if (window[afterMethod] != ' ') {
            return wrong(400, "no space behind the method");
        }
        int target = afterMethod + 1;
        int afterTarget = target;
        while (afterTarget < end
                && (TARGET[window[afterTarget] & 0xff] || (lenientTarget && window[afterTarget] < 0))) {
            afterTarget++;
        }
        if (afterTarget == end) {
            return cut(at, end);
        }
        if (afterTarget == target || window[afterTarget] != ' ') {
            return wrong(400, "a bad byte in the target, or no version");
        }
        int next = version(afterTarget + 1, end);
        if (next < 0) {
            return next == INCOMPLETE ? cut(at, end) : next;
        }
        return target(at, afterMethod, target, afterTarget) ? next : WRONG;
    }

    private int cut(int at, int end) {
        return end == at + limits.requestLineBytes() + 2 ? wrong(414, "the request line is too long") : INCOMPLETE;
    }

    private int version(int at, int end) {
        for (int i = 0; i < VERSION.length; i++) {
            if (at + i == end) {
                return INCOMPLETE;
            }
            byte b = window[at + i];
            if (VERSION[i] == 'd' ? b < '0' || b > '9' : b != VERSION[i]) {
                return wrong(400, "no version such as HTTP/1.1 at the end of the line");
            }
        }
        if (window[at + 5] != '1' || window[at + 7] > '1') {
            return wrong(505, "HTTP/1.1 and HTTP/1.0 only");
        }
        oneDotZero = window[at + 7] == '0';
        return at + VERSION.length;
    }

    /* RFC 9112, 3.2: origin, absolute, authority and asterisk form. */
    private boolean target(int method, int afterMethod, int target, int afterTarget) {
        state = State.HEADERS;
        if (is(method, afterMethod, "CONNECT")) {
            wrong(501, "CONNECT is not served");
        } else if (is(method, afterMethod, "TRACE")) {
            wrong(405, "TRACE is not served");
        } else if (window[target] == '*') {
            if (afterTarget != target + 1 || !is(method, afterMethod, "OPTIONS")) {
                wrong(400, "the target * is for OPTIONS");
            }
        } else if (window[target] != '/') {
            absolute(target, afterTarget);
        }
        return violation == null;
    }

    private void absolute(int target, int afterTarget) {
        String text = new String(window, target, Math.min(8, afterTarget - target), StandardCharsets.ISO_8859_1)
                .toLowerCase(Locale.ROOT);
        int from = text.startsWith("http://") ? 7 : text.startsWith("https://") ? 8 : 0;
        int to = target + from;
        while (to < afterTarget && window[to] != '/' && window[to] != '?') {
            to++;
        }
        if (from == 0 || !isHost(target + from, to)) {
            wrong(400, "no target such as /path or http://host/path");
            return;
        }
        defaultPort = from == 7 ? ":80" : ":443";
        authority = authority(target + from, to, defaultPort);
    }

    private String authority(int from, int to, String suffix) {
        String text = new String(window, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
    }

    /* uri-host [ ":" port ] (RFC 9110, 7.2), not empty */
    private boolean isHost(int from, int to) {
        int at = from;
        if (at < to && window[at] == '[') {
            at++;
            while (at < to && window[at] != ']') {
                int c = window[at++] & 0xff;
                if (!(HOST[c] || c == ':') || c == '%') {
                    return false;
                }
            }
            if (at == to || at - from < 3) {
                return false;
            }
            at++;
        } else {
            while (at < to && HOST[window[at] & 0xff]) {
                at++;
            }
        }
        if (at == from) {
            return false;
        }
        if (at < to && window[at] == ':') {
            at++;
            int port = at;
            while (at < to && window[at] >= '0' && window[at] <= '9') {
                at++;
            }
            if (at - port > 5) {
                return false;
            }
        }
        return at == to;
    }

    /* field-name ":" OWS field-value OWS CRLF (RFC 9112, 5), or the empty line behind all of them */
    private int header(int at, boolean trailer) {
        int end = Math.min(windowEnd, at + limits.headerBytes() - headerBytes + 2);
        byte first = window[at];
        if (first == '\r') {
            int next = lineEnd(at);
            return next < 0 ? next : endOfHeaders(next, trailer);
        }
        if (first == ' ' || first == '\t') {
            return wrong(400, "a header line is folded");
        }
        int afterName = at;
        while (afterName < end && TOKEN[window[afterName] & 0xff]) {
            afterName++;
        }
        if (afterName == end) {
            return cutHeader(at, end);
        }
        if (afterName == at || window[afterName] != ':') {
            return wrong(400, "a bad byte in the name of a header");
        }
        int afterValue = afterName + 1;
        while (afterValue < end && VALUE[window[afterValue] & 0xff]) {
            afterValue++;
        }
        if (afterValue == end) {
            return cutHeader(at, end);
        }
        if (window[afterValue] != '\r') {
            return wrong(400, "a bad byte in the value of a header");
        }
        if (afterValue + 1 == end) {
            return cutHeader(at, end);
        }
        if (window[afterValue + 1] != '\n') {
            return wrong(400, "CR without LF");
        }
        if (++headerCount > limits.headers()) {
            return wrong(431, "too many header lines");
        }
        headerBytes += afterValue - at;
        return field(at, afterName, afterValue, trailer) ? afterValue + 2 : WRONG;
    }

    private int cutHeader(int at, int end) {
        return end == at + limits.headerBytes() - headerBytes + 2
                ? wrong(431, "the header lines are too long")
                : INCOMPLETE;
    }

    /* The few fields that framing and routing depend on. */
    private boolean field(int name, int afterName, int afterValue, boolean trailer) {
        int length = afterName - name;
        if ((length != 4 && length != 6 && length != 14 && length < 17) || length > 18) {
            return true;
        }
        int from = afterName + 1;
        int to = afterValue;
        while (from < to && isSpace(window[from])) {
            from++;
        }
        while (from < to && isSpace(window[to - 1])) {
            to--;
        }
        if (is(name, afterName, "host")) {
            hosts++;
            if (!trailer && isHost(from, to)) {
                host = authority == null ? "" : authority(from, to, "");
            } else {
                wrong(400, trailer ? "Host is no trailer" : "no host in Host");
            }
        } else if (is(name, afterName, "content-length")) {
            contentLength(from, to, trailer);
        } else if (is(name, afterName, "transfer-encoding")) {
            if (trailer) {
                wrong(400, "Transfer-Encoding is no trailer");
            } else {
                String value = new String(window, from, to - from, StandardCharsets.ISO_8859_1);
                coding = coding == null ? value : coding + ',' + value;
            }
        } else if (is(name, afterName, "expect")) {
            unmetExpectation |= !is(from, to, "100-continue");
        } else if (is(name, afterName, "sec-websocket-key1")) {
            // A draft of WebSocket had bodies without a length, and decoders that still look for them.
            wrong(400, "a WebSocket draft that is not served");
        }
        return violation == null;
    }

    private void contentLength(int from, int to, boolean trailer) {
        long length = 0;
        boolean digits = from < to;
        for (int i = from; i < to && digits; i++) {
            digits = window[i] >= '0' && window[i] <= '9';
            length = length > limits.bodyBytes() ? length : length * 10 + window[i] - '0';
        }
        if (trailer || !digits || contentLength >= 0) {
            wrong(400, "Content-Length must be one number, once");
        } else if (length > limits.bodyBytes()) {
            wrong(413, "the body is too large");
        }
        contentLength = length;
    }

    private int endOfHeaders(int next, boolean trailer) {
        if (trailer) {
            endRequest();
            return next;
        }
        if (hosts > 1 || (hosts == 0 && !oneDotZero)) {
            return wrong(400, hosts == 0 ? "no Host" : "more than one Host");
        }
        if (authority != null && host != null && !lenientAuthority && !sameAuthority(authority, host)) {
            return wrong(400, "the target's authority differs from Host");
        }
        if (unmetExpectation && !oneDotZero) {
            return wrong(417, "only 100-continue can be expected");
        }
        if (coding != null) {
            return chunked(coding) ? next : WRONG;
        }
        left = Math.max(0, contentLength);
        if (left == 0) {
            endRequest();
        } else {
            state = State.BODY;
        }
        return next;
    }

    private boolean sameAuthority(String target, String other) {
        return other.equals(target) || other.equals(target + defaultPort);
    }

    /* RFC 9112, 6.1 and 6.3: of the codings only chunked is known, and where it is not the last there is no length. */
    private boolean chunked(String codings) {
        String[] each = codings.toLowerCase(Locale.ROOT).split(",", -1);
        int seen = 0;
        for (String one : each) {
            seen += one.strip().equals("chunked") ? 1 : 0;
        }
        if (oneDotZero) {
            wrong(400, "no Transfer-Encoding in HTTP/1.0");
        } else if (contentLength >= 0) {
            wrong(400, "both Content-Length and Transfer-Encoding");
        } else if (seen != 1 || !each[each.length - 1].strip().equals("chunked")) {
            wrong(400, "chunked must be the last transfer coding, once");
        } else if (each.length > 1) {
            wrong(501, "no transfer coding but chunked");
        }
        state = State.CHUNK_LINE;
        return violation == null;
    }

    /* chunk-size [ chunk-ext ] CRLF (RFC 9112, 7.1) */
    private int chunkLine(int at) {
        int end = Math.min(windowEnd, at + MAX_CHUNK_LINE_BYTES + 2);
        int afterSize = at;
        long size = 0;
        while (afterSize < end) {
            int digit = Character.digit(window[afterSize], 16);
            if (digit < 0) {
                break;
            }
            if (++afterSize - at > MAX_SIZE_DIGITS) {
                return wrong(400, "the size of a chunk has too many digits");
            }
            size = size > limits.bodyBytes() ? size : size * 16 + digit;
        }
        if (afterSize == end) {
            return INCOMPLETE;
        }
        if (afterSize == at) {
            return wrong(400, "a chunk without a size");
        }
        int next = window[afterSize] == '\r' ? lineEnd(afterSize) : extensions(afterSize, end);
        if (next < 0) {
            boolean tooLong = next == INCOMPLETE && end == at + MAX_CHUNK_LINE_BYTES + 2;
            return tooLong ? wrong(400, "the extensions of a chunk are too long") : next;
        }
        body += size;
        if (body > limits.bodyBytes()) {
            return wrong(413, "the body is too large");
        }
        left = size;
        headerCount = 0;
        headerBytes = 0;
        state = size == 0 ? State.TRAILERS : State.CHUNK_DATA;
        return next;
    }

    /* *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF (RFC 9112, 7.1.1) */
    private int extensions(int from, int end) {
        int at = from;
        while (true) {
            at = spaces(at, end);
            if (at < end && window[at] == ';') {
                int name = spaces(at + 1, end);
                at = token(name, end);
                if (at < end && at == name) {
                    return wrong(400, "a chunk extension without a name");
                }
                int equals = spaces(at, end);
                if (equals < end && window[equals] == '=') {
                    at = extensionValue(spaces(equals + 1, end), end);
                    if (at < 0) {
                        return at;
                    }
                }
            } else if (at == end) {
                return INCOMPLETE;
            } else if (window[at] == '\r' && !isSpace(window[at - 1])) {
                return at + 1 == end ? INCOMPLETE : lineEnd(at);
            } else {
                return wrong(400, "a bad byte in the line of a chunk");
            }
        }
    }

    private int extensionValue(int from, int end) {
        int at = from;
        if (at < end && window[at] == '"') {
            at++;
            while (at < end && window[at] != '"') {
                at += window[at] == '\\' ? 2 : 1;
                if (at <= end && !VALUE[window[at - 1] & 0xff]) {
                    return wrong(400, "a bad byte in the line of a chunk");
                }
            }
            return at >= end ? INCOMPLETE : at + 1;
        }
        at = token(from, end);
        return at < end && at == from ? wrong(400, "a chunk extension without a value") : at;
    }

    private int chunkEnd(int at) {
        int next = lineEnd(at);
        if (next >= 0) {
            state = State.CHUNK_LINE;
        }
        return next;
    }

    private int spaces(int from, int end) {
        int at = from;
        while (at < end && isSpace(window[at])) {
            at++;
        }
        return at;
    }

    private int token(int from, int end) {
        int at = from;
        while (at < end && TOKEN[window[at] & 0xff]) {
            at++;
        }
        return at;
    }

    private boolean is(int from, int to, String word) {
        if (to - from != word.length()) {
            return false;
        }
        boolean exact = Character.isUpperCase(word.charAt(0));
        for (int i = 0; i < word.length(); i++) {
            int c = window[from + i];
            if (c != word.charAt(i) && (exact || (c | 0x20) != word.charAt(i) || c < 'A')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t';
    }

    /** RFC 9110, 5.6.2: what a method and the name of a header consist of. */
    static boolean isToken(int c) {
        return c < 256 && TOKEN[c];
    }
}
