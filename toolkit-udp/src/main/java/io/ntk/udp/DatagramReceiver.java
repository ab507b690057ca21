package io.ntk.udp;

import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;

/** What a {@link DatagramClient} hears. Called on its event loop; must not block. */
@FunctionalInterface
public interface DatagramReceiver {
    /**
     * Takes an answer.
     *
     * @param payload valid during the call
     * @param sender who sent it: the target, but for groups and broadcast
     */
    void received(ByteBuf payload, SocketAddress sender);

    /**
     * Learns that the target, or somebody on the way to it, reported that a datagram did not arrive (ICMP).
     *
     * @param why in a few words
     */
    default void unreachable(String why) {}
}
