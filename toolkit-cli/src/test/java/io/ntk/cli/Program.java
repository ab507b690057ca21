package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a program wrote and how it ended. */
record Program(int exit, String out, String err) {
    private static final long DEADLINE_SECONDS = 120;

    /** Skips the test where a program is missing, and fails it where CI must have it. */
    static void mustBeThere(String name) {
        boolean found = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
        if (System.getenv("CI") != null) {
            assertThat(found).as("%s is installed", name).isTrue();
        }
        assumeThat(found).as("%s is installed", name).isTrue();
    }

    static Program run(Path folder, Map<String, String> environment, List<String> command) throws IOException {
        return end(start(folder, environment, command));
    }

    /** Starts a program with an empty stdin. */
    static Process start(Path folder, Map<String, String> environment, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    /** Waits until the program has ended and nobody has its stdout and stderr any more. */
    static Program end(Process process) {
        var out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
        var err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
        try {
            var exit = process.onExit()
                    .orTimeout(DEADLINE_SECONDS, TimeUnit.SECONDS)
                    .join()
                    .exitValue();
            return new Program(
                    exit,
                    out.orTimeout(DEADLINE_SECONDS, TimeUnit.SECONDS).join(),
                    err.orTimeout(DEADLINE_SECONDS, TimeUnit.SECONDS).join());
        } finally {
            process.destroyForcibly();
        }
    }

    private static String text(InputStream in) {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
