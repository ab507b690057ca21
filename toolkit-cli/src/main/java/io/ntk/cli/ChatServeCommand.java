package io.ntk.cli;

import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.TlsOptions;
import io.ntk.tcp.chat.ChatEvent;
import io.ntk.tcp.chat.ChatFormat;
import io.ntk.tcp.chat.ChatObserver;
import io.ntk.tcp.chat.ChatOptions;
import io.ntk.tcp.chat.ChatRooms;
import io.ntk.tcp.chat.ChatServer;
import io.ntk.tcp.chat.ChatTranscript;
import io.ntk.tcp.chat.Flood;
import io.ntk.tcp.chat.MemberOptions;
import io.ntk.tcp.chat.RoomOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk chat serve}: a group chat. */
@Command(
        name = "serve",
        description = {
            "Serves a group chat over TCP or Unix sockets, on 127.0.0.1:9002 unless --listen says otherwise."
                    + " Lines of UTF-8: nc, telnet and ntk chat join are clients; /help tells members what they can do.",
            "",
            "Formats: plain (default), json (one object a line), classic (each line to everybody behind a line with"
                    + " time and address; no names, no commands). Members change between plain and json by /format.",
            "",
            "On a terminal, or with --console, you can type: who, rooms, say [ROOM] TEXT (to all rooms unless the first"
                    + " word is the name of one that has members), kick NAME [REASON], stats, quit."
        })
@Examples({
    "ntk chat serve                          # on 127.0.0.1:9002; try nc 0 9002",
    "ntk chat serve --format json --flood off  # for programs",
    "ntk chat serve --transcript chat.ndjson # keep all messages, and go on there",
    "ntk chat serve --self-signed --password-file secret --listen 0.0.0.0:9002",
})
final class ChatServeCommand implements Verb {
    static final int DEFAULT_PORT = 9002;
    private static final Duration PATIENCE_WITH_LOOPS = Duration.ofSeconds(2);

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            completionCandidates = Converters.ChatFormatNames.class,
            description = "What members are sent: plain (default), json or classic.")
    @Nullable
    ChatFormat format;

    @Range(min = 0, max = 1000)
    @Option(names = "--history", paramLabel = "N", description = "Messages that a new member is sent (default: 50).")
    @Nullable
    Integer history;

    @Range(min = 1, max = 1_000_000)
    @Option(names = "--max-rooms", paramLabel = "N", description = "Rooms at a time (default: 1000).")
    @Nullable
    Integer maxRooms;

    @Option(
            names = "--flood",
            paramLabel = "RATE",
            converter = Converters.FloodRate.class,
            description = "Lines a second of one member, who is slowed down: N/s,burst=N or off"
                    + " (default: 10/s,burst=20).")
    Flood flood = Flood.DEFAULT;

    @Range(min = 16 * 1024, max = 1 << 30)
    @Option(
            names = "--send-queue",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "What may wait for one member (default: 256KiB).")
    @Nullable
    Integer sendQueue;

    @Option(
            names = "--slow",
            paramLabel = "POLICY",
            description = "For whom more waits: drop the oldest messages (default), or disconnect.")
    RoomOptions.Slow slow = RoomOptions.Slow.DROP;

    @Option(
            names = "--stall",
            paramLabel = "TIME",
            description = "Disconnect who takes no byte for so long (default: 30s, as --write-stall).")
    @Nullable
    Duration stall;

    @Option(
            names = "--transcript",
            paramLabel = "FILE",
            description = "Append every message as JSON, and go on from what is there.")
    @Nullable
    Path transcript;

    @Option(names = "--password-file", paramLabel = "FILE", description = "Let in whose first line is /pass SECRET.")
    @Nullable
    Path passwordFile;

    @Option(names = "--allow-plain", description = "A password without TLS, even beyond loopback.")
    boolean allowPlain;

    @Option(names = "--console", description = "Read the operator's commands from standard input.")
    boolean console;

    @Mixin
    ListenMixin listen = new ListenMixin();

    @Mixin
    TlsMixin tls = new TlsMixin();

    @Mixin
    SocketMixin socket = new SocketMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException {
        ListenOptions where = where();
        listen.warn(session.output());
        String password = password(where);
        ChatOptions options =
                new ChatOptions(where, new MemberOptions(format == null ? ChatFormat.PLAIN : format, flood), password);
        Output speech = session.output();
        boolean all = speech.json() || speech.verbosity().atLeast(Verbosity.DETAILS);
        NetListener listener = all ? ChatEvent.Listener.of(speech) : speech;
        RoomOptions roomOptions = roomOptions();
        ChatTranscript kept =
                transcript == null ? null : ChatTranscript.open(transcript, roomOptions.history(), listener);
        EventLoops loops = EventLoops.start(where.transport(), where.loops());
        try {
            ChatObserver observer = kept == null ? ChatObserver.NONE : kept;
            var rooms = new ChatRooms(roomOptions, loops.group(), observer, listener);
            if (kept != null) {
                kept.past().forEach((room, past) -> rooms.restore(room, past.seq(), past.history()));
            }
            return session.serve(List.of(() -> start(session, options, rooms, loops, listener)));
        } finally {
            loops.close();
            Stop.await(
                    loops.terminated(), PATIENCE_WITH_LOOPS); // what they still have to say belongs to the transcript
            if (kept != null) {
                kept.close();
            }
        }
    }

    private Server start(
            Session session, ChatOptions options, ChatRooms rooms, EventLoops loops, NetListener listener) {
        Server server = ChatServer.start(options, rooms, loops, listener);
        if (console || session.environment().terminals().contains(Standard.IN)) {
            ChatConsole.start(session, rooms, server);
        }
        return server;
    }

    private ListenOptions where() {
        TlsOptions identity = tls.options();
        ListenOptions where = listen.options(DEFAULT_PORT, identity, socket.options());
        return stall == null ? where : where.withLimits(where.limits().withWriteStall(stall));
    }

    private RoomOptions roomOptions() {
        RoomOptions base = RoomOptions.DEFAULTS;
        return new RoomOptions(
                history == null ? base.history() : history,
                maxRooms == null ? base.maxRooms() : maxRooms,
                sendQueue == null ? base.sendQueueBytes() : sendQueue,
                slow);
    }

    private @Nullable String password(ListenOptions where) throws IOException {
        if (passwordFile == null) {
            return null;
        }
        if (format == ChatFormat.CLASSIC) {
            throw new IllegalArgumentException("--password-file has no meaning with --format classic, which knows no"
                    + " commands (expected: with plain or json)");
        }
        PlainText.check(where, allowPlain, "the password");
        return ChatPassword.of(passwordFile);
    }
}
