package io.ntk.cli;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What made a future fail, for the thread that waits for it. */
final class Failure {
    private Failure() {}

    /**
     * Waits for a result.
     *
     * @throws IOException as {@link #of} has it
     * @throws OutputLostException when standard output could not be written
     */
    static <T> T orResult(CompletableFuture<T> done) throws IOException, InterruptedException {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw of(e);
        }
    }

    /**
     * The failure of input or output behind it.
     *
     * @throws OutputLostException when standard output could not be written: the end of the run, with a code of its own
     */
    static IOException of(ExecutionException e) {
        Throwable cause = e.getCause();
        while (cause != null) {
            if (cause instanceof OutputLostException lost) {
                throw lost;
            }
            if (cause instanceof IOException failure) {
                return failure;
            }
            cause = cause.getCause();
        }
        return new IOException(e);
    }
}
