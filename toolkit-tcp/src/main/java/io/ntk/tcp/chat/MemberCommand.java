package io.ntk.tcp.chat;

import io.ntk.core.CloseCause;
import io.ntk.core.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a member can ask for by a line that begins with a slash. */
enum MemberCommand {
    NICK("NAME", "take a name"),
    JOIN("ROOM", "go into a room"),
    LEAVE("", "go back to the lobby"),
    ROOMS("", "which rooms there are"),
    WHO("", "who is in this room"),
    MSG("NAME TEXT", "say something to one member alone"),
    ME("TEXT", "say what you do"),
    HISTORY("[N]", "the last messages once more"),
    FORMAT("plain|json", "how you are sent messages"),
    PING("", "an answer"),
    HELP("", "this list"),
    QUIT("[TEXT]", "leave");

    private static final Map<String, MemberCommand> BY_WORD =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(MemberCommand::word, Function.identity()));
    private static final int MAX_LISTED = 200;

    private final String arguments;
    private final String meaning;

    MemberCommand(String arguments, String meaning) {
        this.arguments = arguments;
        this.meaning = meaning;
    }

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    private String usage() {
        return "/" + word() + (arguments.isEmpty() ? "" : " " + arguments);
    }

    /** Does what a line says; what it answers is flushed by the caller. */
    static void run(ChatRooms rooms, Member me, String line) {
        if (line.startsWith("//")) {
            say(me, ChatMessage.Type.MESSAGE, line.substring(1));
        } else if (!line.startsWith("/")) {
            say(me, ChatMessage.Type.MESSAGE, line);
        } else {
            String[] parts = line.substring(1).strip().split("\\s+", 2);
            String word = parts[0].toLowerCase(Locale.ROOT);
            MemberCommand command = BY_WORD.get(word);
            if (command != null) {
                command.run(rooms, me, parts.length == 1 ? List.of() : List.of(parts[1]));
            } else {
                unknown(me, word);
            }
        }
    }

    private static void unknown(Member me, String word) {
        String shown = ChatText.visible(word.substring(0, Math.min(24, word.length())));
        String meant = word.length() > 24
                ? ""
                : Nearest.to(word, BY_WORD.keySet())
                        .map(near -> "; did you mean /" + near + "?")
                        .orElse("; /help tells those there are");
        me.error("there is no command /" + shown + meant);
    }

    private static void say(Member me, ChatMessage.Type type, String raw) {
        String text = ChatText.visible(raw);
        Room room = me.room();
        if (room != null && !text.isBlank()) {
            room.say(me, me.nick().name(), type, text);
        }
    }

    private void run(ChatRooms rooms, Member me, List<String> given) {
        String argument = given.isEmpty() ? "" : given.get(0).strip();
        Room room = me.room();
        if (room == null) {
            return;
        }
        boolean needed = !arguments.isEmpty() && !arguments.startsWith("[");
        if (needed && argument.isEmpty()) {
            me.error(usage() + ": " + meaning);
            return;
        }
        switch (this) {
            case NICK -> nick(me, argument);
            case JOIN -> join(rooms, me, argument.startsWith("#") ? argument.substring(1) : argument);
            case LEAVE -> join(rooms, me, ChatRooms.LOBBY);
            case ROOMS -> rooms(rooms, me);
            case WHO -> room.who(me);
            case MSG -> whisper(rooms, me, argument);
            case ME -> say(me, ChatMessage.Type.ACTION, argument);
            case HISTORY -> history(rooms, me, room, argument);
            case FORMAT -> format(me, argument);
            case PING -> me.reply("pong");
            case HELP -> help(me);
            case QUIT -> me.end(CloseCause.LOCAL, ChatText.visible(argument));
        }
    }

    private static void nick(Member me, String name) {
        Nick nick = parse(me, name);
        if (nick == null) {
            return;
        }
        String problem = me.rename(nick);
        if (problem == null) {
            me.reply("you are now " + nick.name());
        } else {
            me.error(problem);
        }
    }

    private static @Nullable Nick parse(Member me, String name) {
        try {
            return Nick.parse(name);
        } catch (IllegalArgumentException e) {
            me.error(String.valueOf(e.getMessage()));
            return null;
        }
    }

    private static void join(ChatRooms rooms, Member me, String name) {
        Nick parsed = parse(me, name);
        if (parsed == null) {
            return;
        }
        Room target = rooms.reserve(parsed);
        if (target == null) {
            me.error("there are too many rooms");
        } else if (target == me.room()) {
            rooms.left(target);
            me.error("you are in " + target.name());
        } else {
            me.move(target);
        }
    }

    private static void rooms(ChatRooms rooms, Member me) {
        List<ChatRooms.Occupied> all = rooms.rooms();
        String listed = all.stream()
                .limit(MAX_LISTED)
                .map(each -> each.name() + " (" + each.members() + ")")
                .collect(Collectors.joining(", "));
        me.reply("rooms: " + listed + (all.size() > MAX_LISTED ? " and " + (all.size() - MAX_LISTED) + " more" : ""));
    }

    private static void whisper(ChatRooms rooms, Member me, String argument) {
        String[] parts = argument.split("\\s+", 2);
        Nick to = parse(me, parts[0]);
        if (to == null) {
            return;
        }
        String text = parts.length == 1 ? "" : ChatText.visible(parts[1]);
        if (text.isBlank()) {
            me.error(MSG.usage() + ": " + MSG.meaning);
            return;
        }
        Member other = rooms.nicks().member(to);
        if (other == null) {
            me.error("there is no " + to.name());
            return;
        }
        String from = me.nick().name();
        other.loop().execute(() -> other.whisper(me, from, text));
    }

    private static void history(ChatRooms rooms, Member me, Room room, String argument) {
        int count = rooms.options().history();
        if (!argument.isEmpty()) {
            if (!argument.matches("[0-9]{1,6}")) {
                me.error(HISTORY.usage() + ": N is a number");
                return;
            }
            count = Math.min(count, Integer.parseInt(argument));
        }
        room.recall(me, me.format(), count);
    }

    private static void format(Member me, String argument) {
        switch (argument.toLowerCase(Locale.ROOT)) {
            case "plain" -> reformat(me, ChatFormat.PLAIN);
            case "json" -> reformat(me, ChatFormat.JSON);
            default -> me.error(FORMAT.usage());
        }
    }

    private static void reformat(Member me, ChatFormat format) {
        if (me.format() == format) {
            me.reply("format " + format);
        } else {
            me.reformat(format);
        }
    }

    private static void help(Member me) {
        for (MemberCommand each : values()) {
            me.reply(each.usage() + "  " + each.meaning);
        }
        me.reply("a line that begins with // sends one /");
    }
}
