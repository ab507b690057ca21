package io.ntk.tcp.http.access;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which other origins may use a server from a browser, without credentials.
 *
 * @param origins such as {@code https://app.example.org}; empty for all
 */
public record CorsOptions(Set<String> origins) {
    /** Every origin. */
    public static final CorsOptions ANY = new CorsOptions(Set.of());

    private static final Pattern ORIGIN =
            Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9._~-]+|\\[[0-9a-f:]+])(:\\d{1,5})?");

    /** Checks and copies the origins. */
    public CorsOptions {
        origins = Set.copyOf(origins);
        for (String origin : origins) {
            if (!ORIGIN.matcher(origin).matches()) {
                throw new IllegalArgumentException("origin: " + origin
                        + " (expected: such as https://app.example.org, in small letters, without a path)");
            }
        }
    }

    boolean allows(String origin) {
        return origins.isEmpty() || origins.contains(origin);
    }
}
