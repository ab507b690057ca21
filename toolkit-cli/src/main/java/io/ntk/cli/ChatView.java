package io.ntk.cli;

import io.ntk.tcp.chat.client.ReceivedMessage;
import io.ntk.tcp.chat.client.SeenMessages;
import io.ntk.tcp.line.LineMessage;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a chat server sends into lines for a terminal, and remembers what a client that connects again must know:
 * who and where it is, and what it has shown. Thread-safe; knows neither terminal nor network.
 *
 * <p>Unless a format was asked for, json is spoken on the wire and shown as the plain format is. A connection then begins
 * with an opening: the server greets in its own format before it has heard of json, and those lines are held back, for the
 * history in them comes again as json, where a message can be told from one that was shown before. The opening ends with
 * the answer to a last question. A server that never answers in json is shown as it speaks, from what was held on.
 */
final class ChatView {
    /** What {@link ChatTerminal} asks last when it opens a connection; answered behind the history. */
    static final String LAST_QUESTION = "/who";

    private static final String LOBBY = "lobby";
    private static final int MAX_HELD = 500;
    private static final Pattern PLAIN = Pattern.compile("(\\[[0-9: -]+] )<([^<>]+)> (.*)", Pattern.DOTALL);
    /* What our server says. From any other the nick is that which was asked for, and an opening ends with its time. */
    private static final Pattern YOU_ARE = Pattern.compile("(?:\\* )?you are (?:now )?(\\S+?)(?: in \\S+ \\(.*)?");
    private static final Pattern WHO = Pattern.compile("\\d+ in \\S+: (.*)");
    private static final String KICKED = "you were disconnected by the operator";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final DateTimeFormatter DATE_AND_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    /** How far a connection has come. */
    private enum State {
        /** Nothing in json has come yet. */
        HOLDING,
        /** The answers to the first questions, and the history. */
        OPENING,
        /** Messages as they are said. */
        JSON,
        /** Lines as they are. */
        RAW
    }

    private final ChatStyle style;
    private final boolean formatGiven;
    private final ChatNicks nicks = new ChatNicks();
    private final SeenMessages seen = new SeenMessages();
    private final Deque<String> held = new ArrayDeque<>();
    private State state = State.HOLDING;
    private boolean again;
    private boolean kicked;
    private String nick = "";
    private String wantedNick = "";
    private String room = "";

    /**
     * Starts with nothing shown.
     *
     * @param formatGiven whether lines are shown as they come
     */
    ChatView(ChatStyle style, boolean formatGiven) {
        this.style = style;
        this.formatGiven = formatGiven;
    }

    ChatNicks nicks() {
        return nicks;
    }

    /** A connection begins, the first or another one. */
    synchronized void connected(@Nullable String askedNick, @Nullable String askedRoom) {
        again |= state != State.HOLDING;
        state = formatGiven ? State.RAW : State.HOLDING;
        held.clear();
        nick = "";
        wantedNick = askedNick == null ? "" : askedNick;
        room = askedRoom == null ? "" : askedRoom;
    }

    /** Whether the server speaks json, so that a member's own lines come back. */
    synchronized boolean isJson() {
        return state == State.OPENING || state == State.JSON;
    }

    /** Whether nothing was shown yet, for want of json. */
    synchronized boolean isHolding() {
        return state == State.HOLDING;
    }

    /** The nick to ask for when connecting again; empty for none. */
    synchronized String wantedNick() {
        return wantedNick;
    }

    /** The nick that we have. */
    synchronized String nick() {
        return nick.isEmpty() ? wantedNick : nick;
    }

    /** Whether the server still has the nick of a connection that was lost, and has given us another one. */
    synchronized boolean lacksNick() {
        return again && state == State.JSON && !nick.isEmpty() && !wantedNick.isEmpty() && !sameNick(nick, wantedNick);
    }

    /** Whether the operator has sent us away, who should not come back by ourselves. */
    synchronized boolean isKicked() {
        return kicked;
    }

    /** The room to go to when connecting again; empty for the one where everybody begins. */
    synchronized String room() {
        return room.equals(LOBBY) ? "" : room;
    }

    /** Hears what the person asks for; the server's answers tell what it grants. */
    synchronized void sent(String line) {
        if (line.startsWith("/nick ")) {
            wantedNick = line.substring("/nick ".length()).strip();
            if (state == State.RAW) {
                nick = wantedNick;
            }
        } else if (state == State.RAW && line.startsWith("/join ")) {
            room = line.substring("/join ".length()).strip();
        } else if (state == State.RAW && line.equals("/leave")) {
            room = "";
        }
    }

    /** What is to be shown of lines that arrived. */
    synchronized List<AttributedString> received(List<LineMessage> lines) {
        List<AttributedString> shown = new ArrayList<>();
        for (LineMessage line : lines) {
            if (line instanceof LineMessage.Text text) {
                received(text.text(), shown);
            } else if (line instanceof LineMessage.Rejected rejected) {
                shown.add(style.line().error("* " + rejected.reason()).done());
            }
        }
        return shown;
    }

