package io.ntk.udp.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** A peer that answers each datagram with whatever a test wants. */
final class Answers implements AutoCloseable {
    private static final int LONGEST = 65_536;

    /** What is done with a datagram. */
    @FunctionalInterface
    interface Script {
        List<byte[]> answers(DatagramSocket socket, DatagramPacket request) throws IOException;
    }

    private final DatagramSocket socket;
    private final Thread thread;

    Answers(Function<byte[], List<byte[]>> answers) {
        this((socket, packet) -> answers.apply(Arrays.copyOf(packet.getData(), packet.getLength())));
    }

    Answers(Script script) {
        try {
            socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(() -> run(script), "answers");
        thread.start();
    }

    private void run(Script script) {
        DatagramPacket packet = new DatagramPacket(new byte[LONGEST], LONGEST);
        while (true) {
            try {
                packet.setLength(LONGEST);
                socket.receive(packet);
                for (byte[] answer : script.answers(socket, packet)) {
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    @Override
    public void close() {
        socket.close();
        join(thread);
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
