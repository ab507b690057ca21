package io.ntk.tcp.chat;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.ntk.core.EventLoops;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.RefusalAnswer;
import io.ntk.core.Server;
import io.ntk.core.TlsMismatchHandler;
import io.ntk.tcp.line.Framing;
import io.ntk.tcp.line.LineDecoder;

/**
 * Serves a chat: one entrance to {@link ChatRooms}, which several may share.
 *
 * <p>Failure: {@code start} throws {@link java.io.UncheckedIOException} when an endpoint cannot be listened on.
 */
public final class ChatServer {
    /* What has been read waits for its turn: the less the better. */
    private static final int READ_BYTES = 8 * 1024;

    private final ChatOptions options;
    private final ChatRooms rooms;

    private ChatServer(ChatOptions options, ChatRooms rooms) {
        this.options = options;
        this.rooms = rooms;
    }

    /**
     * Starts a chat with rooms and event loops of its own, which end with it.
     *
     * @param options what it is like
     * @param roomOptions what its rooms are like
     * @param listener who is told what happens; a {@link ChatEvent.Listener} also of what is said
     * @return the server
     */
    public static Server start(ChatOptions options, RoomOptions roomOptions, NetListener listener) {
        EventLoops loops =
                EventLoops.start(options.listen().transport(), options.listen().loops());
        try {
            var rooms = new ChatRooms(roomOptions, loops.group(), ChatObserver.NONE, listener);
            Server server = start(options, rooms, loops, listener);
            server.closed().whenComplete((done, failure) -> loops.close());
            return server;
        } catch (RuntimeException e) {
            loops.close();
            throw e;
        }
    }

    /**
     * Starts an entrance to rooms that are there.
     *
     * @param options what it is like; transport and loops in it are not used
     * @param rooms where its members come in
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told of connections
     * @return the server
     */
    public static Server start(ChatOptions options, ChatRooms rooms, EventLoops loops, NetListener listener) {
        var chat = new ChatServer(options, rooms);
        var protocol =
                new Protocol(ChatEvent.SERVICE, "tcp", "tls", Protocol.Accept.MANY, RefusalAnswer.LINE, chat::assemble);
        return Server.start(protocol, options.listen(), loops, listener);
    }

    /** The protocol's part of a connection's pipeline. */
    private void assemble(ChannelPipeline pipeline) {
        pipeline.channel().config().setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator(64, 512, READ_BYTES));
        if (options.listen().tls() == null) {
            pipeline.addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.PLAIN));
        }
        pipeline.addLast(new TelnetHandler());
        pipeline.addLast(new LineDecoder(Framing.LINE, ChatOptions.MAX_LINE_BYTES));
        if (options.password() != null) {
            pipeline.addLast(new PasswordHandler(
                    options.password(), options.listen().limits().handshake()));
        }
        pipeline.addLast(new ChatHandler(rooms, options.members()));
    }
}
