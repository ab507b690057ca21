package io.ntk.tcp.upload.client;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadError.Retry;

/**
 * Why a connection or a file stopped, and what can help.
 *
 * @param code of the registry, or 0
 * @param retry what can help
 * @param retryAfterMillis not before, 0 for any time
 * @param expected the number that the receiver expected, where it compares two
 * @param why for people; may quote the receiver
 */
record Breakdown(int code, Retry retry, long retryAfterMillis, long expected, String why) {
    static final long MAX_RETRY_AFTER_MILLIS = 3_600_000;

    /** What passes by itself, as a connection that was cut. */
    static Breakdown passing(String why) {
        return new Breakdown(0, Retry.RESUME, 0, 0, why);
    }

    /** What trying again does not help. */
    static Breakdown lasting(int code, String why) {
        return new Breakdown(code, Retry.NEVER, 0, 0, why);
    }

    static Breakdown of(UploadError error, String why) {
        return new Breakdown(error.code(), error.retry(), 0, 0, why);
    }

    static Breakdown of(UploadFrame.Failure failure) {
        return new Breakdown(
                failure.code(),
                failure.retry(),
                Math.min(failure.retryAfterMillis(), MAX_RETRY_AFTER_MILLIS),
                failure.expected(),
                text(failure.code(), failure.message()));
    }

    /** The end of a file by DONE or ABORT, which have only a code. */
    static Breakdown of(int code, String message) {
        UploadError error = UploadError.of(code);
        Retry retry = error == null ? Retry.NEVER : error.retry();
        return new Breakdown(code, retry, 0, 0, text(code, message));
    }

    private static String text(int code, String message) {
        return message.isEmpty() ? "error " + code : message + " (" + code + ")";
    }

    boolean is(UploadError error) {
        return code == error.code();
    }
}
