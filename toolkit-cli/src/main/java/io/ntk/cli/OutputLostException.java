package io.ntk.cli;

/** Standard output cannot be written any more: the run ends with its code, and whatever there is to say is said. */
final class OutputLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ExitCode exit;

    OutputLostException(ExitCode exit, Throwable cause) {
        super(cause);
        this.exit = exit;
    }

    ExitCode exit() {
        return exit;
    }
}
