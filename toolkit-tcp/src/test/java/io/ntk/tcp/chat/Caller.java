package io.ntk.tcp.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.core.Endpoint;
import io.ntk.core.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** An independent member: a socket of the JDK's, with a deadline of 30 seconds on each read. */
final class Caller implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;

    Caller(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    }

    static int port(Server server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    static Caller of(Server server) throws IOException {
        return new Caller(new Socket(InetAddress.getLoopbackAddress(), port(server)));
    }

    /** A member with a name that has seen its greeting. */
    static Caller of(Server server, String nick) throws IOException {
        Caller caller = of(server);
        caller.send("/nick " + nick + "\n");
        caller.until(("* you are now " + nick)::equals);
        return caller;
    }

    Caller send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
        return this;
    }

    /** The next line, or null at the end. */
    String line() throws IOException {
        String line = in.readLine();
        return line == null ? "(end)" : line.replaceFirst("^\\[\\d\\d:\\d\\d:\\d\\d] ", "");
    }

    /** Reads lines up to and with one. */
    List<String> until(Predicate<String> last) throws IOException {
        List<String> lines = new ArrayList<>();
        String line = "";
        while (!line.equals("(end)")) {
            line = line();
            lines.add(line);
            if (last.test(line)) {
                break;
            }
        }
        return lines;
    }

    List<String> rest() throws IOException {
        return until("(end)"::equals);
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Closes so that the other side sees a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
