package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.testsupport.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/** A member of a chat: a bare socket. */
final class ChatMember implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader reader;

    /** Connects, without a word. */
    ChatMember(String port) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
            socket.setSoTimeout((int) Await.DEADLINE.toMillis());
            reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects and takes a name. */
    static ChatMember join(String port, String name) {
        ChatMember member = new ChatMember(port);
        member.send("/nick " + name);
        member.await(name);
        return member;
    }

    void send(String line) {
        send((line + "\n").getBytes(UTF_8));
    }

    void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line, null at the end. */
    @Nullable
    String line() {
        try {
            return reader.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line that has a text in it; those before it are passed over. */
    String await(String text) {
        StringBuilder before = new StringBuilder();
        for (String line = line(); line != null; line = line()) {
            if (line.contains(text)) {
                return line;
            }
            before.append(line).append('\n');
        }
        throw new AssertionError("the end instead of " + text + " behind " + before);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
