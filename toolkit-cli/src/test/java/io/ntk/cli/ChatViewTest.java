package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.line.LineMessage;
import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChatViewTest {
    private static final String PONG = "{\"type\":\"reply\",\"text\":\"pong\"}";
    private static final String FORMAT = "{\"type\":\"reply\",\"text\":\"the format is json\"}";

    private final ChatView view = new ChatView(new ChatStyle(false), false);

    @BeforeEach
    void connect() {
        view.connected("bob", null);
    }

    @Test
    void holdsBackWhatComesBeforeJson() {
        assertThat(shown("[14:32:47] <ann> hello", "* guest-1 joined")).isEmpty();
        assertThat(view.isHolding()).isTrue();
        assertThat(shown(FORMAT, message(1, "ann", "hello"), PONG)).containsExactly("<ann> hello");
        assertThat(view.isJson()).isTrue();
    }

    @Test
    void showsWhatItHeldWhenNoJsonComes() {
        assertThat(shown("* too many connections")).isEmpty();
        assertThat(texts(view.release())).containsExactly("* too many connections");
        assertThat(shown("[14:32:47] <ann> hello", "{\"type\":\"message\"}"))
                .containsExactly("<ann> hello", "{\"type\":\"message\"}");
        assertThat(view.isJson()).isFalse();
    }

    @Test
    void holdsNoMoreThanTheLimit() {
        for (int i = 0; i < 600; i++) {
            assertThat(shown("line " + i)).isEmpty();
        }
        assertThat(texts(view.release())).hasSize(500).startsWith("line 100").endsWith("line 599");
    }

    @Test
    void showsEveryType() {
        assertThat(shown(
                        PONG,
                        numbered(1, "join", "ann", ""),
                        numbered(2, "nick", "ann", "Anna"),
                        numbered(3, "action", "Anna", "waves"),
                        numbered(4, "leave", "Anna", "bye"),
                        numbered(5, "leave", "cid", ""),
                        "{\"type\":\"private\",\"from\":\"dan\",\"text\":\"psst\"}",
                        "{\"type\":\"notice\",\"text\":\"37 joined, 2 left\"}",
                        "{\"type\":\"error\",\"text\":\"no such room\"}",
                        "{\"type\":\"skipped\",\"count\":37}",
                        "{\"type\":\"news\",\"text\":\"from the future\"}"))
                .containsExactly(
                        "* ann joined",
                        "* ann is now Anna",
                        "* Anna waves",
                        "* Anna left: bye",
                        "* cid left",
                        "<dan to you> psst",
                        "* 37 joined, 2 left",
                        "* no such room",
                        "* 37 messages skipped",
                        "* from the future");
    }

    @Test
    void marksMentionsOfOurNickButNotInOurOwnLines() {
        shown(PONG);
        List<String> lines = all(message(1, "ann", "hey Bob"), message(2, "bob", "bob here"));
        assertThat(lines.get(0)).endsWith("]!<ann> hey Bob");
        assertThat(lines.get(1)).endsWith("] <bob> bob here");
    }

    @Test
    void followsOurNickAndRoom() {
        view.connected(null, null);
        shown(PONG, numbered(1, "join", "guest-3", ""));
        view.sent("/nick bob");
        assertThat(shown(numbered(2, "nick", "guest-3", "bob"), numbered(1, "join", "bob", "", "tea")))
                .hasSize(2);
        assertThat(view.nick()).isEqualTo("bob");
        assertThat(view.room()).isEqualTo("tea");
        shown(numbered(2, "nick", "bob", "rob", "tea"));
        assertThat(view.nick()).isEqualTo("rob");
    }

    @Test
    void showsNoHistoryTwiceWhenConnectedAgainAndTellsWhatIsMissing() {
        shown(FORMAT, message(1, "ann", "one"), PONG, message(2, "ann", "two"));
        view.connected("bob", null);
        assertThat(shown("* ann joined", FORMAT, message(1, "ann", "one"), message(2, "ann", "two")))
                .isEmpty();
        assertThat(shown(message(6, "ann", "six"), PONG, message(7, "ann", "seven")))
                .containsExactly("* 3 messages are missing here", "<ann> six", "<ann> seven");
    }

    @Test
    void showsAHistoryAgainThatWasAskedFor() {
        shown(message(1, "ann", "one"), PONG);
        assertThat(shown(message(1, "ann", "one"))).containsExactly("<ann> one");
    }

    @Test
    void staysWithJsonWhenAnAttemptBetweenFails() {
        shown(message(1, "ann", "one"), PONG);
        view.connected("bob", null);
        view.connected("bob", null);
        assertThat(shown(message(1, "ann", "one"), message(3, "ann", "three")))
                .containsExactly("* 1 message is missing here", "<ann> three");
    }

    @Test
    void showsLinesAsTheyComeInAFormatThatWasAskedFor() {
        ChatView raw = new ChatView(new ChatStyle(false), true);
        raw.connected(null, null);
        assertThat(texts(raw.received(List.of(
                        new LineMessage.Text(PONG, true),
                        new LineMessage.Text("* \u001b[2J", true),
                        new LineMessage.Rejected("line longer than 65536 bytes")))))
                .containsExactly(PONG, "* \\u001b[2J", "* line longer than 65536 bytes");
        raw.sent("/nick bob");
        raw.sent("/join tea");
        assertThat(raw.nick() + " " + raw.room()).isEqualTo("bob tea");
        raw.sent("/leave");
        assertThat(raw.room()).isEmpty();
    }

    private static String message(long seq, String from, String text) {
        return numbered(seq, "message", from, text);
    }

    private static String numbered(long seq, String type, String from, String text) {
        return numbered(seq, type, from, text, "lobby");
    }

    private static String numbered(long seq, String type, String from, String text, String room) {
        return "{\"time\":\"2026-11-21T14:32:47.123Z\",\"run\":\"r\",\"seq\":" + seq + ",\"room\":\"" + room
                + "\",\"type\":\"" + type + "\",\"from\":\"" + from + "\",\"text\":\"" + text + "\"}";
    }

    /** Without the time, which is that of this place. */
    private List<String> shown(String... lines) {
        return all(lines).stream()
                .map(line -> line.replaceFirst("^\\[[^]]*][ !]", ""))
                .toList();
    }

    private List<String> all(String... lines) {
        List<LineMessage> messages = new ArrayList<>();
        for (String line : lines) {
            messages.add(new LineMessage.Text(line, true));
        }
        return texts(view.received(messages));
    }

    private static List<String> texts(List<AttributedString> lines) {
        return lines.stream().map(AttributedString::toString).toList();
    }
}
