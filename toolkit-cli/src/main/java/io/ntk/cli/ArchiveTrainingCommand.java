package io.ntk.cli;

import static java.util.concurrent.CompletableFuture.delayedExecutor;
import static java.util.concurrent.CompletableFuture.runAsync;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.chat.ChatOptions;
import io.ntk.tcp.chat.ChatServer;
import io.ntk.tcp.chat.RoomOptions;
import io.ntk.tcp.http.HttpOptions;
import io.ntk.tcp.http.HttpServer;
import io.ntk.tcp.line.LineOptions;
import io.ntk.tcp.line.LineServer;
import io.ntk.tcp.line.Responder;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.udp.DatagramOptions;
import io.ntk.udp.DatagramResponder;
import io.ntk.udp.DatagramServer;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code ntk archive-training}: goes through what the commands do, so that the launcher can keep the classes which that
 * takes in an archive. Each command has one line in {@link #train}.
 */
@Command(name = "archive-training", hidden = true, description = "Goes through what the commands do.")
@Examples("ntk archive-training   # what the launcher does, once for each Java")
final class ArchiveTrainingCommand implements Verb {
    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException {
        // Nobody sees it when this hangs, for the launcher starts it in the background.
        var deadline = runAsync(() -> Runtime.getRuntime().halt(1), delayedExecutor(60, SECONDS));
        try {
            train();
            return ExitCode.DONE;
        } finally {
            deadline.cancel(false);
        }
    }

    private static void train() throws IOException {
        ntk();
        ntk("--version");
        ntk("no-such-command");
        ntk("--help");
        ntk("tcp", "serve", "--color=never", "--help"); // not as the build rendered it
        ntk("completion", "bash");
        ntk("doctor");
        ntk("resolve", "localhost");
        ntk("tcp", "serve", "--listen", "unix:/no-such-folder/socket"); // all of the way but for the bind
        tcp();
        udp();
        http();
        upload();
        chat();
    }

    private static void udp() throws IOException {
        DatagramOptions options = DatagramOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        try (var server = DatagramServer.start(options, DatagramResponder.ECHO)) {
            String endpoint = server.endpoints().get(0).toString();
            ntk("udp", "send", endpoint, "--timeout", "5s");
            ntk("udp", "measure", endpoint, "--plain", "--for", "100ms", "--timeout", "100ms");
        }
        ntk("udp", "serve", "--listen", "0", "--for", "1ms");
    }

    private static void chat() throws IOException {
        ChatOptions options = ChatOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        try (var server = ChatServer.start(options, RoomOptions.DEFAULTS, NetListener.NONE)) {
            String endpoint = server.endpoints().get(0).toString();
            ntk("chat", "join", endpoint, "--nick", "ann");
            ntk("chat", "join", endpoint, "--json");
        }
        ntk("chat", "serve", "--listen", "unix:/no-such-folder/socket");
    }

    private static void tcp() throws IOException {
        LineOptions options = LineOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        try (var server = LineServer.start(options, Responder.upper())) {
            String endpoint = server.endpoints().get(0).toString();
            ntk("tcp", "connect", endpoint);
            ntk("tcp", "connect", endpoint, "--json");
            ntk("tcp", "check", "127.0.0.1", endpoint.substring(endpoint.indexOf(':') + 1));
        }
    }

    private static void http() throws IOException {
        ntk("http", "serve", "--listen", "unix:/no-such-folder/socket");
        HttpOptions options = HttpOptions.DEFAULTS.withListen(ListenOptions.loopback(0));
        try (var server = HttpServer.start(options);
                var client = new Socket(InetAddress.getLoopbackAddress(), port(server))) {
            client.setSoTimeout(10_000);
            client.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            client.getInputStream().readAllBytes();
        }
    }

    /** Files of both kinds, and a pipe: what is sent whole, in segments, and without a known size. */
    private static void upload() throws IOException {
        ntk("upload", "serve", "--dir", "/no-such-folder");
        Path folder = Files.createTempDirectory("ntk");
        try {
            Path sources = Files.createDirectory(folder.resolve("sources"));
            Files.write(sources.resolve("small"), new byte[1000]);
            Files.write(sources.resolve("large"), new byte[300_000]);
            UploadOptions options = UploadOptions.of(Files.createDirectory(folder.resolve("inbox")))
                    .withListen(ListenOptions.loopback(0));
            try (var server = UploadServer.start(options, NetListener.NONE)) {
                String endpoint = server.endpoints().get(0).toString();
                Map<String, String> variables = Map.of("XDG_STATE_HOME", folder.toString());
                send(variables, sources.toString(), endpoint, "--to", "one/");
                send(
                        variables,
                        sources.toString(),
                        endpoint,
                        "--to",
                        "two/",
                        "--no-digest",
                        "--sendfile",
                        "on",
                        "--json");
                send(variables, "-", endpoint, "--to", "pipe");
            }
        } finally {
            delete(folder);
        }
    }

    /** What did not arrive would have trained nothing. */
    private static void send(Map<String, String> variables, String... args) throws IOException {
        String[] command =
                Stream.concat(Stream.of("upload", "send"), Stream.of(args)).toArray(String[]::new);
        if (ntk(variables, command) != 0) {
            throw new IOException("not trained: " + String.join(" ", command));
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private static int port(Server server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    /** A run with one line of input, real descriptors as every process has them, and nobody who reads. */
    private static void ntk(String... args) throws IOException {
        ntk(Map.of(), args);
    }

    private static int ntk(Map<String, String> variables, String... args) throws IOException {
        Path line = Files.createTempFile("ntk", ".txt");
        try (var in = new FileInputStream(Files.writeString(line, "hello\n").toFile());
                var out = new FileOutputStream("/dev/null")) {
            return Main.run(args, new Environment(in, out, out, Set.of(), variables), new Stop(exit -> {}));
        } finally {
            Files.delete(line);
        }
    }
}
