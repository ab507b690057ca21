package io.ntk.tcp.upload.client.link;

import io.ntk.core.ConnectFailedException.Kind;
import io.ntk.core.RefusalReason;
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
 * @param kind of the failure, where there never was a connection
 * @param why for people; may quote the receiver
 */
public record Breakdown(int code, Retry retry, long retryAfterMillis, long expected, Kind kind, String why) {
    static final long MAX_RETRY_AFTER_MILLIS = 3_600_000;

    /** What passes by itself, as a connection that was cut. */
    static Breakdown passing(String why) {
        return new Breakdown(0, Retry.RESUME, 0, 0, Kind.OTHER, why);
    }

    /** A receiver that does not say who it is. */
    static Breakdown tooLate() {
        return new Breakdown(0, Retry.RESUME, 0, 0, Kind.TIMED_OUT, "the server did not greet within 10 s");
    }

    /** A receiver that ends the connection before it says a word. */
    static Breakdown hungUp() {
        return new Breakdown(
                0, Retry.RESUME, 0, 0, Kind.HUNG_UP, "the server closed the connection before it said anything");
    }

    /** Who speaks something else. */
    static Breakdown stranger(String why) {
        return new Breakdown(UploadError.PROTOCOL.code(), Retry.NEVER, 0, 0, Kind.OTHER_PROTOCOL, why);
    }

    /** Who speaks TLS, and was not spoken to in TLS. */
    static Breakdown wantsTls(int code, String why) {
        return new Breakdown(code, Retry.NEVER, 0, 0, Kind.WANTS_TLS, why);
    }

    /**
     * What trying again does not help.
     *
     * @param code of the registry, or 0
     * @param why for people
     * @return never to be tried again
     */
    public static Breakdown lasting(int code, String why) {
        return new Breakdown(code, Retry.NEVER, 0, 0, Kind.OTHER, why);
    }

    /**
     * A fault of the registry, for a reason of this side's.
     *
     * @param error says what can help
     * @param why for people
     * @return to be tried again at any time, if at all
     */
    public static Breakdown of(UploadError error, String why) {
        return new Breakdown(error.code(), error.retry(), 0, 0, Kind.OTHER, why);
    }

    /**
     * What the receiver says of a stream, or of the connection.
     *
     * @param failure the frame
     * @return with its pause, at most an hour
     */
    public static Breakdown of(UploadFrame.Failure failure) {
        if (failure.code() == UploadError.AUTH_FAILED.code()
                && failure.message().equals(RefusalReason.NOT_TLS.text())) {
            return wantsTls(failure.code(), failure.message());
        }
        return new Breakdown(
                failure.code(),
                failure.retry(),
                Math.min(failure.retryAfterMillis(), MAX_RETRY_AFTER_MILLIS),
                failure.expected(),
                Kind.OTHER,
                text(failure.code(), failure.message()));
    }

    /**
     * The end of a file by DONE or ABORT, which have only a code.
     *
     * @param code of the registry; of another nothing helps
     * @param message for people, may be empty
     * @return to be tried again at any time, if at all
     */
    public static Breakdown of(int code, String message) {
        UploadError error = UploadError.of(code);
        Retry retry = error == null ? Retry.NEVER : error.retry();
        return new Breakdown(code, retry, 0, 0, Kind.OTHER, text(code, message));
    }

    private static String text(int code, String message) {
        return message.isEmpty() ? "error " + code : message + " (" + code + ")";
    }

    /**
     * Whether it is this one.
     *
     * @param error of the registry
     * @return whether the code is its
     */
    public boolean is(UploadError error) {
        return code == error.code();
    }
}