    /** The opening has had its time, or the server is gone: what was held back, if it does not speak json. */
    synchronized List<AttributedString> release() {
        List<AttributedString> shown = new ArrayList<>();
        if (state == State.HOLDING) {
            state = State.RAW;
            held.forEach(line -> shown.add(raw(line)));
            held.clear();
        } else if (state == State.OPENING) {
            state = State.JSON;
        }
        return shown;
    }

    /** A line of the program's own. */
    AttributedString notice(String text) {
        return style.line().faint("* " + text).done();
    }

    private void received(String line, List<AttributedString> shown) {
        ReceivedMessage message = state == State.RAW ? null : ReceivedMessage.parse(line);
        if (message != null) {
            if (state == State.HOLDING) {
                state = State.OPENING;
                held.forEach(this::learnNick);
                held.clear();
            }
            AttributedString text = json(message, shown);
            if (text != null) {
                shown.add(text);
            }
        } else if (state == State.HOLDING) {
            held.add(line);
            if (held.size() > MAX_HELD) {
                held.remove();
            }
        } else {
            shown.add(raw(line));
        }
    }

    private AttributedString raw(String line) {
        Matcher plain = PLAIN.matcher(line);
        if (!plain.matches()) {
            return style.line().text(line).done();
        }
        nicks.learn(plain.group(2));
        return message(plain.group(1).strip(), plain.group(2), "<", "> ", plain.group(3));
    }

    private @Nullable AttributedString json(ReceivedMessage message, List<AttributedString> shown) {
        if (message.place() != null) {
            long missing = seen.note(message.place());
            if (state == State.OPENING && missing < 0) {
                return null;
            }
            if (state == State.OPENING && missing > 0 && again) {
                shown.add(notice(missing + (missing == 1 ? " message is" : " messages are") + " missing here"));
            }
        }
        follow(message);
        return text(message);
    }

    /** Learns who and where we are, and who else is there. */
    private void follow(ReceivedMessage message) {
        String from = message.from();
        if (!message.room().isEmpty()) {
            room = message.room(); // a member is in one room at a time
        }
        switch (message.type()) {
            case "nick" -> {
                boolean ours = isOurs(from) || (nick.isEmpty() && sameNick(message.text(), wantedNick));
                nicks.forget(from);
                nicks.learn(message.text());
                if (ours) {
                    nick = message.text();
                }
            }
            case "leave" -> nicks.forget(from);
            default -> {
                if (!from.isEmpty()) {
                    nicks.learn(from);
                }
            }
        }
    }

    private boolean isOurs(String from) {
        return sameNick(from, nick.isEmpty() ? wantedNick : nick);
    }

    private static boolean sameNick(String one, String other) {
        return !one.isEmpty() && one.equalsIgnoreCase(other);
    }

    private @Nullable AttributedString text(ReceivedMessage message) {
        String time = time(message.time());
        String from = message.from();
        return switch (message.type()) {
            case "message" -> message(time, from, "<", "> ", message.text());
            case "action" -> message(time, from, "* ", " ", message.text());
            case "private" -> message(time, from, "<", " to you> ", message.text());
            case "join" -> event(time, from, " joined").done();
            case "leave" ->
                event(time, from, " left" + (message.text().isEmpty() ? "" : ": " + message.text()))
                        .done();
            case "nick" -> event(time, from, " is now ").nick(message.text()).done();
            case "skipped" ->
                style.line().error("* " + message.count() + " messages skipped").done();
            case "error" -> style.line().error("* " + message.text()).done();
            case "reply" -> reply(message);
            case "notice" -> {
                kicked |= message.text().startsWith(KICKED);
                yield style.line().faint("* ").text(message.text()).done();
            }
            default -> style.line().faint("* ").text(message.text()).done();
        };
    }

    private @Nullable AttributedString reply(ReceivedMessage message) {
        String text = message.text();
        learnNick(text);
        Matcher who = WHO.matcher(text);
        boolean ofFormat = state == State.OPENING && text.startsWith("format ");
        if (who.matches()) {
            for (String name : who.group(1).split(", ", -1)) {
                nicks.learn(name);
            }
            release();
        }
        return ofFormat ? null : style.line().faint("* ").text(text).done();
    }

    private void learnNick(String line) {
        Matcher told = YOU_ARE.matcher(line);
        if (told.matches()) {
            nick = told.group(1);
        }
    }

    /** A mention of ours is marked in the text, and by a sign behind the time that needs no colour. */
    private AttributedString message(String time, String from, String open, String close, String text) {
        boolean mentioned = !sameNick(from, nick()) && ChatStyle.mention(text, nick(), 0) >= 0;
        ChatStyle.Line line = style.line().faint(time).text(mentioned ? "!" : " ");
        line.text(open).nick(from).text(close);
        return (mentioned ? line.mentioning(text, nick()) : line.text(text)).done();
    }

    private ChatStyle.Line event(String time, String from, String what) {
        return style.line().faint(time + " * ").nick(from).faint(what);
    }

    /** The time here; with the date unless that is today. */
    private static String time(String sent) {
        try {
            ZonedDateTime time = Instant.parse(sent).atZone(ZoneId.systemDefault());
            boolean today = time.toLocalDate().equals(LocalDate.now(ZoneId.systemDefault()));
            return "[" + (today ? TIME : DATE_AND_TIME).format(time) + "]";
        } catch (DateTimeException e) {
            return "[" + sent + "]";
        }
    }
}
