package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;

/**
 * A fixed reply to one method and path.
 *
 * @param method in upper case as a rule, or {@code *} for any; GET answers HEAD too
 * @param path begins with a slash; compared with the target byte for byte, up to its question mark
 * @param reply the reply
 */
public record Route(String method, String path, FixedReply reply) {
    private static final String EXPECTED = "METHOD /path=STATUS,TYPE,BODY, such as GET /health=200,text/plain,ok";

    /** Checks method and path. */
    public Route {
        boolean token = !method.isEmpty() && method.chars().allMatch(RequestScanner::isToken);
        if (!token || !path.startsWith("/") || path.indexOf('?') >= 0 || path.indexOf(' ') >= 0) {
            throw new IllegalArgumentException("route: " + method + " " + path + " (expected: " + EXPECTED + ")");
        }
        requireNonNull(reply, "reply");
    }

    /**
     * Reads {@code METHOD /path=STATUS,TYPE,BODY}. The body may hold commas and may be left out, and so may the type
     * before it, which is then plain text.
     *
     * @param text such as {@code GET /health=200,text/plain,ok}
     * @return the route
     */
    public static Route parse(String text) {
        int space = text.indexOf(' ');
        int equals = text.indexOf('=');
        if (space < 0 || equals < space) {
            throw wrong(text);
        }
        String[] parts = text.substring(equals + 1).split(",", 3);
        int status;
        try {
            status = Integer.parseInt(parts[0].strip());
        } catch (NumberFormatException e) {
            throw wrong(text);
        }
        String body = parts.length > 2 ? parts[2] : "";
        FixedReply reply = FixedReply.text("").withStatus(status).withBody(body(body));
        if (parts.length > 1 && !parts[1].isBlank()) {
            reply = reply.withType(parts[1].strip());
        }
        return new Route(text.substring(0, space), text.substring(space + 1, equals), reply);
    }

    private static FixedReply.Body body(String text) {
        return FixedReply.Body.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException("route: \"" + text + "\" (expected: " + EXPECTED + ")");
    }
}
