package io.ntk.tcp.chat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Takes telnet's negotiation out of a stream of text, and refuses whatever it offers or asks for.
 *
 * <p>Placement: before the framing. In and out: {@link ByteBuf}; anything else is passed on. UTF-8 has no byte FF, so text
 * is never taken for a command; FF before a byte that is no command is passed on, and is then no UTF-8. Of offers and
 * requests {@value #MAX_ANSWERS} are answered, others skipped. Nothing is held. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc854">RFC 854</a>
 */
public final class TelnetHandler extends ChannelInboundHandlerAdapter {
    private static final int MAX_ANSWERS = 64;
    private static final int IAC = 0xff;
    private static final int DONT = 0xfe;
    private static final int DO = 0xfd;
    private static final int WONT = 0xfc;
    private static final int WILL = 0xfb;
    private static final int SB = 0xfa;
    private static final int SE = 0xf0;

    /*
     * ff fb..fe OPTION         WILL, WONT, DO, DONT
     * ff fa OPTION … ff f0     subnegotiation
     * ff f0..f9                other commands
     */
    private enum State {
        TEXT,
        COMMAND,
        OPTION,
        WITHIN,
        WITHIN_COMMAND
    }

    private State state = State.TEXT;
    private int verb;
    private int answers;

    /** Makes a handler for one channel. */
    public TelnetHandler() {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf in)
                || (state == State.TEXT && in.indexOf(in.readerIndex(), in.writerIndex(), (byte) IAC) < 0)) {
            ctx.fireChannelRead(message);
            return;
        }
        ByteBuf text = ctx.alloc().buffer(in.readableBytes() + 1);
        ByteBuf answer = null;
        while (in.isReadable()) {
            answer = step(ctx, in.readUnsignedByte(), text, answer);
        }
        in.release();
        if (answer != null) {
            ctx.writeAndFlush(answer);
        }
        if (text.isReadable()) {
            ctx.fireChannelRead(text);
        } else {
            text.release();
        }
    }

    private @Nullable ByteBuf step(ChannelHandlerContext ctx, int b, ByteBuf text, @Nullable ByteBuf answer) {
        switch (state) {
            case TEXT -> {
                if (b == IAC) {
                    state = State.COMMAND;
                } else {
                    text.writeByte(b);
                }
            }
            case COMMAND -> command(b, text);
            case OPTION -> {
                state = State.TEXT;
                return refuse(ctx, b, answer);
            }
            case WITHIN -> state = b == IAC ? State.WITHIN_COMMAND : State.WITHIN;
            case WITHIN_COMMAND -> state = b == SE ? State.TEXT : State.WITHIN;
        }
        return answer;
    }

    private void command(int b, ByteBuf text) {
        if (b == SB) {
            state = State.WITHIN;
        } else if (b >= WILL && b <= DONT) {
            state = State.OPTION;
            verb = b;
        } else {
            state = State.TEXT;
            if (b < SE || b == IAC) {
                text.writeByte(IAC).writeByte(b);
            }
        }
    }

    private @Nullable ByteBuf refuse(ChannelHandlerContext ctx, int option, @Nullable ByteBuf answer) {
        if ((verb != WILL && verb != DO) || answers == MAX_ANSWERS) {
            return answer;
        }
        answers++;
        ByteBuf out = answer == null ? ctx.alloc().buffer(3 * MAX_ANSWERS) : answer;
        return out.writeByte(IAC).writeByte(verb == WILL ? DONT : WONT).writeByte(option);
    }
}
