package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Cuts bytes into lines or chunks of UTF-8.
 *
 * <p>Placement: behind TLS, before a {@link LineHandler}. In: {@link ByteBuf}, which is released; anything else is passed
 * on. Out: {@link LineMessage}. Bytes that are not UTF-8 and lines that are too long come out as {@link
 * LineMessage.Rejected}, and decoding goes on behind them. NUL bytes are text. Not sharable.
 *
 * <p>While the channel's {@link ReadGate} is paused nothing comes out: what has been read waits as bytes, and goes on
 * when the gate opens. The end of the peer's stream and {@link ConnectionEvent#DRAIN} are passed on behind the messages
 * that were read before them; what arrives after a drain is dropped.
 *
 * <p>Limits: {@code maxBytes} and one read are held; of a line without end nothing is.
 */
public final class LineDecoder extends ChannelInboundHandlerAdapter {
    private static final int MAX_LINE_END_BYTES = 2;
    private static final int MAX_CUT_CHARACTER_BYTES = 3;

    private final Framing framing;
    private final int maxBytes;
    private ByteBuf input = Unpooled.EMPTY_BUFFER;
    /* Bytes at the start of the input that were searched and hold no line end. */
    private int searched;
    /* The rest of a line, or of a chunk, that was too long is being dropped. */
    private boolean dropping;
    /* CHUNK: a read is complete, so what is there may be cut. */
    private boolean readComplete;
    private boolean decoding;
    /* The end of the stream, or DRAIN, when it has come. */
    private @Nullable Object end;
    private boolean endPassedOn;
    private @Nullable ReadGate gate;

