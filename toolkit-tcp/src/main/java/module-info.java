/** TCP protocols of ntk as servers, clients and channel handlers. */
module io.ntk.tcp {
    requires transitive io.ntk.core;
    requires transitive io.netty.codec;
    requires io.netty.handler;
    requires transitive io.netty.codec.http;
    requires org.slf4j;
    requires static org.bouncycastle.provider;
    requires static transitive org.jspecify;

    exports io.ntk.tcp.chat;
    exports io.ntk.tcp.chat.client;
    exports io.ntk.tcp.http;
    exports io.ntk.tcp.http.access;
    exports io.ntk.tcp.http.files;
    exports io.ntk.tcp.http.inspect;
    exports io.ntk.tcp.line;
    exports io.ntk.tcp.upload;
    exports io.ntk.tcp.upload.client;
    exports io.ntk.tcp.upload.client.run;
    exports io.ntk.tcp.upload.server;
    exports io.ntk.tcp.upload.store;
    exports io.ntk.tcp.upload.store.files;
}
