package io.ntk.tcp.http.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.handler.codec.http.HttpServerCodec;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.RefusalAnswer;
import io.ntk.core.Server;
import io.ntk.core.TlsOptions;
import io.ntk.core.Transport;
import io.ntk.testsupport.TrustingTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A server of a folder: the handler alone behind Netty's codec. */
record Site(SharedFolder folder, Server server, boolean tls) implements AutoCloseable {
    private static final int DEADLINE_MILLIS = 30_000;

    static List<Transport> transports() {
        return Stream.of(Transport.NIO, Transport.EPOLL, Transport.IO_URING, Transport.KQUEUE)
                .filter(Transport::isAvailable)
                .toList();
    }

    static Site of(Path root) {
        return of(FilesOptions.of(root), Transport.AUTO);
    }

    static Site of(FilesOptions options, Transport transport) {
        return start(options, ListenOptions.loopback(0).withTransport(transport, 1));
    }

    static Site ofTls(FilesOptions options, Transport transport) {
        return start(
                options, ListenOptions.loopback(0).withTransport(transport, 1).withTls(TlsOptions.selfSigned()));
    }

    private static Site start(FilesOptions options, ListenOptions listen) {
        SharedFolder folder = SharedFolder.open(options);
        Protocol protocol = new Protocol(
                "http", "http", "https", Protocol.Accept.MANY, RefusalAnswer.SILENT, pipeline -> pipeline.addLast(
                                new HttpServerCodec())
                        .addLast(new StaticFilesHandler(folder)));
        return new Site(folder, Server.start(protocol, listen, NetListener.NONE), listen.tls() != null);
    }

    int port() {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    String url(String path) {
        return (tls ? "https" : "http") + "://127.0.0.1:" + port() + path;
    }

    Socket connect() throws IOException {
        Socket socket = tls
                ? TrustingTls.context().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port())
                : new Socket(InetAddress.getLoopbackAddress(), port());
        socket.setSoTimeout(DEADLINE_MILLIS);
        return socket;
    }

    /** Sends all of it, ends the output, and gives all that comes. */
    String exchange(String requests) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(requests.getBytes(ISO_8859_1));
            if (!tls) {
                socket.shutdownOutput();
            }
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    /** One GET. */
    String get(String target, String... fields) throws IOException {
        return exchange("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + String.join("", Stream.of(fields).map(field -> field + "\r\n").toList()) + "\r\n");
    }

    static String body(String response) {
        return response.substring(response.indexOf("\r\n\r\n") + 4);
    }

    @Override
    public void close() {
        server.close();
        folder.close();
    }
}
