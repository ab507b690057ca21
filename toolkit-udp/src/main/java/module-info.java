/** UDP protocols of ntk as servers, clients and channel handlers. */
@SuppressWarnings("requires-automatic") // HdrHistogram has no descriptor
module io.ntk.udp {
    requires static transitive org.jspecify;
    requires transitive io.ntk.core;
    requires transitive io.netty.buffer;
    requires transitive io.netty.codec;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;
    requires io.netty.transport.classes.kqueue;
    requires io.netty.transport.unix.common;
    requires HdrHistogram;
    requires org.slf4j;

    exports io.ntk.udp;
    exports io.ntk.udp.guard;
    exports io.ntk.udp.measure;
}
