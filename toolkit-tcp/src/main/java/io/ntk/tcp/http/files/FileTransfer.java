package io.ntk.tcp.http.files;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.ntk.core.Transport;
import io.ntk.tcp.http.files.Answer.Piece;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of one reply on its way from a file to a channel, once the head was written; ends with
 * {@link LastHttpContent}. All methods are called on the channel's event loop.
 *
 * <p>Where the channel takes file regions, the kernel sends (sendfile), and one region waits in the channel for each piece.
 * Elsewhere the folder's readers fill at most {@value #WINDOW} buffers of 64 KiB ahead of the channel; when all
 * connections together have more than {@value #MAX_BUFFERED_BYTES} bytes waiting, one of 16 KiB each.
 */
final class FileTransfer {
    static final int BUFFER_BYTES = 64 * 1024;
    static final int WINDOW = 8;
    static final long MAX_BUFFERED_BYTES = 64L * 1024 * 1024;
    private static final int SCARCE_BUFFER_BYTES = 16 * 1024;
    private static final Logger LOG = LoggerFactory.getLogger(FileTransfer.class);

    private final ChannelHandlerContext ctx;
    private final SharedFolder folder;
    private final Answer answer;
    private final FileChannel file;
    private final ChunkReader reader;
    private final AtomicLong buffered;
    private final Consumer<@Nullable Throwable> whenEnded;
    private int inFlight;
    private boolean reading;
    private boolean allRead;
    private boolean finished;
    private boolean ended;

    /**
     * Prepares a transfer.
     *
     * @param file of the answer; closed when the transfer has ended
     * @param whenEnded is told null when all was sent, else what went wrong; not when it was stopped
     */
    FileTransfer(
            ChannelHandlerContext ctx,
            SharedFolder folder,
            Answer answer,
            FileChannel file,
            Consumer<@Nullable Throwable> whenEnded) {
        this.ctx = ctx;
        this.folder = folder;
        this.answer = answer;
        this.file = file;
        this.buffered = folder.buffered();
        this.whenEnded = whenEnded;
        this.reader = answer.isPacked()
                ? new ChunkReader.Packed(file, answer.pieces().get(0).to())
                : new ChunkReader.Stored(file, answer.pieces());
    }

    void start() {
        if (!answer.isPacked() && Transport.sendsFiles(ctx.channel())) {
            sendRegions();
        } else {
            readOn();
        }
    }

    /** Gives up: the channel is closed, or nobody is there any more to look after it. */
    void stop() {
        if (!ended) {
            ended = true;
            release();
        }
    }

    private void end(@Nullable Throwable failure) {
        if (!ended) {
            ended = true;
            release();
            whenEnded.accept(failure);
        }
    }

    /** A read that is under way closes behind itself. */
    private void release() {
        if (!reading) {
            try {
                folder.readers().execute(this::close);
            } catch (RejectedExecutionException e) {
                close();
            }
        }
    }

    private void close() {
        try {
            reader.close();
        } catch (IOException e) {
            LOG.debug("cannot close a file: {}", e.getMessage());
        }
    }

    private void sendRegions() {
        allRead = true;
        inFlight = answer.pieces().size();
        for (Piece piece : answer.pieces()) {
            byte[] bytes = piece.bytes();
            Object part = bytes == null
                    ? new Region(file, piece.from(), piece.length())
                    : new DefaultHttpContent(Unpooled.wrappedBuffer(bytes));
            ctx.write(part).addListener(sent -> sent(sent, 0));
        }
        ctx.flush();
    }

    /** The end is written when all before it has left: until then the reply is under way for every timer. */
    private void finish() {
        if (finished || ended) {
            return;
        }
        finished = true;
        ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(sent -> end(sent.cause()));
    }

    private void readOn() {
        int room = buffered.get() > MAX_BUFFERED_BYTES ? 1 - inFlight : WINDOW - inFlight;
        // Half a window at a time: each reading costs two changes of threads.
        if (ended || reading || allRead || room <= 0 || (room < WINDOW / 2 && inFlight > 0)) {
            return;
        }
        reading = true;
        try {
            folder.readers().execute(() -> read(room));
        } catch (RejectedExecutionException e) {
            reading = false;
            end(e);
        }
    }

    /** On a reader. */
    private void read(int room) {
        List<ByteBuf> chunks = new ArrayList<>(room);
        Throwable failure = null;
        boolean last = false;
        try {
            while (chunks.size() < room && !last) {
                boolean scarce = buffered.get() > MAX_BUFFERED_BYTES;
                ByteBuf chunk = reader.next(ctx.alloc(), scarce ? SCARCE_BUFFER_BYTES : BUFFER_BYTES);
                last = chunk == null;
                if (chunk != null) {
                    buffered.addAndGet(chunk.readableBytes());
                    chunks.add(chunk);
                }
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
        Throwable problem = failure;
        boolean end = last;
        try {
            ctx.executor().execute(() -> arrived(chunks, end, problem));
        } catch (RejectedExecutionException e) {
            chunks.forEach(this::drop);
            close();
        }
    }

    private void arrived(List<ByteBuf> chunks, boolean last, @Nullable Throwable failure) {
        reading = false;
        allRead = last;
        if (ended) {
            chunks.forEach(this::drop);
            release();
            return;
        }
        for (ByteBuf chunk : chunks) {
            int length = chunk.readableBytes();
            inFlight++;
            ctx.write(new DefaultHttpContent(chunk)).addListener(sent -> sent(sent, length));
        }
        ctx.flush();
        if (failure != null) {
            end(failure);
        } else if (last && inFlight == 0) {
            finish();
        } else {
            readOn();
        }
    }

    private void drop(ByteBuf chunk) {
        buffered.addAndGet(-chunk.readableBytes());
        chunk.release();
    }

    private void sent(Future<?> sent, int length) {
        inFlight--;
        buffered.addAndGet(-length);
        if (!sent.isSuccess()) {
            end(sent.cause());
        } else if (allRead && inFlight == 0) {
            finish();
        } else {
            readOn();
        }
    }

    /** A slice of a file that others still need. */
    private static final class Region extends DefaultFileRegion {
        Region(FileChannel file, long position, long count) {
            super(file, position, count);
        }

        @Override
        protected void deallocate() {
            // The transfer closes the file.
        }
    }
}
