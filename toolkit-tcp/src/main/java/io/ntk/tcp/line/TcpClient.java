package io.ntk.tcp.line;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.DefaultFileRegion;
import io.netty.handler.ssl.SslHandler;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Connector;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.NetListener;
import io.ntk.core.Reason;
import io.ntk.core.SocketSettings;
import io.ntk.core.Traffic;
import io.ntk.core.TrafficHandler;
import io.ntk.core.Transport;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A client for any server over TCP, TLS or a Unix socket: a stream of bytes each way.
 *
 * <p>What the peer sends goes to a sink, on a thread of the client's own, so that the sink may block: then reading stops,
 * and the peer is held back. What is sent blocks the sender while too much is in flight. Either direction ends by
 * itself: {@link #shutdownOutput} ends ours, {@link #inputEnded} tells of the peer's, and the connection closes when both
 * have ended. To lose nothing, call {@code shutdownOutput} and wait for {@link #closed}. Thread-safe.
 *
 * <p>Failure: a connection that was reset, or a sink that fails, ends the client; {@code send} and {@code pump} then
 * throw.
 */
public final class TcpClient implements AutoCloseable {
    /** What may be in flight of bytes that are held in memory. */
    public static final int MAX_IN_FLIGHT_BYTES = 1024 * 1024;

    /** How long {@link #close()} waits for the peer, and for the sink. */
    public static final Duration CLOSING_GRACE = Duration.ofSeconds(5);

    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int MIN_READ_BYTES = 64 * 1024;
    /* A file that the kernel sends by itself takes no memory here. */
    private static final int FILE_SLICE_BYTES = 1024 * 1024;
    private static final int MAX_FILE_IN_FLIGHT_BYTES = 8 * FILE_SLICE_BYTES;

    /**
     * How a connection ended.
     *
     * @param cause why
     * @param bytesIn bytes received, TLS not counted
     * @param bytesOut bytes handed to the transport, TLS not counted
     */
    public record End(CloseCause cause, long bytesIn, long bytesOut) {}

    private final Channel channel;
    private final SinkWriter sink;
    private final Traffic traffic;
    private final boolean sendsFiles;
    private final SendWindow window = new SendWindow();
    private final CompletableFuture<End> closed;
    /* On the event loop, where everything that was sent before lies behind it. */
    private boolean outputEnded;

    private TcpClient(Channel channel, EventLoops loops, SinkWriter sink, Traffic traffic) {
        this.channel = channel;
        this.sink = sink;
        this.traffic = traffic;
        // Netty's sendfile on io_uring is broken from 2 GiB; TLS needs the bytes.
        this.sendsFiles =
                loops.transport() != Transport.IO_URING && channel.pipeline().get(SslHandler.class) == null;
        var channelClosed = new CompletableFuture<Void>();
        this.closed = channelClosed.thenCombine(sink.written(), (done, written) -> end());
        channel.closeFuture().addListener(done -> {
            window.fail(new IOException("the connection is closed: " + CloseCause.of(channel)));
            channelClosed.complete(null);
        });
        sink.peerEnded().thenRun(this::closeWhenBothEnded);
        sink.written().whenComplete((done, failure) -> {
            if (failure != null) {
                CloseCause.mark(channel, CloseCause.ERROR);
                channel.close();
            }
        });
    }

    /**
     * Connects, on an event loop of the client's own.
     *
     * @param options where to and how
     * @param sink where everything goes that the peer sends; not closed by the client
     * @param listener who is told of the opening and the end
     * @return the connected client
     * @throws IOException usually a {@link io.ntk.core.ConnectFailedException}, which says why
     */
    public static TcpClient connect(ConnectOptions options, WritableByteChannel sink, NetListener listener)
            throws IOException {
        EventLoops loops = EventLoops.start(transportFor(options.endpoint()), 1);
        TcpClient client;
        try {
            client = connect(options, loops, sink, listener);
        } catch (IOException e) {
            loops.close();
            throw e;
        }
        client.closed.whenComplete((end, failure) -> loops.close());
        return client;
    }

    /**
     * Connects, on an event loop of the caller's.
     *
     * @param options where to and how
     * @param loops the event loops, which closing the client leaves alone
     * @param sink where everything goes that the peer sends; not closed by the client
     * @param listener who is told of the opening and the end
     * @return the connected client
     * @throws IOException usually a {@link io.ntk.core.ConnectFailedException}, which says why
     */
    public static TcpClient connect(
            ConnectOptions options, EventLoops loops, WritableByteChannel sink, NetListener listener)
            throws IOException {
        SinkWriter writer = new SinkWriter(sink);
        Traffic traffic = new Traffic();
        CompletableFuture<Channel> connecting =
                Connector.connect(options, loops, pipeline -> assemble(pipeline, writer, traffic, listener));
        try {
            return new TcpClient(connecting.get(), loops, writer, traffic);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } catch (InterruptedException e) {
            connecting.cancel(false);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while connecting to " + options.endpoint());
        }
    }

    /**
     * The transport for a client's own event loops: NIO for TCP, which starts sooner than one with a native library to
     * load. Unix sockets, which have no half-closure on NIO, get what works best here.
     *
     * @param endpoint where the client connects to
     * @return a transport that works here
     */
    public static Transport transportFor(Endpoint endpoint) {
        return endpoint instanceof Endpoint.Inet ? Transport.NIO : Transport.AUTO;
    }

    /*
     * The whole pipeline behind proxy and TLS. Buffers are released by the sink's thread: Netty's adaptive allocator then
     * gives its chunks back to the system and takes new ones all the time, the pooled one keeps them.
     */
    private static void assemble(ChannelPipeline pipeline, SinkWriter sink, Traffic traffic, NetListener listener) {
        pipeline.channel().config().setAllocator(PooledByteBufAllocator.DEFAULT);
        pipeline.addLast(new TrafficHandler(LineEventHandler.SERVICE, listener, traffic));
        pipeline.addLast(sink);
    }

    /**
     * Sends bytes. Blocks while more than {@link #MAX_IN_FLIGHT_BYTES} would be in flight.
     *
     * @param bytes all that remain are taken; they may be changed when this returns
     * @throws IOException when the connection failed or was closed, also for bytes of an earlier call
     */
    public void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int size = Math.min(bytes.remaining(), BUFFER_BYTES);
            window.take(size, MAX_IN_FLIGHT_BYTES);
            ByteBuf copy = channel.alloc().directBuffer(size);
            copy.writeBytes(bytes.slice().limit(size));
            bytes.position(bytes.position() + size);
            write(copy, size);
        }
    }

    /**
     * Sends a part of a file, by sendfile where transport and TLS allow it. Returns when the kernel has taken all of it.
     *
     * @param file not closed, and its position is left alone
     * @param position where the part begins
     * @param count how long it is
     * @throws IOException when the connection failed or was closed, or the file is shorter
     */
    public void send(FileChannel file, long position, long count) throws IOException {
        long end = position + count;
        if (!sendsFiles) {
            copy(new Part(file, position, end));
            return;
        }
        for (long at = position; at < end; at += FILE_SLICE_BYTES) {
            long size = Math.min(end - at, FILE_SLICE_BYTES);
            window.take(size, MAX_FILE_IN_FLIGHT_BYTES);
            write(new Slice(file, at, size), size);
        }
        window.take(0, 0);
    }

    /**
     * Sends everything from a source until it ends: a regular file from its position by sendfile where that is
     * possible, anything else through buffers. The output stays open.
     *
     * @param source blocking; not closed; a file's position moves to its end
     * @return the bytes sent
     * @throws IOException when the source, or the connection, failed
     */
    public long pump(ReadableByteChannel source) throws IOException {
        long sent = 0;
        if (sendsFiles && source instanceof FileChannel file) {
            long position = position(file);
            if (position >= 0 && file.size() > position) {
                sent = file.size() - position;
                send(file, position, sent);
                file.position(position + sent);
            }
        }
        return sent + copy(source); // what is no regular file, and what was added to one meanwhile
    }

    /** Ends the output behind what was sent, without waiting for it; the peer may go on sending. */
    public void shutdownOutput() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            outputEnded = true;
            if (!sink.peerEnded().isDone()) {
                Closing.shutdownOutput(channel);
            }
            closeWhenBothEnded();
        });
    }

    /**
     * Done when the peer has ended its stream, or the connection is closed, and everything from it is in the sink; with
     * the sink's exception when that failed.
     *
     * @return completing it has no effect on the client
     */
    public CompletableFuture<Void> inputEnded() {
        return sink.written().copy();
    }

    /**
     * Done when the connection is closed and everything from the peer is in the sink; with the sink's exception when
     * that failed. A connection that the peer reset ends without an exception: see the cause.
     *
     * @return completing it has no effect on the client
     */
    public CompletableFuture<End> closed() {
        return closed.copy();
    }

    /**
     * Tells whether bytes wait for the peer to take them.
     *
     * @return false when everything that was sent is with the kernel
     */
    public boolean isSending() {
        return !window.isEmpty();
    }

    /**
     * How long no byte has come or gone.
     *
     * @return not negative
     */
    public Duration quiet() {
        long now = System.nanoTime();
        return Duration.ofNanos(Math.max(0, Math.min(now - sink.lastRead(), now - window.lastSent())));
    }

    /**
     * The bytes until now.
     *
     * @return live, the same at every call
     */
    public Traffic traffic() {
        return traffic;
    }

    /**
     * What the kernel granted of the socket options.
     *
     * @return option names and values
     */
    public Map<String, String> granted() {
        return SocketSettings.granted(channel);
    }

    /** Closes with {@link #CLOSING_GRACE}. */
    @Override
    public void close() {
        close(CLOSING_GRACE);
    }

    /**
     * Closes behind what was sent, and waits until the peer has taken it and the sink has what arrived, each for a time;
     * then the connection is reset, and the sink's thread left to itself. On an event loop it does not wait.
     *
     * @param grace how long to wait for each of the two
     */
    public void close(Duration grace) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            CloseCause.mark(channel, CloseCause.LOCAL);
            channel.close();
        });
        if (channel.eventLoop().inEventLoop()) {
            return;
        }
        if (!channel.closeFuture().awaitUninterruptibly(grace.toMillis())) {
            channel.eventLoop().execute(() -> Closing.reset(channel));
        }
        try {
            closed.get(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return; // closed() tells it to whom it concerns
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeWhenBothEnded() {
        if (outputEnded && sink.peerEnded().isDone()) {
            ChannelHandlerContext last = channel.pipeline().context(sink);
            if (last != null) {
                Closing.afterWrites(last);
            }
        }
    }

    private End end() {
        return new End(CloseCause.of(channel), traffic.bytesIn(), traffic.bytesOut());
    }

    private void write(Object message, long size) {
        channel.writeAndFlush(message).addListener(done -> {
            if (!done.isSuccess()) {
                CloseCause.mark(channel, CloseCause.RESET);
                window.fail(new IOException("cannot send: " + Reason.of(done.cause()), done.cause()));
            }
            window.give(size);
        });
    }

    private long copy(ReadableByteChannel source) throws IOException {
        long sent = 0;
        ByteBuf buffer = Unpooled.EMPTY_BUFFER;
        try {
            while (true) {
                if (buffer.writableBytes() < MIN_READ_BYTES) {
                    buffer.release();
                    buffer = channel.alloc().directBuffer(BUFFER_BYTES, BUFFER_BYTES);
                }
                int size = source.read(buffer.nioBuffer(buffer.writerIndex(), buffer.writableBytes()));
                if (size < 0) {
                    return sent;
                }
                buffer.writerIndex(buffer.writerIndex() + size);
                window.take(size, MAX_IN_FLIGHT_BYTES);
                write(buffer.readRetainedSlice(size), size);
                sent += size;
            }
        } finally {
            buffer.release();
        }
    }

    /** Where a file stands, or -1 for a pipe or a terminal, which has no position. */
    private static long position(FileChannel file) {
        try {
            return file.position();
        } catch (IOException e) {
            return -1;
        }
    }

    /** A region that leaves the file open. */
    private static final class Slice extends DefaultFileRegion {
        Slice(FileChannel file, long position, long count) {
            super(file, position, count);
        }

        @Override
        protected void deallocate() {
            // The file is the caller's.
        }
    }

    /** A part of a file as a source. */
    private static final class Part implements ReadableByteChannel {
        private final FileChannel file;
        private final long end;
        private long position;

        Part(FileChannel file, long position, long end) {
            this.file = file;
            this.position = position;
            this.end = end;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            if (position == end) {
                return -1;
            }
            target.limit(target.position() + (int) Math.min(target.remaining(), end - position));
            int size = file.read(target, position);
            if (size < 0) {
                throw new IOException("the file ends at " + position + " (expected: " + end + ")");
            }
            position += size;
            return size;
        }

        @Override
        public boolean isOpen() {
            return file.isOpen();
        }

        @Override
        public void close() {}
    }
}
