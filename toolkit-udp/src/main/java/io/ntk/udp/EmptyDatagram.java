package io.ntk.udp;

import io.netty.channel.Channel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;

/**
 * Sends a datagram without payload. Netty's transports (4.2.18) take one for sent without sending it, and in a batch of
 * epoll it makes them send another datagram twice; so none may be written to a channel.
 */
final class EmptyDatagram {
    private EmptyDatagram() {}

    /** Sends one at once, past what waits in the channel; on its event loop. */
    static void send(Channel channel, SocketAddress to) throws IOException {
        ByteBuffer nothing = ByteBuffer.allocateDirect(0);
        DatagramChannel nio = channel.attr(DatagramSockets.NIO_SOCKET).get();
        if (nio != null && nio.isConnected()) {
            throw new IOException("NIO sends no empty datagram from a connected socket (choose another transport)");
        } else if (nio != null) {
            nio.send(nothing, to);
        } else if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
            if (to instanceof InetSocketAddress inet) {
                socket.sendTo(nothing, 0, 0, inet.getAddress(), inet.getPort());
            } else {
                byte[] path = ((DomainSocketAddress) to).path().getBytes(StandardCharsets.UTF_8);
                socket.sendToDomainSocket(nothing, 0, 0, path);
            }
        } else {
            throw new IOException("this transport sends no empty datagrams");
        }
    }
}
