package io.ntk.tcp.http;

/** User events of {@link StrictHttpHandler} for {@link HttpTimeoutsHandler}. */
public enum HttpProgress {
    /** The first bytes of a head have come, and not all of it. */
    HEAD_BEGUN
}
