package io.ntk.tcp.http;

import io.ntk.tcp.http.access.BasicAuth;
import io.ntk.tcp.http.access.CorsOptions;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a server, from where, and whether it tells of each request.
 *
 * @param requests whether there is an {@link io.ntk.tcp.http.access.AccessEvent} for each request
 * @param cors which other origins may use it from a browser, or null for none
 * @param auth who checks passwords, or null for everybody
 */
public record HttpAccess(
        Requests requests,
        @Nullable CorsOptions cors,
        @Nullable BasicAuth auth) {
    /** Everybody, no other origin, and nobody is told. */
    public static final HttpAccess DEFAULTS = new HttpAccess(Requests.UNTOLD, null, null);

    /** Whether no handler between codec and mode looks at replies, which may then go to the codec as bytes. */
    boolean leavesRepliesAlone() {
        return requests == Requests.UNTOLD && cors == null;
    }

    /** Whether each request is told. */
    public enum Requests {
        UNTOLD,
        TOLD
    }
}
