package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.CloseCause;
import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetEvent;
import io.ntk.core.Server;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Members that do not read, over real sockets. */
@ExtendWith(LeakCheck.class)
class ChatSlowMemberTest {
    private static final Pattern GAP =
            Pattern.compile(".*\"type\":\"skipped\",\"count\":(\\d+),\"firstSeq\":(\\d+),\"lastSeq\":(\\d+)}");
    private static final Pattern SEQ = Pattern.compile(".*\"seq\":(\\d+),.*");
    /* Far more than the kernel takes for a peer that does not read. */
    private static final int LINES = 6000;
    private static final String TEXT = "x".repeat(3000) + "\n";

    private final List<NetEvent> events = new CopyOnWriteArrayList<>();

    private Server serve(Limits limits, RoomOptions rooms) {
        var options = ChatOptions.DEFAULTS
                .withListen(ListenOptions.loopback(0).withLimits(limits))
                .withMembers(MemberOptions.DEFAULTS.withFlood(Flood.OFF));
        return ChatServer.start(options, rooms, events::add);
    }

    /** A member with a small receive buffer. */
    private static Caller narrow(Server server, String nick) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(8 * 1024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), Caller.port(server)));
        Caller caller = new Caller(socket);
        caller.send("/nick " + nick + "\n");
        caller.until(("* you are now " + nick)::equals);
        return caller;
    }

    private static void talk(Caller ann) throws IOException {
        for (int i = 0; i < LINES; i++) {
            ann.send(TEXT);
        }
        ann.send("the end\n/ping\n");
        ann.until("* pong"::equals); // others never wait for bob
    }

    private static void untilAlone(Caller ann) {
        Await.until("bob has left", () -> {
            try {
                List<String> lines = ann.send("/who\n").until(line -> line.contains(" in lobby: "));
                return lines.get(lines.size() - 1).equals("* 1 in lobby: ann");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private <T extends NetEvent> List<T> all(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Test
    void tellsExactlyWhatItSkipped() throws IOException {
        try (Server server = serve(Limits.DEFAULTS, RoomOptions.DEFAULTS);
                Caller ann = Caller.of(server, "ann");
                Caller bob = narrow(server, "bob")) {
            bob.send("/format json\n");
            bob.until(line -> line.contains("format json"));
            talk(ann);
            long next = 5; // two joins and two names come before
            long skipped = 0;
            for (String line = ""; !line.contains("the end"); ) {
                line = bob.line();
                Matcher gap = GAP.matcher(line);
                Matcher message = SEQ.matcher(line);
                if (gap.matches()) {
                    assertThat(Long.parseLong(gap.group(2))).isEqualTo(next);
                    next = Long.parseLong(gap.group(3)) + 1;
                    skipped += Long.parseLong(gap.group(1));
                } else {
                    assertThat(message.matches()).as(line).isTrue();
                    assertThat(Long.parseLong(message.group(1))).isEqualTo(next);
                    next++;
                }
            }
            assertThat(next).isEqualTo(5 + LINES + 1);
            assertThat(skipped).isBetween(1L, (long) LINES);
            assertThat(all(ChatEvent.Skipped.class).stream()
                            .mapToLong(ChatEvent.Skipped::count)
                            .sum())
                    .isEqualTo(skipped);
            assertThat(all(ChatEvent.Slow.class)).isNotEmpty();
            assertThat(bob.send("/ping\n").line()).contains("pong");
        }
    }

    @Test
    void isDisconnectedWhereThatWasChosen() throws IOException {
        RoomOptions rooms = RoomOptions.DEFAULTS.withSlow(256 * 1024, RoomOptions.Slow.DISCONNECT);
        try (Server server = serve(Limits.DEFAULTS, rooms);
                Caller ann = Caller.of(server, "ann");
                Caller bob = narrow(server, "bob")) {
            talk(ann);
            Await.until("bob is gone", () -> closed(CloseCause.STALLED));
            assertThat(all(ChatEvent.Dropped.class))
                    .containsExactly(new ChatEvent.Dropped(
                            all(ChatEvent.Slow.class).get(0).peer(), "bob", "does not keep up"));
            untilAlone(ann);
            assertThat(bob).isNotNull();
        }
    }

    @Test
    void isDisconnectedWhenItTakesNothingForTheStallTime() throws IOException {
        Limits limits = Limits.DEFAULTS.withWriteStall(Duration.ofMillis(500));
        try (Server server = serve(limits, RoomOptions.DEFAULTS);
                Caller ann = Caller.of(server, "ann");
                Caller bob = narrow(server, "bob")) {
            talk(ann);
            Await.until("bob is gone", () -> closed(CloseCause.STALLED));
            untilAlone(ann);
            assertThat(bob).isNotNull();
        }
    }

    @Test
    void isClosedWhenNothingGoesEitherWayForTheIdleTime() throws IOException {
        Limits limits = Limits.DEFAULTS.withIdle(Duration.ofMillis(300));
        try (Server server = serve(limits, RoomOptions.DEFAULTS);
                Caller ann = Caller.of(server)) {
            assertThat(ann.rest()).last().isEqualTo("(end)");
            Await.until("the event", () -> closed(CloseCause.IDLE));
        }
    }

    private boolean closed(CloseCause cause) {
        return all(NetEvent.Closed.class).stream().anyMatch(each -> each.cause() == cause);
    }
}
