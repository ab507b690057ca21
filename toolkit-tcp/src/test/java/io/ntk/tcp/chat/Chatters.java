package io.ntk.tcp.chat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.core.NetEvent;
import io.ntk.core.UnhandledHandler;
import io.ntk.tcp.line.Framing;
import io.ntk.tcp.line.LineDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A chat without sockets, in virtual time: each member on an event loop of its own, which runs when it is told to. */
final class Chatters implements AutoCloseable {
    final List<NetEvent> events = new ArrayList<>();
    final List<ChatMessage> said = new ArrayList<>();
    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private final EmbeddedChannel home = new EmbeddedChannel();
    private final List<Runnable> waitingForObserver = new ArrayList<>();
    private boolean observerFull;
    final ChatRooms rooms;

    /** Keeps what is said, and is full when it is told to be. */
    private final class Observer implements ChatObserver {
        @Override
        public boolean said(ChatMessage message) {
            said.add(message);
            return !observerFull;
        }

        @Override
        public void whenReady(Runnable action) {
            waitingForObserver.add(action);
        }
    }

    /** Holds back what is flushed, as a peer that reads nothing. */
    static final class Stuck extends ChannelDuplexHandler {
        @Override
        public void flush(ChannelHandlerContext ctx) {
            // What is written stays.
        }
    }

    Chatters(RoomOptions options) {
        home.freezeTime();
        rooms = new ChatRooms(options, home.eventLoop(), new Observer(), ChatEvent.Listener.of(events::add));
    }

    /** From here on the observer takes a message and says that it can take no more, or can again. */
    void observerIsFull(boolean full) {
        observerFull = full;
        if (!full) {
            waitingForObserver.forEach(Runnable::run);
            waitingForObserver.clear();
            settle();
        }
    }

    EmbeddedChannel join(MemberOptions options) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        channel.pipeline().addLast(new TelnetHandler(), new LineDecoder(Framing.LINE, ChatOptions.MAX_LINE_BYTES));
        channel.pipeline().addLast(new ChatHandler(rooms, options), new UnhandledHandler());
        channels.add(channel);
        channel.pipeline().fireChannelActive();
        settle();
        return channel;
    }

    /** A member with a name, which has seen its greeting. */
    EmbeddedChannel join(String nick, ChatFormat format) {
        EmbeddedChannel channel = join(new MemberOptions(format, Flood.OFF));
        send(channel, "/nick " + nick + "\n");
        channels.forEach(Chatters::lines);
        return channel;
    }

    void send(EmbeddedChannel channel, String text) {
        give(channel, text);
        settle();
    }

    /** Lets a member's bytes arrive, and nothing else happen. */
    static void give(EmbeddedChannel channel, String text) {
        channel.writeOneInbound(channel.alloc().buffer().writeBytes(text.getBytes(StandardCharsets.UTF_8)));
        channel.pipeline().fireChannelReadComplete();
    }

    /** Runs all loops until nothing is left to do. */
    void settle() {
        settleBut(home);
    }

    /** The same, but for the loop of one member, which hangs. */
    void settleBut(EmbeddedChannel hanging) {
        for (int i = 0; i < 20; i++) {
            home.runPendingTasks();
            channels.stream().filter(each -> !each.equals(hanging)).forEach(EmbeddedChannel::runPendingTasks);
        }
    }

    void pass(long millis) {
        home.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channels.forEach(each -> each.advanceTimeBy(millis, TimeUnit.MILLISECONDS));
        settle();
    }

    /** What a member was sent since the last look. */
    static String text(EmbeddedChannel channel) {
        StringBuilder text = new StringBuilder();
        for (ByteBuf each = channel.readOutbound(); each != null; each = channel.readOutbound()) {
            text.append(each.toString(StandardCharsets.UTF_8));
            each.release();
        }
        return text.toString();
    }

    /** The lines that a member was sent since the last look, the time of day left out. */
    static List<String> lines(EmbeddedChannel channel) {
        return text(channel)
                .lines()
                .map(line -> line.replaceFirst("^\\[\\d\\d:\\d\\d:\\d\\d] ", ""))
                .toList();
    }

    @Override
    public void close() {
        for (EmbeddedChannel channel : channels) {
            channel.close();
        }
        settle();
        for (EmbeddedChannel channel : channels) {
            channel.finishAndReleaseAll();
        }
        settle();
        home.finishAndReleaseAll();
    }
}
