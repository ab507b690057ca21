package io.ntk.tcp.upload.client.link;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.ntk.core.ConnectFailedException;
import io.ntk.core.EventLoops;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.store.UploadError.Retry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way to the receiver: one connection at a time, made again after a pause when it is lost, with what belongs to it, its
 * credit and the numbers of its streams. Belongs to the thread that sends; what happens on the event loop is posted to it.
 */
public final class Link {
    /* Many small frames go out together, but the receiver need not wait for all of them. */
    private static final int MAX_UNFLUSHED = 32;

    private static final int MAX_INLINE_BYTES = 64 * 1024;
    /* What is in a PUT beside the data: the path, 4 KiB, and all else. */
    private static final int MAX_PUT_FIELDS_BYTES = 5 * 1024;

    private static final int MAX_CREDIT = 2 * UploadFrame.Data.MAX_SEGMENT_BYTES;

    /** Who is told, on the thread that sends. */
    public interface Owner {
        /**
         * The receiver says something.
         *
         * @param frame of the connection there is
         */
        void frame(UploadFrame frame);

        /**
         * There is no connection.
         *
         * @param why there is none
         */
        void lost(Breakdown why);
    }

    private final SendOptions options;
    private final EventLoops loops;
    private final Mailbox mailbox;
    private final Backoff backoff;
    private final Owner owner;
    private final ClientConnection.Peer peer = new OnTheLoop();
    private @Nullable ClientConnection connection;
    private @Nullable ClientConnection closing;
    private int connections;
    private long notBefore = System.nanoTime();
    private long credit;
    private long nextStream;
    private boolean goingAway;
    private int unflushed;
    /* What inFlight is to fall to, for the thread that sends to be woken. */
    private volatile long wakeBelow;
    private volatile boolean cancelled;
    private volatile @Nullable CompletableFuture<ClientConnection> connecting;

    /**
     * Makes one that is not connected.
     *
     * @param options where to, and with which key
     * @param loops left alone
     * @param mailbox for what happens on them
     * @param backoff how long to wait between connections
     * @param owner who is told
     */
    public Link(SendOptions options, EventLoops loops, Mailbox mailbox, Backoff backoff, Owner owner) {
        this.options = options;
        this.loops = loops;
        this.mailbox = mailbox;
        this.backoff = backoff;
        this.owner = owner;
    }

    /**
     * Whether there is a connection, as far as it is known here.
     *
     * @return whether to write
     */
    public boolean isUp() {
        return connection != null;
    }

    /**
     * Whether there ever was a connection.
     *
     * @return whether one was greeted
     */
    public boolean wasUp() {
        return connections > 0;
    }

    /**
     * Connections after the first.
     *
     * @return how many
     */
    public int reconnects() {
        return Math.max(0, connections - 1);
    }

    /**
     * How long until it is time to connect.
     *
     * @param now by {@link System#nanoTime}
     * @return in nanoseconds; not more than 0 for at once
     */
    public long untilDue(long now) {
        return notBefore - now;
    }

    /**
     * Connects and greets.
     *
     * @throws IOException where trying again does not help; else the owner is told
     * @throws InterruptedException when the thread is interrupted
     */
    public void connect() throws IOException, InterruptedException {
        CompletableFuture<ClientConnection> attempt = ClientConnection.connect(options, loops, peer);
        connecting = attempt;
        if (cancelled) {
            attempt.cancel(false);
        }
        try {
            ClientConnection made = attempt.get();
            connection = made;
            connections++;
            credit = Math.min(made.terms().credit(), MAX_CREDIT);
            nextStream = 1;
            goingAway = false;
        } catch (ExecutionException e) {
            failed(e.getCause());
        } catch (CancellationException e) {
            return; // there is nothing to connect for
        } finally {
            attempt.cancel(false);
            connecting = null;
        }
    }

    /** Ends an attempt to connect, and those to come. May be called on any thread. */
    public void cancel() {
        cancelled = true;
        CompletableFuture<ClientConnection> attempt = connecting;
        if (attempt != null) {
            attempt.cancel(false);
        }
    }

    private void failed(@Nullable Throwable cause) throws IOException {
        boolean passing = connections > 0 && !loops.group().isShuttingDown();
        if (cause instanceof ClientConnection.LostException lost) {
            Breakdown why = lost.why();
            // The first time only a receiver that asks for it is tried again.
            if (!passing && (why.code() == 0 || why.retry() == Retry.NEVER)) {
                throw new ConnectFailedException(
                        why.kind(), "cannot send to " + options.connect().endpoint() + ": " + why.why(), lost);
            }
            lost(why);
        } else if (passing && cause instanceof ConnectFailedException) {
            lost(Breakdown.passing(String.valueOf(cause.getMessage())));
        } else {
            throw cause instanceof IOException e ? e : new IOException(cause);
        }
    }

    private void lost(Breakdown why) {
        connection = null;
        owner.lost(why);
    }

    /**
     * Does not connect before a pause has passed.
     *
     * @param atLeastMillis what the receiver asks for, or 0
     */
    public void pause(long atLeastMillis) {
        notBefore = System.nanoTime() + Math.max(backoff.pause(), TimeUnit.MILLISECONDS.toNanos(atLeastMillis));
    }

    /** Does not connect before a pause has passed, nor before the receiver wants to be asked again. */
    public void pauseAtLeast() {
        notBefore = Math.max(notBefore, System.nanoTime() + backoff.pause());
    }

