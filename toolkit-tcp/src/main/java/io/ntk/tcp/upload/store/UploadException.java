package io.ntk.tcp.upload.store;

import static java.util.Objects.requireNonNull;

/** Why one file was not taken: an error of the registry, and a sentence for people. */
public final class UploadException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final UploadError error;
    private final long expected;
    private final long provided;

    /**
     * Makes one without numbers.
     *
     * @param error what kind
     * @param message why, in a few words
     */
    public UploadException(UploadError error, String message) {
        this(error, message, 0, 0);
    }

    /**
     * Makes one that says what was expected.
     *
     * @param error what kind
     * @param message why, in a few words
     * @param expected for {@link UploadError#STALE_EPOCH} the stored epoch, for a size the announced one
     * @param provided what came instead
     */
    public UploadException(UploadError error, String message, long expected, long provided) {
        super(message, null, false, false);
        this.error = requireNonNull(error, "error");
        this.expected = expected;
        this.provided = provided;
    }

    /**
     * What kind.
     *
     * @return the error of the registry
     */
    public UploadError error() {
        return error;
    }

    /**
     * What was expected, for errors that compare two numbers.
     *
     * @return 0 where there is nothing to say
     */
    public long expected() {
        return expected;
    }

    /**
     * What came instead.
     *
     * @return 0 where there is nothing to say
     */
    public long provided() {
        return provided;
    }

    /**
     * A sentence for people; names of a peer's in it are hostile until escaped.
     *
     * @return never null
     */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
