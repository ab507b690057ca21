package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.ntk.core.EventLoops;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.RefusalAnswer;
import io.ntk.core.Server;

/**
 * Serves a {@link StreamService}. Closing the server lets each connection send what it has read, and closes it.
 *
 * <p>Failure: {@code start} throws {@link java.io.UncheckedIOException} when an endpoint cannot be listened on.
 */
public final class StreamServer {
    /* Two of the largest reads: below that, an echo of bulk data stops and starts with every read. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(128 * 1024, 512 * 1024);

    private StreamServer() {}

    /**
     * Starts a server for any number of connections, of which nobody is told.
     *
     * @param service what to serve
     * @param listen where and how
     * @return the server
     */
    public static Server start(StreamService service, ListenOptions listen) {
        return start(service, listen, Protocol.Accept.MANY, NetListener.NONE);
    }

    /**
     * Starts a server on event loops of its own.
     *
     * @param service what to serve
     * @param listen where and how
     * @param accept how many connections are taken
     * @param listener who is told what happens; a {@link LineEvent.Listener} also of each read
     * @return the server
     */
    public static Server start(
            StreamService service, ListenOptions listen, Protocol.Accept accept, NetListener listener) {
        return Server.start(protocol(service, accept, listener), listen, listener);
    }

    /**
     * Starts a server on event loops of the caller's, for any number of connections.
     *
     * @param service what to serve
     * @param listen where and how; its transport and loops are not used
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told what happens; a {@link LineEvent.Listener} also of each read
     * @return the server
     */
    public static Server start(StreamService service, ListenOptions listen, EventLoops loops, NetListener listener) {
        return Server.start(protocol(service, Protocol.Accept.MANY, listener), listen, loops, listener);
    }

    private static Protocol protocol(StreamService service, Protocol.Accept accept, NetListener listener) {
        requireNonNull(service, "service");
        return new Protocol(
                LineEventHandler.SERVICE,
                "tcp",
                "tls",
                accept,
                RefusalAnswer.LINE,
                pipeline -> assemble(pipeline, service, listener));
    }

    /** The protocol's part of a connection's pipeline. */
    private static void assemble(ChannelPipeline pipeline, StreamService service, NetListener listener) {
        pipeline.channel().config().setWriteBufferWaterMark(WATER_MARK);
        LineEventHandler.addIfWanted(pipeline, listener);
        pipeline.addLast(service == StreamService.ECHO ? new EchoHandler() : new DiscardHandler());
    }
}
