package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.ntk.core.EventLoops;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.Reason;
import io.ntk.core.RefusalAnswer;
import io.ntk.core.Server;
import io.ntk.core.TlsMismatchHandler;
import java.net.SocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves lines: each is given to a {@link Responder}, and its reply is sent back. Closing the server lets each
 * connection answer the lines that were read, and closes it; the workers end with the server.
 *
 * <p>Failure: {@code start} throws {@link java.io.UncheckedIOException} when an endpoint cannot be listened on.
 */
public final class LineServer {
    /* A chunk that fits in one read is not cut in two: the longest, its line end, and the tail of a cut character. */
    private static final int CHUNK_MARGIN_BYTES = 5;
    private static final int MAX_READ_BYTES = 256 * 1024;

    private final LineOptions options;
    private final Responder responder;
    private final Executor workers;
    private final NetListener listener;

    private LineServer(LineOptions options, Responder responder, Executor workers, NetListener listener) {
        this.options = options;
        this.responder = responder;
        this.workers = workers;
        this.listener = listener;
    }

    /**
     * Starts a server of whose connections nobody is told.
     *
     * @param options what the service is like
     * @param responder what it says
     * @return the server
     */
    public static Server start(LineOptions options, Responder responder) {
        return start(options, responder, NetListener.NONE);
    }

    /**
     * Starts a server on event loops of its own.
     *
     * @param options what the service is like
     * @param responder what it says
     * @param listener who is told what happens; a {@link LineEvent.Listener} also of each line
     * @return the server
     */
    public static Server start(LineOptions options, Responder responder, NetListener listener) {
        return start(options, responder, listener, protocol -> Server.start(protocol, options.listen(), listener));
    }

    /**
     * Starts a server on event loops of the caller's.
     *
     * @param options what the service is like; transport and loops in it are not used
     * @param responder what it says
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told what happens; a {@link LineEvent.Listener} also of each line
     * @return the server
     */
    public static Server start(LineOptions options, Responder responder, EventLoops loops, NetListener listener) {
        return start(
                options, responder, listener, protocol -> Server.start(protocol, options.listen(), loops, listener));
    }

    private static Server start(
            LineOptions options, Responder responder, NetListener listener, Function<Protocol, Server> bind) {
        ExecutorService threads = options.workers() == 0 ? null : newWorkers(options.workers());
        Executor workers = threads == null ? Runnable::run : threads;
        requireNonNull(responder, "responder");
        var service = new LineServer(options, new Service(responder, options, listener), workers, listener);
        try {
            Server server = bind.apply(service.protocol());
            server.closed().whenComplete((done, failure) -> end(threads));
            return server;
        } catch (RuntimeException e) {
            end(threads);
            throw e;
        }
    }

    private Protocol protocol() {
        return new Protocol(
                LineEventHandler.SERVICE, "tcp", "tls", options.accept(), RefusalAnswer.LINE, this::assemble);
    }

    /** The protocol's part of a connection's pipeline. */
    private void assemble(ChannelPipeline pipeline) {
        if (options.framing() == Framing.CHUNK) {
            int read = Math.min(options.maxLineBytes() + CHUNK_MARGIN_BYTES, MAX_READ_BYTES);
            var oneRead = new AdaptiveRecvByteBufAllocator(read, read, MAX_READ_BYTES);
            pipeline.channel().config().setRecvByteBufAllocator(oneRead);
        }
        if (options.listen().tls() == null) {
            pipeline.addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.PLAIN));
        }
        pipeline.addLast(new LineDecoder(options.framing(), options.maxLineBytes()));
        LineEventHandler.addIfWanted(pipeline, listener);
        pipeline.addLast(new LineHandler(responder, workers));
    }

    private static ExecutorService newWorkers(int count) {
        var threads = new DefaultThreadFactory("ntk-worker", true);
        return new ThreadPoolExecutor(count, count, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    }

    private static void end(@Nullable ExecutorService threads) {
        if (threads != null) {
            threads.shutdownNow();
        }
    }

    /** The responder with what the options say of greeting and quitting; its failures are told to the listener. */
    private record Service(Responder responder, LineOptions options, NetListener listener) implements Responder {
        @Override
        public Reply reply(String line, SocketAddress peer) {
            return line.strip().equals(options.quit()) ? Reply.close() : telling(() -> responder.reply(line, peer));
        }

        @Override
        public Reply greet(SocketAddress peer) {
            String greeting = options.greeting();
            return greeting == null ? telling(() -> responder.greet(peer)) : Reply.line(greeting);
        }

        @Override
        public Reply rejected(String reason, SocketAddress peer) {
            return telling(() -> responder.rejected(reason, peer));
        }

        private Reply telling(Supplier<Reply> call) {
            try {
                return call.get();
            } catch (RuntimeException e) {
                listener.on(new NetEvent.Failed(LineEventHandler.SERVICE, "a reply", Reason.of(e)));
                throw e;
            }
        }
    }
}
