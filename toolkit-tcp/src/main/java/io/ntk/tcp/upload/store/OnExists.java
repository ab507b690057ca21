package io.ntk.tcp.upload.store;

import org.jspecify.annotations.Nullable;

/** What becomes of a file whose name is taken. */
public enum OnExists {
    /** It is refused. */
    REJECT(0),
    /** It replaces the other in one step. */
    OVERWRITE(1),
    /** It gets a free name: {@code name (1).txt}. */
    RENAME(2),
    /** It is not sent again when it is the same, and refused when it is not. */
    SKIP_SAME(3),
    /** As the server has it. */
    SERVER(255);

    private final int code;

    OnExists(int code) {
        this.code = code;
    }

    /**
     * The number on the wire.
     *
     * @return 0 to 255
     */
    public int code() {
        return code;
    }

    /**
     * Finds a policy by its number.
     *
     * @param code as on the wire
     * @return null when there is none
     */
    public static @Nullable OnExists of(int code) {
        for (OnExists policy : values()) {
            if (policy.code == code) {
                return policy;
            }
        }
        return null;
    }

    /**
     * Tells whether a client may ask for this policy where the server has another one. Refusing a file is stricter than
     * anything; what never touches an existing file is stricter than replacing it.
     *
     * @param server the server's own policy, not {@link #SERVER}
     * @return whether this one is the same or stricter
     */
    public boolean isAllowedUnder(OnExists server) {
        return this == SERVER || this == server || this == REJECT || this == SKIP_SAME || server == OVERWRITE;
    }
}
