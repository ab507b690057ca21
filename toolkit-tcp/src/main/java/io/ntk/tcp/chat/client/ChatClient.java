package io.ntk.tcp.chat.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.ntk.core.EventLoops;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.tcp.line.TcpClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A member of a chat: a {@link TcpClient} that says at the start who it is, and sends whole lines that the server will
 * take.
 *
 * <p>What the server sends goes to a sink, on a thread of the client's own that may block: {@link ReceivedLines} makes
 * lines of it. The end of the connection, waiting and limits are those of {@code TcpClient}. Thread-safe.
 *
 * <p>Failure: a connection that was reset, or a sink that fails, ends the client; {@code send} and {@code pump} then
 * throw.
 */
public final class ChatClient implements AutoCloseable {
    /** The service that the events name. */
    public static final String SERVICE = "chat";

    private final TcpClient connection;

    private ChatClient(TcpClient connection) {
        this.connection = connection;
    }

    /**
     * Connects, on an event loop of the client's own, and introduces itself.
     *
     * @param options where to, and as whom
     * @param sink where everything goes that the server sends; not closed by the client
     * @param listener who is told of the opening and the end
     * @return the connected client
     * @throws IOException usually a {@link io.ntk.core.ConnectFailedException}, which says why
     */
    public static ChatClient connect(ChatClientOptions options, WritableByteChannel sink, NetListener listener)
            throws IOException {
        return introduced(TcpClient.connect(options.connect(), sink, ofService(listener)), options);
    }

    /**
     * Connects, on an event loop of the caller's, and introduces itself.
     *
     * @param options where to, and as whom
     * @param loops the event loops, which closing the client leaves alone; see {@link TcpClient#transportFor}
     * @param sink where everything goes that the server sends; not closed by the client
     * @param listener who is told of the opening and the end
     * @return the connected client
     * @throws IOException usually a {@link io.ntk.core.ConnectFailedException}, which says why
     */
    public static ChatClient connect(
            ChatClientOptions options, EventLoops loops, WritableByteChannel sink, NetListener listener)
            throws IOException {
        return introduced(TcpClient.connect(options.connect(), loops, sink, ofService(listener)), options);
    }

    private static ChatClient introduced(TcpClient connection, ChatClientOptions options) throws IOException {
        try {
            String lines = introduction(options);
            if (!lines.isEmpty()) {
                connection.send(ByteBuffer.wrap(lines.getBytes(UTF_8)));
            }
            return new ChatClient(connection);
        } catch (IOException e) {
            connection.close(Duration.ZERO);
            throw e;
        }
    }

    /** The password first, as the server wants it; the format before what is answered in it. */
    static String introduction(ChatClientOptions options) {
        StringBuilder lines = new StringBuilder();
        if (options.password() != null) {
            lines.append("/pass ").append(options.password()).append('\n');
        }
        if (options.format() == ChatClientOptions.Format.JSON) {
            lines.append("/format json\n");
        }
        if (options.nick() != null) {
            lines.append("/nick ").append(options.nick()).append('\n');
        }
        if (options.room() != null) {
            lines.append("/join ").append(options.room()).append('\n');
        }
        return lines.toString();
    }

    /** The connection says that it is one of TCP; whoever reads the events joined a chat. */
    private static NetListener ofService(NetListener listener) {
        requireNonNull(listener, "listener");
        return event -> {
            if (event instanceof NetEvent.Opened opened) {
                listener.on(new NetEvent.Opened(SERVICE, opened.id(), opened.peer(), opened.local()));
            } else if (event instanceof NetEvent.Closed closed) {
                listener.on(new NetEvent.Closed(
                        SERVICE,
                        closed.id(),
                        closed.peer(),
                        closed.cause(),
                        closed.bytesIn(),
                        closed.bytesOut(),
                        closed.duration()));
            } else {
                listener.on(event);
            }
        };
    }

    /**
     * Tells how long a line is on the wire.
     *
     * @param line without line end
     * @return bytes of UTF-8, at most {@link ChatClientOptions#MAX_LINE_BYTES} for one that can be sent
     */
    public static int bytes(String line) {
        return line.getBytes(UTF_8).length;
    }

    /**
     * Sends a line. Blocks while too much is in flight.
     *
     * @param line without line end
     * @throws IllegalArgumentException when it is too long or has a line end in it; nothing is sent
     * @throws IOException when the connection failed or was closed, also for lines of an earlier call
     */
    public void send(String line) throws IOException {
        if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("line: more than one (expected: no line ends)");
        }
        byte[] bytes = (line + "\n").getBytes(UTF_8);
        if (bytes.length - 1 > ChatClientOptions.MAX_LINE_BYTES) {
            throw new IllegalArgumentException("line: " + (bytes.length - 1) + " bytes (expected: at most "
                    + ChatClientOptions.MAX_LINE_BYTES + ")");
        }
        connection.send(ByteBuffer.wrap(bytes));
    }

    /**
     * Sends all lines of a source until it ends; the output stays open. The source's bytes are never all in memory.
     *
     * @param lines blocking; not closed
     * @return the bytes sent
     * @throws IOException when the source, or the connection, failed
     */
    public long pump(SentLines lines) throws IOException {
        return connection.pump((ReadableByteChannel) lines);
    }

    /** Ends the output behind what was sent; the server may go on sending. */
    public void shutdownOutput() {
        connection.shutdownOutput();
    }

    /**
     * Done when the server has ended its stream, or the connection is closed, and everything from it is in the sink.
     *
     * @return as {@link TcpClient#inputEnded}
     */
    public CompletableFuture<Void> inputEnded() {
        return connection.inputEnded();
    }

    /**
     * Done when the connection is closed and everything from the server is in the sink.
     *
     * @return as {@link TcpClient#closed}
     */
    public CompletableFuture<TcpClient.End> closed() {
        return connection.closed();
    }

    /**
     * Tells whether lines wait for the server to take them.
     *
     * @return false when everything that was sent is with the kernel
     */
    public boolean isSending() {
        return connection.isSending();
    }

    /** Closes with {@link TcpClient#CLOSING_GRACE}. */
    @Override
    public void close() {
        connection.close();
    }

    /**
     * Closes behind what was sent, as {@link TcpClient#close(Duration)}.
     *
     * @param grace how long to wait for the server, and for the sink
     */
    public void close(Duration grace) {
        connection.close(grace);
    }
}
