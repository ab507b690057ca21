package io.ntk.core;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that connects on behalf of a client. It looks up the host name, so that one it alone knows will do.
 *
 * @param kind how it is spoken to
 * @param address where it is
 * @param user who asks, or null
 * @param password the user's secret, or null; never part of a text form
 */
public record ProxyOptions(
        Kind kind,
        Endpoint.Inet address,
        @Nullable String user,
        @Nullable String password) {
    /** How a proxy is spoken to. */
    public enum Kind {
        /** RFC 1928, with user and password as in RFC 1929. */
        SOCKS5,
        /** CONNECT of HTTP/1.1, RFC 9110, 9.3.6. */
        HTTP
    }

    /** Kind and address are needed. */
    public ProxyOptions {
        requireNonNull(kind, "kind");
        requireNonNull(address, "address");
    }

    /**
     * Reads {@code socks5://[USER@]HOST:PORT} or {@code http://[USER@]HOST:PORT}.
     *
     * @param text without a password: secrets do not belong on a command line
     * @return the options, without a password
     * @throws IllegalArgumentException when it is neither
     */
    public static ProxyOptions parse(String text) {
        try {
            URI uri = new URI(text);
            Kind kind = Kind.valueOf(String.valueOf(uri.getScheme()).toUpperCase(Locale.ROOT));
            String user = uri.getUserInfo();
            boolean bare = (uri.getPath() == null || uri.getPath().isEmpty() || "/".equals(uri.getPath()))
                    && uri.getQuery() == null
                    && uri.getFragment() == null;
            if (uri.getHost() != null && uri.getPort() > 0 && bare && (user == null || user.indexOf(':') < 0)) {
                String host = uri.getHost().startsWith("[")
                        ? uri.getHost().substring(1, uri.getHost().length() - 1)
                        : uri.getHost();
                return new ProxyOptions(kind, new Endpoint.Inet(host, uri.getPort()), user, null);
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw malformed(text); // without the cause, which shows the whole text
        }
        throw malformed(text);
    }

    /**
     * A copy with a password.
     *
     * @param secret the user's secret
     * @return the copy
     */
    public ProxyOptions withPassword(String secret) {
        return new ProxyOptions(kind, address, user, secret);
    }

    @Override
    public String toString() {
        String asked = user == null ? "" : user + "@";
        return kind.name().toLowerCase(Locale.ROOT) + "://" + asked + address;
    }

    private static IllegalArgumentException malformed(String text) {
        String shown = Escaped.text(text.replaceFirst("//.*@", "//...@")); // somebody may have written a password
        return new IllegalArgumentException("proxy: \"" + shown
                + "\" (expected: socks5://[USER@]HOST:PORT or http://[USER@]HOST:PORT, no password)");
    }
}
