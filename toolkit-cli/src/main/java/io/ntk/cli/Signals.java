package io.ntk.cli;

import sun.misc.Signal;

/** SIGINT and SIGTERM. A signal that the process was started to ignore stays ignored. */
final class Signals {
    private Signals() {}

    static void install(Stop stop) {
        handle("INT", stop, ExitCode.INTERRUPTED);
        handle("TERM", stop, ExitCode.TERMINATED);
    }

    private static void handle(String name, Stop stop, ExitCode code) {
        try {
            Signal.handle(new Signal(name), signal -> stop.ask(code));
        } catch (IllegalArgumentException e) {
            return; // the VM was told to leave signals alone (-Xrs), or the system has no such signal
        }
    }

    /** Has an action done when the terminal has another size. */
    static void onResize(Runnable action) {
        try {
            Signal.handle(new Signal("WINCH"), signal -> action.run());
        } catch (IllegalArgumentException e) {
            return; // as above
        }
    }
}
