package io.ntk.cli;

import java.util.Set;

/** When a stream is coloured. */
enum Color {
    AUTO,
    ALWAYS,
    NEVER;

    /**
     * Judges one stream by itself.
     *
     * @see <a href="https://no-color.org">no-color.org</a>
     */
    boolean on(Standard stream, Environment environment) {
        return switch (this) {
            case ALWAYS -> true;
            case NEVER -> false;
            case AUTO -> {
                Set<Standard> terminals = environment.terminals();
                var variables = environment.variables();
                yield terminals.contains(stream)
                        && variables.getOrDefault("NO_COLOR", "").isEmpty()
                        && !"dumb".equals(variables.get("TERM"));
            }
        };
    }
}
