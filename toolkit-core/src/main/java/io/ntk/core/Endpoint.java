package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where to listen or to connect.
 *
 * <p>The text form is {@code HOST:PORT}, {@code [V6]:PORT}, {@code :PORT} or {@code PORT} (both on loopback), or
 * {@code unix:PATH}; {@code toString} gives a text that {@link #parse} reads back as an equal endpoint. Host names are
 * kept as they are and looked up when they are used. To listen on every interface, {@code 0.0.0.0} or {@code [::]} has
 * to be written out.
 */
public sealed interface Endpoint {
    /** The host that stands where none is named: IPv4 loopback. */
    String LOOPBACK = "127.0.0.1";

    /**
     * A host and a port.
     *
     * @param host a name or an address, without brackets; not empty
     * @param port 0 to 65,535; 0 when listening takes a free port
     */
    record Inet(String host, int port) implements Endpoint {
        /** Checks both parts. */
        public Inet {
            requireNonNull(host, "host");
            if (!isPlain(host)) {
                throw new IllegalArgumentException(
                        "host: \"" + Escaped.text(host) + "\" (expected: a name or an address)");
            }
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
            }
        }

        @Override
        public String toString() {
            return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
        }

        /** Whether a text may be a host at all: nothing in it separates, quotes, or hides from who reads it. */
        private static boolean isPlain(String host) {
            for (int i = 0; i < host.length(); i++) {
                if (" /[]\"'\\".indexOf(host.charAt(i)) >= 0 || Escaped.isUnsafe(host, i)) {
                    return false;
                }
            }
            return !host.isEmpty();
        }
    }

    /**
     * A Unix domain socket.
     *
     * @param path its file; at most {@value #MAX_PATH_BYTES} bytes
     */
    record Unix(Path path) implements Endpoint {
        /** What a socket address of the kernel holds, on the systems with the shortest ones. */
        public static final int MAX_PATH_BYTES = 103;

        /** Checks the length, and that there is a file name. */
        public Unix {
            requireNonNull(path, "path");
            if (path.getFileName() == null) {
                throw new IllegalArgumentException("path: " + path + " (expected: the path of a file)");
            }
            int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
            if (bytes == 0 || bytes > MAX_PATH_BYTES) {
                throw new IllegalArgumentException("path: " + bytes + " bytes (expected: 1 to " + MAX_PATH_BYTES
                        + " bytes, as Unix sockets allow)");
            }
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /**
     * Reads the text form.
     *
     * @param text see the description of this type
     * @return the endpoint
     * @throws IllegalArgumentException when the text is none of the forms; the message says which are
     */
    static Endpoint parse(String text) {
        if (text.startsWith("unix:")) {
            try {
                return new Unix(Path.of(text.substring("unix:".length())));
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(
                        "endpoint: \"" + Escaped.text(text) + "\" (" + e.getReason() + ")", e);
            }
        }
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        String host = colon <= 0 ? LOOPBACK : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw malformed(text);
        }
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(text);
        }
        return new Inet(host, Integer.parseInt(port));
    }

    /**
     * Tells the endpoint of a socket address, as a peer's or a bound one.
     *
     * @param address an Internet or a Unix address of the JDK or of Netty
     * @return the endpoint; of an unresolved name, with that name
     * @throws IllegalArgumentException when it is of another kind, or an unnamed Unix socket
     */
    static Endpoint of(SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            return new Inet(host(inet), inet.getPort());
        }
        if (address instanceof DomainSocketAddress unix) {
            return new Unix(Path.of(unix.path()));
        }
        if (address instanceof UnixDomainSocketAddress unix) {
            return new Unix(unix.getPath());
        }
        throw new IllegalArgumentException("address: " + address + " (expected: an Internet or a Unix address)");
    }

    /** As RFC 5952 writes it; the scope of a link-local address, without which it leads nowhere, is kept. */
    private static String host(InetSocketAddress inet) {
        InetAddress address = inet.getAddress();
        if (address == null) {
            return inet.getHostString();
        }
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return NetUtil.toAddressString(address) + (scope < 0 ? "" : text.substring(scope));
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "endpoint: \"" + Escaped.text(text) + "\" (expected: HOST:PORT, [V6]:PORT, :PORT, PORT or unix:PATH)");
    }
}
