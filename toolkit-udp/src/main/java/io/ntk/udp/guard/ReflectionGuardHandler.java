package io.ntk.udp.guard;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.BitSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends no answer that would make this service a weapon; see the package for the rules.
 *
 * <p>Placement: before the handler that answers. What speaks without being asked stands before this one. In: datagrams
 * ({@link AddressedEnvelope} with a sender), all passed on. Out: an answer written during the read of its request, to the
 * request's sender; or, later, a {@link DatagramAnswer}. One that is refused is released, its promise succeeds, and the
 * pipeline is told by a {@link Refused} event, from this handler on. Everything else is passed on. Memory: tables of
 * fixed size. Not sharable; the {@link AnswerRates} are shared by all channels of a service.
 */
public final class ReflectionGuardHandler extends ChannelDuplexHandler {
    /** Why an answer is not sent. */
    public enum Rule {
        /** It answers nothing that is being read, and is no {@link DatagramAnswer}. */
        UNASKED("unasked"),
        /** The recipient's port is one that answers by itself, or our own. */
        PORT("port"),
        /** It is longer than what it answers. */
        SIZE("size"),
        /** The recipient sends back what we answer. */
        LOOP("loop"),
        /** The recipient's address has had its share. */
        RATE("rate");

        private final String text;

        Rule(String text) {
            this.text = text;
        }

        /** The word for events. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A user event: an answer was not sent.
     *
     * @param rule why
     * @param recipient who would have got it
     * @param answerBytes how long it was
     */
    public record Refused(Rule rule, @Nullable SocketAddress recipient, int answerBytes) {}

    /**
     * A user event: a peer has sent back our own answers, and gets none for a time.
     *
     * @param peer who
     * @param time how long
     */
    public record Muted(SocketAddress peer, Duration time) {}

    private final BitSet refusedPorts = new BitSet();
    private final AnswerRates rates;
    private final LoopTable loops;
    private final LongSupplier nanoTime;

    private final Duration mute;

    /* The request that is being read, and when that began. */
    private @Nullable SocketAddress sender;
    private long readAt;
    private int requestBytes;
    private @Nullable SocketAddress own;

    /**
     * Makes a handler for one channel.
     *
     * @param options the rules
     * @param rates the accounts of the source addresses, made with the same options
     */
    public ReflectionGuardHandler(GuardOptions options, AnswerRates rates) {
        this(options, rates, System::nanoTime);
    }

    ReflectionGuardHandler(GuardOptions options, AnswerRates rates, LongSupplier nanoTime) {
        this.rates = rates;
        this.loops = new LoopTable(options.loopLimit(), options.mute().toNanos());
        this.nanoTime = nanoTime;
        this.mute = options.mute();
        options.refusedPorts().forEach(refusedPorts::set);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof AddressedEnvelope<?, ?> packet)
                || !(packet.content() instanceof ByteBuf payload)
                || packet.sender() == null) {
            ctx.fireChannelRead(message);
            return;
        }
        SocketAddress from = packet.sender();
        readAt = nanoTime.getAsLong();
        if (loops.received(from, payload, readAt)) {
            ctx.fireUserEventTriggered(new Muted(from, mute));
        }
        sender = from;
        requestBytes = payload.readableBytes();
        try {
            ctx.fireChannelRead(message);
        } finally {
            sender = null;
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof DatagramAnswer answer) {
            SocketAddress recipient = answer.recipient();
            Rule broken = broken(ctx, recipient, answer.content(), answer.requestBytes(), answer.trust());
            finish(ctx, answer.toPacket(), answer.content(), recipient, broken, promise);
        } else if (message instanceof AddressedEnvelope<?, ?> packet && packet.content() instanceof ByteBuf payload) {
            SocketAddress recipient = packet.recipient();
            boolean asked = recipient != null && isSender(recipient);
            Rule broken =
                    asked ? broken(ctx, recipient, payload, requestBytes, DatagramAnswer.Trust.NONE) : Rule.UNASKED;
            finish(ctx, message, payload, recipient, broken, promise);
        } else {
            ctx.write(message, promise);
        }
    }

    /** Sends a packet, or says which rule it breaks. */
    private static void finish(
            ChannelHandlerContext ctx,
            Object packet,
            ByteBuf payload,
            @Nullable SocketAddress recipient,
            @Nullable Rule broken,
            ChannelPromise promise) {
        if (broken == null) {
            ctx.write(packet, promise);
            return;
        }
        int bytes = payload.readableBytes();
        ReferenceCountUtil.release(packet);
        promise.trySuccess();
        ctx.fireUserEventTriggered(new Refused(broken, recipient, bytes));
    }

    private @Nullable Rule broken(
            ChannelHandlerContext ctx,
            SocketAddress recipient,
            ByteBuf payload,
            int asked,
            DatagramAnswer.Trust trust) {
        if (isRefusedPort(ctx, recipient)) {
            return Rule.PORT;
        }
        if (payload.readableBytes() > asked) {
            return Rule.SIZE;
        }
        long now = sender == null ? nanoTime.getAsLong() : readAt;
        if (loops.isMuted(recipient, now)) {
            return Rule.LOOP;
        }
        if (trust == DatagramAnswer.Trust.NONE
                && recipient instanceof InetSocketAddress inet
                && !inet.getAddress().isLoopbackAddress()
                && !rates.take(inet.getAddress())) {
            return Rule.RATE;
        }
        loops.answered(recipient, payload, now);
        return null;
    }

    @SuppressWarnings("ReferenceEquality") // the same object nearly always
    private boolean isSender(SocketAddress recipient) {
        return recipient == sender || recipient.equals(sender);
    }

    private boolean isRefusedPort(ChannelHandlerContext ctx, SocketAddress recipient) {
        SocketAddress local = own;
        if (local == null) {
            local = ctx.channel().localAddress();
            own = local;
        }
        if (recipient instanceof InetSocketAddress inet) {
            return refusedPorts.get(inet.getPort())
                    || (local instanceof InetSocketAddress mine && mine.getPort() == inet.getPort());
        }
        return recipient.equals(local);
    }
}