    /**
     * Makes a decoder for one channel.
     *
     * @param framing how messages are cut
     * @param maxBytes the longest message, its line end not counted, at least 1
     */
    public LineDecoder(Framing framing, int maxBytes) {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: > 0)");
        }
        this.framing = requireNonNull(framing, "framing");
        this.maxBytes = maxBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (end != null) {
            bytes.release();
            return;
        }
        input = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), input, bytes);
        if (framing == Framing.LINE) {
            decode(ctx);
        } else {
            readComplete = false;
            if (dropping || input.readableBytes() > maxBytes + MAX_LINE_END_BYTES + MAX_CUT_CHARACTER_BYTES) {
                dropping = true;
                clear();
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        readComplete = true;
        decode(ctx);
        shrink(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof ChannelInputShutdownEvent) && event != ConnectionEvent.DRAIN) {
            ctx.fireUserEventTriggered(event);
        } else if (end == null) {
            end = event;
            decode(ctx);
        } else if (endPassedOn) {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        // On a channel without half-closure this is the end of the stream.
        if (end == null) {
            end = ChannelInputShutdownEvent.INSTANCE;
            endPassedOn = true;
            for (LineMessage message = next(); message != null; message = next()) {
                ctx.fireChannelRead(message);
            }
        }
        clear();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        clear();
    }

    private void decode(ChannelHandlerContext ctx) {
        if (decoding || ctx.isRemoved()) {
            return;
        }
        decoding = true;
        try {
            ReadGate open = gate(ctx);
            LineMessage message = open.isPaused() ? null : next();
            while (message != null) {
                ctx.fireChannelRead(message);
                message = open.isPaused() ? null : next();
            }
            if (end != null && !endPassedOn && !open.isPaused()) {
                endPassedOn = true;
                clear();
                ctx.fireUserEventTriggered(end);
            }
        } finally {
            decoding = false;
        }
    }

    /** Asked for at the first read and not before: by then a host has said whether it reads by hand. */
    private ReadGate gate(ChannelHandlerContext ctx) {
        ReadGate known = gate;
        if (known == null) {
            known = ReadGate.of(ctx.channel());
            gate = known;
            known.whenResumed(() -> {
                if (!ctx.isRemoved() && (input.isReadable() || dropping || end != null)) {
                    decode(ctx);
                    ctx.fireChannelReadComplete();
                }
            });
        }
        return known;
    }

    private @Nullable LineMessage next() {
        return framing == Framing.LINE ? nextLine() : nextChunk();
    }

    /*
     * A line ends in LF; a CR before it belongs to the end. As soon as more has come than a line may have, it is
     * rejected, once, and everything up to its LF is dropped as it arrives.
     */
    private @Nullable LineMessage nextLine() {
        while (true) {
            int start = input.readerIndex();
            int lineFeed = input.indexOf(start + searched, input.writerIndex(), (byte) '\n');
            boolean cutByEnd = lineFeed < 0 && input.isReadable() && end instanceof ChannelInputShutdownEvent;
            if (lineFeed < 0 && !cutByEnd) {
                return unfinished();
            }
            int lineEnd = cutByEnd ? input.writerIndex() : lineFeed;
            input.readerIndex(cutByEnd ? lineEnd : lineEnd + 1);
            searched = 0;
            boolean carriageReturn = !cutByEnd && lineEnd > start && input.getByte(lineEnd - 1) == '\r';
            if (!dropping) {
                return message(start, lineEnd - start - (carriageReturn ? 1 : 0), true);
            }
            dropping = false;
        }
    }

    private @Nullable LineMessage unfinished() {
        int length = input.readableBytes();
        boolean onlyLineFeedMissing = length == maxBytes + 1 && input.getByte(input.writerIndex() - 1) == '\r';
        boolean mayEndInTime = length <= maxBytes || onlyLineFeedMissing;
        if (!dropping && mayEndInTime) {
            searched = length;
            return null;
        }
        clear();
        if (dropping) {
            return null;
        }
        dropping = true;
        return tooLong("line");
    }

    /*
     * A chunk is what there is when a read is complete. Bytes at its end that begin a character stay for the next one:
     * 110xxxxx (from C2) begins 2 bytes, 1110xxxx 3, 11110xxx (to F4) 4, and 10xxxxxx continues (RFC 3629).
     */
    private @Nullable LineMessage nextChunk() {
        if (!readComplete && end == null) {
            return null;
        }
        if (dropping) {
            dropping = false;
            return tooLong("chunk");
        }
        int start = input.readerIndex();
        int length = input.readableBytes() - (end instanceof ChannelInputShutdownEvent ? 0 : cutCharacterBytes());
        if (length == 0) {
            return null;
        }
        input.skipBytes(length);
        int last = start + length - 1;
        boolean wholeLine = input.getByte(last) == '\n';
        boolean carriageReturn = wholeLine && last > start && input.getByte(last - 1) == '\r';
        return message(start, length - (wholeLine ? 1 : 0) - (carriageReturn ? 1 : 0), wholeLine);
    }

    private int cutCharacterBytes() {
        int available = Math.min(MAX_CUT_CHARACTER_BYTES, input.readableBytes());
        for (int n = 1; n <= available; n++) {
            int b = input.getUnsignedByte(input.writerIndex() - n);
            if (b >= 0xc2 && b <= 0xf4) {
                int needed = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
                return n < needed ? n : 0;
            }
            if (b < 0x80 || b > 0xbf) {
                return 0;
            }
        }
        return 0;
    }

    private LineMessage message(int start, int length, boolean wholeLine) {
        if (length > maxBytes) {
            return tooLong(framing == Framing.LINE ? "line" : "chunk");
        }
        String text = input.toString(start, length, StandardCharsets.UTF_8);
        // Decoding puts U+FFFD where it fails; only a text that has one needs the exact look.
        boolean suspicious = text.indexOf('\uFFFD') >= 0;
        if (suspicious && !ByteBufUtil.isText(input, start, length, StandardCharsets.UTF_8)) {
            return new LineMessage.Rejected("not UTF-8");
        }
        return new LineMessage.Text(text, wholeLine);
    }

    private LineMessage tooLong(String what) {
        return new LineMessage.Rejected(what + " longer than " + maxBytes + " bytes");
    }

    /** A few bytes that wait for the rest of their line do not keep a whole read buffer. */
    private void shrink(ChannelHandlerContext ctx) {
        int rest = input.readableBytes();
        if (rest == 0) {
            clear();
        } else if (input.capacity() > 4 * rest && input.capacity() > 1024) {
            ByteBuf small = ctx.alloc().buffer(rest).writeBytes(input);
            input.release();
            input = small;
        }
    }

    private void clear() {
        input.release();
        input = Unpooled.EMPTY_BUFFER;
        searched = 0;
    }
}
