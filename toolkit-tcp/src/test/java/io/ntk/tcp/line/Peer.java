package io.ntk.tcp.line;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.core.Endpoint;
import io.ntk.core.Server;
import io.ntk.core.Transport;
import io.ntk.testsupport.TrustingTls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.stream.Stream;

/** An independent client: a socket of the JDK's, with a deadline of 30 seconds on each read. */
final class Peer implements AutoCloseable {
    private static final int DEADLINE_MILLIS = 30_000;

    private final Socket socket;
    private final InputStream in;

    private Peer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(DEADLINE_MILLIS);
        this.in = socket.getInputStream();
    }

    /** Every transport that works on this machine. */
    static List<Transport> transports() {
        return Stream.of(Transport.NIO, Transport.EPOLL, Transport.IO_URING, Transport.KQUEUE)
                .filter(Transport::isAvailable)
                .toList();
    }

    static int port(Server server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    static InetSocketAddress address(Server server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port(server));
    }

    static Peer of(Server server) throws IOException {
        return new Peer(new Socket(InetAddress.getLoopbackAddress(), port(server)));
    }

    static Peer ofTls(Server server) throws IOException {
        return new Peer(
                TrustingTls.context().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port(server)));
    }

    Peer send(String text) throws IOException {
        return send(text.getBytes(UTF_8));
    }

    Peer send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Ends the output. */
    Peer end() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Closes so that the other side sees a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** The next line without its line end, or what is before the end of the stream. */
    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            line.write(b);
        }
        return line.toString(UTF_8);
    }

    byte[] bytes(int count) throws IOException {
        return in.readNBytes(count);
    }

    /** Everything up to the end of the stream. */
    byte[] rest() throws IOException {
        return in.readAllBytes();
    }

    String restText() throws IOException {
        return new String(rest(), UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
