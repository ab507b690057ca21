package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A process that runs out of file descriptors, since its server was told to take more connections than it has. */
class OpenFilesIT {
    private static final int OPEN_FILES = 200;

    /** The program of the other process: an echo server that writes its events to stdout until stdin ends. */
    static final class EchoMain {
        private EchoMain() {}

        public static void main(String[] args) throws IOException {
            NetListener printing = event -> System.out.println(Ndjson.line(event, Instant.now()));
            // A class path of folders needs descriptors to load a class: load now what is needed then.
            printing.on(new NetEvent.Failed("test", "nothing", Reason.of(new IOException("loads its classes"))));
            ListenOptions options = ListenOptions.loopback(0)
                    .withTransport(Transport.valueOf(args[0]), 1)
                    .withLimits(Limits.DEFAULTS.withMaxConnections(100_000));
            try (Server server = Server.start(Protocols.echo(), options, printing)) {
                Endpoint endpoint = server.endpoints().get(0);
                try (Peer peer = Peer.connect(endpoint)) {
                    peer.send("x").read(1);
                }
                System.out.println("ready " + endpoint);
                while (System.in.read() >= 0) {
                    System.out.println("pid " + ProcessHandle.current().pid());
                }
            }
        }
    }

    private static Programs.Running start(Transport transport) {
        String path = Stream.of(
                        System.getProperty("jdk.module.path"),
                        System.getProperty("java.class.path"),
                        Path.of("target", "test-classes").toString(),
                        Path.of("target", "classes").toString())
                .filter(each -> each != null && !each.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
        return Programs.start(
                "sh",
                "-c",
                "ulimit -n " + OPEN_FILES + "; exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-MaxFDLimit",
                "-Xmx256m",
                "-cp",
                path,
                EchoMain.class.getName(),
                transport.name());
    }

    private static Optional<String> after(Programs.Running program, String word) {
        return program.text()
                .lines()
                .filter(line -> line.startsWith(word))
                .map(line -> line.substring(word.length()))
                .findFirst();
    }

    private static String await(Programs.Running program, String word) {
        Await.until(word, () -> after(program, word).isPresent());
        return after(program, word).orElseThrow();
    }

    private static ProcessHandle process(Programs.Running program) throws IOException {
        program.stdin().write('\n');
        program.stdin().flush();
        return ProcessHandle.of(Long.parseLong(await(program, "pid "))).orElseThrow();
    }

    private static Duration processorTime(ProcessHandle process) {
        return process.info().totalCpuDuration().orElseThrow();
    }

    private static boolean echoes(Peer peer) {
        try {
            return "x".equals(peer.send("x").read(1));
        } catch (IOException e) {
            return false;
        }
    }

    /** Side by side, for each is a process that mostly waits. */
    @Test
    void servesOnWithoutFreeDescriptors() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> running = new ArrayList<>();
            Transports.available()
                    .forEach(transport -> running.add(threads.submit(() -> {
                        servesOn(transport);
                        return transport;
                    })));
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void servesOn(Transport transport) throws Exception {
        Programs.require("sh");
        List<Peer> peers = new ArrayList<>();
        try (Programs.Running program = start(transport)) {
            Endpoint endpoint = Endpoint.parse(await(program, "ready "));
            ProcessHandle process = process(program);
            // The kernel connects them all; the process can accept some.
            for (int i = 0; i < OPEN_FILES; i++) {
                peers.add(Peer.connect(endpoint));
            }
            Await.until("it says so", () -> program.text().contains("too many open files"));
            for (Peer peer : peers.subList(0, 50)) {
                assertThat(echoes(peer)).isTrue();
            }
            Duration before = processorTime(process);
            int said = count(program.text(), "too many open files");
            long start = System.nanoTime();
            Await.within(Duration.ofMillis(2500), () -> false);
            Await.until("it says so again", () -> count(program.text(), "too many open files") > said);
            long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
            if (transport != Transport.IO_URING) { // Netty 4.2.18 arms a multishot accept anew, auto-read or not
                assertThat(processorTime(process).minus(before))
                        .as("%s does not spin", transport)
                        .isLessThan(Duration.ofMillis(900));
            }
            assertThat(count(program.text(), "too many open files") - said)
                    .as("nor does %s flood", transport)
                    .isLessThanOrEqualTo((int) (2 * seconds + 1));
            for (Peer peer : peers.subList(0, 100)) {
                peer.close();
            }
            for (Peer peer : peers.subList(100, peers.size())) {
                assertThat(echoes(peer)).as("those that waited are served").isTrue();
            }
            try (Peer late = Peer.connect(endpoint)) {
                assertThat(echoes(late)).isTrue();
            }
            program.stdin().close();
            assertThat(program.await(Await.DEADLINE).exit()).isZero();
        } finally {
            for (Peer peer : peers) {
                peer.close();
            }
        }
    }

    private static int count(String text, String words) {
        return text.split(words, -1).length - 1;
    }
}
