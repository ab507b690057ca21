package io.ntk.cli;

/** A command that does something; what every class of a verb implements. */
@FunctionalInterface
interface Verb {
    /**
     * Does it, on the main thread.
     *
     * @param session what this run has to work with
     * @return how it ended
     * @throws IllegalArgumentException when the command line is wrong: exit code 2 with the message
     * @throws java.io.UncheckedIOException as {@link java.io.IOException}
     * @throws java.io.IOException when it fails: exit code 1 with the message, which says what failed and why
     * @throws InterruptedException only in tests; exit code 1
     */
    ExitCode run(Session session) throws java.io.IOException, InterruptedException;
}
