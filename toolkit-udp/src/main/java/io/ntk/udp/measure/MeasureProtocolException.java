package io.ntk.udp.measure;

import io.netty.handler.codec.DecoderException;

/** A datagram that is none of the measurement's; the message says why. It has no stack, since a peer can cause many. */
public final class MeasureProtocolException extends DecoderException {
    private static final long serialVersionUID = 1;

    /**
     * Made by the decoder.
     *
     * @param message what is wrong, {@code name: value (expected: …)}
     */
    public MeasureProtocolException(String message) {
        super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
