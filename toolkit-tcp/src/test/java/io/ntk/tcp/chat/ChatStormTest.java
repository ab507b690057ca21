package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.core.Transport;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two thousand members that come and go at once. */
@ExtendWith(LeakCheck.class)
class ChatStormTest {
    private static final int MEMBERS = 2000;

    @Test
    void leavesNothingBehindAndTellsEachNoMoreThanItMust() throws Exception {
        long begin = System.nanoTime();
        List<ChatMessage> said = new CopyOnWriteArrayList<>();
        List<ChatMessage> gathered = new ArrayList<>(3 * MEMBERS);
        ChatObserver observer = message -> {
            synchronized (gathered) {
                return gathered.add(message);
            }
        };
        ListenOptions listen = ListenOptions.loopback(0).withTransport(Transport.AUTO, 2);
        ChatOptions options = ChatOptions.DEFAULTS
                .withListen(listen.withLimits(
                        listen.limits().withAcceptRate(MEMBERS).withMaxConnections(MEMBERS + 1)))
                .withMembers(MemberOptions.DEFAULTS.withFlood(Flood.OFF));
        List<SocketChannel> members = new ArrayList<>(MEMBERS);
        try (EventLoops loops = EventLoops.start(Transport.AUTO, 2)) {
            var rooms = new ChatRooms(RoomOptions.DEFAULTS, loops.group(), observer, NetListener.NONE);
            try (Server server = ChatServer.start(options, rooms, loops, NetListener.NONE);
                    Caller ann = Caller.of(server, "ann")) {
                CompletableFuture<List<String>> notices = CompletableFuture.supplyAsync(() -> untilTheEnd(ann));
                InetSocketAddress address =
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Caller.port(server));
                for (int i = 0; i < MEMBERS; i++) {
                    members.add(SocketChannel.open(address));
                }
                Await.until("all are there", () -> rooms.members() == MEMBERS + 1);
                for (int i = 0; i < MEMBERS; i++) {
                    leave(members.get(i), i);
                }
                Await.until(
                        "all are gone",
                        () -> rooms.members() == 1
                                && rooms.rooms().equals(List.of(new ChatRooms.Occupied(ChatRooms.LOBBY, 1))));
                Await.until("all connections are", () -> server.connections() == 1);
                assertThat(rooms.who()).singleElement().hasFieldOrPropertyWithValue("waiting", 0);
                // Nobody is told of everybody: 2,000 lines for each of 2,000 would be 72 MB.
                assertThat(server.traffic().bytesOut()).isLessThan(2L * 1024 * MEMBERS);
                // Up to the hundredth, and from there down again, one by one; one line a second between.
                ann.send("/me is alone\n/quit\n");
                long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
                assertThat(notices.get()).hasSizeLessThan(2 * Room.LARGE + 10 + (int) seconds);
            }
            Await.until("nobody is there", () -> rooms.rooms().isEmpty() && rooms.members() == 0);
        } finally {
            for (SocketChannel each : members) {
                each.close();
            }
        }
        synchronized (gathered) {
            said.addAll(gathered);
        }
        assertThat(said)
                .filteredOn(each -> each.type() == ChatMessage.Type.JOIN)
                .hasSize(MEMBERS + 1);
        assertThat(said)
                .filteredOn(each -> each.type() == ChatMessage.Type.LEAVE)
                .hasSize(MEMBERS + 1);
        assertThat(said.stream().map(ChatMessage::seq))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, said.size()).boxed().toList());
    }

    /** By a command, by the end of the stream, and by a reset. */
    private static void leave(SocketChannel member, int number) throws IOException {
        switch (number % 3) {
            case 0 -> member.write(ByteBuffer.wrap("/quit\n".getBytes(StandardCharsets.US_ASCII)));
            case 1 -> member.shutdownOutput();
            default -> {
                member.setOption(StandardSocketOptions.SO_LINGER, 0);
                member.close();
            }
        }
    }

    private static List<String> untilTheEnd(Caller member) {
        try {
            return member.rest();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
