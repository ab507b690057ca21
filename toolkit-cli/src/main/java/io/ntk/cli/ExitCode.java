package io.ntk.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** How a run ended, as scripts see it; part of the output contract. */
enum ExitCode {
    /** What was asked for was done. */
    DONE(0, "done"),
    /** It failed; one line on standard error says what and why. */
    FAILED(1, "it failed; one line on standard error says why"),
    /** The command line was wrong, and nothing was begun. */
    USAGE(2, "wrong usage"),
    /** What was expected did not hold: a closed port, an assertion. */
    UNEXPECTED(3, "what was expected did not hold"),
    /** A deadline passed. */
    DEADLINE(124, "a deadline passed"),
    /** SIGINT ended the run. */
    INTERRUPTED(130, "interrupted (SIGINT)"),
    /** Standard output was closed by its reader. */
    OUTPUT_CLOSED(141, "standard output was closed"),
    /** SIGTERM ended the run. */
    TERMINATED(143, "terminated (SIGTERM)");

    private final int code;
    private final String text;

    ExitCode(int code, String text) {
        this.code = code;
        this.text = text;
    }

    int code() {
        return code;
    }

    /** All of them for the help, by number. */
    static Map<String, String> table() {
        Map<String, String> table = new LinkedHashMap<>();
        for (ExitCode exit : values()) {
            table.put(" " + exit.code, exit.text);
        }
        return table;
    }
}
