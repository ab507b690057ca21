package io.ntk.core;

import java.util.stream.Stream;

/** The transports that the tests of sockets run on: NIO, and each native one that works on this machine. */
final class Transports {
    private Transports() {}

    static Stream<Transport> available() {
        return Stream.of(Transport.NIO, Transport.EPOLL, Transport.IO_URING).filter(Transport::isAvailable);
    }
}
