package io.ntk.tcp.upload.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** Lets bytes through to a server, and cuts or spoils connections: the first after so many bytes, the next, and so on. */
final class CuttingProxy implements AutoCloseable {
    /** What happens to a connection of a client. */
    record Fault(long afterBytes, boolean spoils) {}

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int server;
    private final Deque<Fault> faults;

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

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "cutting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Fault fault;
                synchronized (faults) {
                    fault = faults.isEmpty() ? new Fault(Long.MAX_VALUE, false) : faults.removeFirst();
                }
                Socket target = new Socket(InetAddress.getLoopbackAddress(), server);
                daemon(() -> copy(client, target, fault));
                daemon(() -> copy(target, client, new Fault(Long.MAX_VALUE, false)));
            }
        } catch (IOException e) {
            return; // closed
        }
    }

    private static void copy(Socket from, Socket to, Fault fault) {
        byte[] bytes = new byte[16 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            long left = fault.afterBytes();
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
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

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
