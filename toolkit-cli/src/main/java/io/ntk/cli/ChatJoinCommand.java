package io.ntk.cli;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.tcp.chat.client.ChatClientOptions;
import io.ntk.tcp.chat.client.ChatClientOptions.Format;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk chat join}: a member of a chat, at a terminal or in a pipe. */
@Command(
        name = "join",
        description = {
            "Joins a chat: at a terminal for a person, in a pipe for a script.",
            "",
            "At a terminal, messages appear above the line being typed; there are history and completion of commands"
                    + " and nicks, and a lost connection is made again. In a pipe, lines of standard input are sent and"
                    + " messages are written to standard output. At the end of input it leaves in good order and reads"
                    + " until the server has closed."
        })
@Examples({
    "ntk chat join 9002                  # talk; /help says how, Ctrl-D leaves",
    "ntk chat join 9002 --nick ann --room tea   # as ann, in the room tea",
    "echo 'it is built' | ntk chat join 9002 --nick ci   # a message by a script",
    "ntk chat join 9002 --format json    # for bots: an object a line",
    "ntk chat join 192.0.2.7:8888 --format classic   # each line goes to all",
})
final class ChatJoinCommand implements Verb {
    private static final String PASSWORD_VARIABLE = "NTK_CHAT_PASSWORD";

    @Parameters(
            index = "0",
            paramLabel = "ENDPOINT",
            description = "HOST:PORT, [V6]:PORT, PORT (loopback) or unix:PATH.")
    @Nullable
    Endpoint endpoint;

    @Option(names = "--nick", paramLabel = "NAME", description = "Who you are (default: the server's choice).")
    @Nullable
    String nick;

    @Option(names = "--room", paramLabel = "NAME", description = "Where you go (default: the server's choice).")
    @Nullable
    String room;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "What is spoken and shown: plain, json, or classic, which is for servers that send every line"
                    + " to all: no commands, no blank lines (default: plain; at a terminal, json that is shown as"
                    + " plain, with colours).")
    @Nullable
    Format format;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "The server's password: the first line of a file (default: the variable NTK_CHAT_PASSWORD).")
    @Nullable
    Path passwordFile;

    @Option(names = "--no-reconnect", description = "At a terminal: end when the connection does.")
    boolean noReconnect;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            description = "In a pipe: how long the server may take to close after the end of input (default: 5s; 0: no"
                    + " limit). A server that holds back floods needs longer for many lines.")
    Duration wait = Duration.ofSeconds(5);

    @Mixin
    ConnectMixin connection = new ConnectMixin();

    @Mixin
    ClientTlsMixin tls = new ClientTlsMixin();

    @Mixin
    SocketMixin socket = new SocketMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException, InterruptedException {
        ChatClientOptions options = options(session);
        var terminals = session.environment().terminals();
        boolean interactive = terminals.contains(Standard.IN)
                && terminals.contains(Standard.OUT)
                && !session.output().json();
        return interactive ? talk(session, options) : new ChatPipe(session, options, wait).run();
    }

    private ExitCode talk(Session session, ChatClientOptions options) throws IOException, InterruptedException {
        boolean colour = output.color.on(Standard.OUT, session.environment());
        ChatView view = new ChatView(new ChatStyle(colour), format != null);
        try (ChatScreen screen = ChatScreen.open(session, view.nicks())) {
            return new ChatTerminal(session, options, view, screen).run(!noReconnect);
        }
    }

    private ChatClientOptions options(Session session) throws IOException {
        if (endpoint == null) {
            throw new IllegalArgumentException("ENDPOINT is missing");
        }
        ConnectOptions connect =
                connection.options(session, endpoint).withTls(tls.options()).withSocket(socket.options());
        boolean jsonByDefault = session.output().json()
                || session.environment().terminals().containsAll(Set.of(Standard.IN, Standard.OUT));
        Format spoken = format != null ? format : jsonByDefault ? Format.JSON : Format.PLAIN;
        if (spoken == Format.CLASSIC) {
            refuseWithClassic(session);
            return ChatClientOptions.to(connect).withFormat(spoken);
        }
        String password = password(session);
        if (password != null && connect.tls() == null && PlainText.leaves(endpoint)) {
            session.output().warning("the password goes to " + endpoint + " in plain text (--tls protects it)");
        }
        return new ChatClientOptions(connect, spoken, nick, room, password);
    }

    private static void refuseWithClassic(Session session) {
        for (String option : new String[] {"--nick", "--room", "--password-file"}) {
            if (session.typed(option)) {
                throw new IllegalArgumentException(option + " and --format classic exclude each other");
            }
        }
    }

    private @Nullable String password(Session session) throws IOException {
        if (passwordFile == null) {
            String value = session.environment().variables().get(PASSWORD_VARIABLE);
            return value == null || value.isEmpty() ? null : ChatPassword.checked(PASSWORD_VARIABLE, value);
        }
        return ChatPassword.of(passwordFile);
    }
}
