package io.ntk.cli;

import io.ntk.testsupport.Await;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs {@code ntk} in this JVM. */
final class Ntk {
    private Ntk() {}

    /** What a run left behind. */
    record Result(int exit, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    /** Runs to the end, without input and variables. */
    static Result run(String... args) {
        return run(Map.of(), args);
    }

    static Result run(Map<String, String> variables, String... args) {
        try (Running running = start(new ByteArrayInputStream(new byte[0]), variables, args)) {
            return running.await();
        }
    }

    static Running start(String... args) {
        return start(new ByteArrayInputStream(new byte[0]), Map.of(), args);
    }

    static Running start(InputStream in, Map<String, String> variables, String... args) {
        return new Running(in, variables, args);
    }

    /** A run that goes on. Closing it ends it. */
    static final class Running implements AutoCloseable {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();
        private final Stop stop = new Stop(exit -> {});
        private final Thread thread;
        private volatile int exit = -1;

        private Running(InputStream in, Map<String, String> variables, String... args) {
            Environment environment = new Environment(in, out, err, Set.of(), variables);
            thread = new Thread(() -> exit = Main.run(args, environment, stop), "ntk-main");
            thread.setDaemon(true);
            thread.start();
        }

        String out() {
            return out.toString(StandardCharsets.UTF_8);
        }

        String err() {
            return err.toString(StandardCharsets.UTF_8);
        }

        void stop(ExitCode code) {
            stop.ask(code);
        }

        /** Waits for a text on standard error. */
        void awaitErr(String text) {
            Await.until(text + " in " + err(), () -> err().contains(text));
        }

        /** The port of the first {@code listening} line or event, once it is there. */
        int port() {
            Await.until("a listening line in " + out() + err(), () -> Listening.port(out()) > 0 || !thread.isAlive());
            return Listening.port(out());
        }

        Socket connect() throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
            socket.setSoTimeout((int) Await.DEADLINE.toMillis());
            return socket;
        }

        /** Sends bytes and the end of the stream, and reads all that comes. */
        String exchange(String text) throws IOException {
            try (Socket socket = connect()) {
                socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
                socket.shutdownOutput();
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            }
        }

        /** Waits for the end. */
        Result await() {
            try {
                thread.join(Duration.ofSeconds(60).toMillis());
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (thread.isAlive()) {
                throw new AssertionError("still running; out: " + out() + " err: " + err());
            }
            return new Result(exit, out(), err());
        }

        @Override
        public void close() {
            if (thread.isAlive()) {
                stop.ask(ExitCode.TERMINATED);
                stop.ask(ExitCode.TERMINATED);
                await();
            }
        }
    }
}
