package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.Escaped;
import io.ntk.core.NetListener;
import io.ntk.core.ReadGate;
import io.ntk.core.TrafficHandler;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving side of the simple protocol: {@code NAME|SIZE}, an answer, and as many bytes; then the next.
 *
 * <pre>{@code
 * C: 61 2e 74 78 74 7c 33 0a    a.txt|3 LF   (or CR LF, or nothing for 100 ms)
 * S: 72 65 61 64 79 0a          ready LF
 * C: 61 62 63                   abc
 * }</pre>
 *
 * <p>Placement: behind TLS. In: {@link ByteBuf}; anything else is passed on. Out: {@code ByteBuf}. Nothing is read while a
 * file is opened or published, nor while 8 MiB wait for the disk. Failure: {@code error CODE TEXT} and the end of the
 * connection; a file that is cut short is deleted; a listener that throws is logged. Not sharable.
 */
public final class SimpleUploadHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(SimpleUploadHandler.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MAX_HEADER_BYTES = 4096 + 21;
    private static final int MAX_SIZE_DIGITS = 19;
    private static final long HEADER_END_MILLIS = 100;
    private static final int MAX_WAITING_BYTES = 8 << 20;
    private static final int SEGMENT_BYTES = 4 << 20;
    private static final int MAX_SEGMENT_BYTES = 32 << 20;

    private final UploadStore store;
    private final Duration silence;
    private final NetListener listener;

    private State state = State.HEADER;
    private @Nullable ByteBuf held;
    private @Nullable Future<?> headerEnd;
    private @Nullable Future<?> watch;
    private @Nullable Upload upload;
    private Upload.@Nullable Segment segment;
    private String path = "";
    private long size;
    private long received;
    private int segmentBytes;
    private int segmentLeft;
    private int waiting;
    private boolean inputEnded;
    private boolean draining;
    private long heardAt;
    private long startedAt;

    private enum State {
        HEADER,
        OPENING,
        DATA,
        COMMITTING,
        OVER
    }

    /**
     * Makes a handler for one channel.
     *
     * @param store where files go
     * @param silence how long a peer may say nothing while it is its turn
     * @param listener who is told of files
     */
    public SimpleUploadHandler(UploadStore store, Duration silence, NetListener listener) {
        this.store = requireNonNull(store, "store");
        this.silence = requireNonNull(silence, "silence");
        this.listener = requireNonNull(listener, "listener");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        heardAt = now(ctx);
        long every = Math.max(100, silence.toMillis() / 4);
        watch = ctx.executor().scheduleAtFixedRate(() -> watch(ctx), every, every, TimeUnit.MILLISECONDS);
    }

    private static long now(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime();
    }

    private void watch(ChannelHandlerContext ctx) {
        boolean ourTurn = state == State.OPENING || state == State.COMMITTING || waiting > 0;
        if (ourTurn) {
            heardAt = now(ctx);
        } else if (state != State.OVER && now(ctx) - heardAt >= silence.toNanos()) {
            fail(ctx, new UploadException(UploadError.TIMEOUT, "nothing came for too long"));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf in)) {
            ctx.fireChannelRead(message);
            return;
        }
        heardAt = now(ctx);
        if (state == State.OVER) {
            in.release();
            return;
        }
        held = held == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), held, in);
        proceed(ctx);
    }

    private void proceed(ChannelHandlerContext ctx) {
        while (held != null) {
            boolean more =
                    switch (state) {
                        case HEADER -> header(ctx, held);
                        case DATA -> data(ctx, held);
                        case OPENING, COMMITTING, OVER -> false;
                    };
            if (held != null && !held.isReadable()) {
                held.release();
                held = null;
            }
            if (!more) {
                break;
            }
        }
        if (held == null && inputEnded) {
            ended(ctx);
        }
    }

    // ---- the header

    private boolean header(ChannelHandlerContext ctx, ByteBuf in) {
        if (headerEnd != null) {
            headerEnd.cancel(false);
            headerEnd = null;
        }
        while (in.isReadable() && (in.getByte(in.readerIndex()) == '\n' || in.getByte(in.readerIndex()) == '\r')) {
            in.skipBytes(1);
        }
        int end = in.bytesBefore((byte) '\n');
        int length = end < 0 ? in.readableBytes() : end;
        if (length > MAX_HEADER_BYTES) {
            fail(ctx, bad("a header of more than " + MAX_HEADER_BYTES + " bytes"));
            return false;
        }
        if (end >= 0) {
            boolean cr = end > 0 && in.getByte(in.readerIndex() + end - 1) == '\r';
            byte[] header = ByteBufUtil.getBytes(in, in.readerIndex(), cr ? end - 1 : end);
            in.skipBytes(end + 1);
            begin(ctx, header); // which may end it all, and release the input
            return state != State.OVER;
        }
        if (length > 0 && isWhole(in)) {
            headerEnd = ctx.executor().schedule(() -> endOfHeader(ctx), HEADER_END_MILLIS, TimeUnit.MILLISECONDS);
        }
        return false;
    }

    /** Whether it could end here: a name, a bar, digits. */
    private static boolean isWhole(ByteBuf in) {
        int at = in.writerIndex() - 1;
        int digits = 0;
        while (at > in.readerIndex() && in.getByte(at) >= '0' && in.getByte(at) <= '9') {
            at--;
            digits++;
        }
        return digits > 0 && in.getByte(at) == '|';
    }

    private void endOfHeader(ChannelHandlerContext ctx) {
        headerEnd = null;
        ByteBuf in = held;
        if (state == State.HEADER && in != null) {
            byte[] header = ByteBufUtil.getBytes(in);
            in.release();
            held = null;
            begin(ctx, header);
        }
    }

    private static UploadException bad(String why) {
        return new UploadException(UploadError.PROTOCOL, why);
    }

    private void begin(ChannelHandlerContext ctx, byte[] header) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(header))
                    .toString();
            int bar = text.lastIndexOf('|');
            String digits = text.substring(bar + 1);
            if (bar < 0 || digits.isEmpty() || digits.length() > MAX_SIZE_DIGITS || !isNumber(digits)) {
                throw bad("a header that is not NAME|SIZE");
            }
            path = text.substring(0, bar);
            size = Long.parseLong(digits);
            open(ctx);
        } catch (CharacterCodingException e) {
            fail(ctx, bad("a header that is not UTF-8"));
        } catch (NumberFormatException e) {
            fail(ctx, new UploadException(UploadError.TOO_LARGE, "a size of more than 2^63 bytes"));
        } catch (UploadException e) {
            fail(ctx, e);
        }
    }

    private static boolean isNumber(String digits) {
        return digits.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    // ---- the file

    private void open(ChannelHandlerContext ctx) {
        byte[] key = new byte[UploadRequest.KEY_BYTES];
        RANDOM.nextBytes(key);
        var request = new UploadRequest(
                Octets.of(key),
                size,
                SEGMENT_BYTES,
                UploadRequest.NO_MODE,
                OnExists.SERVER,
                store.options().durability(),
                Instant.now(),
                1,
                path,
                null);
        state = State.OPENING;
        startedAt = System.nanoTime();
        received = 0;
        ReadGate.of(ctx.channel()).pause(this);
        Upload opened = store.open(
                UploadPrincipal.caller(ctx.channel(), ""),
                request,
                UploadStore.Opening.NORMAL,
                MAX_SEGMENT_BYTES,
                false);
        upload = opened;
        opened.opened().whenComplete((snapshot, failure) -> onLoop(ctx, () -> opened(ctx, snapshot, failure)));
    }

    private void opened(ChannelHandlerContext ctx, Upload.@Nullable Snapshot snapshot, @Nullable Throwable failure) {
        if (state != State.OPENING) {
            return;
        }
        if (snapshot == null) {
            fail(ctx, ServerConnection.failure(failure));
            return;
        }
        if (snapshot.receipt() != null) { // the same file is there: its bytes are not needed, yet they come
            fail(ctx, new UploadException(UploadError.EXISTS, "the same file is there"));
            return;
        }
        segmentBytes = snapshot.segmentBytes();
        tell(new UploadEvent.Opened(id(ctx), peer(ctx), path, size, 0));
        state = State.DATA;
        ctx.writeAndFlush(ByteBufUtil.writeAscii(ctx.alloc(), "ready\n"));
        if (size == 0) {
            commit(ctx);
            return;
        }
        ReadGate.of(ctx.channel()).resume(this);
        proceed(ctx);
    }

    private boolean data(ChannelHandlerContext ctx, ByteBuf in) {
        Upload into = requireNonNull(upload);
        while (in.isReadable() && received < size) {
            Upload.Segment current = segment;
            if (current == null || segmentLeft == 0) {
                segmentLeft = (int) Math.min(segmentBytes, size - received);
                current = into.segment(received, segmentLeft, null);
                current.verdict().whenComplete((verdict, failure) -> {
                    if (failure != null) {
                        onLoop(ctx, () -> fail(ctx, ServerConnection.failure(failure)));
                    }
                });
                segment = current;
            }
            int count = Math.min(segmentLeft, in.readableBytes());
            ByteBuf part = in.readRetainedSlice(count);
            segmentLeft -= count;
            received += count;
            write(ctx, current, part);
        }
        if (received == size) {
            commit(ctx);
        }
        return false;
    }

    private void write(ChannelHandlerContext ctx, Upload.Segment into, ByteBuf part) {
        ByteBuffer[] buffers = part.nioBuffers();
        int bytes = part.readableBytes();
        waiting += bytes;
        if (waiting >= MAX_WAITING_BYTES || store.isFull()) {
            ReadGate.of(ctx.channel()).pause(store);
        }
        part.retain(buffers.length);
        part.release();
        for (ByteBuffer buffer : buffers) {
            int count = buffer.remaining();
            into.write(buffer, () -> {
                part.release();
                onLoop(ctx, () -> written(ctx, count));
            });
        }
    }

    private void written(ChannelHandlerContext ctx, int bytes) {
        waiting -= bytes;
        if (waiting <= MAX_WAITING_BYTES / 2) {
            store.whenRoom(() -> onLoop(ctx, () -> ReadGate.of(ctx.channel()).resume(store)));
        }
    }

    private void commit(ChannelHandlerContext ctx) {
        state = State.COMMITTING;
        segment = null;
        segmentLeft = 0;
        ReadGate.of(ctx.channel()).pause(this);
        requireNonNull(upload)
                .commit(size, null)
                .whenComplete((receipt, failure) -> onLoop(ctx, () -> committed(ctx, receipt, failure)));
    }

    private void committed(ChannelHandlerContext ctx, @Nullable Receipt receipt, @Nullable Throwable failure) {
        if (receipt == null) {
            if (state == State.COMMITTING) {
                fail(ctx, ServerConnection.failure(failure));
            }
            return;
        }
        tell(new UploadEvent.Done(id(ctx), peer(ctx), receipt, Duration.ofNanos(System.nanoTime() - startedAt)));
        if (state != State.COMMITTING) {
            return;
        }
        upload = null;
        path = "";
        state = State.HEADER;
        if (draining) {
            over(ctx);
            return;
        }
        ReadGate.of(ctx.channel()).resume(this);
        proceed(ctx);
    }

    // ---- the end

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ConnectionEvent.DRAIN) {
            draining = true;
            if (state == State.HEADER) {
                over(ctx);
            }
        } else if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            if (state == State.HEADER && headerEnd != null) {
                headerEnd.cancel(false);
                endOfHeader(ctx);
            }
            proceed(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void ended(ChannelHandlerContext ctx) {
        if (state == State.HEADER) {
            over(ctx);
        } else if (state == State.DATA) {
            fail(ctx, new UploadException(UploadError.SIZE_MISMATCH, "the file ended early", size, received));
        }
    }

    private void over(ChannelHandlerContext ctx) {
        state = State.OVER;
        if (ctx.channel().isActive()) {
            Closing.afterWrites(ctx);
        }
    }

    private void fail(ChannelHandlerContext ctx, UploadException why) {
        if (state == State.OVER) {
            return;
        }
        abort();
        state = State.OVER;
        if (!path.isEmpty()) {
            tell(new UploadEvent.Failed(id(ctx), peer(ctx), path, why.error(), why.getMessage()));
        }
        if (ctx.channel().isActive()) {
            CloseCause.mark(ctx.channel(), CloseCause.PROTOCOL);
            String text = "error " + why.error().code() + " " + Escaped.text(why.getMessage()) + "\n";
            Closing.refuse(ctx, ByteBufUtil.writeUtf8(ctx.alloc(), text));
        }
    }

    private void abort() {
        Upload open = upload;
        if (open != null) {
            upload = null;
            open.abort(false); // without effect when its commit came first
        }
        if (held != null) {
            held.release();
            held = null;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        handlerRemoved(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (state == State.DATA) {
            tell(new UploadEvent.Failed(
                    id(ctx), peer(ctx), path, UploadError.SIZE_MISMATCH, "the connection ended early"));
        }
        abort();
        state = State.OVER;
        if (watch != null) {
            watch.cancel(false);
        }
        if (headerEnd != null) {
            headerEnd.cancel(false);
        }
        ReadGate.of(ctx.channel()).resume(this);
        ReadGate.of(ctx.channel()).resume(store);
    }

    private static void onLoop(ChannelHandlerContext ctx, Runnable task) {
        try {
            ctx.executor().execute(task);
        } catch (RejectedExecutionException e) {
            return; // the loop has ended before the disk: there is nobody left to answer
        }
    }

    private static String id(ChannelHandlerContext ctx) {
        return ctx.channel().id().asShortText();
    }

    private static String peer(ChannelHandlerContext ctx) {
        return TrafficHandler.name(ctx.channel().remoteAddress());
    }

    private void tell(UploadEvent event) {
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed on {}", event.name(), e);
        }
    }
}
