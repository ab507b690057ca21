package io.ntk.tcp.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.ntk.core.Endpoint;
import io.ntk.core.Server;
import io.ntk.testsupport.TrustingTls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;

/** An independent client: a socket of the JDK's, with a deadline of 30 seconds on each read. */
final class HttpPeer implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    private HttpPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        this.in = socket.getInputStream();
    }

    static int port(Server server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    static HttpPeer of(Server server) throws IOException {
        return new HttpPeer(new Socket(InetAddress.getLoopbackAddress(), port(server)));
    }

    static HttpPeer ofTls(Server server) throws IOException {
        return new HttpPeer(
                TrustingTls.context().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port(server)));
    }

    HttpPeer send(String text) throws IOException {
        return send(text.getBytes(ISO_8859_1));
    }

    HttpPeer send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Ends the output, unless the other side has closed already. */
    HttpPeer end() throws IOException {
        try {
            socket.shutdownOutput();
        } catch (SocketException e) {
            return this;
        }
        return this;
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** What comes up to an empty line, and a body of that many bytes. */
    String reply(int bodyBytes) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                return head.toString(ISO_8859_1);
            }
            head.write(b);
        }
        head.writeBytes(in.readNBytes(bodyBytes));
        return head.toString(ISO_8859_1);
    }

    byte[] read(int bytes) throws IOException {
        return in.readNBytes(bytes);
    }

    byte[] rest() throws IOException {
        return in.readAllBytes();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
