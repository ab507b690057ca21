package io.ntk.tcp.upload.store;

import org.jspecify.annotations.Nullable;

/** What has reached the disk when a file is called done. */
public enum Durability {
    /** Nothing for sure: a power cut may take it. */
    NONE(0),
    /** This file, synced by itself. */
    FILE(1),
    /** This file; small ones are synced many at a time. */
    BATCH(2);

    private final int code;

    Durability(int code) {
        this.code = code;
    }

    /**
     * The number on the wire.
     *
     * @return 0 to 2
     */
    public int code() {
        return code;
    }

    /**
     * Finds a level by its number.
     *
     * @param code as on the wire
     * @return null when there is none
     */
    public static @Nullable Durability of(int code) {
        return code >= 0 && code < values().length ? values()[code] : null;
    }
}
