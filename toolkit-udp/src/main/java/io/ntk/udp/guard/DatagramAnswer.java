package io.ntk.udp.guard;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * An answer that tells what it answers: for those that are given after the request was read, when the guard cannot see
 * that by itself. Netty's datagram channels take it as it is, too.
 */
public final class DatagramAnswer extends DefaultAddressedEnvelope<ByteBuf, SocketAddress> {
    /** What is known of a recipient. */
    public enum Trust {
        /** Nothing: the request may be forged. */
        NONE,
        /** The service has seen that the recipient is where it says; it is exempt from the rate. */
        PROVEN
    }

    private final int requestBytes;
    private final Trust trust;

    private DatagramAnswer(ByteBuf payload, SocketAddress recipient, int requestBytes, Trust trust) {
        super(payload, recipient);
        this.requestBytes = requestBytes;
        this.trust = requireNonNull(trust, "trust");
    }

    /**
     * Makes an answer.
     *
     * @param sender who sent the request, and gets the answer
     * @param requestBytes how long the request's payload was
     * @param payload of the answer, whose ownership moves here
     * @param trust what is known of the sender
     * @return the answer, to be written
     */
    public static DatagramAnswer to(SocketAddress sender, int requestBytes, ByteBuf payload, Trust trust) {
        if (requestBytes < 0) {
            throw new IllegalArgumentException("requestBytes: " + requestBytes + " (expected: >= 0)");
        }
        return new DatagramAnswer(payload, sender, requestBytes, trust);
    }

    int requestBytes() {
        return requestBytes;
    }

    Trust trust() {
        return trust;
    }

    /** The same as what Netty's transports send in batches; the ownership moves to it. */
    Object toPacket() {
        return packet(content(), recipient());
    }

    /**
     * A packet of the kind that the channels take.
     *
     * @param payload whose ownership moves to the packet
     * @param recipient an Internet or a Unix address
     * @return a packet for one or the other
     */
    public static Object packet(ByteBuf payload, SocketAddress recipient) {
        return recipient instanceof InetSocketAddress inet
                ? new DatagramPacket(payload, inet)
                : new DomainDatagramPacket(payload, (DomainSocketAddress) recipient);
    }
}
