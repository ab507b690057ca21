package io.ntk.cli;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs the packaged {@code ntk} as a process of its own, as users do. */
final class Packaged {
    private Packaged() {}

    /** The command line of a run of the packaged program. */
    static String[] command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                jar().toString()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    static Programs.Running start(String... arguments) {
        return Programs.start(command(arguments));
    }

    static Programs.Result run(byte[] input, String... arguments) {
        return Programs.run(input, command(arguments));
    }

    /** Waits for the listening lines of a server and gives their addresses, as {@code tcp://127.0.0.1:9000}. */
    static List<String> addresses(Programs.Running server, int count) {
        Await.until(count + " listening lines", () -> listening(server).size() >= count);
        return listening(server);
    }

    /** The port of a server with one endpoint. */
    static String port(Programs.Running server) {
        return port(addresses(server, 1).get(0));
    }

    static String port(String address) {
        return address.substring(address.lastIndexOf(':') + 1);
    }

    /** The number that one of the scripts announces as {@code port N}; several are all given. */
    static List<String> announced(Programs.Running script) {
        Await.until("port line", () -> script.text().contains("\n"));
        String line = script.text().lines().findFirst().orElseThrow();
        return List.of(line.substring("port ".length()).split(" ", -1));
    }

    /** A script of the interoperation tests. */
    static String script(String name) {
        try {
            return Path.of(Packaged.class.getResource("/interop/" + name).toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until a program listens, without connecting: many serve the first connection only. */
    static void awaitListener(int port) {
        String end = String.format(Locale.ROOT, ":%04X", port);
        Await.until("listener on " + port, () -> sockets().stream()
                .map(line -> line.strip().split("\\s+", 5))
                .anyMatch(fields -> fields.length > 3 && fields[1].endsWith(end) && fields[3].equals("0A")));
    }

    private static List<String> sockets() {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/net/tcp")));
            Path v6 = Path.of("/proc/net/tcp6");
            if (Files.exists(v6)) {
                lines.addAll(Files.readAllLines(v6));
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> listening(Programs.Running server) {
        return server.text()
                .lines()
                .filter(line -> line.startsWith("listening "))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
    }

    private static Path jar() {
        try {
            Path classes = Path.of(Main.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path jar = classes.resolveSibling("ntk.jar");
            if (!Files.exists(jar)) {
                throw new IllegalStateException("no " + jar + " (run mvn package first)");
            }
            return jar;
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
