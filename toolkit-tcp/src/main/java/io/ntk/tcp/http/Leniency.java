package io.ntk.tcp.http;

/** A rule of {@link StrictHttpHandler} that can be switched off. */
public enum Leniency {
    /**
     * RFC 9112, 3.2.2: of an absolute target and a Host that differ, the target counts. Without this they are answered
     * with 400, for whoever stands before this server may have gone by the other one.
     */
    AUTHORITY,
    /** Bytes beyond ASCII in a target pass, as some clients send them instead of their percent-encoded form. */
    TARGET
}
