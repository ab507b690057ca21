package io.ntk.tcp.upload.client.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Lets bytes through to a server, and cuts or spoils connections: the first after so many bytes, the next, and so on. */
final class CuttingProxy implements AutoCloseable {
    /** Of the two directions. */
    enum Way {
        TO_SERVER,
        TO_CLIENT
    }

    /** What happens to a connection of a client. */
    record Fault(long afterBytes, boolean spoils, Way way) {
        Fault(long afterBytes, boolean spoils) {
            this(afterBytes, spoils, Way.TO_SERVER);
        }
    }

    private static final Fault NONE = new Fault(Long.MAX_VALUE, false);

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int server;
    private final Deque<Fault> faults;
    private final Map<Way, ByteArrayOutputStream> first = new EnumMap<>(Way.class);

    CuttingProxy(int server, List<Fault> faults) throws IOException {
        this.server = server;
        this.faults = new ArrayDeque<>(faults);
        daemon(this::accept);
    }

    static List<Fault> cuts(long seed, int count, int most) {
        Random random = new Random(seed);
        return random.ints(count, 1, most).mapToObj(at -> new Fault(at, false)).toList();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** What went one way on the first connection. */
    byte[] first(Way way) {
        synchronized (first) {
            ByteArrayOutputStream bytes = first.get(way);
            return bytes == null ? new byte[0] : bytes.toByteArray();
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "cutting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            for (boolean noted = true; true; noted = false) {
                Socket client = listener.accept();
                Fault fault;
                synchronized (faults) {
                    fault = faults.isEmpty() ? NONE : faults.removeFirst();
                }
                Socket target = new Socket(InetAddress.getLoopbackAddress(), server);
                boolean note = noted;
                daemon(() -> copy(client, target, fault.way() == Way.TO_SERVER ? fault : NONE, note, Way.TO_SERVER));
                daemon(() -> copy(target, client, fault.way() == Way.TO_CLIENT ? fault : NONE, note, Way.TO_CLIENT));
            }
        } catch (IOException e) {
            return; // closed
        }
    }

    private void copy(Socket from, Socket to, Fault fault, boolean note, Way way) {
        byte[] bytes = new byte[16 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            long left = fault.afterBytes();
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                if (note) {
                    note(way, bytes, n);
                }
                if (n > left && fault.spoils()) {
                    bytes[(int) left] ^= 1;
                    left = Long.MAX_VALUE;
                } else if (n > left) {
                    out.write(Arrays.copyOf(bytes, (int) left));
                    return;
                }
                left -= left == Long.MAX_VALUE ? 0 : n;
                out.write(bytes, 0, n);
            }
        } catch (IOException e) {
            return; // the other end is cut with it
        }
    }

    private void note(Way way, byte[] bytes, int count) {
        synchronized (first) {
            first.computeIfAbsent(way, key -> new ByteArrayOutputStream()).write(bytes, 0, count);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
