package io.ntk.udp.measure;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Stands between a client and a responder and treats measured datagrams as a plan says, by their sequence alone, so that
 * the outcome is known beforehand; whatever else there is passes.
 */
final class Relay implements AutoCloseable {
    /** What becomes of a datagram: how many copies go on, and behind how many of those that come after it. */
    record Fate(int copies, int behind) {
        static final Fate PASS = new Fate(1, 0);
        static final Fate DROP = new Fate(0, 0);
        static final Fate DOUBLE = new Fate(2, 0);

        static Fate heldBehind(int datagrams) {
            return new Fate(1, datagrams);
        }
    }

    /** The fates of one direction: by sequence. */
    record Plan(List<Fate> fates) {
        static Plan allPass(int count) {
            return new Plan(new ArrayList<>(java.util.Collections.nCopies(count, Fate.PASS)));
        }

        /** Drops, doubles and holds some, never among the last hundred, so that nothing is held for ever. */
        static Plan random(int count, Random random) {
            Plan plan = allPass(count);
            for (int n = 0; n < count - 100; n++) {
                int lot = random.nextInt(100);
                plan.fates.set(
                        n,
                        lot < 3
                                ? Fate.DROP
                                : lot < 6
                                        ? Fate.DOUBLE
                                        : lot < 11 ? Fate.heldBehind(1 + random.nextInt(20)) : Fate.PASS);
            }
            return plan;
        }

        Plan with(int sequence, Fate fate) {
            fates.set(sequence, fate);
            return this;
        }
    }

    /** One direction: takes things in the order they come, and forwards them in the order of the plan. */
    static final class Stage<T> {
        private final Plan plan;
        private final Consumer<T> forward;
        private final TreeMap<Long, List<T>> held = new TreeMap<>();
        private long index;

        Stage(Plan plan, Consumer<T> forward) {
            this.plan = plan;
            this.forward = forward;
        }

        void take(int sequence, T thing) {
            Fate fate = plan.fates().get(sequence);
            for (int i = 0; i < fate.copies(); i++) {
                if (fate.behind() == 0) {
                    forward.accept(thing);
                } else {
                    held.computeIfAbsent(index + fate.behind(), key -> new ArrayList<>())
                            .add(thing);
                }
            }
            while (!held.isEmpty() && held.firstKey() <= index) {
                held.pollFirstEntry().getValue().forEach(forward);
            }
            index++;
        }
    }

    private static final int LONGEST = 65_536;
    private static final int BUFFER = 4 << 20;

    private final DatagramSocket front = bound();
    private final DatagramSocket back = bound();
    private volatile SocketAddress client = new InetSocketAddress(0); // until it has sent something
    private final List<Thread> threads = new ArrayList<>();

    Relay(InetSocketAddress responder, Plan up, Plan down) {
        Stage<byte[]> upward = new Stage<>(up, bytes -> send(back, bytes, responder));
        Stage<byte[]> downward = new Stage<>(down, bytes -> send(front, bytes, client));
        run(
                "relay-up",
                front,
                upward,
                packet -> client = packet.getSocketAddress(),
                bytes -> send(back, bytes, responder));
        run("relay-down", back, downward, packet -> {}, bytes -> send(front, bytes, client));
    }

    int port() {
        return front.getLocalPort();
    }

    private void run(
            String name,
            DatagramSocket socket,
            Stage<byte[]> stage,
            Consumer<DatagramPacket> look,
            Consumer<byte[]> others) {
        Thread thread = new Thread(
                () -> {
                    DatagramPacket packet = new DatagramPacket(new byte[LONGEST], LONGEST);
                    while (true) {
                        try {
                            socket.receive(packet);
                        } catch (IOException e) {
                            return; // closed
                        }
                        look.accept(packet);
                        byte[] bytes = Arrays.copyOf(packet.getData(), packet.getLength());
                        MeasureDatagram header = MeasureDatagram.decode(Unpooled.wrappedBuffer(bytes));
                        if ((header.flags() & ~MeasureDatagram.ANSWER) == 0) {
                            stage.take((int) header.sequence(), bytes);
                        } else {
                            others.accept(bytes);
                        }
                        packet.setLength(LONGEST);
                    }
                },
                name);
        thread.start();
        threads.add(thread);
    }

    private static void send(DatagramSocket from, byte[] bytes, SocketAddress to) {
        try {
            from.send(new DatagramPacket(bytes, bytes.length, to));
        } catch (IOException e) {
            return; // closed, or nobody is there any more
        }
    }

    private static DatagramSocket bound() {
        try {
            DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
            socket.setReceiveBufferSize(BUFFER);
            return socket;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        front.close();
        back.close();
        threads.forEach(Answers::join);
    }
}
