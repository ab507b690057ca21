package io.ntk.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the port out of what a server prints when it listens. */
final class Listening {
    private static final Pattern ADDRESS =
            Pattern.compile("(?:tcp|tls|udp|https?)://[^\"\\s]*:(\\d+)\"?}?\\s*?$", Pattern.MULTILINE);

    private Listening() {}

    /** The first one's, or -1. */
    static int port(String out) {
        Matcher address = ADDRESS.matcher(out);
        return out.contains("\n") && address.find() ? Integer.parseInt(address.group(1)) : -1;
    }
}
