package io.ntk.tcp.upload;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.DecoderException;
import io.ntk.tcp.upload.store.UploadError;

/** A peer that broke the protocol, which ends the connection. */
public final class UploadProtocolException extends DecoderException {
    private static final long serialVersionUID = 1;

    private final UploadError error;

    /**
     * Makes one without a stack trace: the fault is not in this code.
     *
     * @param error what kind, a 1xx
     * @param message what was wrong, in a few words
     */
    public UploadProtocolException(UploadError error, String message) {
        super(message);
        this.error = requireNonNull(error, "error");
    }

    /** Costs nothing: a hostile peer decides how often this is made. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    /**
     * What kind.
     *
     * @return the error of the registry
     */
    public UploadError error() {
        return error;
    }
}
