package io.ntk.cli;

import java.util.Locale;

/** The shells that have a completion script, and where a package keeps it. */
enum Shell {
    BASH("bash-completion/completions/ntk"),
    ZSH("zsh/site-functions/_ntk"),
    FISH("fish/vendor_completions.d/ntk.fish");

    /** Below {@code share}. */
    final String path;

    Shell(String path) {
        this.path = path;
    }

    /** As it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
