package io.ntk.cli;

/** How much is said to people. */
enum Verbosity {
    /** Errors. */
    QUIET,
    /** Connections, notices and errors. */
    NORMAL,
    /** More of each, and the log. */
    DETAILS,
    /** The log with stack traces, and the one of the failure that ended the run. */
    TRACES;

    boolean atLeast(Verbosity other) {
        return compareTo(other) >= 0;
    }
}
