package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.ConnectionEvent;
import io.ntk.testsupport.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ChatHandlerTest {
    private final Chatters chat = new Chatters(RoomOptions.DEFAULTS.withMaxRooms(3));

    @AfterEach
    void nothingIsLeftBehind() {
        chat.close();
        assertThat(chat.rooms.members()).isZero();
        assertThat(chat.rooms.rooms()).isEmpty();
    }

    @Test
    void sendsALineToAllOthers() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        EmbeddedChannel bot = chat.join("bot", ChatFormat.JSON);
        Chatters.lines(ann);
        Chatters.lines(bob);
        chat.send(ann, "hello \u001b[31mw\u00f6rld\r\n/me waves\n//x\n\n");
        assertThat(Chatters.lines(ann)).isEmpty();
        assertThat(Chatters.lines(bob)).containsExactly("<ann> hello w\u00f6rld", "* ann waves", "<ann> /x");
        assertThat(Chatters.lines(bot))
                .hasSize(3)
                .allMatch(line -> line.startsWith("{\"v\":1,\"time\":"))
                .element(0)
                .asString()
                .contains("\"room\":\"lobby\",\"type\":\"message\",\"from\":\"ann\",\"text\":\"hello w\u00f6rld\"");
        chat.send(bot, "beep\n");
        assertThat(Chatters.lines(bot)).singleElement().asString().contains("\"from\":\"bot\",\"text\":\"beep\"");
    }

    @Test
    void numbersEverythingWithoutHoles() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        chat.send(ann, "one\ntwo\n");
        chat.join("bob", ChatFormat.JSON).close();
        chat.settle();
        chat.send(ann, "/quit bye\n");
        assertThat(chat.said).extracting(ChatMessage::seq).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        assertThat(chat.said)
                .extracting(each -> each.type() + " " + each.from() + " " + each.text())
                .containsExactly(
                        "join guest-1 ",
                        "nick guest-1 ann",
                        "message ann one",
                        "message ann two",
                        "join guest-2 ",
                        "nick guest-2 bob",
                        "leave bob ",
                        "leave ann bye");
    }

    @Test
    void greetsWithTheLastMessagesAndGoesOnBehindThem() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        for (int i = 1; i <= 51; i++) {
            chat.send(ann, "line " + i + "\n");
        }
        EmbeddedChannel bob = chat.join(MemberOptions.DEFAULTS);
        chat.send(ann, "line 52\n");
        List<String> lines = Chatters.lines(bob);
        assertThat(lines.get(0)).isEqualTo("* you are guest-2 in lobby (2 members); /help tells the commands");
        assertThat(lines.subList(1, 52)).first().isEqualTo("<ann> line 2");
        assertThat(lines.subList(1, 52)).last().isEqualTo("<ann> line 52");
        assertThat(lines).hasSize(52);
    }

    @Test
    void changesRooms() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        chat.send(ann, "before\n/join tea\nafter\n/who\n");
        assertThat(Chatters.lines(bob)).containsExactly("<ann> before", "* ann left");
        assertThat(Chatters.lines(ann)).last().isEqualTo("* 1 in tea: ann");
        chat.send(ann, "/rooms\n/leave\n");
        assertThat(Chatters.lines(ann))
                .startsWith("* rooms: lobby (1), tea (1)")
                .contains("* you are ann in lobby (2 members); /help tells the commands");
        assertThat(Chatters.lines(bob)).containsExactly("* ann joined");
    }

    @Test
    void hasSoManyRoomsAndNotOneMore() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        EmbeddedChannel eve = chat.join("eve", ChatFormat.PLAIN);
        chat.send(ann, "/join a\n");
        chat.send(bob, "/join b\n");
        assertThat(Chatters.lines(bob)).last().asString().contains("you are bob in b");
        Chatters.lines(eve);
        chat.send(eve, "/join c\n");
        assertThat(Chatters.lines(eve)).containsExactly("* there are too many rooms");
        chat.send(ann, "/join c\n"); // there is no place before a's is given back
        assertThat(Chatters.lines(ann)).last().isEqualTo("* there are too many rooms");
        chat.send(ann, "/leave\n/join c\n");
        assertThat(Chatters.lines(ann)).last().asString().contains("you are ann in c");
    }

    @Test
    void keepsARoomsCountWhenNobodyIsInIt() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        chat.send(ann, "/join tea\n1\n2\n/leave\n/join tea\n3\n");
        assertThat(chat.said)
                .filteredOn(each -> each.room().equals("tea"))
                .extracting(ChatMessage::seq)
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }

    @Test
    void changesTheFormat() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        Chatters.lines(ann);
        chat.send(ann, "/format json\nhi\n/format plain\nho\n/format xml\n");
        assertThat(Chatters.lines(ann))
                .satisfiesExactly(
                        line -> assertThat(line).contains("\"type\":\"reply\",\"text\":\"format json\""),
                        line -> assertThat(line).contains("\"type\":\"message\",\"from\":\"ann\",\"text\":\"hi\""),
                        line -> assertThat(line).isEqualTo("* format plain"),
                        line -> assertThat(line).isEqualTo("* /format plain|json"));
        assertThat(Chatters.lines(bob)).containsExactly("<ann> hi", "<ann> ho");
    }

    @Test
    void holdsAFreedNameForItsAddress() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        chat.send(bob, "/nick ANN\n");
        assertThat(Chatters.lines(bob)).last().asString().contains("is taken, or looks like one that is");
        ann.close();
        chat.settle();
        chat.send(bob, "/nick ann\n"); // embedded channels have one address
        assertThat(Chatters.lines(bob)).last().isEqualTo("* you are now ann");
    }

    @Test
    void letsNobodyPassForTheOperator() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        chat.send(ann, "/nick Operator\n/nick 0perator\n/join operator\n");
        assertThat(Chatters.lines(ann))
                .startsWith("* the name Operator is for the operator of this chat")
                .last()
                .isEqualTo("* you are ann in operator (1 member); /help tells the commands");
    }

    @Test
    void whispers() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        EmbeddedChannel eve = chat.join("eve", ChatFormat.JSON);
        Chatters.lines(ann);
        Chatters.lines(bob);
        chat.send(ann, "/msg bob psst\n/msg eve hey\n/msg nobody x\n/msg bob\n");
        assertThat(Chatters.lines(bob)).containsExactly("<ann to you> psst");
        assertThat(Chatters.lines(eve)).singleElement().asString().contains("\"type\":\"private\",\"from\":\"ann\"");
        assertThat(Chatters.lines(ann))
                .containsExactlyInAnyOrder(
                        "* sent to bob",
                        "* sent to eve",
                        "* there is no nobody",
                        "* /msg NAME TEXT: say something to one member alone");
        assertThat(chat.said).noneMatch(each -> each.text().equals("psst"));
    }

    @Test
    void suggestsTheCommandThatWasMeant() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        chat.send(ann, "/jion x\n/xyzzy\n/ping\n/history 1\n/history x\n/nick\n/nick a b\n");
        assertThat(Chatters.lines(ann))
                .startsWith(
                        "* there is no command /jion; did you mean /join?",
                        "* there is no command /xyzzy; /help tells those there are",
                        "* pong",
                        "* /history [N]: N is a number",
                        "* /nick NAME: take a name")
                .hasSize(6);
        chat.send(ann, "/help\n");
        assertThat(Chatters.lines(ann)).hasSize(13);
    }

    @Test
    void keepsAMemberWhoseLineIsTooLongOrNoText() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        Chatters.lines(ann);
        chat.send(ann, "x".repeat(4096) + "\n");
        assertThat(Chatters.lines(bob)).singleElement().asString().hasSize(4096 + 6);
        chat.send(ann, "x".repeat(4097) + "\n");
        assertThat(Chatters.lines(bob)).isEmpty();
        ann.writeInbound(ann.alloc().buffer().writeBytes(new byte[] {(byte) 0xc3, '\n', 'o', 'k', '\n'}));
        chat.settle();
        assertThat(Chatters.lines(ann))
                .containsExactly("* line longer than 4096 bytes, not passed on", "* not UTF-8, not passed on");
        assertThat(Chatters.lines(bob)).containsExactly("<ann> ok");
    }

    @Test
    void slowsDownWhoFloodsAndLosesNothing() {
        EmbeddedChannel ann = chat.join(new MemberOptions(ChatFormat.PLAIN, new Flood(10, 20)));
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        StringBuilder lines = new StringBuilder();
        for (int i = 1; i <= 25; i++) {
            lines.append(i).append('\n');
        }
        Chatters.lines(ann);
        chat.send(ann, lines.toString());
        ann.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        chat.settle();
        assertThat(Chatters.lines(bob)).hasSize(20).last().isEqualTo("<guest-1> 20");
        assertThat(ann.config().isAutoRead()).isFalse();
        chat.pass(99);
        assertThat(Chatters.lines(bob)).isEmpty();
        chat.pass(1);
        assertThat(Chatters.lines(bob)).containsExactly("<guest-1> 21");
        for (int i = 0; i < 4; i++) {
            chat.pass(100);
        }
        assertThat(Chatters.lines(bob))
                .containsExactly("<guest-1> 22", "<guest-1> 23", "<guest-1> 24", "<guest-1> 25", "* guest-1 left");
        assertThat(Chatters.lines(ann)).containsExactly("* slow down: 10 lines a second are passed on; yours wait");
        assertThat(ann.isOpen()).isFalse();
        assertThat(chat.events).filteredOn(ChatEvent.Flooding.class::isInstance).hasSize(1);
    }

    @Test
    void answersACommandThatHadToWait() {
        EmbeddedChannel ann = chat.join(new MemberOptions(ChatFormat.PLAIN, new Flood(10, 1)));
        Chatters.lines(ann);
        chat.send(ann, "x\n/ping\n");
        chat.pass(100);
        assertThat(Chatters.lines(ann)).last().isEqualTo("* pong");
    }

    @Test
    void tellsAWebBrowserThatThisIsAChat() {
        EmbeddedChannel web = chat.join(MemberOptions.DEFAULTS);
        Chatters.lines(web);
        chat.send(web, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(Chatters.text(web)).isEqualTo("error: this is a chat, and no web server\n");
        assertThat(CloseCause.of(web)).isEqualTo(CloseCause.PROTOCOL);
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        chat.send(ann, "GET me a beer\nGET / HTTP/1.1\n");
        assertThat(Chatters.lines(bob)).containsExactly("<ann> GET me a beer", "<ann> GET / HTTP/1.1");
    }

    @Test
    void saysGoodbyeWhenTheServerCloses() {
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        ann.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
        chat.settle();
        assertThat(Chatters.lines(ann)).containsExactly("* the server is closing, goodbye");
        assertThat(ann.isOpen()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"quit\n", " QUIT \n", "\n", "  \t \n"})
    void leavesAClassicChatByAWordOrAnEmptyLine(String last) {
        EmbeddedChannel ann = chat.join(new MemberOptions(ChatFormat.CLASSIC, Flood.OFF));
        EmbeddedChannel bob = chat.join(new MemberOptions(ChatFormat.CLASSIC, Flood.OFF));
        chat.send(ann, "/help me\n" + "x".repeat(5000) + "\n");
        String expected = "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d unix\n/help me\n\n";
        assertThat(Chatters.text(ann)).matches(expected);
        assertThat(Chatters.text(bob)).matches(expected);
        chat.send(ann, last);
        assertThat(ann.isOpen()).isFalse();
        assertThat(Chatters.text(bob)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"100, 100", "101, 0"})
    void tellsOfComersOneByOneUpToAHundredMembers(int members, int told) {
        EmbeddedChannel ann = chat.join(MemberOptions.DEFAULTS.withFlood(Flood.OFF));
        for (int i = 2; i < members; i++) {
            chat.join(MemberOptions.DEFAULTS);
        }
        chat.pass(1000);
        Chatters.lines(ann);
        EmbeddedChannel last = chat.join(MemberOptions.DEFAULTS);
        assertThat(Chatters.lines(ann)).hasSize(told == 0 ? 0 : 1);
        last.close();
        chat.settle();
        chat.pass(1000);
        assertThat(Chatters.lines(ann))
                .containsExactly(told == 0 ? "* 1 joined, 1 left" : "* guest-" + members + " left");
    }

    @Test
    void costsAStormOfMembersNoMoreThanItsSize() {
        EmbeddedChannel ann = chat.join(new MemberOptions(ChatFormat.JSON, Flood.OFF));
        Chatters.lines(ann);
        for (int i = 0; i < 600; i++) {
            chat.join(MemberOptions.DEFAULTS);
        }
        chat.pass(1000);
        List<String> lines = Chatters.lines(ann);
        assertThat(lines).hasSize(Room.LARGE - 1 + 1); // each up to the hundredth, and one line for all others
        assertThat(lines).last().asString().contains("\"text\":\"501 joined\"");
    }

    @Test
    void understandsBytesAtEverySplit() {
        EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
        byte[] bytes = "\u00ff\u00fb\u0001h\u00e4 \u00ff\u00fa\u0018x\u00ff\u00f0i\r\n/me w\u00ff\u00f1aves\n"
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] utf8 = new String(bytes, StandardCharsets.ISO_8859_1)
                .replace("\u00e4", "\u00c3\u00a4")
                .getBytes(StandardCharsets.ISO_8859_1);
        EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
        for (int i = 0; i <= utf8.length; i++) {
            Chatters.lines(bob);
            ann.writeInbound(ann.alloc().buffer().writeBytes(utf8, 0, i));
            ann.writeInbound(ann.alloc().buffer().writeBytes(utf8, i, utf8.length - i));
            chat.settle();
            assertThat(Chatters.lines(bob)).containsExactly("<ann> h\u00e4 i", "* ann waves");
        }
    }
}
