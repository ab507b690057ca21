package io.ntk.cli;

import java.util.Locale;

/** A switch that is on by default. */
enum OnOff {
    ON,
    OFF;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
