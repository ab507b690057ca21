package io.ntk.tcp.upload.client.link;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.Escaped;
import io.ntk.tcp.upload.UploadFrame;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hears a server before the decoder does: every byte is a sign of life, and the first ones tell what it speaks. A server of
 * NTUP/1 begins with a byte that begins neither TLS nor a text; of any other one the first line is read, and no more.
 *
 * <p>Placement: behind TLS, before {@link io.ntk.tcp.upload.UploadFrameDecoder}. In: {@link ByteBuf}, passed on; those of a
 * stranger are dropped. Not sharable.
 */
final class HearingHandler extends ChannelInboundHandlerAdapter {
    static final int MAX_LINE_BYTES = 256;

    private static final int ALERT = 0x15;
    private static final int HANDSHAKE = 0x16;
    private static final int TLS_MAJOR = 3;
    private static final Pattern REFUSAL = Pattern.compile("error (\\d{3}) (.*)");

    private final Runnable heard;
    private final Consumer<Breakdown> stranger;
    private final StringBuilder line = new StringBuilder();
    private Whose whose = Whose.UNKNOWN;

    private enum Whose {
        UNKNOWN,
        RECEIVER,
        STRANGER,
        /** A stranger of whom all has been told. */
        TOLD
    }

    /**
     * Makes one.
     *
     * @param heard run at whatever is read
     * @param stranger told once, when the peer does not speak NTUP/1
     */
    HearingHandler(Runnable heard, Consumer<Breakdown> stranger) {
        this.heard = heard;
        this.stranger = stranger;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        heard.run();
        if (message instanceof ByteBuf in && in.isReadable() && whose == Whose.UNKNOWN) {
            boolean preamble = in.getByte(in.readerIndex()) == UploadFrame.Preamble.FIRST_BYTE;
            whose = preamble ? Whose.RECEIVER : Whose.STRANGER;
        }
        if (message instanceof ByteBuf in && whose.compareTo(Whose.STRANGER) >= 0) {
            listen(in);
            in.release();
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private void listen(ByteBuf in) {
        while (in.isReadable() && whose == Whose.STRANGER) {
            char next = (char) in.readUnsignedByte();
            line.append(next);
            if (next == '\n' || line.length() == MAX_LINE_BYTES || isTls()) {
                tell();
            }
        }
    }

    private boolean isTls() {
        return line.length() == 2
                && (line.charAt(0) == ALERT || line.charAt(0) == HANDSHAKE)
                && line.charAt(1) == TLS_MAJOR;
    }

    private void tell() {
        if (whose == Whose.STRANGER) {
            whose = Whose.TOLD;
            stranger.accept(breakdown());
        }
    }

    private Breakdown breakdown() {
        if (isTls()) {
            return Breakdown.wantsTls(0, "this port speaks TLS");
        }
        String text = new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8).strip();
        Matcher refusal = REFUSAL.matcher(text);
        if (refusal.matches()) { // a server that takes uploads by the simple protocol too
            return Breakdown.of(Integer.parseInt(refusal.group(1)), Escaped.text(refusal.group(2)));
        }
        if (text.startsWith("HTTP/")) {
            return Breakdown.stranger("the server speaks HTTP, not NTUP/1");
        }
        String said = text.isEmpty() ? "" : ", it says: " + Escaped.text(text);
        return Breakdown.stranger("the server does not speak NTUP/1" + said);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            tell();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (whose == Whose.STRANGER) {
            tell(); // what it said tells more
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        tell();
        ctx.fireChannelInactive();
    }
}
