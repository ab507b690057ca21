package io.ntk.cli;

import io.ntk.testsupport.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs {@code ntk} in a JVM of its own, on the class path of the tests. Closing it kills it. */
final class NtkProcess implements AutoCloseable {
    private final Process process;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Thread errReader;

    private NtkProcess(Process process) {
        this.process = process;
        this.errReader = reader(process.getErrorStream(), err);
    }

    /** Starts it and collects what it prints. */
    static NtkProcess start(String... args) {
        return startWith(List.of(), args);
    }

    /** Starts it and leaves standard output to the caller. */
    static NtkProcess startUnread(String... args) {
        return start(new ProcessBuilder(command(List.of(), args)));
    }

    /** Starts it with standard output on a file. */
    static NtkProcess startTo(Path out, String... args) {
        return start(new ProcessBuilder(command(List.of(), args)).redirectOutput(out.toFile()));
    }

    /** Starts it with arguments for the VM. */
    static NtkProcess startWith(List<String> vm, String... args) {
        NtkProcess started = start(new ProcessBuilder(command(vm, args)));
        started.read();
        return started;
    }

    /** Collects standard output from now on. */
    void read() {
        reader(process.getInputStream(), out);
    }

    private static NtkProcess start(ProcessBuilder builder) {
        builder.environment().keySet().removeIf(name -> name.startsWith("NTK_"));
        try {
            return new NtkProcess(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> command(List<String> vm, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(vm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.ntk.cli.Main"));
        command.addAll(List.of(args));
        return command;
    }

    private Thread reader(InputStream from, ByteArrayOutputStream to) {
        Thread thread = new Thread(
                () -> {
                    try {
                        from.transferTo(to);
                    } catch (IOException e) {
                        return; // closed by the test, or with the process
                    }
                },
                "ntk-reader");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    InputStream stdout() {
        return process.getInputStream();
    }

    java.io.OutputStream stdin() {
        return process.getOutputStream();
    }

    int port() {
        Await.until("listening: " + err(), () -> Listening.port(out()) > 0 || !process.isAlive());
        return Listening.port(out());
    }

    void awaitErr(String text) {
        Await.until("\"" + text + "\" on standard error", () -> err().contains(text));
    }

    void signal(String name) {
        try {
            int exit = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw new AssertionError("kill -" + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether the process was started to ignore SIGINT, as a shell without job control starts its background jobs. */
    boolean ignoresInterrupts() {
        try {
            String mask = Files.readString(Path.of("/proc/" + process.pid() + "/status"))
                    .lines()
                    .filter(line -> line.startsWith("SigIgn:"))
                    .findFirst()
                    .orElse("SigIgn: 0");
            return (Long.parseUnsignedLong(mask.substring(7).strip(), 16) & 2) != 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits for the end. */
    int exit() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("still running; out: " + out() + " err: " + err());
            }
            errReader.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
