package io.ntk.tcp.http.files;

import io.ntk.tcp.http.files.FilesOptions.HiddenFiles;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request target, decoded once and written again in one way only.
 *
 * <p>What cannot name a file that is served has no RequestPath: dot segments, empty segments, an encoded slash, a
 * backslash, NUL, a percent sign without two hex digits, a name of more than 255 bytes, {@code .ntup}, and hidden names
 * where they are refused. File names are bytes: they reach the file system as they came, whatever the locale.
 *
 * @param segments the names, percent-encoded in the canonical way
 * @param folder whether the path ends in a slash
 * @param query what follows the question mark, or the empty text
 */
record RequestPath(List<String> segments, boolean folder, String query) {
    private static final int MAX_NAME_BYTES = 255;
    /** Where uploads that are under way lie. */
    private static final String RESERVED = ".ntup";

    private static final String HEX = "0123456789ABCDEF";
    private static final Pattern WINDOWS = Pattern.compile("[<>:\"|?*]|[. ]$");
    private static final boolean ON_WINDOWS = java.io.File.separatorChar == '\\';

    /** The path in front of the query of an origin-form or absolute-form target; others are given back as they are. */
    static String pathOf(String target) {
        int from = 0;
        if (!target.startsWith("/")) {
            String scheme = target.substring(0, Math.min(8, target.length())).toLowerCase(Locale.ROOT);
            int authority = scheme.startsWith("http://") ? 7 : scheme.equals("https://") ? 8 : -1;
            if (authority < 0) {
                return target;
            }
            from = authority;
            while (from < target.length() && target.charAt(from) != '/' && target.charAt(from) != '?') {
                from++;
            }
        }
        int query = target.indexOf('?', from);
        String path = target.substring(from, query < 0 ? target.length() : query);
        return path.isEmpty() ? "/" : path;
    }

    /** Null where no file can have this name. */
    static @Nullable RequestPath parse(String target, HiddenFiles hidden) {
        String path = pathOf(target);
        if (!path.startsWith("/")) {
            return null;
        }
        List<String> segments = new ArrayList<>();
        int from = 1;
        while (from < path.length()) {
            int slash = path.indexOf('/', from);
            int to = slash < 0 ? path.length() : slash;
            String segment = canonical(path, from, to, hidden);
            if (segment == null) {
                return null;
            }
            segments.add(segment);
            from = to + 1;
        }
        int query = target.indexOf('?');
        return new RequestPath(List.copyOf(segments), path.endsWith("/"), query < 0 ? "" : target.substring(query + 1));
    }

    private static @Nullable String canonical(String path, int from, int to, HiddenFiles hidden) {
        byte[] name = new byte[Math.min(to - from, MAX_NAME_BYTES + 1)];
        int length = 0;
        for (int i = from; i < to; i++) {
            int value = path.charAt(i);
            if (value == '%') {
                value = i + 2 < to ? (hex(path.charAt(i + 1)) << 4) | hex(path.charAt(i + 2)) : -1;
                i += 2;
                if (value == '/') {
                    return null;
                }
            } else if (value <= ' ' || value > '~' || value == '#') {
                return null;
            }
            if (value <= 0 || value == '\\' || length == MAX_NAME_BYTES) {
                return null;
            }
            name[length++] = (byte) value;
        }
        return length == 0 || !isServed(name, length, hidden) ? null : encode(name, length);
    }

    private static boolean isServed(byte[] name, int length, HiddenFiles hidden) {
        String text = new String(name, 0, length, StandardCharsets.ISO_8859_1);
        if (ON_WINDOWS && WINDOWS.matcher(text).find()) {
            return false;
        }
        return text.charAt(0) != '.'
                || (hidden == HiddenFiles.SERVED
                        && !text.equals(".")
                        && !text.equals("..")
                        && !text.equalsIgnoreCase(RESERVED));
    }

    /** The segment that stands for a name of the file system, or null when no request can have it. */
    static @Nullable String segmentOf(Path name, HiddenFiles hidden) {
        String uri = name.toAbsolutePath().toUri().getRawPath();
        int end = uri.endsWith("/") ? uri.length() - 1 : uri.length();
        return canonical(uri, uri.lastIndexOf('/', end - 1) + 1, end, hidden);
    }

    /** The name of the file system that a segment stands for, byte by byte. */
    static Path nameOf(String segment) {
        Path name = Path.of(URI.create("file:///" + segment)).getFileName();
        if (name == null) {
            throw new IllegalArgumentException("segment: " + segment + " (expected: a name)");
        }
        return name;
    }

    /** A segment for people: bytes that are no UTF-8 become U+FFFD. */
    static String textOf(String segment) {
        byte[] name = new byte[segment.length()];
        int length = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c == '%') {
                c = (char) ((hex(segment.charAt(i + 1)) << 4) | hex(segment.charAt(i + 2)));
                i += 2;
            }
            name[length++] = (byte) c;
        }
        return new String(name, 0, length, StandardCharsets.UTF_8);
    }

    private static int hex(char digit) {
        int value = digit < 128 ? Character.digit(digit, 16) : -1;
        return value < 0 ? -256 : value; // stays negative, shifted or not
    }

    /** What RFC 3986 lets stand in a segment stands, the rest is encoded. */
    private static String encode(byte[] name, int length) {
        StringBuilder out = new StringBuilder(length + 16);
        for (int i = 0; i < length; i++) {
            int b = name[i] & 0xff;
            boolean plain = (b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || (b >= '0' && b <= '9')
                    || "-._~!$&'()*+,;=:@".indexOf(b) >= 0;
            if (plain) {
                out.append((char) b);
            } else {
                out.append('%').append(HEX.charAt(b >> 4)).append(HEX.charAt(b & 15));
            }
        }
        return out.toString();
    }

    /** The last name; not for the root. */
    String last() {
        return segments.get(segments.size() - 1);
    }

    /** The one way to write this path. */
    String text() {
        StringBuilder out = new StringBuilder();
        segments.forEach(segment -> out.append('/').append(segment));
        return folder ? out.append('/').toString() : out.toString();
    }
}
