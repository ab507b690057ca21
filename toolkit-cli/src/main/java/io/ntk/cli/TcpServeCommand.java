package io.ntk.cli;

import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol.Accept;
import io.ntk.core.Server;
import io.ntk.tcp.line.Framing;
import io.ntk.tcp.line.LineEvent;
import io.ntk.tcp.line.LineOptions;
import io.ntk.tcp.line.LineServer;
import io.ntk.tcp.line.Menu;
import io.ntk.tcp.line.Responder;
import io.ntk.tcp.line.StreamServer;
import io.ntk.tcp.line.StreamService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk tcp serve}: the line and stream services. */
@Command(
        name = "serve",
        description = {
            "Serves a line or stream service over TCP or Unix sockets, on 127.0.0.1:9000 unless --listen says otherwise.",
            "",
            "Replies: echo (every byte back, as it came), upper (each line back in upper case), discard (read and count),"
                    + " fixed:TEXT (TEXT for each line; with --once for the first bytes), menu:FILE (a menu bot;"
                    + " menu:sample has one built in), console (you type the reply to each line).",
            "",
            "A menu file is YAML with the keys greeting (a text or a list of lines), answers (input: answer), fallback,"
                    + " exits (a text or a list) and farewell; or, ending in .properties, the same with answer.INPUT=ANSWER"
                    + " and exits separated by commas."
        })
@Examples({
    "ntk tcp serve                             # every byte back, on 127.0.0.1:9000",
    "ntk tcp serve --reply upper --listen 7000 # every line back in upper case",
    "ntk tcp serve --reply menu:sample         # a menu bot to talk to",
    "ntk tcp serve --reply fixed:pong --once   # one reply to one client, then exit",
    "ntk tcp serve --self-signed --listen 0.0.0.0:9000   # TLS, on every interface",
})
final class TcpServeCommand implements Verb {
    static final int DEFAULT_PORT = 9000;

    @Option(
            names = "--reply",
            paramLabel = "KIND",
            converter = ReplyKind.Converter.class,
            description = "echo (default), upper, discard, fixed:TEXT, menu:FILE, menu:sample or console.")
    ReplyKind reply = new ReplyKind(ReplyKind.Kind.ECHO, "");

    @Option(
            names = "--framing",
            paramLabel = "HOW",
            description = "What a message is: line (default), or chunk: what arrives at once.")
    @Nullable
    Framing framing;

    @Range(min = 1, max = LineOptions.MAX_LINE_BYTES)
    @Option(
            names = "--max-line",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "The longest line or chunk (default: 8192).")
    @Nullable
    Integer maxLine;

    @Option(names = "--once", description = "Serve one connection, then exit.")
    boolean once;

    @Option(names = "--greeting", paramLabel = "TEXT", description = "Say this to each client that connects.")
    @Nullable
    String greeting;

    @Option(names = "--quit", paramLabel = "WORD", description = "Close the connection when this line comes.")
    @Nullable
    String quit;

    @Range(min = 0, max = 1024)
    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Threads for the replies (default: 0, the event loops; console has 1).")
    @Nullable
    Integer workers;

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
        ListenOptions where = listen.options(DEFAULT_PORT, tls.options(), socket.options());
        listen.warn(session.output());
        return session.serve(List.of(service(session, where)));
    }

    private Supplier<Server> service(Session session, ListenOptions where) throws IOException {
        Accept accept = once ? Accept.ONE : Accept.MANY;
        NetListener listener = listener(session.output());
        if (!reply.kind().hasLines()) {
            refuseLineOptions(session);
            var service = reply.kind() == ReplyKind.Kind.ECHO ? StreamService.ECHO : StreamService.DISCARD;
            return () -> StreamServer.start(service, where, accept, listener);
        }
        LineOptions options = new LineOptions(
                where,
                maxLine == null ? LineOptions.DEFAULTS.maxLineBytes() : maxLine,
                framing(),
                workers(),
                greeting,
                quit,
                accept);
        Responder responder = responder(session);
        return () -> LineServer.start(options, responder, listener);
    }

    private Responder responder(Session session) throws IOException {
        return switch (reply.kind()) {
            case UPPER -> Responder.upper();
            case FIXED -> once ? Responder.once(reply.argument()) : Responder.fixed(reply.argument());
            case MENU ->
                Responder.menu(
                        reply.argument().equals("sample") ? Menu.SAMPLE : MenuFile.read(Path.of(reply.argument())));
            case CONSOLE -> ConsoleResponder.start(session);
            case ECHO, DISCARD -> throw new IllegalStateException("no line service: " + reply.kind());
        };
    }

    /** One fixed reply is for the first bytes, whatever they are. */
    private Framing framing() {
        if (framing != null) {
            return framing;
        }
        return once && reply.kind() == ReplyKind.Kind.FIXED ? Framing.CHUNK : Framing.LINE;
    }

    private int workers() {
        if (reply.kind() != ReplyKind.Kind.CONSOLE) {
            return workers == null ? 0 : workers;
        }
        if (workers != null && workers != 1) {
            throw new IllegalArgumentException("--workers: " + workers + " (expected: 1 with --reply console, since one"
                    + " operator answers one line at a time)");
        }
        return 1;
    }

    /* Each line is told when details are wanted; the console shows lines itself, but for JSON. */
    private NetListener listener(Output output) {
        boolean console = reply.kind() == ReplyKind.Kind.CONSOLE;
        boolean requests = console ? output.json() : output.verbosity().atLeast(Verbosity.DETAILS);
        return requests ? LineEvent.Listener.of(output) : output;
    }

    /** What the environment gives for every command is passed over in silence; what was typed is not. */
    private void refuseLineOptions(Session session) {
        for (String option : List.of("--framing", "--max-line", "--greeting", "--quit", "--workers")) {
            if (session.typed(option)) {
                throw new IllegalArgumentException(option + " has no meaning with --reply " + reply.kind()
                        + ", which knows bytes and no lines (expected: with upper, fixed, menu or console)");
            }
        }
    }
}
