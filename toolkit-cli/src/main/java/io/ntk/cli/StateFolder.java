package io.ntk.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where ntk remembers things from run to run: {@code ${XDG_STATE_HOME:-~/.local/state}/ntk}.
 *
 * @see <a href="https://specifications.freedesktop.org/basedir-spec/latest/">XDG Base Directory Specification</a>
 */
final class StateFolder {
    private StateFolder() {}

    /** Of the user whose environment this is; null where there is no home. */
    static @Nullable Path of(Map<String, String> variables) {
        String state = variables.getOrDefault("XDG_STATE_HOME", "");
        if (state.startsWith("/")) { // the specification has relative ones ignored
            return Path.of(state, "ntk");
        }
        String home = variables.getOrDefault("HOME", "");
        return home.startsWith("/") ? Path.of(home, ".local", "state", "ntk") : null;
    }
}
