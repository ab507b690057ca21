package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.core.Server;
import io.ntk.tcp.chat.ChatRooms;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The operator of a chat: commands from standard input, on a thread of its own; answers go to standard error. The end of
 * the input is no command: the chat goes on.
 */
final class ChatConsole {
    private static final int MAX_LISTED = 1000;

    private final Session session;
    private final ChatRooms rooms;
    private final Server server;

    private ChatConsole(Session session, ChatRooms rooms, Server server) {
        this.session = session;
        this.rooms = rooms;
        this.server = server;
    }

    static void start(Session session, ChatRooms rooms, Server server) {
        ChatConsole console = new ChatConsole(session, rooms, server);
        Thread reader = new Thread(console::read, "ntk-console");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        var input =
                new BufferedReader(new InputStreamReader(session.environment().in(), StandardCharsets.UTF_8));
        try {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                run(line.strip());
            }
        } catch (IOException e) {
            session.output().error("cannot read standard input: " + e.getMessage());
        }
    }

    private void run(String line) {
        String[] parts = line.split("\\s+", 2);
        String rest = parts.length == 1 ? "" : parts[1];
        switch (parts[0].toLowerCase(Locale.ROOT)) {
            case "" -> {}
            case "who" -> who();
            case "rooms" -> rooms.rooms().forEach(each -> answer(each.name() + "  " + each.members()));
            case "say" -> say(rest);
            case "kick" -> kick(rest);
            case "stats" ->
                answer("%d members in %d rooms, %d messages, %s in, %s out"
                        .formatted(
                                rooms.members(),
                                rooms.rooms().size(),
                                rooms.messages(),
                                EventText.bytes(server.traffic().bytesIn()),
                                EventText.bytes(server.traffic().bytesOut())));
            case "quit" -> session.stop().ask(ExitCode.DONE);
            default -> answer("commands: who, rooms, say [ROOM] TEXT, kick NAME [REASON], stats, quit");
        }
    }

    private void who() {
        List<ChatRooms.Present> all = rooms.who();
        all.stream()
                .limit(MAX_LISTED)
                .forEach(each -> answer(each.nick() + "  " + each.room() + "  " + each.peer()
                        + (each.waiting() == 0 ? "" : "  " + EventText.bytes(each.waiting()) + " waiting")));
        if (all.size() > MAX_LISTED) {
            answer("and " + (all.size() - MAX_LISTED) + " more");
        }
    }

    /* The first word is a room if there is one of that name, else it belongs to what is said to all rooms. */
    private void say(String text) {
        String[] parts = text.split("\\s+", 2);
        boolean room = !text.isEmpty() && rooms.isOpen(parts[0]);
        if (text.isEmpty() || (room && parts.length == 1)) {
            answer("say [ROOM] TEXT: what is to be said" + (room ? " in " + parts[0] : "") + "?");
        } else if (room && rooms.say(parts[0], parts[1])) {
            answer("said in " + parts[0]);
        } else {
            rooms.say(null, text);
            answer("said in all rooms");
        }
    }

    private void kick(String text) {
        String[] parts = text.split("\\s+", 2);
        if (text.isEmpty()) {
            answer("kick NAME [REASON]: who?");
        } else if (rooms.kick(parts[0], parts.length == 1 ? "" : parts[1])) {
            answer("disconnected " + parts[0]);
        } else {
            answer("there is no " + parts[0]);
        }
    }

    private void answer(String text) {
        session.output().always(Escaped.text(text));
    }
}
