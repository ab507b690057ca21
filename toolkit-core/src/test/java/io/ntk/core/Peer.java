package io.ntk.core;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A client that owes nothing to Netty: the other end of what a test talks to. Blocks; the test's timeout interrupts it. */
final class Peer implements AutoCloseable {
    private final SocketChannel socket;

    private Peer(SocketChannel socket) {
        this.socket = socket;
    }

    static Peer connect(Endpoint endpoint) throws IOException {
        return connect(endpoint, 0);
    }

    /** Connects with a receive buffer of the given size, 0 for the system's choice. */
    static Peer connect(Endpoint endpoint, int receiveBuffer) throws IOException {
        if (endpoint instanceof Endpoint.Unix unix) {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
            socket.connect(UnixDomainSocketAddress.of(unix.path()));
            return new Peer(socket);
        }
        Endpoint.Inet inet = (Endpoint.Inet) endpoint;
        SocketChannel socket = SocketChannel.open();
        if (receiveBuffer > 0) {
            socket.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
        }
        socket.connect(new InetSocketAddress(inet.host(), inet.port()));
        return new Peer(socket);
    }

    SocketChannel socket() {
        return socket;
    }

    Peer send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    Peer send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            socket.write(buffer);
        }
        return this;
    }

    Peer endOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Reads exactly so many bytes. */
    String read(int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (socket.read(buffer) < 0) {
                throw new IOException("ended after " + buffer.position() + " bytes");
            }
        }
        return new String(buffer.array(), StandardCharsets.ISO_8859_1);
    }

    /** Everything up to the end of the stream; a reset is an exception. */
    byte[] readBytesToEnd() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        while (socket.read(buffer) >= 0) {
            if (!buffer.hasRemaining()) {
                throw new IOException("more than expected");
            }
        }
        byte[] bytes = new byte[buffer.position()];
        buffer.flip().get(bytes);
        return bytes;
    }

    String readToEnd() throws IOException {
        return new String(readBytesToEnd(), StandardCharsets.UTF_8);
    }

    /** Reads until the stream ends in either way; true when by a reset. */
    boolean endsInReset() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        try {
            while (socket.read(buffer) >= 0) {
                buffer.clear();
            }
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** Closes with a reset. */
    void reset() throws IOException {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
