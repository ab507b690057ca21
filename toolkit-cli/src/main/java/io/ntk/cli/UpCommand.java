package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.NetServer;
import io.ntk.core.Protocol.Accept;
import io.ntk.tcp.chat.ChatOptions;
import io.ntk.tcp.chat.ChatServer;
import io.ntk.tcp.chat.RoomOptions;
import io.ntk.tcp.http.HttpOptions;
import io.ntk.tcp.http.HttpServer;
import io.ntk.tcp.line.StreamServer;
import io.ntk.tcp.line.StreamService;
import io.ntk.tcp.upload.server.UploadOptions;
import io.ntk.tcp.upload.server.UploadServer;
import io.ntk.udp.DatagramOptions;
import io.ntk.udp.DatagramResponder;
import io.ntk.udp.DatagramServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk up}: every server at once. */
@Command(name = "up", description = "Starts every server on loopback, each on its own port, and says how to try it.")
@Examples({
    "ntk up                     # every server, until Ctrl-C",
    "ntk up --base-port 20000   # the same on the ports from 20000 on",
    "ntk up --base-port 0       # each on a free port",
})
final class UpCommand implements Verb {
    /** One server: its noun, its port, how it is started, and how to try it; %d stands for the port. */
    private record Entry(
            String noun, int port, BiFunction<ListenOptions, NetListener, NetServer> start, String attempt) {}

    private static final List<Entry> TABLE = List.of(
            new Entry(
                    "tcp",
                    TcpServeCommand.DEFAULT_PORT,
                    (listen, listener) -> StreamServer.start(StreamService.ECHO, listen, Accept.MANY, listener),
                    "echo hello | ntk tcp connect :%d"),
            new Entry(
                    "udp",
                    UdpServeCommand.DEFAULT_PORT,
                    (listen, listener) -> DatagramServer.start(
                            DatagramOptions.DEFAULTS.withListen(listen), DatagramResponder.ECHO, listener),
                    "ntk udp send :%d hello --reply-wait 1s"),
            new Entry(
                    "chat",
                    ChatServeCommand.DEFAULT_PORT,
                    (listen, listener) ->
                            ChatServer.start(ChatOptions.DEFAULTS.withListen(listen), RoomOptions.DEFAULTS, listener),
                    "ntk chat join :%d"),
            new Entry(
                    "http",
                    HttpServeCommand.DEFAULT_PORT,
                    (listen, listener) -> HttpServer.start(HttpOptions.DEFAULTS.withListen(listen), listener),
                    "curl http://127.0.0.1:%d/"),
            new Entry(
                    "upload",
                    UploadOptions.DEFAULT_PORT,
                    UpCommand::upload,
                    "echo hi | ntk upload send - :%d --to hello.txt"));

    @Range(min = 0, max = 65_535)
    @Option(
            names = "--base-port",
            paramLabel = "PORT",
            description = "The first of the ports, one for each server; 0 takes free ones (default: each its own).")
    @Nullable
    Integer basePort;

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) {
        List<Supplier<NetServer>> starts = new ArrayList<>();
        for (Entry entry : TABLE) {
            starts.add(() -> start(entry, session.output()));
        }
        return session.serve(starts);
    }

    /** Into a new folder below that for temporary files; what was received stays there. */
    private static NetServer upload(ListenOptions listen, NetListener listener) {
        try {
            Path folder = Files.createTempDirectory("ntk-upload-");
            UploadOptions options =
                    UploadOptions.of(folder).withListen(listen).withDialect(UploadOptions.Dialect.NTUP_AND_SIMPLE);
            return UploadServer.start(options, listener);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private NetServer start(Entry entry, Output speech) {
        ListenOptions listen = ListenOptions.loopback(port(entry)).withTransport(io.ntk.core.Transport.AUTO, 1);
        NetServer server;
        try {
            server = entry.start().apply(listen, speech);
        } catch (UncheckedIOException e) {
            String text = "cannot start " + entry.noun() + ": " + e.getMessage() + "; --base-port moves all servers";
            throw new UncheckedIOException(text, e.getCause());
        }
        int port = ((Endpoint.Inet) server.endpoints().get(0)).port();
        speech.notice("try " + entry.noun() + ": " + entry.attempt().formatted(port));
        return server;
    }

    private int port(Entry entry) {
        if (basePort == null) {
            return entry.port();
        }
        return basePort == 0 ? 0 : basePort + TABLE.indexOf(entry);
    }
}
