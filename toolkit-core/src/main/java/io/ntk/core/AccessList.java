package io.ntk.core;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses a server lets in: {@code deny} wins over {@code allow}, and any {@code allow} denies the rest. Peers
 * of Unix sockets have no address and are always let in; their file's permissions decide.
 *
 * @param allow blocks that are let in; empty for all
 * @param deny blocks that are not
 */
public record AccessList(List<Cidr> allow, List<Cidr> deny) {
    /** Everyone. */
    public static final AccessList ALL = new AccessList(List.of(), List.of());

    /** Takes copies. */
    public AccessList {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }

    /**
     * Tells whether a peer is let in.
     *
     * @param peer the peer's address; null for an unnamed Unix socket
     * @return whether it is
     */
    public boolean permits(@Nullable SocketAddress peer) {
        if (!(peer instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return true;
        }
        InetAddress address = inet.getAddress();
        return deny.stream().noneMatch(block -> block.contains(address))
                && (allow.isEmpty() || allow.stream().anyMatch(block -> block.contains(address)));
    }
}
