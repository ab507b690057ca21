package io.ntk.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Runs other people's programs (nc, socat, curl, …) against ours. */
public final class Programs {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private Programs() {}

    /** What a program left behind. */
    public static final class Result {
        private final int exit;
        private final byte[] out;
        private final String err;

        private Result(int exit, byte[] out, String err) {
            this.exit = exit;
            this.out = out;
            this.err = err;
        }

        /**
         * Its exit code.
         *
         * @return 0 for success, usually
         */
        public int exit() {
            return exit;
        }

        /**
         * All of its stdout.
         *
         * @return a copy
         */
        public byte[] out() {
            return out.clone();
        }

        /**
         * All of its stdout as text.
         *
         * @return decoded as UTF-8
         */
        public String text() {
            return new String(out, StandardCharsets.UTF_8);
        }

        /**
         * All of its stderr as text.
         *
         * @return decoded as UTF-8
         */
        public String err() {
            return err;
        }
    }

    /**
     * Makes sure that programs are on this machine. When one is not, the test fails where {@code CI=true} is set and is
     * skipped, with the reason, elsewhere.
     *
     * @param names names of programs, or paths
     */
    public static void require(String... names) {
        for (String name : names) {
            if (!installed(name)) {
                String reason = "missing program: " + name;
                if ("true".equals(System.getenv("CI"))) {
                    Assertions.fail(reason);
                }
                Assumptions.abort(reason);
            }
        }
    }

    /**
     * Runs a program to its end, at most 60 seconds.
     *
     * @param input what it reads on stdin
     * @param command the program, as in {@link #require}, and its arguments
     * @return what it left
     */
    public static Result run(byte[] input, String... command) {
        try (Running program = start(command)) {
            // Beside the wait, since a program may end without reading all of it.
            Thread writer = program.thread("stdin", () -> {
                try (OutputStream stdin = program.stdin()) {
                    stdin.write(input);
                }
            });
            Result result = program.await(DEADLINE);
            writer.interrupt();
            return result;
        }
    }

    /**
     * Starts a program that is to go on; its output is collected meanwhile.
     *
     * @param command the program, as in {@link #require}, and its arguments
     * @return the program, to be closed
     */
    public static Running start(String... command) {
        require(command[0]);
        try {
            return new Running(new ProcessBuilder(command).start(), List.of(command));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean installed(String name) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(folder).resolve(name))) {
                return true;
            }
        }
        return false;
    }

    /** A program that was started. Closing it kills it, by its own process id. */
    public static final class Running implements AutoCloseable {
        private interface Task {
            void run() throws IOException;
        }

        private final Process process;
        private final List<String> command;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();
        private final Thread outReader;
        private final Thread errReader;

        private Running(Process process, List<String> command) {
            this.process = process;
            this.command = command;
            this.outReader = thread("stdout", () -> collect(process.getInputStream(), out));
            this.errReader = thread("stderr", () -> collect(process.getErrorStream(), err));
        }

        /**
         * The program's stdin.
         *
         * @return the same at every call
         */
        public OutputStream stdin() {
            return process.getOutputStream();
        }

        /**
         * What the program has written to stdout until now.
         *
         * @return decoded as UTF-8
         */
        public String text() {
            return out.toString(StandardCharsets.UTF_8);
        }

        /**
         * What the program has written to stderr until now.
         *
         * @return decoded as UTF-8
         */
        public String err() {
            return err.toString(StandardCharsets.UTF_8);
        }

        /**
         * Waits for the end.
         *
         * @param deadline how long
         * @return what the program left
         * @throws AssertionError when it does not end in time; it is killed then
         */
        public Result await(Duration deadline) {
            try {
                if (!process.waitFor(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
                    close();
                    throw new AssertionError(command + " did not end in " + deadline + "; out: " + text() + " err: "
                            + err.toString(StandardCharsets.UTF_8));
                }
                outReader.join(deadline.toMillis());
                errReader.join(deadline.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
            return new Result(process.exitValue(), out.toByteArray(), err.toString(StandardCharsets.UTF_8));
        }

        /** Asks the program to end, as a terminal that is closed or an init system does (SIGTERM). */
        public void end() {
            process.toHandle().destroy(); // the process itself would close its streams, too
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }

        private Thread thread(String what, Task task) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            task.run();
                        } catch (IOException e) {
                            // The program is gone, or closed its end: its exit code tells.
                            return;
                        }
                    },
                    command.get(0) + "-" + what);
            thread.setDaemon(true);
            thread.start();
            return thread;
        }

        private static void collect(InputStream from, ByteArrayOutputStream to) throws IOException {
            byte[] buffer = new byte[8192];
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                to.write(buffer, 0, n);
            }
        }
    }
}
