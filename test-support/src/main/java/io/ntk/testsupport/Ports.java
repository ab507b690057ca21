package io.ntk.testsupport;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports that nobody has: for programs that cannot say which port the system chose, and for tests of empty ones. */
public final class Ports {
    /* The system gives ports to those who name none from 32768 on: what was free there may be taken a moment later. */
    private static final int FIRST = 15_000;
    private static final int BEHIND_LAST = 32_000;
    private static final int TRIES = 100;

    private Ports() {}

    /**
     * A port on which nobody listens on the loopback address, by TCP and by UDP, and that the system gives to nobody who
     * asks for any.
     *
     * @return another one at each call, most likely
     */
    public static int free() {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, BEHIND_LAST);
            if (isFree(port)) {
                return port;
            }
        }
        throw new AssertionError("no free port of " + TRIES);
    }

    private static boolean isFree(int port) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket stream = new ServerSocket(port, 1, loopback);
                DatagramSocket datagram = new DatagramSocket(port, loopback)) {
            return stream.isBound() && datagram.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
