package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.EventLoops;
import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.TlsOptions;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.TrustingTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ChatServerTest {
    private static final ListenOptions FREE = ListenOptions.loopback(0);
    private static final MemberOptions UNLIMITED = MemberOptions.DEFAULTS.withFlood(Flood.OFF);
    private static final ChatOptions OPTIONS =
            ChatOptions.DEFAULTS.withListen(FREE).withMembers(UNLIMITED);
    private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+),.*\"type\":\"message\".*\"text\":\"([^\"]*)\"");

    /** What a json member saw of messages: number and text. */
    private static List<String> messages(List<String> lines) {
        List<String> seen = new ArrayList<>();
        for (String line : lines) {
            Matcher message = SEQ.matcher(line);
            if (message.find()) {
                seen.add(message.group(1) + " " + message.group(2));
            }
        }
        return seen;
    }

    @Test
    void showsEveryMemberTheSameOrder() throws Exception {
        int senders = 8;
        int lines = 200;
        ChatOptions options = OPTIONS.withListen(FREE.withTransport(Transport.AUTO, 4))
                .withMembers(new MemberOptions(ChatFormat.JSON, Flood.OFF));
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Caller> members = new ArrayList<>();
        // No member may miss anything, however slowly its thread gets its turn.
        RoomOptions roomy = RoomOptions.DEFAULTS.withSlow(64 << 20, RoomOptions.Slow.DROP);
        try (Server server = ChatServer.start(options, roomy, NetListener.NONE)) {
            for (int i = 0; i < 50; i++) {
                members.add(Caller.of(server));
            }
            List<CompletableFuture<List<String>>> seen = new ArrayList<>();
            for (Caller member : members) {
                member.line(); // it is in the room
            }
            for (Caller member : members) {
                seen.add(CompletableFuture.supplyAsync(() -> untilMessages(member, senders * lines), threads));
            }
            for (int s = 0; s < senders; s++) {
                Caller sender = members.get(s);
                int number = s;
                threads.execute(() -> sendLines(sender, number, lines));
            }
            List<String> first = seen.get(0).get(30, TimeUnit.SECONDS);
            assertThat(new HashSet<>(first)).hasSize(senders * lines);
            for (CompletableFuture<List<String>> each : seen) {
                assertThat(each.get(30, TimeUnit.SECONDS)).isEqualTo(first);
            }
            for (int s = 0; s < senders; s++) {
                String prefix = " " + s + ":";
                assertThat(first.stream().filter(each -> each.contains(prefix)).map(each -> each.split(":", -1)[1]))
                        .containsExactlyElementsOf(java.util.stream.IntStream.range(0, lines)
                                .mapToObj(Integer::toString)
                                .toList());
            }
        } finally {
            for (Caller member : members) {
                member.close();
            }
            threads.shutdownNow();
        }
    }

    private static List<String> untilMessages(Caller member, int count) {
        List<String> seen = new ArrayList<>();
        try {
            while (seen.size() < count) {
                seen.addAll(messages(List.of(member.line())));
            }
        } catch (IOException e) {
            throw new IllegalStateException("after " + seen.size() + " of " + count, e);
        }
        return seen;
    }

    private static void sendLines(Caller sender, int number, int lines) {
        try {
            for (int i = 0; i < lines; i++) {
                sender.send(number + ":" + i + "\n");
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void endsHistoryExactlyWhereLiveMessagesBegin() throws Exception {
        ChatOptions options = OPTIONS.withListen(FREE.withTransport(Transport.AUTO, 2));
        try (Server server = ChatServer.start(options, RoomOptions.DEFAULTS, NetListener.NONE);
                Caller ann = Caller.of(server, "ann")) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendLines(ann, 1, 3000));
            for (int i = 0; i < 20; i++) {
                try (Caller comer = Caller.of(server)) {
                    int before = -1;
                    for (int n = 0; n < 120 && before < 2900; ) {
                        String line = comer.line();
                        if (line.startsWith("<ann> 1:")) {
                            int value = Integer.parseInt(line.substring(8));
                            assertThat(value).isEqualTo(before < 0 ? value : before + 1);
                            before = value;
                            n++;
                        }
                    }
                }
            }
            sending.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void sharesRoomsBetweenAPlainAndATlsPort() throws Exception {
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 2)) {
            var rooms = new ChatRooms(RoomOptions.DEFAULTS, loops.group(), ChatObserver.NONE, NetListener.NONE);
            try (Server plain = ChatServer.start(OPTIONS, rooms, loops, NetListener.NONE);
                    Server tls = ChatServer.start(
                            OPTIONS.withListen(FREE.withTls(TlsOptions.selfSigned())), rooms, loops, NetListener.NONE);
                    Caller ann = Caller.of(plain, "ann");
                    Caller bob = new Caller(TrustingTls.context()
                            .getSocketFactory()
                            .createSocket(InetAddress.getLoopbackAddress(), Caller.port(tls)))) {
                bob.send("/nick bob\nhello from TLS\n");
                assertThat(ann.until("<bob> hello from TLS"::equals)).doesNotContain("(end)");
                ann.send("hello\n");
                assertThat(bob.until("<ann> hello"::equals)).doesNotContain("(end)");
            }
        }
    }

    @Test
    void forgetsAMemberThatResets() throws Exception {
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 2)) {
            var rooms = new ChatRooms(RoomOptions.DEFAULTS, loops.group(), ChatObserver.NONE, NetListener.NONE);
            try (Server server = ChatServer.start(OPTIONS, rooms, loops, NetListener.NONE);
                    Caller ann = Caller.of(server, "ann")) {
                List<Caller> others = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    others.add(Caller.of(server, "m" + i));
                }
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendLines(ann, 1, 2000));
                for (Caller each : others) {
                    each.reset();
                }
                sending.get(30, TimeUnit.SECONDS);
                Set<String> left = new HashSet<>();
                while (left.size() < 10) {
                    String line = ann.line();
                    if (line.endsWith(" left")) {
                        assertThat(left.add(line)).as(line).isTrue();
                    }
                }
                assertThat(rooms.members()).isEqualTo(1);
                assertThat(rooms.rooms()).containsExactly(new ChatRooms.Occupied("lobby", 1));
            }
            Await.until("nobody is there", () -> rooms.rooms().isEmpty() && rooms.members() == 0);
        }
    }

    @Test
    void asksForThePassword() throws Exception {
        ChatOptions options = OPTIONS.withPassword("open sesame");
        try (Server server = ChatServer.start(options, RoomOptions.DEFAULTS, NetListener.NONE)) {
            try (Caller ann = Caller.of(server)) {
                ann.send("/pass open sesame\n/ping\n");
                assertThat(ann.until("* pong"::equals)).hasSize(2);
            }
            try (Caller eve = Caller.of(server)) {
                assertThat(eve.send("/pass sesame\n").rest()).containsExactly("error: wrong password", "(end)");
            }
            try (Caller eve = Caller.of(server)) {
                assertThat(eve.send("hello\n").rest())
                        .containsExactly("error: the first line must be /pass and the password", "(end)");
            }
        }
        ChatOptions hasty = options.withListen(FREE.withLimits(Limits.DEFAULTS.withHandshake(Duration.ofMillis(300))));
        try (Server server = ChatServer.start(hasty, RoomOptions.DEFAULTS, NetListener.NONE)) {
            try (Caller eve = Caller.of(server)) {
                assertThat(eve.rest()).containsExactly("error: no password in time", "(end)");
            }
        }
    }

    @Test
    void showsNothingUnderTlsBeforeThePassword() throws Exception {
        ChatOptions options = OPTIONS.withPassword("open sesame").withListen(FREE.withTls(TlsOptions.selfSigned()));
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 1)) {
            var rooms = new ChatRooms(RoomOptions.DEFAULTS, loops.group(), ChatObserver.NONE, NetListener.NONE);
            try (Server server = ChatServer.start(options, rooms, loops, NetListener.NONE);
                    Caller ann = secure(server);
                    Caller eve = secure(server)) {
                ann.send("/pass open sesame\n/nick ann\n");
                ann.until("* you are now ann"::equals);
                assertThat(rooms.who()).extracting(ChatRooms.Present::nick).containsExactly("ann");
                ann.send("among us\n/ping\n");
                ann.until("* pong"::equals);
                assertThat(eve.send("/pass sesame\n").rest()).containsExactly("error: wrong password", "(end)");
            }
        }
    }

    private static Caller secure(Server server) throws Exception {
        SSLSocket socket = (SSLSocket) TrustingTls.context()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), Caller.port(server));
        socket.startHandshake();
        return new Caller(socket);
    }

    @Test
    void sendsWhatWasSaidUntilTheEndOfTheStream() throws Exception {
        ChatOptions options = OPTIONS.withMembers(new MemberOptions(ChatFormat.JSON, Flood.OFF));
        try (Server server = ChatServer.start(options, RoomOptions.DEFAULTS, NetListener.NONE);
                Caller ann = Caller.of(server)) {
            ann.send("one\ntwo");
            ann.endOutput();
            assertThat(messages(ann.rest())).containsExactly("2 one", "3 two");
        }
    }

    @Test
    void tellsAWebClientThatEndedItsOutputAtOnce() throws Exception {
        try (Server server = ChatServer.start(OPTIONS, RoomOptions.DEFAULTS, NetListener.NONE)) {
            for (int i = 0; i < 20; i++) {
                try (Caller web = Caller.of(server)) {
                    web.send("GET / HTTP/1.1\r\n\r\n");
                    web.endOutput();
                    assertThat(web.rest()).endsWith("error: this is a chat, and no web server", "(end)");
                }
            }
        }
    }

    @Test
    void refusesWithALine() throws Exception {
        ChatOptions options = OPTIONS.withListen(FREE.withLimits(Limits.DEFAULTS.withMaxConnections(1)));
        try (Server server = ChatServer.start(options, RoomOptions.DEFAULTS, NetListener.NONE);
                Caller ann = Caller.of(server, "ann");
                Caller bob = Caller.of(server)) {
            assertThat(bob.rest()).containsExactly("error: too many connections", "(end)");
            assertThat(ann.send("/ping\n").line()).isEqualTo("* pong");
        }
    }

    @Test
    void answersATlsHelloWithAnAlert() throws Exception {
        try (Server server = ChatServer.start(OPTIONS, RoomOptions.DEFAULTS, NetListener.NONE);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), Caller.port(server))) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(new byte[] {0x16, 3, 1, 0, 1, 0});
            byte[] all = socket.getInputStream().readAllBytes();
            assertThat(all).endsWith(0x15, 3, 1, 0, 2, 2, 10);
        }
    }

    @Test
    void tellsTheOperatorAndDoesWhatItSays() throws Exception {
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 1)) {
            var rooms = new ChatRooms(RoomOptions.DEFAULTS, loops.group(), ChatObserver.NONE, NetListener.NONE);
            try (Server server = ChatServer.start(OPTIONS, rooms, loops, NetListener.NONE);
                    Caller ann = Caller.of(server, "ann")) {
                assertThat(rooms.who()).singleElement().satisfies(each -> {
                    assertThat(each.nick()).isEqualTo("ann");
                    assertThat(each.room()).isEqualTo("lobby");
                });
                assertThat(rooms.say("nowhere", "x")).isFalse();
                assertThat(rooms.say("lobby", "dinner")).isTrue();
                assertThat(ann.line()).isEqualTo("* operator: dinner");
                assertThat(rooms.kick("bob", "")).isFalse();
                assertThat(rooms.kick("ann", "bye")).isTrue();
                assertThat(ann.rest()).containsExactly("* you were disconnected by the operator: bye", "(end)");
            }
        }
    }

    @Test
    void checksItsOptions() {
        assertThat(Flood.parse("10/s,burst=20")).isEqualTo(Flood.DEFAULT);
        assertThat(Flood.parse("OFF")).isEqualTo(Flood.OFF);
        assertThat(Flood.parse("5/s")).isEqualTo(new Flood(5, 10));
        for (String wrong : List.of("", "0/s", "10", "10/m", "10/s,burst=0", "99999999/s")) {
            assertThatThrownBy(() -> Flood.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new RoomOptions(1001, 1, 16384, RoomOptions.Slow.DROP))
                .hasMessage("history: 1001 (expected: 0 to 1000)");
        assertThatThrownBy(() -> new RoomOptions(0, 1, 16383, RoomOptions.Slow.DROP))
                .hasMessage("sendQueueBytes: 16383 (expected: 16384 to 1073741824)");
        assertThatThrownBy(() -> OPTIONS.withPassword("")).isInstanceOf(IllegalArgumentException.class);
        assertThat(OPTIONS.withPassword("secret").toString()).doesNotContain("secret");
    }
}
