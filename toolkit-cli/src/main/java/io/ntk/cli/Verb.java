package io.ntk.cli;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A command that does something; what every class of a verb implements. */
@FunctionalInterface
interface Verb {
    /**
     * Does it, on the main thread.
     *
     * @param session what this run has to work with
     * @return how it ended
     * @throws IllegalArgumentException when the command line is wrong: exit code 2 with the message
     * @throws UncheckedIOException as {@link IOException}
     * @throws IOException when it fails: exit code 1 with the message, which says what failed and why
     * @throws InterruptedException when whoever runs it in-process interrupts it: exit code 1
     */
    ExitCode run(Session session) throws IOException, InterruptedException;
}
