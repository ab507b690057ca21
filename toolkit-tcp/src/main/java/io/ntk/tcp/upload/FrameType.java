package io.ntk.tcp.upload;

import org.jspecify.annotations.Nullable;

/** The types of frames: number, the flags that may be set, and whom a frame of the type is about. */
enum FrameType {
    HELLO(0x01, 0, Scope.CONNECTION),
    HELLO_ACK(0x02, 0, Scope.CONNECTION),
    AUTH(0x03, 0, Scope.CONNECTION),
    AUTH_OK(0x04, 0, Scope.CONNECTION),
    OPEN(0x10, 2 | 4, Scope.FILE),
    OPENED(0x11, 8, Scope.FILE),
    DATA(0x12, 1, Scope.FILE),
    ACK(0x13, 0, Scope.ANY),
    NAK(0x14, 0, Scope.FILE),
    COMMIT(0x15, 0, Scope.FILE),
    DONE(0x16, 0, Scope.CONNECTION),
    PUT(0x17, 0, Scope.FILE),
    MKDIR(0x18, 0, Scope.FILE),
    ABORT(0x19, 0, Scope.FILE),
    PING(0x20, 0, Scope.CONNECTION),
    PONG(0x21, 0, Scope.CONNECTION),
    GOAWAY(0x2E, 0, Scope.CONNECTION),
    ERROR(0x2F, 0, Scope.ANY);

    static final int RAW = 1;
    static final int OPTIMISTIC = 2;
    static final int RESUME = 4;
    static final int MORE = 8;

    private static final @Nullable FrameType[] BY_CODE = new FrameType[256];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    /** Which streams a type may be on. */
    enum Scope {
        CONNECTION,
        FILE,
        ANY
    }

    private final int code;
    private final int flags;
    private final Scope scope;

    FrameType(int code, int flags, Scope scope) {
        this.code = code;
        this.flags = flags;
        this.scope = scope;
    }

    int code() {
        return code;
    }

    int flags() {
        return flags;
    }

    Scope scope() {
        return scope;
    }

    static @Nullable FrameType of(int code) {
        return BY_CODE[code];
    }
}
