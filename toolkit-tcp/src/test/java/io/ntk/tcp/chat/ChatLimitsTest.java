package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.core.CloseCause;
import io.ntk.core.UnhandledHandler;
import io.ntk.testsupport.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each bound, as far as it goes and one step further. */
@ExtendWith(LeakCheck.class)
class ChatLimitsTest {
    private static final int ENTRY = 4096;

    /** What ann says so that it takes {@link #ENTRY} bytes: {@code [14:32:47] <ann> xxx} and a line end. */
    private static final String LINE = "x".repeat(ENTRY - "[14:32:47] <ann> \n".length()) + "\n";

    private static int waiting(Chatters chat, String nick) {
        return chat.rooms.who().stream()
                .filter(each -> each.nick().equals(nick))
                .mapToInt(ChatRooms.Present::waiting)
                .sum();
    }

    @ParameterizedTest
    @EnumSource(RoomOptions.Slow.class)
    void keeps256KiBForASlowMemberAndNotAMessageMore(RoomOptions.Slow slow) {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS.withSlow(256 * 1024, slow))) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
            Chatters.Stuck stuck = new Chatters.Stuck();
            bob.pipeline().addFirst(stuck);
            int inChannel = -1;
            while (waiting(chat, "bob") == 0) {
                inChannel++;
                assertThat(inChannel).isLessThanOrEqualTo(Outbox.CHANNEL_BYTES / ENTRY);
                chat.send(ann, LINE);
            }
            for (int i = 1; i < 64; i++) {
                chat.send(ann, LINE);
            }
            assertThat(waiting(chat, "bob")).isEqualTo(256 * 1024);
            assertThat(bob.isOpen()).isTrue();
            assertThat(chat.events).noneMatch(ChatEvent.Slow.class::isInstance);
            chat.send(ann, LINE);
            assertThat(chat.events).filteredOn(ChatEvent.Slow.class::isInstance).hasSize(1);
            if (slow == RoomOptions.Slow.DISCONNECT) {
                assertThat(bob.isOpen()).isFalse();
                assertThat(CloseCause.of(bob)).isEqualTo(CloseCause.STALLED);
                assertThat(chat.events)
                        .filteredOn(ChatEvent.Dropped.class::isInstance)
                        .singleElement()
                        .hasFieldOrPropertyWithValue("reason", "does not keep up");
                return;
            }
            assertThat(waiting(chat, "bob")).isEqualTo(256 * 1024);
            bob.pipeline().remove(stuck);
            bob.flush();
            chat.settle();
            List<String> lines = Chatters.lines(bob);
            assertThat(lines).hasSize(inChannel + 1 + 64);
            assertThat(lines.get(inChannel)).isEqualTo("* 1 message skipped");
        }
    }

    /** A member on a channel of its own, whose channel is full. */
    private static final class Full implements AutoCloseable {
        private final EmbeddedChannel channel = new EmbeddedChannel(new Chatters.Stuck());
        private final Member member;

        private Full(Chatters chat) {
            channel.pipeline().addLast("member", new ChannelInboundHandlerAdapter());
            channel.pipeline().addLast(new UnhandledHandler());
            ChannelHandlerContext ctx = channel.pipeline().context("member");
            member = new Member(chat.rooms, ctx, ChatFormat.PLAIN, () -> {});
            reply(Outbox.CHANNEL_BYTES);
            assertThat(member.outbox().isEmpty()).isTrue();
        }

        private void reply(int bytes) {
            ByteBuf text = channel.alloc().buffer(bytes).writeZero(bytes);
            member.outbox().reply(text);
        }

        @Override
        public void close() {
            member.closed();
            channel.close();
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void keeps64KiBOfRepliesAndNotAByteMore() {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS);
                Full bob = new Full(chat)) {
            bob.reply(Outbox.MANY_REPLIES);
            assertThat(bob.member.outbox().hasManyReplies()).isFalse();
            bob.reply(1);
            assertThat(bob.member.outbox().hasManyReplies()).isTrue();
            bob.reply(Outbox.REPLY_BYTES - Outbox.MANY_REPLIES - 1);
            assertThat(bob.channel.isOpen()).isTrue();
            bob.reply(1);
            assertThat(bob.channel.isOpen()).isFalse();
            assertThat(CloseCause.of(bob.channel)).isEqualTo(CloseCause.STALLED);
            assertThat(chat.events)
                    .filteredOn(ChatEvent.Dropped.class::isInstance)
                    .singleElement()
                    .hasFieldOrPropertyWithValue("reason", "does not take its replies");
        }
    }

    /** A member that comes from an address, 192.0.2.{@code last}. */
    private static Member from(Chatters chat, int last) throws UnknownHostException {
        InetAddress address = InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, (byte) last});
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter()) {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress(address, 50_000);
            }
        };
        return new Member(chat.rooms, channel.pipeline().firstContext(), ChatFormat.PLAIN, () -> {});
    }

    @Test
    void holdsAFreedNameFor30SecondsForItsAddress() throws UnknownHostException {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS)) {
            Nicks nicks = chat.rooms.nicks();
            Member owner = from(chat, 1);
            Member neighbour = from(chat, 1);
            Member stranger = from(chat, 2);
            Nick ann = Nick.parse("ann");
            long hold = Nicks.HOLD.toNanos();
            assertThat(Nicks.HOLD).hasSeconds(30);
            assertThat(nicks.change(owner, owner.nick(), ann, 0)).isNull();
            assertThat(nicks.change(neighbour, neighbour.nick(), ann, 0)).contains("is taken");
            nicks.free(owner, ann, 0);
            assertThat(nicks.change(stranger, stranger.nick(), ann, 0))
                    .isEqualTo("the name ann is held for whoever had it, for 30 s");
            assertThat(nicks.change(stranger, stranger.nick(), ann, hold - 1))
                    .isEqualTo("the name ann is held for whoever had it, for 1 s");
            assertThat(nicks.change(neighbour, neighbour.nick(), ann, hold - 1)).isNull();
            nicks.free(neighbour, ann, hold);
            assertThat(nicks.change(stranger, stranger.nick(), ann, 2 * hold - 1))
                    .contains("is held");
            assertThat(nicks.change(stranger, stranger.nick(), ann, 2 * hold)).isNull();
            nicks.free(stranger, ann, 2 * hold);
            assertThat(nicks.count()).isZero();
        }
    }

    @Test
    void stopsReadingSendersWhenAFifthTickWouldBeUnderWay() {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS)) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
            for (int i = 1; i <= Room.MAX_UNDER_WAY; i++) {
                Chatters.give(ann, i + "\n");
                chat.settleBut(bob);
                assertThat(ann.config().isAutoRead()).isTrue();
            }
            Chatters.give(ann, "5\n"); // was read before the room knew
            chat.settleBut(bob);
            Chatters.give(ann, "6\n7\n");
            chat.settleBut(bob);
            assertThat(ann.config().isAutoRead()).isFalse();
            assertThat(chat.said)
                    .filteredOn(each -> each.type() == ChatMessage.Type.MESSAGE)
                    .hasSize(4);
            chat.settle();
            assertThat(ann.config().isAutoRead()).isTrue();
            assertThat(Chatters.lines(bob))
                    .containsExactly("<ann> 1", "<ann> 2", "<ann> 3", "<ann> 4", "<ann> 5", "<ann> 6", "<ann> 7");
        }
    }

    @Test
    void stopsReadingSendersWhileTheTranscriptIsFull() {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS)) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
            chat.observerIsFull(true);
            chat.send(ann, "1\n");
            assertThat(ann.config().isAutoRead()).isTrue();
            chat.send(ann, "2\n3\n");
            assertThat(ann.config().isAutoRead()).isFalse();
            assertThat(Chatters.lines(bob)).containsExactly("<ann> 1");
            chat.observerIsFull(false);
            assertThat(ann.config().isAutoRead()).isTrue();
            assertThat(Chatters.lines(bob)).containsExactly("<ann> 2", "<ann> 3");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void sendsAComerSoManyMessagesAndNotOneMore(int history) {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS.withHistory(history))) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            for (int i = 1; i <= history; i++) {
                chat.send(ann, i + "\n");
            }
            assertThat(Chatters.lines(chat.join(MemberOptions.DEFAULTS))).hasSize(1 + history);
            chat.send(ann, "next\n");
            List<String> lines = Chatters.lines(chat.join(MemberOptions.DEFAULTS));
            assertThat(lines).hasSize(1 + history);
            if (history > 0) {
                assertThat(lines).last().isEqualTo("<ann> next");
            }
            chat.send(ann, "/history 2\n");
            assertThat(Chatters.lines(ann))
                    .filteredOn(each -> each.startsWith("<"))
                    .hasSize(Math.min(2, history));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20})
    void slowsDownAtTheLineBehindTheBurst(int burst) {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS)) {
            EmbeddedChannel ann = chat.join(new MemberOptions(ChatFormat.PLAIN, new Flood(1, burst)));
            chat.send(ann, "x\n".repeat(burst));
            assertThat(chat.events).noneMatch(ChatEvent.Flooding.class::isInstance);
            assertThat(chat.rooms.messages()).isEqualTo(burst);
            chat.send(ann, "x\n");
            assertThat(chat.events)
                    .filteredOn(ChatEvent.Flooding.class::isInstance)
                    .hasSize(1);
            assertThat(chat.rooms.messages()).isEqualTo(burst);
            chat.pass(Duration.ofSeconds(1).toMillis());
            assertThat(chat.rooms.messages()).isEqualTo(burst + 1L);
        }
    }
}