    /**
     * The receiver takes no more files, and wants to be asked again later.
     *
     * @param retryAfterMillis when; an hour where it is more
     */
    public void goAway(long retryAfterMillis) {
        goingAway = true;
        long millis = Math.min(retryAfterMillis, Breakdown.MAX_RETRY_AFTER_MILLIS);
        notBefore = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /**
     * Whether the receiver has said so on this connection.
     *
     * @return whether it takes no more files
     */
    public boolean isGoingAway() {
        return goingAway;
    }

    /**
     * Ends the connection for a fault of the receiver's, of which the owner is told.
     *
     * @param fault which
     */
    public void refuse(Breakdown fault) {
        connected().close(fault);
    }

    /** Lets out what is written, and ends the connection without a word to the owner. */
    public void close() {
        ClientConnection last = connection;
        if (last != null) {
            connection = null;
            last.flush();
            last.close(null);
            closing = last;
        }
    }

    /** Waits a moment until what was let out has gone out. */
    public void awaitEnd() {
        if (closing != null) {
            closing.awaitEnd();
        }
    }

    // ---- what belongs to the connection

    private ClientConnection connected() {
        return requireNonNull(connection);
    }

    /**
     * What the receiver greets with.
     *
     * @return its limits
     * @throws NullPointerException where there is no connection, as all that belongs to one
     */
    public UploadFrame.HelloAck terms() {
        return connected().terms();
    }

    /**
     * The largest file that goes out in one frame.
     *
     * @return in bytes
     */
    public int maxInline() {
        UploadFrame.HelloAck terms = terms();
        return Math.min(MAX_INLINE_BYTES, Math.min(terms.maxInline(), terms.maxFrame() - MAX_PUT_FIELDS_BYTES));
    }

    /**
     * Whether both ends can do it.
     *
     * @param capability what
     * @return whether both have said so
     */
    public boolean can(Capability capability) {
        return connected().can(capability);
    }

    /**
     * Whether what goes out is written as regions of files.
     *
     * @return false where buffers are wanted, or are better; behind TLS; and where the transport has no regions
     */
    public boolean sendsFiles() {
        return sendsFiles(options.sendfile(), connected().channel());
    }

    static boolean sendsFiles(SendOptions.Sendfile wanted, Channel channel) {
        boolean regions =
                switch (wanted) {
                    case ON -> true;
                    case OFF -> false;
                    case AUTO -> !isOnThisMachine(channel.remoteAddress(), channel.localAddress());
                };
        return regions && Transport.sendsFiles(channel);
    }

    /** What has no address in the network is a Unix socket, or closed. */
    private static boolean isOnThisMachine(SocketAddress remote, SocketAddress local) {
        return !(remote instanceof InetSocketAddress there)
                || there.getAddress().isLoopbackAddress()
                || (local instanceof InetSocketAddress here && here.getAddress().equals(there.getAddress()));
    }

    /**
     * Where what is written comes from.
     *
     * @return the allocator of the connection
     */
    public ByteBufAllocator alloc() {
        return connected().channel().alloc();
    }

    /**
     * Whether what is written may still arrive.
     *
     * @return false as soon as the event loop knows of the end
     */
    public boolean isOpen() {
        return connection != null && connection.isOpen();
    }

    /**
     * Raw bytes that the transport has not taken yet.
     *
     * @return how many
     */
    public long inFlight() {
        return connected().inFlight();
    }

    /**
     * Has the thread that sends woken when there is room again, and whether there is now.
     *
     * @param most raw bytes that the transport may not have taken yet
     * @return whether there are no more
     */
    public boolean hasRoom(long most) {
        wakeBelow = most; // before it is looked at: what is taken after the look wakes
        return inFlight() <= most;
    }

    /**
     * A new stream.
     *
     * @return its number on this connection
     */
    public long stream() {
        long stream = nextStream;
        nextStream += 2;
        return stream;
    }

    /**
     * How much the receiver has room for.
     *
     * @return in raw bytes
     */
    public long credit() {
        return credit;
    }

    /**
     * Credit is used.
     *
     * @param bytes how much, at most what there is
     */
    public void take(int bytes) {
        credit -= bytes;
    }

    /**
     * The receiver has room again.
     *
     * @param bytes how much; no more counts than it may ever have
     */
    public void giveBack(int bytes) {
        credit = Math.min(credit + bytes, MAX_CREDIT);
    }

    /**
     * Takes what is to go out; {@link #flush} lets it out at the latest.
     *
     * @param message a frame, or a piece of a payload, which is then the connection's
     */
    public void write(Object message) {
        connected().write(message);
        if (++unflushed >= MAX_UNFLUSHED) {
            flush();
        }
    }

    /** Lets out what is written, if there is anything, and a connection. */
    public void flush() {
        if (unflushed > 0 && connection != null) {
            unflushed = 0;
            connection.flush();
        }
    }

    /* What happens there is posted to the thread that sends. */
    private final class OnTheLoop implements ClientConnection.Peer {
        @Override
        public void frame(ClientConnection from, UploadFrame frame) {
            mailbox.post(() -> {
                if (from == connection) {
                    owner.frame(frame);
                }
                from.seen(frame);
            });
        }

        @Override
        public void closed(ClientConnection from, Breakdown why) {
            mailbox.post(() -> {
                if (from == connection) {
                    lost(why);
                }
            });
        }

        @Override
        public void written(ClientConnection from) {
            if (from.inFlight() <= wakeBelow) {
                mailbox.wake();
            }
        }
    }
}
