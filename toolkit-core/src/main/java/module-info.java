/** What every protocol of ntk needs: endpoints, transports, event loops, servers, limits, TLS and events. */
module io.ntk.core {
    requires static transitive org.jspecify;
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires transitive io.netty.handler;
    requires io.netty.handler.proxy;
    requires io.netty.codec;
    requires io.netty.resolver;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;
    requires io.netty.transport.classes.kqueue;
    requires io.netty.transport.unix.common;
    requires java.management;
    requires jdk.management;
    requires jdk.net;
    requires org.slf4j;
    requires static org.bouncycastle.pkix;
    requires static org.bouncycastle.provider;

    exports io.ntk.core;
}
